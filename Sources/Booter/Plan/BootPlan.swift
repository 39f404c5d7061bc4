import BootSettings

/// Everything that `boot run` would do on a machine, as data that can be compared, printed and replayed; never a closure.
struct BootPlan: Codable, Equatable, Sendable {
    /// Raised when a field changes its meaning.
    var schemaVersion = 1
    var facts: HostFacts
    /// Where each configured value that is not the default came from, by key.
    var configured: [String: ConfigurationOrigin]
    var decisions: [Decision]
    var findings: [Finding]
    /// nil when the plan ends in a refusal before the guest is known.
    var guest: GuestSummary?
    /// What is known of the guest when its disk, firmware or QEMU is missing.
    var draft: GuestDraft?
    /// In the order in which they are applied.
    var steps: [Step]
    /// nil when `guest` is.
    var qemu: QemuInvocation?
    /// What `boot` does while QEMU runs; nil when it becomes QEMU.
    var supervision: Supervision?
    /// Messages of the findings that are warnings.
    var warnings: [String] { findings.filter { $0.status == .warning }.map(\.message) }
    /// The first thing that makes a run impossible.
    var refusal: Finding? { findings.first { $0.status == .failure } }

    var preparation: [Step] { steps.filter(\.isPreparation) }

    private enum CodingKeys: CodingKey {
        case schemaVersion, facts, configured, decisions, findings, guest, draft, steps, qemu, supervision, warnings
    }

    init(facts: HostFacts, configured: [String: ConfigurationOrigin]) {
        self.facts = facts
        self.configured = configured
        decisions = []
        findings = []
        steps = []
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try container.decode(Int.self, forKey: .schemaVersion)
        facts = try container.decode(HostFacts.self, forKey: .facts)
        configured = try container.decode([String: ConfigurationOrigin].self, forKey: .configured)
        decisions = try container.decode([Decision].self, forKey: .decisions)
        findings = try container.decode([Finding].self, forKey: .findings)
        guest = try container.decodeIfPresent(GuestSummary.self, forKey: .guest)
        draft = try container.decodeIfPresent(GuestDraft.self, forKey: .draft)
        steps = try container.decode([Step].self, forKey: .steps)
        qemu = try container.decodeIfPresent(QemuInvocation.self, forKey: .qemu)
        supervision = try container.decodeIfPresent(Supervision.self, forKey: .supervision)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(schemaVersion, forKey: .schemaVersion)
        try container.encode(facts, forKey: .facts)
        try container.encode(configured, forKey: .configured)
        try container.encode(decisions, forKey: .decisions)
        try container.encode(findings, forKey: .findings)
        try container.encodeIfPresent(guest, forKey: .guest)
        try container.encodeIfPresent(draft, forKey: .draft)
        try container.encode(steps, forKey: .steps)
        try container.encodeIfPresent(qemu, forKey: .qemu)
        try container.encodeIfPresent(supervision, forKey: .supervision)
        try container.encode(warnings, forKey: .warnings)
    }
}

/// What the guest will see, for people and for tests that look from inside it.
struct GuestSummary: Codable, Equatable, Sendable {
    var vcpus: Int
    var sockets: Int
    var cores: Int
    var memoryMiB: Int
    var cpu: String
    var machine: String
    var uuid: String
    /// /dev path of the system disk.
    var disk: String
    var diskBytes: Int
    var nic: String
    var mac: String
    var mtu: Int
    var address: String
    var gateway: String
    var address6: String?
    var forwards: [String]
    /// How to see the screen: `127.0.0.1:5900`, `unix:PATH` or `off`.
    var vnc: String
}

/// The execve(2) at the end, of this process or of its child.
struct QemuInvocation: Codable, Equatable, Sendable {
    var binary: String
    /// Including argv[0].
    var argv: [String]
    /// Descriptors that the tap's queues are moved to, in order.
    var tapDescriptors: [Int32]
    var vhostDescriptors: [Int32]
}
