import Glibc
public import SystemPackage

extension ModuleError {
    /// Finds the cause behind an errno.
    ///
    /// The errno values are those of finit_module(2), of kernel/module/main.c and signing.c, and of the init functions
    /// of arch/x86/kvm (vmx.c, svm.c, x86.c) since Linux 5.4; for a look-up, those of libkmod.
    public static func classify(
        _ operation: Operation, _ module: String, _ errno: Errno, hints: ModuleHints, messages: [String] = []
    ) -> ModuleError {
        let kind =
            switch operation {
            case .open, .lookUp: lookUpKind(errno, hints)
            case .insert: insertKind(module, errno, hints)
            case .readParameter, .writeParameter: parameterKind(errno)
            }
        return ModuleError(operation, module, errno: errno, kind: kind, messages: messages)
    }

    private static func lookUpKind(_ errno: Errno, _ hints: ModuleHints) -> ModuleErrorKind {
        if errno == .noMemory { return .outOfMemory }
        if !hints.directoryExists {
            return hints.kernelHasModules
                ? .missingDirectory(directory: hints.directory, others: hints.otherReleases) : .noModuleSupport
        }
        let indexed = hints.indexExists && errno != .noFunction
        return indexed ? .unknownModule(directory: hints.directory) : .missingIndex(directory: hints.directory)
    }

    private static func insertKind(_ module: String, _ errno: Errno, _ hints: ModuleHints) -> ModuleErrorKind {
        if !hints.kernelHasModules { return .noModuleSupport }
        switch errno.rawValue {
        case ENOSYS: return .noModuleSupport
        case ENOMEM: return .outOfMemory
        case ENOEXEC: return .wrongVersion
        case ENOENT: return .unknownSymbol
        case EINVAL, ERANGE: return .badParameter
        case EKEYREJECTED, ENOKEY, EBADMSG, ENOPKG: return .refusedSignature
        case EPERM, EACCES: return refusal(hints)
        case EEXIST, EBUSY:
            // "already loaded vendor module" in kvm_x86_vendor_init is EEXIST; a module that is itself live never gets here.
            guard vendor(of: module) != .other else { return .other }
            return .otherVendor(live: hints.liveVendors.first { vendor(of: $0) != vendor(of: module) } ?? "another vendor's module")
        case EOPNOTSUPP, EIO, ENODEV, ENXIO: return .hardware(vendor(of: module))
        default: return .other
        }
    }

    private static func refusal(_ hints: ModuleHints) -> ModuleErrorKind {
        if hints.hasSysModule == false { return .noCapability }
        if hints.loadingDisabled { return .loadingDisabled }
        if let mode = hints.lockdown, mode != "none" { return .lockdown(mode: mode) }
        return .denied
    }

    private static func parameterKind(_ errno: Errno) -> ModuleErrorKind {
        switch errno.rawValue {
        case ENOENT: .unknownParameter
        case EACCES, EPERM, EROFS: .readOnlyParameter
        case EINVAL, ERANGE: .badParameter
        default: .other
        }
    }

    private static func vendor(of module: String) -> ModuleErrorKind.Vendor {
        switch module {
        case "kvm_intel", "kvm-intel": .intel
        case "kvm_amd", "kvm-amd": .amd
        default: .other
        }
    }
}
