package import Diagnostics
import Foundation
import KVM
import LinuxSupport
import LinuxVM
package import QemuArgs
package import SystemPackage

/// What a plan needs to know about the machine that macOS is installed on.
package struct InstallHost: Sendable {
    package var accelerator: Accelerator
    package var cpus: Int
    /// MiB.
    package var availableMemory: Int
    package var qemu: LocalQemu
    /// OVMF's code, and the template of its variables.
    package var firmware: (code: FilePath, template: FilePath)
    /// What the guest's CPU is chosen by.
    package var processor: MacCPU.Host

    package init(
        accelerator: Accelerator, cpus: Int, availableMemory: Int, qemu: LocalQemu, firmware: (code: FilePath, template: FilePath),
        processor: MacCPU.Host
    ) {
        (self.accelerator, self.cpus, self.availableMemory, self.qemu) = (accelerator, cpus, availableMemory, qemu)
        (self.firmware, self.processor) = (firmware, processor)
    }

    /// - Parameter emulates: whether the user wants emulation, though it is slow.
    /// - Throws: `unavailable` without KVM; `osFile` without QEMU or OVMF.
    package static func live(emulates: Bool) async throws(OperationError) -> InstallHost {
        let root = FileRoot.live
        let facts = emulates ? nil : KVMProbe.probe()
        if let problem = facts?.problem {
            let permission = problem.kind == .permission
            throw OperationError(
                "use", "KVM", cause: "\(problem.kind.title)",
                remedy: (permission ? "let this user open /dev/kvm (Debian: add it to the group kvm)" : "use a machine with KVM")
                    + "; --emulate does without, and takes days in place of an hour", exit: .unavailable)
        }
        let own = LocalProcessor(parsing: (try? root.text("/proc/cpuinfo")) ?? "")
        let accelerator: Accelerator = emulates ? .tcg : .kvm
        return InstallHost(
            accelerator: accelerator, cpus: ProcessInfo.processInfo.activeProcessorCount,
            availableMemory: try LocalMemory.available(root), qemu: try await LocalQemu.find(),
            firmware: try LocalFirmware.installed(below: root),
            processor: MacCPU.Host(
                accelerator: accelerator, vendor: MacCPU.Vendor(id: own.vendor),
                processor: XNU.Processor(family: own.family, model: own.model), features: facts.map { CPUFeature.all(in: $0.cpuid) },
                hasInvariantTSC: own.hasInvariantTSC, tscKHz: facts?.tscKHz))
    }
}
