import LinuxSupport
import QMP

/// The text from which a guest's MAC address and UUID are derived, as a file beside its UEFI variables.
///
/// A guest that moves to another machine together with that directory stays the same Mac: Apple's services know it by both.
struct KeptIdentity: Equatable, Sendable {
    var seed: String
    /// What the text was on the machine that wrote it, for people.
    var source: String

    init(seed: String, source: String) { (self.seed, self.source) = (seed, source) }

    /// nil when there is no file that a start has written.
    init?(_ root: FileRoot, _ path: String) {
        guard let bytes = try? root.prefix(path, bytes: 4096), let kept = Self(parsing: bytes) else { return nil }
        self = kept
    }

    init?(parsing bytes: [UInt8]) {
        var json = JSONText(bytes)
        guard let value = json.value(), json.isWhole, case .string(let seed) = value["seed"], case .string(let source) = value["source"],
            !seed.isEmpty, seed.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else { return nil }
        self.init(seed: seed, source: source)
    }

    var text: String {
        let members: [QMP.JSONValue.Member] = [
            .init("schemaVersion", .integer(1)), .init("seed", .string(seed)), .init("source", .string(source)),
        ]
        return QMP.JSONValue.object(members).text + "\n"
    }
}
