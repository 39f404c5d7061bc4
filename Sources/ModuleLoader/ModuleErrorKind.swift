/// The causes that are told apart, each with its own words.
public enum ModuleErrorKind: Equatable, Sendable {
    case outOfMemory
    /// Nothing is known about the running kernel's modules.
    case missingDirectory(directory: String, others: [String])
    /// The directory is there, but its indexes cannot be read.
    case missingIndex(directory: String)
    case unknownModule(directory: String)
    /// ENOEXEC: built for another kernel, or not a module.
    case wrongVersion
    /// ENOENT from the kernel: something that the module needs is not there.
    case unknownSymbol
    case badParameter
    case refusedSignature
    case lockdown(mode: String)
    case loadingDisabled
    /// EPERM without CAP_SYS_MODULE.
    case noCapability
    /// EPERM, EACCES although the capability may be there: seccomp, a security module.
    case denied
    /// The CPU or firmware does not offer what the module drives.
    case hardware(Vendor)
    /// kvm serves one vendor module at a time.
    case otherVendor(live: String)
    /// ENOSYS: CONFIG_MODULES is off.
    case noModuleSupport
    case unknownParameter
    /// The parameter takes effect only when the module is loaded.
    case readOnlyParameter
    /// The kernel took the value but shows another.
    case parameterNotTaken(shown: String)
    case other

    /// Whose virtualization extension is missing.
    public enum Vendor: Sendable { case intel, amd, other }

    var cause: String {
        switch self {
        case .outOfMemory: "out of memory"
        case .missingDirectory(let directory, _): "\(directory) does not exist"
        case .missingIndex(let directory): "\(directory) has no readable module index"
        case .unknownModule(let directory): "not in \(directory)"
        case .wrongVersion: "not a module for the running kernel"
        case .unknownSymbol: "a symbol that it needs is not in the kernel"
        case .badParameter: "the kernel refused a parameter"
        case .refusedSignature: "the kernel does not trust its signature"
        case .lockdown(let mode): "the kernel is locked down (\(mode)) and takes signed modules only"
        case .loadingDisabled: "loading modules was switched off (kernel.modules_disabled is 1)"
        case .noCapability: "CAP_SYS_MODULE is missing"
        case .denied: "the kernel does not permit it"
        case .hardware(.intel): "the CPU does not offer VT-x, or the firmware disabled it"
        case .hardware(.amd): "the CPU does not offer SVM, or the firmware disabled it"
        case .hardware(.other): "the hardware that it drives is not there"
        case .otherVendor(let live): "\(live) is already loaded"
        case .noModuleSupport: "this kernel was built without module support"
        case .unknownParameter: "the running kernel has no such module parameter"
        case .readOnlyParameter: "it cannot be changed while the module is loaded"
        case .parameterNotTaken(let shown): "the kernel shows \(shown) after it was set"
        case .other: "the kernel refused"
        }
    }

    var remedy: String {
        switch self {
        case .outOfMemory: "Give this machine more memory."
        case .missingDirectory(let directory, let others) where others.isEmpty:
            "Install the modules of the running kernel as \(directory), or mount them there."
        case .missingDirectory(_, let others):
            "Boot the kernel that the installed modules belong to (\(others.joined(separator: ", "))), or install those of the running one."
        case .missingIndex(let directory): "Run `depmod` for \(directory) where the image is built."
        case .unknownModule: "Use a kernel that has this module, or install the package with the rest of its modules."
        case .wrongVersion: "Install the modules that were built together with the running kernel; see `uname -r`."
        case .unknownSymbol: "Run `depmod` where the image is built, and ship every module that this one needs."
        case .badParameter: "Check the parameters in the configuration, in modprobe.d and on the kernel command line."
        case .refusedSignature, .lockdown: "Use modules signed with a key that the kernel knows, or turn Secure Boot off."
        case .loadingDisabled: "Restart the machine: nothing else sets kernel.modules_disabled back."
        case .noCapability: "Run as root with CAP_SYS_MODULE, or load the module before."
        case .denied: "Look for a seccomp filter or a security module that forbids loading modules, or load the module before."
        case .hardware(.intel): "Enable nested virtualization (VT-x) for this virtual machine, or VT-x in the firmware setup."
        case .hardware(.amd): "Enable nested virtualization (SVM) for this virtual machine, or SVM in the firmware setup."
        case .hardware(.other): "Give the machine that hardware, or do without the module."
        case .otherVendor(let live): "Remove \(live) first, and load the module of this CPU's vendor only."
        case .noModuleSupport: "Use a kernel with CONFIG_MODULES, or one that has what is needed built in."
        case .unknownParameter: "Use a kernel that has this parameter, or take it out of the configuration."
        case .readOnlyParameter: "Give it when the module is loaded, in modprobe.d or on the kernel command line, and restart."
        case .parameterNotTaken: "Check that this value is in the parameter's range."
        case .other: "See the kernel's log for its reason."
        }
    }
}
