import DiskImage
import Foundation
import HostSupport
import NetworkValues
import SystemPackage
import Testing

@testable import BootSettings
@testable import OpenCoreImage

/// Whole images of stand-ins, looked at with other programs.
struct ImageTests {
    private static let offset = 1 << 20

    private func list(_ image: FilePath) async throws -> [String] {
        let output = try await Tool("mdir", from: "mtools").run(["-/", "-b", "-a", "-i", "\(image.string)@@\(Self.offset)", "::"])
        return output.split(separator: "\n").map(String.init).sorted()
    }

    private func content(_ file: String, of image: FilePath) async throws -> String {
        try await Tool("mtype", from: "mtools").run(["-i", "\(image.string)@@\(Self.offset)", "::" + file])
    }

    private func bytes(_ image: FilePath, _ range: Range<Int>) throws -> [UInt8] {
        let file = try FileHandle(forReadingFrom: URL(filePath: image.string))
        try file.seek(toOffset: UInt64(range.lowerBound))
        return Array(try file.read(upToCount: range.count) ?? Data())
    }

    private func checkFileSystem(_ image: FilePath, below stand: StandIn) async throws {
        let volume = stand.path("volume")
        try await Tool("dd", from: "coreutils").run(["if=\(image)", "of=\(volume)", "bs=1M", "skip=1", "status=none"])
        // Every fault is an exit code of 1 with -n.
        try await Tool("fsck.fat", from: "dosfstools").run(["-n", volume.string])
    }

    @Test(arguments: PartitionScheme.allCases)
    func structure(_ scheme: PartitionScheme) async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request()
        request.scheme = scheme
        let report = try await stand.build(request)
        #expect(report.startsFromBIOS)

