package import Diagnostics

/// One `key = value` that a source holds, not yet checked.
package struct ConfigurationAssignment: Equatable, Sendable {
    /// The key as `ConfigurationKey` names it, or would: "guest.memory".
    package var key: String
    /// The key as the source spells it: "boot.guest.memory".
    package var spelled: String
    package var input: ConfigurationInput
    package var origin: ConfigurationOrigin

    package init(_ key: String, spelled: String? = nil, _ input: ConfigurationInput, _ origin: ConfigurationOrigin) {
        self.key = key
        self.spelled = spelled ?? key
        self.input = input
        self.origin = origin
    }

    /// Sets the key in `configuration`.
    /// - Throws: a `OperationError` that names the source, the key, the value and what was expected.
    package func apply(to configuration: inout Configuration) throws(OperationError) -> ConfigurationKey {
        guard let key = ConfigurationKey.named(key) else { throw unknown }
        do {
            try key.set(input, in: &configuration)
        } catch {
            let problem = error.detail.map { ": \($0); expected " } ?? " is not "
            throw OperationError(
                "configure", key.name, cause: "\(input.description) (\(origin))\(problem)\(key.expected)", exit: origin.exit)
        }
        return key
    }

    private var unknown: OperationError {
        let nearest = ConfigurationKey.nearest(to: key).map { "did you mean \(origin.spelling(of: $0))?" }
        return OperationError(
            "configure", "", cause: "\(ConfigurationInput.quoted(spelled)) (\(origin)) is no known key", remedy: nearest,
            exit: origin.exit)
    }
}
