/// What a calling program needs to know about a VM that was started: one line of JSON.
package struct StartReport: Codable, Equatable, Sendable {
    /// Raised when a field changes its meaning.
    package var schemaVersion = 1
    /// QEMU's; nil when nothing was started.
    package var pid: Int32?
    package var accelerator: LocalAccelerator.Kind
    package var acceleratorReason: String
    package var vcpus: Int
    package var memoryMiB: Int
    /// Ports of this machine's loopback, by the VM's port.
    package var ports: [String: UInt16]
    /// Of the screen at port 5900.
    package var vncPassword: String?
    package var uuid: String
    /// The program and its arguments.
    package var argv: [String]
    /// The boot.toml that the VM gets.
    package var configuration: String

    package init(_ plan: MachinePlan, argv: [String], pid: Int32? = nil) {
        self.pid = pid
        (accelerator, acceleratorReason) = (plan.accelerator.kind, plan.accelerator.reason)
        (vcpus, memoryMiB, uuid) = (plan.machine.vcpus, plan.machine.memoryMiB, plan.machine.uuid)
        ports = Dictionary(uniqueKeysWithValues: plan.machine.ports.forwards.map { (String($0.there), $0.here) })
        vncPassword = plan.password
        self.argv = argv
        configuration = plan.configuration.text
    }
}
