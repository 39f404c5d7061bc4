import Diagnostics
import Foundation
import HostSupport
import Testing

@testable import BootSettings
@testable import OpenCoreImage

struct OpenCoreSettingTests {
    private let configuration = OpenCoreConfiguration(for: Samples.profile()).plist

    private func set(_ argument: String) throws -> PlistValue {
        try OpenCoreSetting(argument).applied(to: configuration)
    }

    private func value(_ path: String, after argument: String) throws -> PlistValue? {
        try path.split(separator: ".").reduce(set(argument)) { value, key in value?[String(key)] }
    }

    @Test func eachType() throws {
        #expect(try value("Kernel.Quirks.XhciPortLimit", after: "Kernel.Quirks.XhciPortLimit=true") == .boolean(true))
        #expect(try value("Misc.Boot.Timeout", after: "Misc.Boot.Timeout=-3") == .integer(-3))
        #expect(try value("Misc.Security.ScanPolicy", after: "Misc.Security.ScanPolicy=0x10F0103") == .integer(0x10F0103))
        #expect(try value("UEFI.Output.Resolution", after: "UEFI.Output.Resolution=a=b") == .string("a=b"))
        #expect(
            try value("PlatformInfo.Generic.ROM", after: "PlatformInfo.Generic.ROM=00 16 3E 00 00 01")
                == .data(Data([0, 0x16, 0x3e, 0, 0, 1])))
        #expect(
            try value("Misc.BlessOverride", after: "Misc.BlessOverride=\\EFI\\a.efi,\\b.efi")
                == .array([.string("\\EFI\\a.efi"), .string("\\b.efi")]))
    }

    @Test func elementsOfLists() throws {
        guard case .array(let kexts)? = try value("Kernel.Add", after: "Kernel.Add.1.MaxKernel=25.99.99") else {
            return #expect(Bool(false))
        }
        #expect(kexts[1]["MaxKernel"] == .string("25.99.99"))
        #expect(kexts[0]["MaxKernel"] == .string(""))
    }

    @Test func freeKeys() throws {
        let apple = "NVRAM.Add." + NVRAMSection.apple
        #expect(try value(apple + ".SystemAudioVolume", after: apple + ".SystemAudioVolume=data:46") == .data(Data([0x46])))
        #expect(try value(apple + ".boot-args", after: apple + ".boot-args=-v") == .string("-v"))
        #expect(try value("NVRAM.Add.GUID.name", after: "NVRAM.Add.GUID.name=plain") == .string("plain"))
        #expect(try value("NVRAM.Delete.GUID", after: "NVRAM.Delete.GUID=a,b") == .array([.string("a"), .string("b")]))
        let device = "DeviceProperties.Add.PciRoot(0x0)/Pci(0x1,0x0).x"
        #expect(try value(device, after: device + "=integer:5") == .integer(5))
    }

    @Test(arguments: [
        "Kernel.Quirks.XhciPortLimit=1", "Kernel.Quirks.NoSuchKey=true", "Misc.Boot.Timeout=soon", "Misc.Boot.Timeout=",
        "Misc.Boot.Timeout=99999999999999999999", "Misc.Boot.Timeout=99999999999", "Misc.Security.HaltLevel=-2147483649",
        "PlatformInfo.Generic.ROM=0G", "PlatformInfo.Generic.ROM=012", "Kernel=5",
        "Kernel.Add=a,b", "Kernel.Add.9.Arch=Any", "Kernel.Add.-1.Arch=Any", "Kernel.Quirks.XhciPortLimit.More=1", "noequals", "=5",
        "NVRAM.Add.GUID.name=data:xyz", "NVRAM.Add.GUID.name.more=1", "UEFI.Output.Resolution=\u{1}", "..=1", "NVRAM.Free=1",
    ])
    func refused(_ argument: String) {
        #expect(throws: OperationError.self) { try set(argument) }
    }

    /// Nothing that a user types can trap.
    @Test func fuzz() {
        var generator = SystemRandomNumberGenerator()
        let pieces = ["Kernel", "Add", ".", "=", "0", "NVRAM", "Quirks", "-", "true", "data:", "ff", "é", "", "Delete", "\u{0}"]
        for _ in 0..<3000 {
            let argument = (0..<Int.random(in: 1...8, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
                .joined()
            _ = try? set(argument)
        }
    }
}
