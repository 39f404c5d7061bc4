import ModuleLoader

extension ModuleError {
    /// What the failure of one of kvm's two vendor modules means; nil for any other.
    var virtualization: (cause: String, remedy: String)? {
        let names: (extension: String, other: String)
        switch module {
        case "kvm_intel": names = ("VT-x", "kvm_amd")
        case "kvm_amd": names = ("SVM", "kvm_intel")
        default: return nil
        }
        switch kind {
        case .missingHardware:
            return (
                "the CPU does not offer \(names.extension), or the firmware disabled it" + details,
                "enable nested virtualization (\(names.extension)) for this virtual machine, or \(names.extension) in the firmware setup"
            )
        case .conflict:
            return ("\(names.other) is already loaded" + details, "remove \(names.other), and load the module of this CPU's vendor only")
        default: return nil
        }
    }
}
