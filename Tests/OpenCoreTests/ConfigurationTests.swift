import Foundation
import HostSupport
import Testing

@testable import BootSettings
@testable import OpenCoreImage

struct ConfigurationTests {
    /// The keys that OpenCore's own samples have, to the version: a key too many is refused by OpenCore, one too few as well.
    @Test(arguments: ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5", "1.0.6", "1.0.7", "1.0.8"])
    func keysOfEachVersion(_ version: String) async throws {
        var profile = Samples.profile(version)
        profile.patches = [KernelSection.Patch()]
        let expected = try Golden.text("keys.txt").split(separator: "\n").compactMap { line -> String? in
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count == 3, let since = OpenCoreVersion(fields[2]), since <= Samples.version(version) else { return nil }
            return fields[0] + " " + fields[1]
        }
        #expect(expected.count > 230)
        let actual = try await PlistOracle.types(OpenCoreConfiguration(for: profile).plist.xml)
        #expect(actual.subtracting(expected) == [])
        #expect(Set(expected).subtracting(actual) == [])
    }

    @Test func goldens() async throws {
        var debug = Samples.profile("1.0.8", build: .debug, macOS: .catalina ... .sequoia)
        debug.picker = Picker(isShown: true, timeout: 0)
        debug.bootArguments = ["-example"]
        var canopy = Samples.profile("1.0.3", macOS: .sequoia ... .sequoia)
        canopy.picker = Picker(isShown: true, timeout: 3, isGraphical: true)
        canopy.drivers.append("OpenCanopy.efi")
        canopy.integrity = .disabled
        canopy.resolution = "Max"
        for (name, profile) in [("release", Samples.profile()), ("debug", debug), ("canopy", canopy)] {
            let configuration = OpenCoreConfiguration(for: profile)
            try Golden.expect(configuration.plist.xml, name + ".plist")
            #expect(configuration.plist.xml == OpenCoreConfiguration(for: profile).plist.xml)
        }
    }

    @Test func whatDependsOnTheProfile() {
        let arguments = { (profile: GuestProfile) in
            OpenCoreConfiguration(for: profile).nvram.add[NVRAMSection.apple]?["boot-args"] ?? .boolean(false)
        }
        #expect(arguments(Samples.profile(macOS: .ventura ... .ventura)) == .string("keepsyms=1 tlbto_us=0 vti=9"))
        #expect(arguments(Samples.profile(macOS: .catalina ... .bigSur)) == .string("keepsyms=1 tlbto_us=0"))
        #expect(arguments(Samples.profile(macOS: .catalina ... .monterey)) == .string("keepsyms=1 tlbto_us=0 vti=9"))
        #expect(arguments(Samples.profile()) == .string("keepsyms=1 tlbto_us=0 vti=9 -lilubetaall"))
        var bare = Samples.profile()
        bare.kexts = []
        #expect(arguments(bare) == .string("keepsyms=1 tlbto_us=0 vti=9"))
        #expect(OpenCoreConfiguration(for: Samples.profile(macOS: .monterey ... .tahoe)).uefi.apfs.minDate == 0)
        #expect(OpenCoreConfiguration(for: Samples.profile(macOS: .bigSur ... .tahoe)).uefi.apfs.minDate == -1)
    }

    /// The bits of Configuration.pdf: file systems are limited (1) to APFS (100) and HFS+ (200), devices are not.
    @Test func whatThePickerLists() {
        var profile = Samples.profile()
        #expect(OpenCoreConfiguration(for: profile).misc.security.scanPolicy == 0)
        profile.scan = .macOS
        #expect(OpenCoreConfiguration(for: profile).misc.security.scanPolicy == 0x301)
        #expect(ScanPolicy.isMacOSOnly(0x301) && ScanPolicy.isMacOSOnly(0x101) && ScanPolicy.isMacOSOnly(0x10301))
        for open in [0, 0x300, 0x701, 0x0F_0F01] { #expect(!ScanPolicy.isMacOSOnly(open)) }
    }

    @Test func escapesWhatXMLReserves() async throws {
        let value = PlistValue.dictionary(["<a&b>": .string("1 < 2 && \"x\" > 'y'")])
        #expect(try await PlistOracle.flatten(value.xml) == ["<a&b> string '1 < 2 && \"x\" > \\'y\\''"])
    }

    @Test func systemIntegrity() {
        #expect(SystemIntegrity("enabled")?.data == Data([0, 0, 0, 0]))
        #expect(SystemIntegrity("disabled")?.data == Data([0x6f, 0x02, 0, 0]))
        #expect(SystemIntegrity("0x0F26")?.data == Data([0x26, 0x0f, 0, 0]))
        for bad in ["", "on", "0x", "+5", "123456789"] { #expect(SystemIntegrity(bad) == nil) }
    }

    @Test func spansOfReleases() {
        #expect(MacOSRelease.span("15") == .sequoia ... .sequoia)
        #expect(MacOSRelease.span("10.15-26") == MacOSRelease.all)
        #expect(MacOSRelease.span("Monterey-sonoma") == .monterey ... .sonoma)
        for bad in ["", "-", "26-15", "16", "11-", "-11", "11-12-13"] { #expect(MacOSRelease.span(bad) == nil) }
    }

    @Test func versions() {
        #expect(Samples.version("1.0.10") > Samples.version("1.0.9"))
        for bad in ["", "1.0", "1.0.x", "1.0.6.1", "1..6", "1.0.9999999999999999999999", "-1.0.0"] { #expect(OpenCoreVersion(bad) == nil) }
    }
}
