package import LinuxSupport

/// Whether KVM allows guests of guests, as the kernel's module says.
package enum Nesting: Equatable, Sendable, CustomStringConvertible {
    /// "kvm_amd.nested=1"
    case allowed(String)
    case refused(String)
    case noModule

    /// /sys/module/kvm_*/parameters/nested, which is 1 or 0 of kvm_amd and Y or N of kvm_intel.
    package init(_ root: FileRoot) {
        self = .noModule
        for module in ["kvm_intel", "kvm_amd"] {
            guard let value = root.line("/sys/module/\(module)/parameters/nested") else { continue }
            let parameter = "\(module).nested=\(value)"
            if value == "1" || value == "Y" {
                self = .allowed(parameter)
                return
            }
            self = .refused(parameter)
        }
    }

    package var description: String {
        switch self {
        case .allowed(let parameter), .refused(let parameter): parameter
        case .noModule: "no KVM module"
        }
    }
}
