import QMP

/// What a QEMU answers about itself over QMP, reduced to what a plan needs.
///
/// https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html
struct QemuAnswers {
    /// Of some 400 device types, those that the plan may need.
    let asked: Set<String>
    /// Of some 40 option groups, those whose parameters differ between builds in a way that matters.
    private static let groups: Set<String> = [
        "run-with", "sandbox", "overcommit", "action", "smp-opts", "memory", "boot-opts", "machine", "vnc",
    ]
    /// Bytes of a line: the schema has 200 KB, and grows.
    static let lineLimit = 16 << 20

    /// Sent in one go; QEMU answers in this order, a line each, after its greeting.
    let questions: String
    private var session: Session
    private let (machineRequest, deviceRequest, modelRequest, optionRequest, schemaRequest): (Int, Int, Int, Int, Int)

    private(set) var version: [Int] = []
    private(set) var machines: [String] = []
    private(set) var devices: [String] = []
    private(set) var cpuModels: [String] = []
    private(set) var options: [String: [String]] = [:]
    /// QEMU's words when it refused a question.
    private(set) var refusal: String?
    /// The last question has been answered: nothing more will come.
    private(set) var isComplete = false

    init(asked: Set<String>) {
        self.asked = asked
        // A script in QEMU's place may write lines of its own.
        var session = Session(lineLimit: Self.lineLimit, isLenient: true)
        let capabilities = session.negotiate()
        let machines = session.submit(.queryMachines, named: "machines")
        let devices = session.submit(.queryDevices, named: "devices")
        let models = session.submit(.queryCPUModels, named: "cpus")
        let options = session.submit(.queryOptions, named: "options")
        let schema = session.submit(.querySchema, named: "schema")
        questions = [capabilities.line, machines.line, devices.line, models.line, options.line, schema.line].joined()
        (machineRequest, deviceRequest) = (machines.request.number, devices.request.number)
        (modelRequest, optionRequest, schemaRequest) = (models.request.number, options.request.number, schema.request.number)
        self.session = session
    }

    func facts(path: String) -> QemuFacts {
        QemuFacts(
            path: path, version: version, machines: machines, devices: devices, asked: asked.sorted(), cpuModels: cpuModels,
            options: options)
    }

    /// Takes what QEMU wrote. Events, and lines that are not QMP, are ignored.
    /// - Throws: for a line without end, and for an answer of another form.
    mutating func take(_ bytes: [UInt8]) throws(ProtocolError) {
        for received in try session.receive(bytes) {
            switch received {
            case .greeting(let greeting): version = greeting.version
            case .refusal(let request, let refusal):
                self.refusal = refusal.description
                if request.number == schemaRequest { isComplete = true }
            case .answer(let request, let answer): try take(answer, to: request.number)
            case .event: break
            }
        }
    }

    private mutating func take(_ answer: JSONText, to request: Int) throws(ProtocolError) {
        switch request {
        case machineRequest:
            // Only what a macOS guest can be given: without "isapc", "microvm", "xenpv" and the i440FX.
            machines = try Command.queryMachines.answer(answer).filter { $0 == "q35" || $0.hasPrefix("pc-q35-") }.sorted()
        case deviceRequest: devices = try Command.queryDevices.answer(answer).filter(asked.contains).sorted()
        case modelRequest: cpuModels = try Command.queryCPUModels.answer(answer).sorted()
        case optionRequest:
            for (group, names) in try Command.queryOptions.answer(answer) where Self.groups.contains(group) {
                options[group] = names.sorted()
            }
        case schemaRequest:
            // One fact of 200 KB: whether the enumeration BlockdevAioOptions was compiled with io_uring.
            options["aio"] = ["native", "threads"] + (answer.holds(#""io_uring""#) ? ["io_uring"] : [])
            isComplete = true
        default: break
        }
    }
}
