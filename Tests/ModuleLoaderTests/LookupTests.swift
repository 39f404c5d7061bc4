import Foundation
import LinuxSupport
import SystemPackage
import TestSupport
import Testing

@testable import ModuleLoader

@Suite struct LookupTests {
    let fixture: ModuleDirectory

    init() throws { fixture = try ModuleDirectory() }

    func context() throws -> ModuleContext {
        try ModuleContext(directory: fixture.path, configuration: [fixture.configuration])
    }

    @Test(arguments: ["mvt_kvm_intel", "mvt-kvm-intel", "mvt_kvm-intel"])
    func dashesAndUnderscoresAreTheSame(name: String) throws {
        let modules = try context().modules(named: name)
        #expect(modules.map(\.name) == ["mvt_kvm_intel"])
        #expect(modules.first?.path == fixture.path.appending("kernel/mvt-kvm-intel.ko").string)
        #expect(modules.first?.dependencies == ["mvt_irqbypass", "mvt_kvm"])
        #expect(modules.first?.state == .absent)
    }

    @Test(arguments: [
        ("mvt:v00001AF4d00001041", ["mvt_vhost_net"]), ("mvt_family_1", ["mvt_tap", "mvt_vhost"]), ("mvt_fs_ext4", ["mvt_ext4"]),
    ])
    func aliasesOfTheIndexes(alias: String, names: [String]) throws {
        #expect(try Set(context().modules(named: alias).map(\.name)) == Set(names))
    }

    @Test func aliasesAndOptionsOfTheConfiguration() throws {
        try fixture.configure("alias mvt_char_10_200 mvt_tap\noptions mvt_tap a=1 b=2\noptions mvt-tap c=3\n")
        let modules = try context().modules(named: "mvt_char_10_200")
        #expect(modules.map(\.name) == ["mvt_tap"])
        #expect(modules.first?.options == "a=1 b=2 c=3")
    }

    @Test(arguments: [("mvt_ext4", ModuleState.builtin), ("mvt-af-packet", .builtin), ("mvt_kvm", .absent), ("mvt_nowhere", .absent)])
    func states(name: String, state: ModuleState) throws {
        #expect(try context().state(of: name) == state)
    }

    @Test func builtInModulesHaveNoFile() throws {
        let modules = try context().modules(named: "mvt_ext4")
        #expect(modules.map(\.path) == [nil])
        #expect(modules.map(\.state) == [.builtin])
    }

    @Test(arguments: [
        ("mvt_kvm_intel", ["mvt_irqbypass", "mvt_kvm", "mvt_kvm_intel"]),
        // A soft dependency that has dependencies itself comes with them, before the module that wants it.
        ("mvt_nf_tables", ["mvt_cryptomgr", "mvt_crc32c", "mvt_libcrc32c", "mvt_nf_tables"]),
        // Soft dependencies after the module; one that does not exist is nobody's loss.
        ("mvt_tap", ["mvt_tap", "mvt_iotlb"]),
        // A soft dependency that needs the very module which wants it.
        ("mvt_needs_wanted", ["mvt_wanted", "mvt_wants", "mvt_needs_wanted"]),
        ("mvt_circle_a", ["mvt_circle_b", "mvt_circle_a"]),
        ("mvt_circle_b", ["mvt_circle_a", "mvt_circle_b"]),
    ])
    func order(name: String, order: [String]) throws {
        #expect(try context().insertionOrder(of: name) == order)
    }

    /// modprobe reads the same files through the same library, but makes the order by itself.
    @Test(
        .enabled(if: FileRoot.live.exists("/sbin/modprobe"), "needs Debian's package kmod"),
        arguments: ["mvt_kvm_intel", "mvt_nf_tables", "mvt_tap", "mvt_circle_a", "mvt_vhost_net", "mvt_needs_wanted"])
    func orderOfModprobe(name: String) throws {
        let modprobe = Process()
        modprobe.executableURL = URL(filePath: "/sbin/modprobe")
        modprobe.arguments = [
            "--show-depends", "--dirname", fixture.root.path, "--set-version", fixture.release, "--config", fixture.configuration.string,
            name,
        ]
        let output = Pipe()
        modprobe.standardOutput = output
        modprobe.standardError = FileHandle.nullDevice
        try modprobe.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        modprobe.waitUntilExit()
        // insmod /.../kernel/mvt-kvm.ko
        let files = text.split(separator: "\n").compactMap { $0.trimmed.split(separator: "/").last }
        let names = files.map { String($0.dropLast(3).replacing("-", with: "_")) }
        // It names a module again that several need, and passes over the second when it comes to it.
        var seen: Set<String> = []
        #expect(try context().insertionOrder(of: name) == names.filter { seen.insert($0).inserted })
    }

