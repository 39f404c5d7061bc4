import FoundationEssentials
import LinuxSupport
import SystemPackage
import Testing

@testable import ModuleLoader

@Suite final class ParameterTests {
    let directory: URL
    let parameters: ModuleParameters

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "parameters-\(UUID().uuidString)")
        let kvm = directory.appending(path: "sys/module/kvm_amd/parameters")
        try FileManager.default.createDirectory(at: kvm, withIntermediateDirectories: true)
        try Data("N\n".utf8).write(to: kvm.appending(path: "avic"))
        try Data("200000\n".utf8).write(to: kvm.appending(path: "halt_poll_ns"))
        parameters = ModuleParameters(root: FileRoot(FilePath(directory.path)))
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    @Test(arguments: [
        ("Y", "1", true), ("y", "on", true), ("N", "0", true), ("N", "off", true), ("Y\n", "Y", true), ("0x10", "16", true),
        ("Y", "N", false), ("1", "0", false), ("2", "1", false), ("2", "Y", false), ("", "0", false), ("auto", "-1", false),
    ])
    func sameness(a: String, b: String, same: Bool) {
        #expect(ModuleParameters.same(a, b) == same)
        #expect(ModuleParameters.same(b, a) == same)
    }

    @Test func reading() {
        #expect(parameters.value(of: "avic", in: "kvm-amd") == "N")
        #expect(parameters.value(of: "avic", in: "kvm_intel") == nil)
        #expect(parameters.value(of: "avic", in: "kvm_amd") == "N")
        #expect(parameters.value(of: "halt_poll_ns", in: "kvm_amd") == "200000")
    }

    @Test func settingReturnsWhatWasThere() throws {
        #expect(try parameters.set("avic", in: "kvm_amd", to: "0") == nil)
        #expect(parameters.value(of: "avic", in: "kvm_amd") == "N", "an equal value is not written")
        #expect(try parameters.set("halt_poll_ns", in: "kvm_amd", to: "0") == "200000")
        #expect(parameters.value(of: "halt_poll_ns", in: "kvm_amd") == "0")
    }

    @Test func anUnknownParameter() {
        let error = #expect(throws: ModuleError.self) { try parameters.set("nested", in: "kvm_amd", to: "1") }
        #expect(error?.kind == .unknownParameter)
        #expect(error?.module == "kvm_amd.nested")
    }
}
