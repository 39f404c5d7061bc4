/// Why KVM cannot be used.
package struct KVMProblem: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        case nodeMissing, permission, open, apiVersion, createVM, createVCPU
        /// A VM can be made but real-mode firmware cannot run in it: a software PVM.
        case cannotRunFirmware
    }
    package var kind: Kind
    /// The kernel's words, or what the test program did.
    package var detail: String

    package init(kind: Kind, detail: String) { (self.kind, self.detail) = (kind, detail) }
}

extension KVMProblem.Kind {
    /// For messages.
    package var title: String {
        switch self {
        case .nodeMissing: "/dev/kvm is missing"
        case .permission: "no permission"
        case .open: "/dev/kvm does not open"
        case .apiVersion: "unknown API"
        case .createVM: "no VM can be created"
        case .createVCPU: "no vCPU can be created"
        case .cannotRunFirmware: "firmware does not run in it"
        }
    }
}
