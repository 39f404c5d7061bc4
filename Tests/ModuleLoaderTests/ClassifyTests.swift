import Glibc
import LinuxSupport
import SystemPackage
import Testing

@testable import ModuleLoader

@Suite struct ClassifyTests {
    static let environment = ModuleEnvironment(directory: "/lib/modules/6.1", hasSysModule: true, lockdown: "none")
    static let none = ModuleEnvironment(directory: "/lib/modules/6.1", directoryExists: false, otherReleases: ["5.10"], hasSysModule: true)

    static func with(_ change: (inout ModuleEnvironment) -> Void) -> ModuleEnvironment {
        var environment = environment
        change(&environment)
        return environment
    }

    static let noCapabilityAndLocked = ModuleEnvironment(directory: "", hasSysModule: false, lockdown: "integrity")

    static let insertionCases: [(String, Int32, ModuleEnvironment, ModuleErrorKind)] = [
        ("kvm_amd", ENOEXEC, environment, .wrongVersion),
        ("kvm_amd", ENOENT, environment, .unknownSymbol),
        ("kvm", EINVAL, environment, .badParameter),
        ("kvm", ENOMEM, environment, .outOfMemory),
        ("kvm", EKEYREJECTED, environment, .refusedSignature),
        ("kvm", ENOKEY, environment, .refusedSignature),
        ("kvm", EBADMSG, environment, .refusedSignature),
        ("kvm", EPERM, with { $0.hasSysModule = false }, .noCapability),
        ("kvm", EPERM, noCapabilityAndLocked, .noCapability),
        ("kvm", EPERM, with { $0.lockdown = "integrity" }, .lockdown(mode: "integrity")),
        ("kvm", EPERM, with { $0.loadingDisabled = true }, .loadingDisabled),
        ("kvm", EPERM, ModuleEnvironment(directory: ""), .denied),
        ("kvm", ENOSYS, environment, .noModuleSupport),
        ("kvm", EPERM, with { $0.kernelHasModules = false }, .noModuleSupport),
        ("kvm_intel", EOPNOTSUPP, environment, .missingHardware),
        ("kvm_intel", EIO, environment, .missingHardware),
        ("kvm_amd", EOPNOTSUPP, environment, .missingHardware),
        ("kvm-amd", ENODEV, environment, .missingHardware),
        ("nvme", ENODEV, environment, .missingHardware),
        ("kvm_intel", EEXIST, environment, .conflict),
        ("kvm_amd", EBUSY, environment, .conflict),
        ("nvme", EBUSY, environment, .conflict),
        ("kvm", E2BIG, environment, .other),
    ]

    @Test(arguments: insertionCases)
    func insertions(module: String, errno: Int32, environment: ModuleEnvironment, kind: ModuleErrorKind) {
        let error = ModuleError.classify(.insert, module, Errno(rawValue: errno), environment: environment, messages: ["words"])
        #expect(error.kind == kind)
        #expect(error.errno.rawValue == errno)
        #expect(error.description.contains(module) && error.description.contains("words"))
        #expect(!error.remedy.hasSuffix("."))
        #expect(error.remedy.first?.isLowercase == true)
    }

    @Test(arguments: [
        (ENOENT, environment, ModuleErrorKind.unknownModule(directory: "/lib/modules/6.1")),
        (ENOENT, none, .missingDirectory(directory: "/lib/modules/6.1", others: ["5.10"])),
        (ENOSYS, environment, .missingIndex(directory: "/lib/modules/6.1")),
        (ENOMEM, none, .outOfMemory),
        (ENOENT, ModuleEnvironment(directory: "/lib/modules/6.1", directoryExists: false, kernelHasModules: false), .noModuleSupport),
    ])
    func lookUps(errno: Int32, environment: ModuleEnvironment, kind: ModuleErrorKind) {
        #expect(ModuleError.classify(.lookUp, "kvm", Errno(rawValue: errno), environment: environment).kind == kind)
    }

    @Test func everyErrnoHasACauseAndARemedy() {
        for raw in Int32(1)...133 {
            for operation in [ModuleError.Operation.open, .lookUp, .insert, .readParameter, .writeParameter] {
                let error = ModuleError.classify(operation, "kvm_intel", Errno(rawValue: raw), environment: Self.environment)
                #expect(!error.kind.cause.isEmpty && !error.remedy.isEmpty)
            }
        }
    }

    @Test func theOtherReleasesAreNamed() {
        let error = ModuleError.classify(.lookUp, "kvm", .noSuchFileOrDirectory, environment: Self.none)
        #expect(error.description == "look up module kvm: /lib/modules/6.1 does not exist (No such file or directory)")
        #expect(error.remedy.contains("(5.10)"))
    }

    @Test(
        arguments: [
            ("Name:\tx\nCapEff:\t000001ffffffffff\n", true), ("CapEff:\t0000000000010000\n", true), ("CapEff:\t00000000a80425fb\n", false),
            ("", nil), ("CapEff:\tzz\n", nil),
        ] as [(String, Bool?)])
    func capability(status: String, expected: Bool?) {
        #expect(ModuleEnvironment.capability(in: status) == expected)
    }

    @Test(
        arguments: [
            ("[none] integrity confidentiality", "none"), ("none [integrity] confidentiality", "integrity"), ("none integrity", nil),
            ("", nil),
        ] as [(String, String?)])
    func lockdown(line: String, expected: String?) {
        #expect(ModuleEnvironment.chosenWord(line) == expected)
    }
}