        let table = try await Tool("sfdisk", from: "fdisk").run(["--dump", request.output.string])
        switch scheme {
        case .mbr:
            #expect(table.contains("label: dos"))
            #expect(table.contains("start=        2048, size=      131072, type=c, bootable"))
        case .gpt:
            #expect(table.contains("type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B"))
            let verdict = try await Tool("sgdisk", from: "gdisk").run(["--verify", request.output.string])
            #expect(verdict.contains("No problems found"))
        }
        try await checkFileSystem(request.output, below: stand)
        let files = try await list(request.output)
        #expect(
            files == [
                "::/EFI/", "::/EFI/BOOT/", "::/EFI/BOOT/.contentVisibility", "::/EFI/BOOT/BOOTx64.efi", "::/EFI/OC/", "::/EFI/OC/ACPI/",
                "::/EFI/OC/ACPI/SSDT-EC-USBX.aml", "::/EFI/OC/Drivers/", "::/EFI/OC/Drivers/OpenHfsPlus.efi",
                "::/EFI/OC/Drivers/OpenRuntime.efi", "::/EFI/OC/Kexts/", "::/EFI/OC/Kexts/Lilu.kext/",
                "::/EFI/OC/Kexts/Lilu.kext/Contents/", "::/EFI/OC/Kexts/Lilu.kext/Contents/Info.plist",
                "::/EFI/OC/Kexts/Lilu.kext/Contents/MacOS/", "::/EFI/OC/Kexts/Lilu.kext/Contents/MacOS/code",
                "::/EFI/OC/Kexts/VirtualSMC.kext/", "::/EFI/OC/Kexts/VirtualSMC.kext/Contents/",
                "::/EFI/OC/Kexts/VirtualSMC.kext/Contents/Info.plist", "::/EFI/OC/Kexts/VirtualSMC.kext/Contents/MacOS/",
                "::/EFI/OC/Kexts/VirtualSMC.kext/Contents/MacOS/code", "::/EFI/OC/OpenCore.efi", "::/EFI/OC/Tools/", "::/EFI/OC/VERSION",
                "::/EFI/OC/config.plist", "::/boot",
            ])
        #expect(try await content("EFI/BOOT/.contentVisibility", of: request.output) == "Disabled")
    }

    @Test(arguments: PartitionScheme.allCases)
    func bootCode(_ scheme: PartitionScheme) async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request()
        request.scheme = scheme
        _ = try await stand.build(request)
        let boot0 = Array(StandIn.sector(0x11))
        let boot1 = Array(StandIn.sector(0x22))
        #expect(try bytes(request.output, 0..<440) == Array(boot0[0..<440]))
        #expect(try bytes(request.output, 510..<512) == [0x55, 0xaa])
        for copy in [0, 6] {
            let sector = try bytes(request.output, Self.offset + copy * 512..<Self.offset + copy * 512 + 512)
            #expect(Array(sector[0..<3]) == Array(boot1[0..<3]))
            // 87 bytes of mkfs.fat's: sectors of 512, FAT32, hidden sectors as many as are before the partition.
            #expect(String(decoding: sector[82..<90], as: UTF8.self) == "FAT32   ")
            #expect(Array(sector[11..<13]) == [0, 2])
            #expect(Array(sector[28..<32]) == [0, 8, 0, 0])
            #expect(Array(sector[90..<0x1f0]) == Array(boot1[90..<0x1f0]))
            #expect(sector[0x1f0..<0x1fe].contains { $0 != 0 })
        }
        if scheme == .mbr { #expect(try bytes(request.output, 440..<444) != [0, 0, 0, 0]) }
    }

    @Test func sameInputsGiveTheSameBytes() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request()
        _ = try await stand.build(request)
        let first = try await Digest.sha256(request.output)
        let identity = try IdentityFile.read(IdentityFile.path(beside: request.output))
        try await Task.sleep(for: .milliseconds(1100))
        _ = try await stand.build(request)
        #expect(try await Digest.sha256(request.output) == first)
        #expect(try IdentityFile.read(IdentityFile.path(beside: request.output)) == identity)
        request.identity.isNew = true
        _ = try await stand.build(request)
        #expect(try await Digest.sha256(request.output) != first)
    }

    @Test func qcow2HoldsTheSameDisk() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request("out.qcow2")
        request.format = .qcow2
        _ = try await stand.build(request)
        request.output = stand.path("out.raw")
        request.format = .raw
        request.identity.imported = stand.path("out.identity.json")
        _ = try await stand.build(request)
        let verdict = try await Tool("qemu-img", from: "qemu-utils").run([
            "compare", stand.path("out.qcow2").string, stand.path("out.raw").string,
        ])
        #expect(verdict.contains("Images are identical"))
        for name in ["out.qcow2", "out.raw"] {
            let text = try await ImageInspector.inspect(stand.path(name)).text(showsSerials: false)
            #expect(text.contains("1.0.6 (from its file name, unchecked), RELEASE build"))
        }
    }

    @Test func withoutBootCodeForUEFIAlone() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request()
        request.openCore = try stand.release("OpenCore-1.0.3-RELEASE", hasLegacyBoot: false)
        let report = try await stand.build(request)
        #expect(!report.startsFromBIOS)
        #expect(report.warnings.contains { $0.contains("LegacyBoot") })
        #expect(report.warnings.contains { $0.contains("macOS 26") })
        #expect(try bytes(request.output, 0..<440).allSatisfy { $0 == 0 })
        #expect(!(try await list(request.output)).contains("::/boot"))
    }

    @Test func configurationOfTheDisk() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request()
        request.picker = Picker(isShown: true, timeout: 9)
        request.settings = [try OpenCoreSetting("Kernel.Quirks.XhciPortLimit=true")]
        request.bootConfiguration = stand.path("boot.toml")
        let extra = try stand.kext("Extra", needs: ["test.VirtualSMC", "other.Library"])
        request.kexts = [try #require(KextSource("\(extra)@22.0.0-23.99.99"))]
        let report = try await stand.build(request)
        #expect(report.warnings.contains { $0.contains("other.Library") })
        let lines = try await PlistOracle.flatten(content("EFI/OC/config.plist", of: request.output))
        #expect(lines.contains("Kernel.Quirks.XhciPortLimit boolean True"))
        #expect(lines.contains("Misc.Boot.Timeout integer 9"))
        #expect(
            lines.filter { $0.hasPrefix("Kernel.Add[].BundlePath") } == [
                "Kernel.Add[].BundlePath string 'Lilu.kext'", "Kernel.Add[].BundlePath string 'VirtualSMC.kext'",
                "Kernel.Add[].BundlePath string 'Extra.kext'",
            ])
        for (key, limit) in [("MinKernel", "22.0.0"), ("MaxKernel", "23.99.99")] {
            let values = lines.filter { $0.hasPrefix("Kernel.Add[].\(key)") }.map { $0.split(separator: " ").last }
            #expect(values == ["''", "''", "'\(limit)'"])
        }
        #expect(lines.contains("UEFI.Drivers[].Path string 'ResetNvramEntry.efi'"))
        let identity = try IdentityFile.read(IdentityFile.path(beside: request.output))
        #expect(lines.contains("PlatformInfo.Generic.SystemSerialNumber string '\(identity.serial)'"))
        #expect(lines.contains("PlatformInfo.Generic.MLB string '\(identity.boardSerial)'"))
        let toml = try String(contentsOfFile: stand.path("boot.toml").string, encoding: .utf8)
        #expect(toml.contains("mac = \"\(identity.mac)\""))

        let summary = try await ImageInspector.inspect(request.output)
        let masked = summary.text(showsSerials: false)
        #expect(!masked.contains(identity.serial) && !masked.contains(identity.boardSerial) && !masked.contains(identity.uuid))
        #expect(masked.contains("Lilu.kext 1.2.3, VirtualSMC.kext 1.2.3, Extra.kext 1.2.3 (kernel 22.0.0 to 23.99.99)"))
        let shown = summary.text(showsSerials: true)
        for secret in [identity.serial, identity.boardSerial, identity.uuid, identity.mac.description] { #expect(shown.contains(secret)) }
    }

    @Test func picturesOfTheMenu() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request()
        request.picker = Picker(isShown: true, timeout: 3, isGraphical: true)
        try stand.file("Resources/Image/Acidanthera/GoldenGate/Cursor.icns", Data("picture".utf8))
        request.resources = stand.path("Resources")
        _ = try await stand.build(request)
        #expect(try await content("EFI/OC/Resources/Image/Acidanthera/GoldenGate/Cursor.icns", of: request.output) == "picture")
        #expect(try await list(request.output).contains("::/EFI/OC/Drivers/OpenCanopy.efi"))
        let lines = try await PlistOracle.flatten(content("EFI/OC/config.plist", of: request.output))
        #expect(lines.contains("UEFI.Drivers[].Path string 'OpenCanopy.efi'") && lines.contains("Misc.Boot.PickerMode string 'External'"))
        let text = try await ImageInspector.inspect(request.output).text(showsSerials: false)
        #expect(text.contains("External, 3 s"))
    }

    /// iasl's own disassembler reads the table back.
    @Test func acpiTable() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        try await ACPITable.embeddedController.compile(into: stand.root, scratch: stand.root)
        let iasl = Tool("iasl", from: "acpica-tools")
        try await iasl.run(["-d", "-p", stand.path("table").string, stand.path("SSDT-EC-USBX.aml").string])
        let text = try String(contentsOfFile: stand.path("table.dsl").string, encoding: .utf8)
        let code = text.split(separator: "\n").drop { !$0.hasPrefix("DefinitionBlock") }.joined(separator: "\n") + "\n"
        try Golden.expect(code, "SSDT-EC-USBX.dsl")
        let table = try Data(contentsOf: URL(filePath: stand.path("SSDT-EC-USBX.aml").string))
        #expect(table.prefix(4) == Data("SSDT".utf8))
        #expect(table.reduce(UInt8(0), &+) == 0)
    }
}
