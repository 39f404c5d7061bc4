import FoundationEssentials

/// QMP's answers to the questions of `QemuQuery`, reduced to what a plan asks for.
///
/// https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html
struct QemuAnswers {
    /// Sent in one go; QEMU answers in this order, a line each, after its greeting.
    static let questions = [
        #"{"execute":"qmp_capabilities"}"#,
        #"{"execute":"query-machines","id":"machines"}"#,
        #"{"execute":"qom-list-types","arguments":{"implements":"device","abstract":false},"id":"devices"}"#,
        #"{"execute":"query-cpu-definitions","id":"cpus"}"#,
        #"{"execute":"query-command-line-options","id":"options"}"#,
        #"{"execute":"query-qmp-schema","id":"schema"}"#,
    ]

    /// Of some 400 device types, those that the plan may need.
    let asked: Set<String>
    /// Of some 40 option groups, those whose parameters differ between builds in a way that matters.
    private static let groups: Set<String> = [
        "run-with", "sandbox", "overcommit", "action", "smp-opts", "memory", "boot-opts", "machine", "vnc",
    ]

    init(asked: Set<String>) { self.asked = asked }

    private(set) var version: [Int] = []
    private(set) var machines: [String] = []
    private(set) var devices: [String] = []
    private(set) var cpuModels: [String] = []
    private(set) var options: [String: [String]] = [:]
    /// The `id`s that were answered.
    private(set) var answered: Set<String> = []
    /// QEMU's words when it refused a question.
    private(set) var refusal: String?

    /// The last question has been answered: nothing more will come.
    var isComplete: Bool { answered.contains("schema") }

    func facts(path: String) -> QemuFacts {
        QemuFacts(
            path: path, version: version, machines: machines, devices: devices, asked: asked.sorted(), cpuModels: cpuModels,
            options: options)
    }

    /// Takes one line of QMP. Events and what is no JSON are passed over.
    mutating func take(_ line: Data) {
        // One more for the carriage return of a monitor's lines.
        if line.suffix(Self.schemaEnd.utf8.count + 1).offset(of: Self.schemaEnd) != nil { return takeSchema(line) }
        guard line.first == UInt8(ascii: "{"), let message = try? JSONDecoder().decode(QMPMessage.self, from: line) else { return }
        if let version = message.version { self.version = version }
        if let refusal = message.refusal { self.refusal = refusal }
        guard let id = message.id else { return }
        answered.insert(id)
        switch id {
        case "machines":
            // Only what a macOS guest can be given: without "isapc", "microvm", "xenpv" and the i440FX.
            machines = message.names.filter { $0 == "q35" || $0.hasPrefix("pc-q35-") }.sorted()
        case "devices": devices = message.names.filter(asked.contains).sorted()
        case "cpus": cpuModels = message.names.sorted()
        case "options":
            for (group, names) in message.options where Self.groups.contains(group) { options[group] = names.sorted() }
        case "schema": takeSchema(line)
        default: return
        }
    }

    /// How QEMU ends the line with the schema: two thirds of all that it says, which are then not decoded.
    private static let schemaEnd = #""id": "schema"}"#

    /// 200 KB for one fact: whether the enumeration BlockdevAioOptions was compiled with io_uring.
    private mutating func takeSchema(_ line: Data) {
        answered.insert("schema")
        options["aio"] = ["native", "threads"] + (line.offset(of: #""io_uring""#) == nil ? [] : ["io_uring"])
    }
}
