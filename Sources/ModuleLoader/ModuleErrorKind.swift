/// The cause of a failure.
public enum ModuleErrorKind: Equatable, Sendable {
    case outOfMemory
    /// There is no module directory for the running kernel.
    case missingDirectory(directory: String, others: [String])
    /// The directory is there, but its indexes cannot be read.
    case missingIndex(directory: String)
    case unknownModule(directory: String)
    /// ENOEXEC: built for another kernel, or not a module.
    case wrongVersion
    /// ENOENT from the kernel: a symbol that the module needs is missing.
    case unknownSymbol
    case badParameter
    case refusedSignature
    case lockdown(mode: String)
    case loadingDisabled
    /// EPERM without CAP_SYS_MODULE.
    case noCapability
    /// EPERM, EACCES although the process may have the capability: seccomp or a security module.
    case denied
    /// The hardware that the module drives is absent or disabled.
    case missingHardware
    /// EEXIST, EBUSY: another module or driver is in its place.
    case conflict
    /// ENOSYS: CONFIG_MODULES is off.
    case noModuleSupport
    case unknownParameter
    /// The parameter takes effect only when the module is loaded.
    case readOnlyParameter
    /// The kernel took the value but shows another.
    case parameterNotTaken(shown: String)
    case other

    var cause: String {
        switch self {
        case .outOfMemory: "out of memory"
        case .missingDirectory(let directory, _): "\(directory) does not exist"
        case .missingIndex(let directory): "\(directory) has no readable module index"
        case .unknownModule(let directory): "not in \(directory)"
        case .wrongVersion: "not a module for the running kernel"
        case .unknownSymbol: "a symbol that it needs is not in the kernel"
        case .badParameter: "the kernel refused a parameter"
        case .refusedSignature: "the kernel rejects its signature"
        case .lockdown(let mode): "the kernel is locked down (\(mode)) and takes signed modules only"
        case .loadingDisabled: "module loading is disabled (kernel.modules_disabled is 1)"
        case .noCapability: "CAP_SYS_MODULE is missing"
        case .denied: "the kernel denies it"
        case .missingHardware: "the hardware that it drives is absent or disabled"
        case .conflict: "another module or driver is in its place"
        case .noModuleSupport: "this kernel was built without module support"
        case .unknownParameter: "the running kernel has no such module parameter"
        case .readOnlyParameter: "it cannot be changed while the module is loaded"
        case .parameterNotTaken(let shown): "the kernel shows \(shown) after it was set"
        case .other: "the kernel refused"
        }
    }

    var remedy: String {
        switch self {
        case .outOfMemory: "give this machine more memory"
        case .missingDirectory(let directory, let others) where others.isEmpty:
            "install the modules of the running kernel as \(directory), or mount them there"
        case .missingDirectory(_, let others):
            "boot the kernel that the installed modules belong to (\(others.joined(separator: ", "))), or install those of the running one"
        case .missingIndex(let directory): "run `depmod` for \(directory) where the image is built"
        case .unknownModule: "use a kernel that has this module, or install the package with the rest of its modules"
        case .wrongVersion: "install the modules that were built together with the running kernel; see `uname -r`"
        case .unknownSymbol: "run `depmod` where the image is built, and ship every module that this one needs"
        case .badParameter: "check the parameters in the configuration, in modprobe.d and on the kernel command line"
        case .refusedSignature, .lockdown: "use modules signed with a key that the kernel trusts, or disable Secure Boot"
        case .loadingDisabled: "restart the machine: kernel.modules_disabled cannot be cleared otherwise"
        case .noCapability: "run as root with CAP_SYS_MODULE, or load the module beforehand"
        case .denied: "allow loading modules in the seccomp filter or the security module, or load the module beforehand"
        case .missingHardware: "provide the hardware, or do without the module"
        case .conflict: "remove the module that is in its place"
        case .noModuleSupport: "use a kernel with CONFIG_MODULES, or one that has what is needed built in"
        case .unknownParameter: "use a kernel that has this parameter, or remove it from the configuration"
        case .readOnlyParameter: "set it in modprobe.d or on the kernel command line, and restart"
        case .parameterNotTaken: "check that this value is in the parameter's range"
        case .other: "see the kernel's log for its reason"
        }
    }
}
