import Glibc
import SystemPackage

extension ModuleError {
    /// The cause of an errno.
    ///
    /// The errno values are those of finit_module(2), of kernel/module/main.c and signing.c, and of the init functions
    /// of arch/x86/kvm (vmx.c, svm.c, x86.c) since Linux 5.4; for a lookup, those of libkmod.
    static func classify(
        _ operation: Operation, _ module: String, _ errno: Errno, environment: ModuleEnvironment, messages: [String] = []
    ) -> ModuleError {
        let kind =
            switch operation {
            case .open, .lookUp: lookUpKind(errno, environment)
            case .insert: insertKind(errno, environment)
            case .readParameter, .writeParameter: parameterKind(errno)
            }
        return ModuleError(operation, module, errno: errno, kind: kind, messages: messages)
    }

    private static func lookUpKind(_ errno: Errno, _ environment: ModuleEnvironment) -> ModuleErrorKind {
        if errno == .noMemory { return .outOfMemory }
        if !environment.directoryExists {
            return environment.kernelHasModules
                ? .missingDirectory(directory: environment.directory, others: environment.otherReleases) : .noModuleSupport
        }
        let indexed = environment.indexExists && errno != .noFunction
        return indexed ? .unknownModule(directory: environment.directory) : .missingIndex(directory: environment.directory)
    }

    private static func insertKind(_ errno: Errno, _ environment: ModuleEnvironment) -> ModuleErrorKind {
        if !environment.kernelHasModules { return .noModuleSupport }
        switch errno.rawValue {
        case ENOSYS: return .noModuleSupport
        case ENOMEM: return .outOfMemory
        case ENOEXEC: return .wrongVersion
        case ENOENT: return .unknownSymbol
        case EINVAL, ERANGE: return .badParameter
        case EKEYREJECTED, ENOKEY, EBADMSG, ENOPKG: return .refusedSignature
        case EPERM, EACCES: return refusal(environment)
        case EEXIST, EBUSY:
            // "already loaded vendor module" in kvm_x86_vendor_init is EEXIST; a module that is live itself never gets here.
            return .conflict
        case EOPNOTSUPP, EIO, ENODEV, ENXIO: return .missingHardware
        default: return .other
        }
    }

    private static func refusal(_ environment: ModuleEnvironment) -> ModuleErrorKind {
        if environment.hasSysModule == false { return .noCapability }
        if environment.loadingDisabled { return .loadingDisabled }
        if let mode = environment.lockdown, mode != "none" { return .lockdown(mode: mode) }
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
}
