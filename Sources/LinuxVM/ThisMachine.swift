package import Diagnostics
import Foundation
import HostSupport
package import KVM
package import LinuxSupport

/// What a plan needs to know about the machine that it is for.
package struct ThisMachine: Sendable {
    package var cpus: Int
    /// MiB.
    package var availableMemory: Int
    package var nesting: Nesting
    /// Asked only when it matters: it starts a VM for a moment.
    package var kvm: @Sendable () -> KVMFacts
    package var root: FileRoot
    package var freePort: @Sendable (UInt16) -> UInt16?

    package init(
        cpus: Int, availableMemory: Int, nesting: Nesting, kvm: @escaping @Sendable () -> KVMFacts, root: FileRoot,
        freePort: @escaping @Sendable (UInt16) -> UInt16?
    ) {
        (self.cpus, self.availableMemory, self.nesting) = (cpus, availableMemory, nesting)
        (self.kvm, self.root, self.freePort) = (kvm, root, freePort)
    }

    /// - Throws: `software` without /proc.
    package static func live() throws(OperationError) -> ThisMachine {
        ThisMachine(
            cpus: ProcessInfo.processInfo.activeProcessorCount, availableMemory: try LocalMemory.available(.live), nesting: Nesting(.live),
            kvm: { KVMProbe.probe() }, root: .live, freePort: PortMap.free)
    }
}
