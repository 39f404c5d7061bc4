/// What a QEMU was built with.
extension Command where Answer == [String] {
    /// The machines, their aliases included.
    package static var queryMachines: Self { Command("query-machines", read: names) }

    /// The types of device.
    package static var queryDevices: Self {
        Command("qom-list-types", [.init("implements", .string("device")), .init("abstract", .bool(false))], read: names)
    }

    package static var queryCPUModels: Self { Command("query-cpu-definitions", read: names) }

    @Sendable private static func names(_ json: inout JSONText) -> [String]? {
        json.array { json in
            var names: [String] = []
            json.object { key, json in
                guard key == "name" || key == "alias" else { return json.skip() }
                if let name = json.string() { names.append(name) }
            }
            return names
        }?.flatMap { $0 }
    }
}

extension Command where Answer == [String: [String]] {
    /// The parameters of each group of options, as "sandbox".
    package static var queryOptions: Self {
        Command("query-command-line-options") { json in
            let groups = json.array { json in
                var group = (name: "", parameters: [String]())
                json.object { key, json in
                    switch key {
                    case "option": group.name = json.string() ?? ""
                    case "parameters": group.parameters = json.array(Self.name) ?? []
                    default: json.skip()
                    }
                }
                return group
            }
            return groups.map { Dictionary($0.map { ($0.name, $0.parameters) }) { $1 } }
        }
    }

    private static func name(_ json: inout JSONText) -> String? {
        var name: String?
        json.object { if $0 == "name" { name = $1.string() } else { $1.skip() } }
        return name
    }
}

extension Command where Answer == JSONText {
    /// The whole protocol, 200 KB: not read here, only looked through.
    package static var querySchema: Self { Command("query-qmp-schema") { $0.slice() } }
}
