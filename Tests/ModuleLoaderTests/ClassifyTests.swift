import Glibc
import LinuxSupport
import SystemPackage
import Testing

@testable import ModuleLoader

@Suite struct ClassifyTests {
    static let hints = ModuleHints(directory: "/lib/modules/6.1", hasSysModule: true, lockdown: "none")
    static let none = ModuleHints(directory: "/lib/modules/6.1", directoryExists: false, otherReleases: ["5.10"], hasSysModule: true)

    static func with(_ change: (inout ModuleHints) -> Void) -> ModuleHints {
        var hints = hints
        change(&hints)
        return hints
    }

    static let noCapabilityAndLocked = ModuleHints(directory: "", hasSysModule: false, lockdown: "integrity")

    static let insertionCases: [(String, Int32, ModuleHints, ModuleErrorKind)] = [
        ("kvm_amd", ENOEXEC, hints, .wrongVersion),
        ("kvm_amd", ENOENT, hints, .unknownSymbol),
        ("kvm", EINVAL, hints, .badParameter),
        ("kvm", ENOMEM, hints, .outOfMemory),
        ("kvm", EKEYREJECTED, hints, .refusedSignature),
        ("kvm", ENOKEY, hints, .refusedSignature),
        ("kvm", EBADMSG, hints, .refusedSignature),
        ("kvm", EPERM, with { $0.hasSysModule = false }, .noCapability),
        ("kvm", EPERM, noCapabilityAndLocked, .noCapability),
        ("kvm", EPERM, with { $0.lockdown = "integrity" }, .lockdown(mode: "integrity")),
        ("kvm", EPERM, with { $0.loadingDisabled = true }, .loadingDisabled),
        ("kvm", EPERM, ModuleHints(directory: ""), .denied),
        ("kvm", ENOSYS, hints, .noModuleSupport),
        ("kvm", EPERM, with { $0.kernelHasModules = false }, .noModuleSupport),
        ("kvm_intel", EOPNOTSUPP, hints, .hardware(.intel)),
        ("kvm_intel", EIO, hints, .hardware(.intel)),
        ("kvm_amd", EOPNOTSUPP, with { $0.liveVendors = ["kvm_intel"] }, .hardware(.amd)),
        ("kvm-amd", ENODEV, hints, .hardware(.amd)),
        ("nvme", ENODEV, hints, .hardware(.other)),
        ("kvm_intel", EEXIST, with { $0.liveVendors = ["kvm_amd"] }, .otherVendor(live: "kvm_amd")),
        ("kvm_amd", EBUSY, with { $0.liveVendors = ["kvm_amd", "kvm_intel"] }, .otherVendor(live: "kvm_intel")),
        ("nvme", EBUSY, hints, .other),
        ("kvm", E2BIG, hints, .other),
    ]

    @Test(arguments: insertionCases)
    func insertions(module: String, errno: Int32, hints: ModuleHints, kind: ModuleErrorKind) {
        let error = ModuleError.classify(.insert, module, Errno(rawValue: errno), hints: hints, messages: ["words"])
        #expect(error.kind == kind)
        #expect(error.errno.rawValue == errno)
        #expect(error.description.contains(module) && error.description.contains("words"))
        #expect(error.remedy.hasSuffix("."))
    }

    @Test(arguments: [
        (ENOENT, hints, ModuleErrorKind.unknownModule(directory: "/lib/modules/6.1")),
        (ENOENT, none, .missingDirectory(directory: "/lib/modules/6.1", others: ["5.10"])),
        (ENOSYS, hints, .missingIndex(directory: "/lib/modules/6.1")),
        (ENOMEM, none, .outOfMemory),
        (ENOENT, ModuleHints(directory: "/lib/modules/6.1", directoryExists: false, kernelHasModules: false), .noModuleSupport),
    ])
    func lookUps(errno: Int32, hints: ModuleHints, kind: ModuleErrorKind) {
        #expect(ModuleError.classify(.lookUp, "kvm", Errno(rawValue: errno), hints: hints).kind == kind)
    }

    @Test func everyErrnoHasACauseAndARemedy() {
        for raw in Int32(1)...133 {
            for operation in [ModuleError.Operation.open, .lookUp, .insert, .readParameter, .writeParameter] {
                let error = ModuleError.classify(operation, "kvm_intel", Errno(rawValue: raw), hints: Self.hints)
                #expect(!error.kind.cause.isEmpty && !error.remedy.isEmpty)
            }
        }
    }

    @Test func theOtherReleasesAreNamed() {
        let error = ModuleError.classify(.lookUp, "kvm", .noSuchFileOrDirectory, hints: Self.none)
        #expect(error.description == "look up module kvm: /lib/modules/6.1 does not exist (No such file or directory)")
        #expect(error.remedy.contains("(5.10)"))
    }

    @Test(
        arguments: [
            ("Name:\tx\nCapEff:\t000001ffffffffff\n", true), ("CapEff:\t0000000000010000\n", true), ("CapEff:\t00000000a80425fb\n", false),
            ("", nil), ("CapEff:\tzz\n", nil),
        ] as [(String, Bool?)])
    func capability(status: String, expected: Bool?) {
        #expect(ModuleHints.capability(in: status) == expected)
    }

    @Test(
        arguments: [
            ("[none] integrity confidentiality", "none"), ("none [integrity] confidentiality", "integrity"), ("none integrity", nil),
            ("", nil),
        ] as [(String, String?)])
    func lockdown(line: String, expected: String?) {
        #expect(ModuleHints.chosenWord(line) == expected)
    }
}
