package import Diagnostics
import HostSupport
package import KVM

/// What runs the Linux VM, and why.
package struct LocalAccelerator: Equatable, Sendable {
    package enum Wish: String, CaseIterable, Sendable { case auto, kvm, emulation }
    package enum Kind: String, Codable, Sendable { case kvm, emulation }

    package var kind: Kind
    /// The reason for this choice, for people.
    package var reason: String

    package init(_ kind: Kind, reason: String) { (self.kind, self.reason) = (kind, reason) }

    /// - Parameters:
    ///   - kvm: what /dev/kvm answered. That it opens proves little: a software PVM opens too, and cannot run firmware.
    ///   - nesting: whether a VM in the VM can have KVM of its own.
    /// - Throws: `unavailable` when the user wants KVM and it is not usable.
    package static func choose(_ wish: Wish, kvm: () -> KVMFacts, nesting: Nesting) throws(OperationError) -> LocalAccelerator {
        guard wish != .emulation else { return LocalAccelerator(.emulation, reason: "--accelerator emulation") }
        guard let (cause, remedy) = objection(kvm(), nesting) else { return LocalAccelerator(.kvm, reason: nesting.description) }
        guard wish == .auto else { throw OperationError("use", "KVM", cause: cause, remedy: remedy, exit: .unavailable) }
        return LocalAccelerator(.emulation, reason: cause)
    }

    private static func objection(_ kvm: KVMFacts, _ nesting: Nesting) -> (cause: String, remedy: String)? {
        if let problem = kvm.problem {
            let remedy =
                switch problem.kind {
                case .permission: "let this user open /dev/kvm (Debian: add it to the group kvm)"
                case .nodeMissing, .open: "load kvm_intel or kvm_amd; in a VM, enable nested virtualization on its host first"
                default: "use a machine with hardware virtualization, or --accelerator emulation to try it out"
                }
            // The bytes at which firmware stopped help nobody here; `boot probe` shows them.
            let detail = problem.kind == .cannotRunFirmware ? "" : ": " + problem.detail
            return ("KVM cannot be used (\(problem.kind.title))" + detail, remedy)
        }
        switch nesting {
        case .allowed: return nil
        case .refused(let parameter):
            return ("\(parameter): the Linux VM could not run macOS with KVM", "reload the module with nested=1")
        case .noModule:
            return ("neither kvm_intel nor kvm_amd is loaded, so KVM does not nest", "use a machine with hardware virtualization")
        }
    }
}
