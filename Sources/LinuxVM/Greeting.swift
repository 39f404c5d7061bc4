/// The message printed when a VM starts: what it is, and how to reach it.
package struct Greeting {
    let plan: MachinePlan

    package init(_ plan: MachinePlan) { self.plan = plan }

    package var text: String { ([machine] + slow + plan.notes.map { "  note: " + $0 } + ways).joined(separator: "\n") }

    private var machine: String {
        let machine = plan.machine
        let start =
            switch machine.linux {
            case .disk(let image): "\(image.path) by \(machine.firmware == .bios ? "BIOS" : "UEFI"), disks on \(machine.bus.rawValue)"
            case .kernel(let kernel, _, _): "\(kernel), disks on \(machine.bus.rawValue)"
            }
        return "macos-virt: Linux from \(start), \(machine.vcpus) vCPU\(machine.vcpus == 1 ? "" : "s"), \(machine.memoryMiB) MiB, "
            + (plan.accelerator.kind == .kvm ? "KVM" : "emulated")
    }

    private var slow: [String] {
        guard plan.accelerator.kind == .emulation else { return [] }
        return [
            "  why: \(plan.accelerator.reason)",
            "  Emulation is slow, for tests only: macOS would take hours to start, if it starts at all. With several vCPUs it may hang.",
        ]
    }

    private var ways: [String] {
        let here = plan.machine.ports.here
        var lines: [String] = []
        if let port = here(PortMap.ssh) { lines.append("  Remote Login    ssh -p \(port) USER@127.0.0.1, once it is enabled in macOS") }
        if let port = here(PortMap.screenSharing) { lines.append("  Screen Sharing  vnc://127.0.0.1:\(port), once it is enabled in macOS") }
        if let port = here(PortMap.screen), let password = plan.password {
            lines.append("  screen          vnc://127.0.0.1:\(port), password \(password)")
        }
        for forward in plan.machine.ports.forwards where ![PortMap.ssh, PortMap.screenSharing, PortMap.screen].contains(forward.there) {
            let name = "  port \(forward.there)"
            lines.append(name + String(repeating: " ", count: max(1, 18 - name.count)) + "127.0.0.1:\(forward.here)")
        }
        return lines
    }
}
