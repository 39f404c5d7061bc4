/// One `key = value` that a source holds, not yet checked.
struct ConfigurationAssignment: Equatable, Sendable {
    /// The key as `ConfigurationKey` names it, or would: "guest.memory".
    var key: String
    /// The key as the source spells it: "boot.guest.memory".
    var spelled: String
    var input: ConfigurationInput
    var origin: ConfigurationOrigin

    init(_ key: String, spelled: String? = nil, _ input: ConfigurationInput, _ origin: ConfigurationOrigin) {
        self.key = key
        self.spelled = spelled ?? key
        self.input = input
        self.origin = origin
    }

    /// Sets the key in `configuration`.
    /// - Throws: a `BootError` that names the source, the key, the value and what was expected.
    func apply(to configuration: inout Configuration) throws(BootError) -> ConfigurationKey {
        guard let key = ConfigurationKey.named(key) else { throw unknown }
        do {
            try key.set(input, in: &configuration)
        } catch {
            let problem = error.detail.map { ": \($0); expected " } ?? " is not "
            throw BootError(
                "configure", key.name, cause: "\(input.description) (\(origin))\(problem)\(key.expected)", exit: origin.exitCode)
        }
        return key
    }

    private var unknown: BootError {
        let nearest = ConfigurationKey.nearest(to: key).map { "did you mean \(origin.spelling(of: $0))?" }
        return BootError(
            "configure", "", cause: "\(ConfigurationInput.quoted(spelled)) (\(origin)) is no known key", remedy: nearest,
            exit: origin.exitCode)
    }
}
