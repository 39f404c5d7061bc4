import Diagnostics

/// The result of one check: shown by `doctor`, a warning of a plan, or a refusal of `run`.
struct Finding: Codable, Equatable, Sendable {
    enum Status: String, Codable, Sendable, Comparable {
        case pass, warning, failure

        static func < (a: Status, b: Status) -> Bool { a.rank < b.rank }
        private var rank: Int {
            switch self {
            case .pass: 0
            case .warning: 1
            case .failure: 2
            }
        }
    }

    /// What it is about, in the order in which `doctor` prints them.
    enum Area: String, Codable, Sendable, CaseIterable { case privileges, cpu, modules, kvm, memory, network, disk, firmware, qemu }

    var area: Area
    var status: Status
    /// What was found: the object and the cause.
    var message: String
    /// What to do about it; nil when there is nothing to do.
    var remedy: String?
    /// Exit code of a run that this failure refuses; meaningless for a pass.
    var exit = ExitStatus.unavailable

    var exitCode: Int32 { exit.rawValue }

    private enum CodingKeys: String, CodingKey {
        case area, status, message, remedy
        case exit = "exitCode"
    }

    static func pass(_ area: Area, _ message: String) -> Finding { Finding(area: area, status: .pass, message: message) }
    static func warning(_ area: Area, _ message: String, remedy: String?) -> Finding {
        Finding(area: area, status: .warning, message: message, remedy: remedy)
    }
    static func failure(_ area: Area, _ message: String, remedy: String, exit: ExitStatus = .unavailable) -> Finding {
        Finding(area: area, status: .failure, message: message, remedy: remedy, exit: exit)
    }
}
