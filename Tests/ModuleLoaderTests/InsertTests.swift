import FoundationEssentials
import LinuxSupport
import SystemPackage
import Testing

@testable import ModuleLoader

/// The ways of `insert` that need no kernel that would take a module: the rest is for the end-to-end test.
@Suite struct InsertTests {
    let fixture: ModuleDirectory

    init() throws { fixture = try ModuleDirectory() }

    func context() throws -> ModuleContext {
        try ModuleContext(directory: fixture.path, configuration: [fixture.configuration])
    }

    @Test(arguments: ["mvt_ext4", "mvt-ext4", "mvt_fs_ext4"])
    func builtIn(name: String) throws {
        #expect(try context().insert(name) == .builtin)
    }

    /// ENOEXEC, EPERM or ENOSYS: never success, and never the wrong module's name.
    @Test func theFirstDependencyThatFailsIsNamed() throws {
        let context = try context()
        let error = #expect(throws: ModuleError.self) { try context.insert("mvt-kvm-intel", parameters: "nested=1") }
        #expect(error?.module == "mvt_irqbypass")
        #expect(error?.operation == .insert)
        let expected: [ModuleErrorKind] = [.wrongVersion, .noCapability, .denied, .noModuleSupport, .loadingDisabled]
        #expect(error.map { expected.contains($0.kind) || $0.kind == .lockdown(mode: "integrity") } == true)
        #expect(error?.messages.contains { $0.contains("mvt-irqbypass.ko") } == true, "libkmod's own words are kept")
    }

    @Test func failuresOfSoftDependenciesArePassedOver() throws {
        let context = try context()
        var soft: [String?] = []
        let error = #expect(throws: ModuleError.self) { try context.insert("mvt_nf_tables") { soft.append($0.module) } }
        #expect(soft == ["mvt_cryptomgr", "mvt_crc32c"])
        #expect(error?.module == "mvt_libcrc32c")
    }

    @Test func installCommandsAreNotRun() throws {
        let witness = fixture.root.appending(path: "ran").path
        try fixture.configure("install mvt_tap /usr/bin/touch \(witness)\n")
        let context = try context()
        #expect(throws: ModuleError.self) { try context.insert("mvt_tap") }
        #expect(!FileRoot.live.exists(witness))
    }

    @Test func blacklistsHoldForAliasesOnly() throws {
        try fixture.configure("blacklist mvt_vhost_net\n")
        let context = try context()
        #expect(throws: ModuleError.self, "asked for by name") { try context.insert("mvt_vhost_net") }
        #expect(throws: Never.self, "nothing is left to insert") { try context.insert("mvt:v00001AF4d00001041") }
    }

    @Test func unknownModule() throws {
        let context = try context()
        let error = #expect(throws: ModuleError.self) { try context.insert("mvt_nowhere") }
        #expect(error?.operation == .lookUp)
    }

    @Test func recordsOfTheKernelLog() {
        #expect(KernelLog.message(of: "3,1234,5678,-;kvm: disabled by bios\n SUBSYSTEM=x\n") == "kernel: kvm: disabled by bios")
        #expect(KernelLog.message(of: "6,1,2,-;\n") == nil)
        #expect(KernelLog.message(of: "") == nil)
    }
}
