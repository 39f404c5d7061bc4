import Foundation
import LinuxSupport
import Testing

@testable import Booter

/// QEMU's firmware descriptors, and the places of distributions without any.
struct FirmwareFinderTests {
    private func descriptor(
        _ name: String, features: String = "", format: String = "raw", architecture: String = "x86_64", interface: String = "uefi"
    ) -> String {
        """
        {"description": "UEFI \\"\(name)\\" \\u00e9", "interface-types": ["\(interface)"],
         "mapping": {"device": "flash", "executable": {"filename": "/fw/\(name)-code", "format": "\(format)"},
                     "nvram-template": {"filename": "/fw/\(name)-vars", "format": "\(format)"}},
         "targets": [{"architecture": "\(architecture)", "machines": ["pc-i440fx-*", "pc-q35-*"]}],
         "features": [\(features)], "tags": [], "weight": -1.5e3, "live": true, "none": null}
        """
    }

    private func machine(_ descriptors: [String: String]) throws -> ScratchMachine {
        let machine = try ScratchMachine(descriptors)
        for name in ["a", "b", "c", "d"] {
            try machine.reserve(3_653_632, at: "/fw/\(name)-code")
            try machine.reserve(540_672, at: "/fw/\(name)-vars")
        }
        return machine
    }

    private func codes(_ machine: ScratchMachine) -> [String] { FirmwareFinder(root: machine.root).pairs().map(\.code.path) }

    @Test func orderOfDescriptors() throws {
        let machine = try machine([
            "/usr/share/qemu/firmware/60-b.json": descriptor("b"), "/usr/share/qemu/firmware/70-c.json": descriptor("c"),
            "/etc/qemu/firmware/65-a.json": descriptor("a"), "/etc/qemu/firmware/README": "not a descriptor",
        ])
        #expect(codes(machine) == ["/fw/b-code", "/fw/a-code", "/fw/c-code"])
        // The same name in /etc hides the distribution's, an empty file for good.
        try machine.write(descriptor("d"), to: "/etc/qemu/firmware/60-b.json")
        try machine.write("", to: "/etc/qemu/firmware/70-c.json")
        #expect(codes(machine) == ["/fw/d-code", "/fw/a-code"])
        // A place of the list comes behind.
        try machine.reserve(3_653_632, at: "/usr/share/OVMF/OVMF_CODE_4M.fd")
        try machine.reserve(540_672, at: "/usr/share/OVMF/OVMF_VARS_4M.fd")
        #expect(codes(machine) == ["/fw/d-code", "/fw/a-code", "/usr/share/OVMF/OVMF_CODE_4M.fd"])
    }

    @Test func whatDoesNotFitIsLeftOut() throws {
        let machine = try machine([
            "/usr/share/qemu/firmware/1.json": descriptor("a", features: "\"acpi-s3\", \"secure-boot\", \"requires-smm\""),
            "/usr/share/qemu/firmware/2.json": descriptor("b", format: "qcow2"),
            "/usr/share/qemu/firmware/3.json": descriptor("b", architecture: "aarch64"),
            "/usr/share/qemu/firmware/4.json": descriptor("b", interface: "bios"),
            "/usr/share/qemu/firmware/5.json": "{\"interface-types\": [",
            "/usr/share/qemu/firmware/6.json": String(repeating: "[", count: 100_000),
            "/usr/share/qemu/firmware/7.json": descriptor("absent"),
        ])
        #expect(codes(machine).isEmpty)
        #expect(FirmwareFinder(root: machine.root).unsuitable() == ["/fw/a-code (Secure Boot only)"])
        try machine.reserve(4 << 20, at: "/usr/share/ovmf/OVMF.fd")
        #expect(FirmwareFinder(root: machine.root).unsuitable().last == "/usr/share/ovmf/OVMF.fd (code and variables in one file)")
    }

    /// Debian's own, against another reader of JSON.
    @Test func descriptorsOfThisMachine() throws {
        for name in FileRoot.live.list("/usr/share/qemu/firmware") where name.hasSuffix(".json") {
            let data = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/qemu/firmware/" + name))
            let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            guard let mapping = object["mapping"] as? [String: Any], let code = mapping["executable"] as? [String: String] else { continue }
            guard let read = FirmwareDescriptor(parsing: Array(data)) else { continue }
            #expect(read.code == code["filename"])
            #expect(read.needsSecureBoot == ((object["features"] as? [String])?.contains("secure-boot") ?? false))
        }
    }

    @Test(arguments: [
        ("/usr/share/pve-edk2-firmware", "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"), ("/run/libvirt/nix-ovmf", "OVMF_CODE.fd", "OVMF_VARS.fd"),
        ("/usr/share/OVMF/x64", "OVMF_CODE.fd", "OVMF_VARS.fd"), ("/usr/share/edk2/OvmfX64", "OVMF_CODE.fd", "OVMF_VARS.fd"),
        ("/run/current-system/sw/share/qemu", "edk2-x86_64-code.fd", "edk2-i386-vars.fd"),
        ("/opt/homebrew/share/qemu", "edk2-x86_64-code.fd", "edk2-i386-vars.fd"),
    ])
    func places(directory: String, code: String, variables: String) throws {
        let machine = try ScratchMachine()
        try machine.reserve(1_966_080, at: "\(directory)/\(code)")
        try machine.reserve(131_072, at: "\(directory)/\(variables)")
        #expect(codes(machine) == ["\(directory)/\(code)"])
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\" 1}", "{\"a\":}", "nul", "\"\u{1}\"", "\"open", "1 2", "{\"a\":1,}", "[}"])
    func whatIsNoJSON(text: String) { #expect(JSONValue(parsing: Array(text.utf8)) == nil) }

    @Test func valuesOfJSON() {
        let value = JSONValue(parsing: Array(" {\"a\" : [ 1, -2.5e3, \"x\\n\\\"\\/\", true, false, null, {}, [] ]}\n".utf8))
        #expect(
            value?["a"]?.elements == [
                .number("1"), .number("-2.5e3"), .string("x\n\"/"), .boolean(true), .boolean(false), .null, .object([:]), .array([]),
            ])
    }
}
