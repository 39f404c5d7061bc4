/// A command of QEMU's, and how its answer is read.
///
/// The commands of this project are static members of `Command` with the type of their answer.
package struct Command<Answer: Sendable>: Sendable {
    package let name: String
    package let arguments: [JSONValue.Member]
    /// nil for an answer of another form.
    let read: @Sendable (inout JSONText) -> Answer?

    package init(_ name: String, _ arguments: [JSONValue.Member] = [], read: @escaping @Sendable (inout JSONText) -> Answer?) {
        (self.name, self.arguments, self.read) = (name, arguments, read)
    }

    /// One line of JSON, with its end.
    func line(id: String?) -> String {
        var members = [JSONValue.Member("execute", .string(name))]
        if !arguments.isEmpty { members.append(.init("arguments", .object(arguments))) }
        if let id { members.append(.init("id", .string(id))) }
        return JSONValue.object(members).text + "\n"
    }

    /// Reads the answer to it.
    package func answer(_ json: JSONText) throws(ProtocolError) -> Answer {
        var json = json
        guard let answer = read(&json), json.isWhole else { throw .misshapen(command: name) }
        return answer
    }
}

extension Command where Answer == JSONValue {
    /// Any command, for one that has no type here.
    package init(_ name: String, _ arguments: [JSONValue.Member] = []) { self.init(name, arguments) { $0.value() } }
}

extension Command where Answer == Void {
    /// A command that answers only that it was carried out: by `{}`.
    package init(order name: String, _ arguments: [JSONValue.Member] = []) { self.init(name, arguments) { $0.skip() } }

    /// The first of every session: QEMU takes others only after it.
    package static var capabilities: Self { Command(order: "qmp_capabilities") }
    /// Presses the guest's power button. The guest may ignore it.
    package static var powerdown: Self { Command(order: "system_powerdown") }
    /// Ends QEMU, after its disks are flushed; the guest is not asked.
    package static var quit: Self { Command(order: "quit") }
    /// Stops the virtual CPUs.
    package static var stop: Self { Command(order: "stop") }
    /// Lets the virtual CPUs go on.
    package static var cont: Self { Command(order: "cont") }
    /// As a reset button does.
    package static var reset: Self { Command(order: "system_reset") }
}
