/// A set of descriptors that were passed to QEMU, which opens them as `/dev/fdset/NUMBER`: FdsetInfo of qapi/misc.json.
package struct PassedDescriptors: Equatable, Sendable {
    package var number: Int
    /// What was said of its descriptors when they were passed.
    package var notes: [String]

    /// Where QEMU opens it.
    package var path: String { Self.path(of: number) }

    /// Where QEMU opens the set with this number.
    package static func path(of number: Int) -> String { "/dev/fdset/\(number)" }
}

extension Command where Answer == Int {
    /// Adds the descriptor that goes with this command to a new set, whose number is answered.
    package static func addDescriptor(note: String) -> Self {
        Command("add-fd", [.init("opaque", .string(note))]) { json in
            var number: Int?
            json.object { if $0 == "fdset-id" { number = $1.integer() } else { $1.skip() } }
            return number
        }
    }
}

extension Command where Answer == [PassedDescriptors] {
    package static var queryPassedDescriptors: Self {
        Command("query-fdsets") { json in
            json.array { json in
                var number: Int?
                var notes: [String] = []
                json.object { key, json in
                    switch key {
                    case "fdset-id": number = json.integer()
                    case "fds":
                        let all = json.array { json in
                            var note = ""
                            json.object { if $0 == "opaque" { note = $1.string() ?? "" } else { $1.skip() } }
                            return note
                        }
                        notes = (all ?? []).filter { !$0.isEmpty }
                    default: json.skip()
                    }
                }
                return number.map { PassedDescriptors(number: $0, notes: notes) }
            }
        }
    }
}

extension Command where Answer == Void {
    /// QEMU closes the descriptors of a set as soon as nothing uses them.
    package static func removeDescriptors(set number: Int) -> Self { Command(order: "remove-fd", [.init("fdset-id", .integer(number))]) }

    /// A block node: BlockdevOptions of qapi/block-core.json.
    package static func addBlockNode(_ options: [JSONValue.Member]) -> Self { Command(order: "blockdev-add", options) }

    package static func deleteBlockNode(_ name: String) -> Self { Command(order: "blockdev-del", [.init("node-name", .string(name))]) }

    /// Plugs a device in.
    package static func addDevice(_ driver: String, id: String, _ properties: [JSONValue.Member]) -> Self {
        Command(order: "device_add", [.init("driver", .string(driver)), .init("id", .string(id))] + properties)
    }

    /// Asks for a device to be unplugged; the event `deviceDeleted` tells when it is.
    package static func deleteDevice(_ id: String) -> Self { Command(order: "device_del", [.init("id", .string(id))]) }

    /// The password of VNC, for the next clients. QEMU refuses it when it was started without one.
    package static func setVNCPassword(_ password: String) -> Self {
        Command(order: "set_password", [.init("protocol", .string("vnc")), .init("password", .string(password))])
    }

    /// Until when VNC's password is good.
    /// - Parameter seconds: from now on; nil for ever.
    package static func expireVNCPassword(after seconds: Int?) -> Self {
        Command(
            order: "expire_password",
            [.init("protocol", .string("vnc")), .init("time", .string(seconds.map { "+\($0)" } ?? "never"))])
    }
}
