/// What the script in the recovery reports: one line of the mailbox.
package enum ScriptMessage: Equatable, Sendable {
    /// The script runs, in the recovery of this macOS.
    case hello(version: String, build: String)
    /// It has found macOS's disk, by this name.
    case disk(String)
    case erasing
    /// The disk is erased, and this program is started.
    case preparing(String)
    case percent(Double)
    /// Nothing new, but the script is alive.
    case alive
    /// A line of startosinstall.
    case line(String)
    /// startosinstall has failed in a way that another try may help, counted from 1.
    case again(Int, String)
    case restarting
    case failed(ScriptFault, String)

    /// nil for a line that the script does not write.
    package init?(_ line: String) {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count > 1 ? String(parts[1]) : ""
        let words = rest.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        switch parts[0] {
        case "hello" where words.count == 2: self = .hello(version: words[0], build: words[1])
        case "disk" where !rest.isEmpty: self = .disk(rest)
        case "erasing": self = .erasing
        case "preparing": self = .preparing(rest)
        case "percent":
            guard let percent = Double(rest), (0...100).contains(percent) else { return nil }
            self = .percent(percent)
        case "alive": self = .alive
        case "line": self = .line(rest)
        case "again":
            guard words.count == 2, let number = Int(words[0]) else { return nil }
            self = .again(number, words[1])
        case "restarting": self = .restarting
        case "failed":
            guard let word = words.first, let fault = ScriptFault(rawValue: word) else { return nil }
            self = .failed(fault, words.count > 1 ? words[1] : "")
        default: return nil
        }
    }

    /// As the script writes it.
    package var text: String {
        switch self {
        case .hello(let version, let build): "hello \(version) \(build)"
        case .disk(let name): "disk \(name)"
        case .erasing: "erasing"
        case .preparing(let program): "preparing \(program)"
        case .percent(let percent): "percent \(percent)"
        case .alive: "alive"
        case .line(let line): "line \(line)"
        case .again(let number, let reason): "again \(number) \(reason)"
        case .restarting: "restarting"
        case .failed(let fault, let text): "failed \(fault.rawValue) \(text)"
        }
    }
}

/// Why the script gave up.
package enum ScriptFault: String, CaseIterable, Codable, Sendable {
    case noDisk = "no-disk"
    case severalDisks = "several-disks"
    case erase
    case noInstaller = "no-installer"
    case noSpace = "no-space"
    case helper
    case startosinstall
    case settings
}
