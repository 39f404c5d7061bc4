/// One line that QEMU sends.
///
/// https://www.qemu.org/docs/master/interop/qmp-spec.html
enum Message: Sendable {
    case greeting(Greeting)
    case answer(id: String?, JSONText)
    case refusal(id: String?, Refusal)
    case event(Event)

    /// nil for what is no message.
    init?(_ line: [UInt8]) {
        var json = JSONText(line)
        var (greeting, answer, refusal): (Greeting?, JSONText?, Refusal?)
        var (id, event, data, time): (String?, String?, JSONText?, Event.Time?)
        json.object { key, json in
            switch key {
            case "QMP": greeting = Greeting(&json)
            case "return": answer = json.slice()
            case "error": refusal = Refusal(&json)
            // Ours are strings.
            case "id": id = json.string()
            case "event": event = json.string()
            case "data": data = json.slice()
            case "timestamp": time = Event.Time(&json)
            default: json.skip()
            }
        }
        guard json.isWhole else { return nil }
        switch (greeting, answer, refusal, event) {
        case (let greeting?, nil, nil, nil): self = .greeting(greeting)
        case (nil, let answer?, nil, nil): self = .answer(id: id, answer)
        case (nil, nil, let refusal?, nil): self = .refusal(id: id, refusal)
        case (nil, nil, nil, let event?): self = .event(Event(event, data, at: time))
        default: return nil
        }
    }
}

/// What QEMU says first.
package struct Greeting: Equatable, Sendable {
    /// Major, minor, micro.
    package var version: [Int]
    /// The distribution's name for this build; may be empty.
    package var package: String
    /// What could be switched on: "oob".
    package var capabilities: [String]

    fileprivate init?(_ json: inout JSONText) {
        var version: QemuVersion?
        var capabilities: [String]?
        json.object { key, json in
            switch key {
            case "version": version = QemuVersion(&json)
            case "capabilities": capabilities = json.array { $0.string() }
            default: json.skip()
            }
        }
        guard let version, let capabilities else { return nil }
        (self.version, self.package, self.capabilities) = (version.numbers, version.package, capabilities)
    }
}

/// VersionInfo of qapi/control.json.
struct QemuVersion {
    var numbers: [Int]
    var package: String

    init?(_ json: inout JSONText) {
        var (major, minor, micro): (Int?, Int?, Int?)
        var package = ""
        json.object { key, json in
            switch key {
            case "qemu":
                json.object { part, json in
                    switch part {
                    case "major": major = json.integer()
                    case "minor": minor = json.integer()
                    case "micro": micro = json.integer()
                    default: json.skip()
                    }
                }
            case "package": package = json.string() ?? ""
            default: json.skip()
            }
        }
        guard let major, let minor, let micro else { return nil }
        (numbers, self.package) = ([major, minor, micro], package)
    }
}

/// QEMU's reason not to carry out a command.
package struct Refusal: Error, Equatable, Sendable {
    /// QapiErrorClass: "GenericError", "CommandNotFound", "DeviceNotFound" and a few others.
    package var kind: String
    /// For people. It can quote the guest's or the user's words: print it by `printable`.
    package var description: String

    fileprivate init?(_ json: inout JSONText) {
        var (kind, description): (String?, String?)
        json.object { key, json in
            switch key {
            case "class": kind = json.string()
            case "desc": description = json.string()
            default: json.skip()
            }
        }
        guard let kind, let description else { return nil }
        (self.kind, self.description) = (kind, description)
    }
}