    @Test func softDependencyOfADependencyKeepsTheOrder() throws {
        let order = try context().insertionOrder(of: "mvt_vhost_net")
        #expect(Set(order) == ["mvt_tap", "mvt_iotlb", "mvt_vhost", "mvt_vhost_net"])
        #expect(order.count == 4)
        #expect(order.last == "mvt_vhost_net")
        let iotlb = try #require(order.firstIndex(of: "mvt_iotlb"))
        let vhost = try #require(order.firstIndex(of: "mvt_vhost"))
        #expect(iotlb < vhost)
    }

    @Test func hardDependenciesAreRequiredAndSoftOnesAreNot() throws {
        let context = try context()
        var required: [String: Bool] = [:]
        let list = try context.lookUp("mvt_nf_tables")
        try list.forEach { (module) throws(ModuleError) in
            for step in try context.insertionPlan(of: module) { required[step.name] = step.required }
        }
        #expect(required == ["mvt_cryptomgr": false, "mvt_crc32c": false, "mvt_libcrc32c": true, "mvt_nf_tables": true])
    }

    @Test func aModuleThatIsBothSoftlyAndHardWantedIsRequired() throws {
        let context = try context()
        var required: [String: Bool] = [:]
        let list = try context.lookUp("mvt_vhost_net")
        try list.forEach { (module) throws(ModuleError) in
            for step in try context.insertionPlan(of: module) { required[step.name] = step.required }
        }
        #expect(required == ["mvt_tap": true, "mvt_iotlb": true, "mvt_vhost": true, "mvt_vhost_net": true])
    }

    @Test func unknownModule() throws {
        let context = try context()
        let error = #expect(throws: ModuleError.self) { try context.modules(named: "mvt_nowhere") }
        let directory = fixture.path.string
        #expect(error?.kind == .unknownModule(directory: directory))
        #expect(error?.module == "mvt_nowhere")
    }

    @Test func missingDirectoryNamesTheOthers() throws {
        let absent = fixture.path.removingLastComponent().appending("9.9.9")
        let context = try ModuleContext(directory: absent, configuration: [])
        #expect(context.directory == absent)
        let error = #expect(throws: ModuleError.self) { try context.modules(named: "mvt_kvm") }
        if FileRoot.live.exists("/proc/modules") {
            #expect(error?.kind == .missingDirectory(directory: absent.string, others: ["6.1.0-test"]))
        } else {
            #expect(error?.kind == .noModuleSupport)
        }
    }

    @Test func missingIndex() throws {
        try fixture.remove("modules.dep.bin")
        let context = try context()
        let error = #expect(throws: ModuleError.self) { try context.modules(named: "mvt_kvm") }
        #expect(error?.kind == .missingIndex(directory: fixture.path.string))
    }

    @Test func damagedIndexesAreNoCrash() throws {
        var random = SplitMix64(seed: 7)
        let good = ModuleIndex(["mvt_a": ["kernel/a.ko:"], "mvt_ab": ["kernel/ab.ko: kernel/a.ko"]]).bytes
        // Without any index, and with one whose header is wrong: what libkmod itself checks.
        for header in 0..<6 {
            var bytes = good
            bytes[header] ^= UInt8.random(in: 1...255, using: &random)
            let fixture = try ModuleDirectory()
            try fixture.overwrite("modules.dep.bin", bytes)
            let context = try ModuleContext(directory: fixture.path, configuration: [])
            #expect(throws: ModuleError.self) { try context.modules(named: "mvt_ab") }
        }
    }
}
