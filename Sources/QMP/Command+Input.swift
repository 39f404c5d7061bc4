/// One thing that happens at the guest's keyboard or pointer: InputEvent of qapi/ui.json.
package enum InputEvent: Equatable, Sendable {
    /// A QKeyCode: "a", "ret", "meta_l".
    case key(String, isDown: Bool)
    /// "left", "middle", "right", "wheel-up", "wheel-down".
    case button(String, isDown: Bool)
    /// Where the pointer is: 0...32767 from the left and from the top.
    case pointer(x: Int, y: Int)

    fileprivate var values: [JSONValue] {
        switch self {
        case .key(let code, let isDown):
            [
                Self.value(
                    "key",
                    [.init("down", .bool(isDown)), .init("key", .object([.init("type", .string("qcode")), .init("data", .string(code))]))])
            ]
        case .button(let name, let isDown): [Self.value("btn", [.init("down", .bool(isDown)), .init("button", .string(name))])]
        case .pointer(let x, let y):
            [("x", x), ("y", y)].map { Self.value("abs", [.init("axis", .string($0.0)), .init("value", .integer($0.1))]) }
        }
    }

    private static func value(_ type: String, _ data: [JSONValue.Member]) -> JSONValue {
        .object([.init("type", .string(type)), .init("data", .object(data))])
    }
}

extension Command where Answer == Void {
    /// Presses keys together and lets them go.
    /// - Parameters:
    ///   - keys: QKeyCodes of qapi/ui.json, as "ctrl", "alt", "f1".
    ///   - hold: milliseconds; QEMU holds them for 100 by itself.
    package static func sendKey(_ keys: [String], hold: Int? = nil) -> Self {
        let keys = keys.map { JSONValue.object([.init("type", .string("qcode")), .init("data", .string($0))]) }
        return Command(order: "send-key", [.init("keys", .array(keys))] + (hold.map { [.init("hold-time", .integer($0))] } ?? []))
    }

    /// Events at once, in order.
    package static func send(_ events: [InputEvent]) -> Self {
        Command(order: "input-send-event", [.init("events", .array(events.flatMap(\.values)))])
    }

    /// Writes the guest's screen to a file, as QEMU's user.
    ///
    /// - Parameters:
    ///   - path: absolute.
    ///   - isPNG: PPM otherwise, which every QEMU can write; PNG needs 7.1 and a build with libpng.
    package static func screendump(to path: String, isPNG: Bool = true) -> Self {
        Command(order: "screendump", [.init("filename", .string(path))] + (isPNG ? [.init("format", .string("png"))] : []))
    }
}
