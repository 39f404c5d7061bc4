import NetworkValues

@testable import BootSettings
@testable import OpenCoreImage

/// Values that several tests start from.
enum Samples {
    static let identity = MacIdentity(
        model: .iMac20, serial: "C02D1ABCPN5T", boardSerial: "C02010100AAPHC10L", uuid: "12345678-9ABC-4DEF-8012-3456789ABCDE",
        mac: MACAddress("00:16:3e:01:02:03") ?? MacIdentity.random(.iMac20).mac)

    static func version(_ text: String) -> OpenCoreVersion { OpenCoreVersion(text) ?? .oldest }

    static let lilu = KernelSection.Kext(
        bundlePath: "Lilu.kext", comment: "as.vit9696.Lilu 1.7.1", executablePath: "Contents/MacOS/Lilu")
    static let virtualSMC = KernelSection.Kext(
        bundlePath: "VirtualSMC.kext", comment: "as.vit9696.VirtualSMC 1.3.7", executablePath: "Contents/MacOS/VirtualSMC")

    static func profile(
        _ version: String = "1.0.6", build: Release.Build = .release, macOS: ClosedRange<MacOSRelease> = MacOSRelease.all
    ) -> GuestProfile {
        var profile = GuestProfile(version: self.version(version), build: build, macOS: macOS, identity: identity)
        profile.kexts = [lilu, virtualSMC]
        profile.drivers = ["OpenRuntime.efi", "OpenHfsPlus.efi"]
        profile.tables = ["SSDT-EC-USBX.aml"]
        return profile
    }
}
