import KVM
import LinuxSupport

/// The facts about a machine as text.
struct FactsText: CustomStringConvertible {
    let facts: HostFacts

    var description: String {
        rows.map { name, value in name + String(repeating: " ", count: max(1, 14 - name.count)) + value }.joined(separator: "\n")
    }

    private var rows: [(String, String)] {
        let cpu = facts.cpu
        let memory = facts.memory
        var rows = [
            ("kernel", "\(facts.kernel.release), modules \(facts.kernel.hasModuleDirectory ? "installed" : "not installed")"),
            ("CPU", "\(cpu.modelName): \(cpu.logical.count) CPUs, \(cpu.cores) cores, \(cpu.sockets) sockets, \(cpu.allowed.count) usable"),
            ("virtualization", cpu.virtualization?.rawValue ?? "neither vmx nor svm"),
            ("KVM", kvm),
            ("memory", "\(MiB(memory.available)) available of \(MiB(memory.total))"),
            ("huge pages", hugepages),
            ("cgroup", cgroup),
        ]
        rows += facts.network.links.map { ("link", "\($0.name), \($0.state), MTU \($0.mtu)") }
        rows += (facts.network.routes4 + facts.network.routes6).filter(\.isDefault).map {
            ("default route", "\($0.gateway.map { "by \($0), " } ?? "")\($0.interface), metric \($0.metric)")
        }
        rows += facts.disks.map { ("disk", "\($0.path): \(DiskChoice.summary($0))") }
        rows.append(("firmware", facts.files.firmware.first?.code.path ?? "not found"))
        rows.append(("OpenCore disk", facts.files.bootloader?.path ?? "not found"))
        rows.append(("QEMU", facts.qemu.map { "\($0.path), \($0.versionText)" } ?? facts.qemuProblem ?? "not found"))
        rows.append(("dnsmasq", facts.files.dnsmasq ?? "not found"))
        return rows
    }

    private var kvm: String {
        guard let kvm = facts.kvm else { return "not queried: there is no /dev/kvm" }
        return kvm.problem.map { "\($0.kind.title): \($0.detail)" } ?? "usable" + (kvm.tscKHz.map { ", TSC \($0) kHz" } ?? "")
    }

    private var hugepages: String {
        let pool = facts.memory.hugepages.map { "\($0.free) of \($0.total) reserved ones free" } ?? "none"
        let gigantic = facts.memory.gigantic.map { ", \($0.free) of \($0.total) of 1 GiB free" } ?? ""
        return pool + gigantic + (facts.memory.transparentHugepages.map { ", transparent: \($0)" } ?? "")
    }

    private var cgroup: String {
        let cpu = facts.cgroup.cpuMillis.map { "\(Decimal3($0)) CPUs" }
        let memory = facts.cgroup.memoryLimit.map { "\(MiB($0)) of memory" }
        let limits = [cpu, memory].compactMap { $0 }
        return limits.isEmpty ? "no limit" : limits.joined(separator: ", ")
    }
}
