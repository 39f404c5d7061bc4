/// One message of QEMU's: a greeting, an answer or an error. Of an event nothing is kept.
struct QMPMessage: Decodable {
    /// The `id` of the question.
    private(set) var id: String?
    /// Of the greeting: major, minor, micro.
    private(set) var version: [Int]?
    /// Of an error.
    private(set) var refusal: String?
    /// Of a list of objects with names: the names, aliases included.
    private(set) var names: [String] = []
    /// Of a list of option groups: the names of their parameters.
    private(set) var options: [String: [String]] = [:]

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        id = try fields.decodeIfPresent(String.self, forKey: .id)
        if let greeting = try fields.decodeIfPresent(Greeting.self, forKey: .greeting) {
            let qemu = greeting.version.qemu
            version = [qemu.major, qemu.minor, qemu.micro]
        }
        refusal = try fields.decodeIfPresent(Failure.self, forKey: .error)?.desc
        guard fields.contains(.value) else { return }
        switch id {
        case "machines", "devices", "cpus":
            names = try fields.decode([Named].self, forKey: .value).flatMap { [$0.name, $0.alias].compactMap { $0 } }
        case "options":
            for group in try fields.decode([Option].self, forKey: .value) { options[group.option] = group.parameters.map(\.name) }
        // The schema is large, and its answer is looked for in the text.
        default: break
        }
    }

    private enum Key: String, CodingKey {
        case id, error
        case greeting = "QMP"
        case value = "return"
    }
    private struct Failure: Decodable { var desc: String }
    private struct Greeting: Decodable { var version: Version }
    private struct Version: Decodable { var qemu: Triple }
    private struct Triple: Decodable {
        var major: Int
        var minor: Int
        var micro: Int
    }
    private struct Named: Decodable {
        var name: String
        /// Only machines have one.
        var alias: String?
    }
    private struct Option: Decodable {
        var option: String
        var parameters: [Named]
    }
}
