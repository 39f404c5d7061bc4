import NetworkValues

/// How a disk is named in the configuration.
package enum DiskSelector: Hashable, Sendable, TextCodable {
    /// An absolute path: the device or a symbolic link to it.
    case path(String)
    case serial(String)
    /// The name of a GPT partition on it.
    case label(String)

    package init?(_ text: String) {
        if let serial = text.after("serial:") {
            guard !serial.isEmpty else { return nil }
            self = .serial(serial)
        } else if let label = text.after("label:") {
            // UEFI 2.10, table 5.6: a partition's name is 36 UTF-16 units.
            guard (1...36).contains(label.utf16.count) else { return nil }
            self = .label(label)
        } else {
            guard AbsolutePath.accepts(text) else { return nil }
            self = .path(text)
        }
    }

    package var description: String {
        switch self {
        case .path(let path): path
        case .serial(let serial): "serial:" + serial
        case .label(let label): "label:" + label
        }
    }

    package static var expected: String { "an absolute path, serial:S or label:L" }
}
