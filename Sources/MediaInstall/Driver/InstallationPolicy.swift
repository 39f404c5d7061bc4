/// How long each part of an installation may take, and how often something may happen.
///
/// docs/mkimage.md has both lists as tables, which are made from here. Emulation multiplies the times,
/// and the limits of messages, which come by the clock.
package struct InstallationPolicy: Codable, Equatable, Sendable {
    /// What differs from the standard, by the name of a time or a limit.
    private var changes: [String: Double] = [:]
    /// What the times are multiplied by.
    private var factor: Double

    /// Emulation without KVM runs some twenty times slower.
    package static let emulated = 20.0

    package init(factor: Double = 1) { self.factor = factor }

    /// Seconds.
    package subscript(time: InstallationTime) -> Double { changes[time.rawValue] ?? time.seconds * factor }
    package subscript(limit: InstallationLimit) -> Int {
        changes[limit.rawValue].map { Int($0) } ?? Int(Double(limit.standard) * (limit.growsWithTime ? factor : 1))
    }

    /// The longest time from a start to the end, in seconds, without verifying and writing the image.
    package var longest: Double {
        func times(_ limit: InstallationLimit) -> Double { Double(max(self[limit], 1)) }
        let opening = self[.answer] + self[.recovery] + times(.attempts) * self[.attempt]
        // Every message at the last moment.
        let script = times(.messages) * max(self[.silence], self[.script]) + self[.erase] + self[.restart]
        let ending = self[.connection] + self[.button] + self[.secondPress] + self[.closing] + self[.quit] + self[.terminate] + self[.kill]
        let installing = self[.answer] + times(.restarts) * times(.looks) * self[.look]
        return times(.recoveryStarts) * (opening + script + ending) + installing + ending
    }

    /// Sets one of them by its name.
    /// - Returns: whether there is one of that name, and the number is one that it can have.
    package mutating func set(_ name: String, _ number: Double) -> Bool {
        guard (0...1e7).contains(number), InstallationTime(rawValue: name) != nil || InstallationLimit(rawValue: name) != nil else {
            return false
        }
        changes[name] = number
        return true
    }
}

/// A time that an installation waits, at most or always.
package enum InstallationTime: String, CaseIterable, Codable, Sendable {
    case answer, recovery, attempt, script, erase, silence, restart, look, button, secondPress, closing, quit, terminate, kill, connection

    /// The standard.
    package var seconds: Double {
        switch self {
        case .answer: 120
        case .recovery: 90
        case .attempt: 45
        case .script: 180
        case .erase: 600
        case .silence: 300
        case .restart: 900
        case .look: 60
        case .button: 120
        case .secondPress: 60
        case .closing: 60
        case .quit: 30
        case .terminate, .kill: 10
        case .connection: 5
        }
    }

    /// For the document: what it is.
    package var meaning: String {
        switch self {
        case .answer: "from the start of QEMU to its first answer"
        case .recovery: "from there to the first keys: firmware, OpenCore and the recovery start"
        case .attempt: "from the keys of one attempt to those of the next, while the mailbox is empty"
        case .script: "from one message of the script to the next, until it erases the disk"
        case .erase: "from the start of erasing to its end"
        case .silence: "from one message to the next, while macOS is prepared; the script reports at least every 30 s"
        case .restart: "from the end of the preparation to the first restart"
        case .look: "from one look at the disk's writes to the next, while macOS installs itself"
        case .button: "from the power button to the guest's end"
        case .secondPress: "from its second press, with the return key for the dialog, to the guest's end"
        case .closing: "from the guest's end to QEMU's"
        case .quit: "from the command to quit to QEMU's end"
        case .terminate: "from SIGTERM to QEMU's end"
        case .kill: "from SIGKILL to the next one"
        case .connection: "from the loss of QEMU's control connection to QEMU's end"
        }
    }
}

/// How often something may happen, or has to.
package enum InstallationLimit: String, CaseIterable, Codable, Sendable {
    case attempts, recoveryStarts, messages, unchanged, preparedPercent, restarts, leastRestarts, quietLooks, quietMiB, looks

    package var standard: Int {
        switch self {
        case .attempts: 24
        case .recoveryStarts: 3
        case .messages: 600
        case .unchanged: 120
        case .preparedPercent: 90
        case .restarts: 12
        case .leastRestarts: 2
        case .quietLooks: 15
        case .quietMiB: 64
        case .looks: 150
        }
    }

    /// The script reports by the clock, however slow the guest is.
    var growsWithTime: Bool { self == .messages || self == .unchanged }

    package var meaning: String {
        switch self {
        case .attempts: "times that keys are pressed"
        case .recoveryStarts: "starts of the recovery: it may restart before the script has prepared macOS"
        case .messages: "messages of the script"
        case .unchanged: "messages of the script without a new percentage"
        case .preparedPercent: "from this percentage on, a restart is the one that follows the preparation"
        case .restarts: "restarts, the first one included"
        case .leastRestarts: "restarts before a quiet disk means that macOS is installed"
        case .quietLooks: "looks in a row at a quiet disk that mean it; each restart begins anew"
        case .quietMiB: "MiB that a quiet disk may be written between two looks"
        case .looks: "looks after a restart"
        }
    }
}
