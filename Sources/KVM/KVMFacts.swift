package import QemuArgs

/// What /dev/kvm answers; never judged by the node alone.
package struct KVMFacts: Codable, Equatable, Sendable {
    /// nil when a VM can be made and runs firmware; else the first thing that did not work.
    package var problem: KVMProblem?
    /// KVM_GET_API_VERSION: 12 on every kernel since 2.6.22.
    package var apiVersion: Int?
    /// KVM_CHECK_EXTENSION answers that are not 0, by the constant's name: "KVM_CAP_TSC_DEADLINE_TIMER": 1.
    package var capabilities: [String: Int]
    /// KVM_GET_SUPPORTED_CPUID.
    package var cpuid: [CPUIDLeaf]
    /// KVM_GET_TSC_KHZ of a fresh vCPU, kHz.
    package var tscKHz: Int?

    package init(problem: KVMProblem?, apiVersion: Int?, capabilities: [String: Int], cpuid: [CPUIDLeaf], tscKHz: Int?) {
        (self.problem, self.apiVersion, self.capabilities) = (problem, apiVersion, capabilities)
        (self.cpuid, self.tscKHz) = (cpuid, tscKHz)
    }
}
