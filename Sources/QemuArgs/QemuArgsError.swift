/// Why a set of values is no QEMU command line.
public enum QemuArgsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An option that QEMU takes once was given twice: `-machine`.
    case repeatedOption(String)
    /// Two arguments of one option have the same `id=`; QEMU looks them up by it.
    case repeatedID(option: String, id: String)
    /// A value that QEMU would refuse, or understand differently than it reads.
    case invalidValue(what: String, value: String, reason: String)
    /// Two values that are fine alone.
    case conflict(String)

    public var description: String {
        switch self {
        case .repeatedOption(let option): "\(option) given twice"
        case .repeatedID(let option, let id): "\(option): the id \(id) is taken"
        case .invalidValue(let what, let value, let reason): "\(what) \"\(value)\": \(reason)"
        case .conflict(let text): text
        }
    }
}
