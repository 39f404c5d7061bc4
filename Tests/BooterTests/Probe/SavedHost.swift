import Foundation
import LinuxSupport
import Testing

@testable import BootSettings
@testable import Booter

/// One of the machines in Fixtures/hosts: see generate.py there for what each of them stands for.
struct SavedHost: CustomTestStringConvertible, Sendable {
    let name: String

    static let all = ["intel-1s", "intel-2s", "amd-1s", "gce-n2", "no-kvm", "one-cpu", "container", "hybrid", "amd-128"].map {
        SavedHost(name: $0)
    }
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Fixtures/hosts")
        .standardized

    /// What a probe of these tests asks for.
    static let questions: MachineQuestions = {
        var questions = MachineQuestions(Configuration())
        questions.modules = ["kvm", "kvm_intel", "kvm_amd", "tun", "vhost_net", "virtio_net", "br_netfilter"]
        questions.nodes = ["/dev/kvm", "/dev/net/tun", "/dev/vhost-net"]
        return questions
    }()

    var testDescription: String { name }

    /// A copy with what would be too large to keep: firmware of the right sizes, and all 128 processors.
    func machine() throws -> ScratchMachine {
        let machine = try ScratchMachine(copying: Self.directory.appendingPathComponent(name))
        try machine.reserve(3_653_632, at: "/usr/share/OVMF/OVMF_CODE_4M.fd")
        try machine.reserve(540_672, at: "/usr/share/OVMF/OVMF_VARS_4M.fd")
        if name == "amd-128" {
            try machine.write(Self.repeated(try machine.root.text("/proc/cpuinfo"), sockets: 2, cores: 32, threads: 2), to: "/proc/cpuinfo")
        }
        return machine
    }

    func facts(configuration: Configuration = Configuration()) throws -> HostFacts {
        let machine = try machine()
        return try HostProbe(root: machine.root, configuration: configuration, questions: Self.questions).facts()
    }

    /// One processor's block for each CPU, numbered as Linux does: all first threads, socket by socket, then the second ones.
    static func repeated(_ block: String, sockets: Int, cores: Int, threads: Int) -> String {
        var text = ""
        for id in 0..<(sockets * cores * threads) {
            for line in block.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                switch line.prefix(while: { $0 != "\t" && $0 != ":" }) {
                case "processor": text += "processor\t: \(id)\n"
                case "physical id": text += "physical id\t: \(id / cores % sockets)\n"
                case "core id": text += "core id\t\t: \(id % cores)\n"
                default: text += line + "\n"
                }
            }
        }
        return text
    }
}
