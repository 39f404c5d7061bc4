import LinuxSupport
import NetworkValues

extension ValueFormat where Value == [PortForward] {
    /// What one guest can want, and few enough that the firewall's map stays small.
    static var portLimit: Int { 1024 }

    /// A TOML array, or text with commas; `none` for an empty list.
    static var forwards: Self {
        Self(
            expected: "forwards such as tcp:10022:22 or udp:6000-6010:7000-7010, with commas between them, or none",
            parse: { (input) throws(Rejection) in
                let items: [String]
                switch input {
                case .text("none"): items = []
                case .text(let text): items = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmed }
                case .list(let list): items = list
                case .boolean, .foreign: throw Rejection()
                }
                // Each forward is one port at least.
                guard items.count <= portLimit else { throw Rejection(detail: "more than \(portLimit) forwards") }
                var forwards: [PortForward] = []
                for item in items {
                    guard let forward = PortForward(item) else {
                        throw Rejection(detail: "\(ConfigurationInput.quoted(item)) is not \(PortForward.expected)")
                    }
                    forwards.append(forward)
                }
                try check(forwards)
                return forwards
            }, render: { $0.isEmpty ? "none" : $0.map(\.description).joined(separator: ",") })
    }

    private static func check(_ forwards: [PortForward]) throws(Rejection) {
        let ports = forwards.reduce(0) { $0 + $1.hostPorts.count }
        guard ports <= portLimit else { throw Rejection(detail: "\(ports) ports are more than \(portLimit)") }
        for (index, forward) in forwards.enumerated() {
            let other = forwards[..<index].first { $0.transport == forward.transport && $0.hostPorts.overlaps(forward.hostPorts) }
            if let other { throw Rejection(detail: "\(other) and \(forward) claim the same port") }
        }
    }
}

extension ValueFormat where Value == [String] {
    /// A TOML array, one argument each, or words of text; `none` for an empty list.
    static var arguments: Self {
        Self(
            expected: "arguments, in quotes where they have blanks, or none",
            parse: { (input) throws(Rejection) in
                switch input {
                case .text("none"): return []
                case .list(let items): return items
                case .text(let text):
                    guard let words = QuotedWords.parse(text) else { throw Rejection(detail: "a quote is not closed") }
                    guard !words.isEmpty else { throw Rejection() }
                    return words
                case .boolean, .foreign: throw Rejection()
                }
            }, render: { $0.isEmpty ? "none" : QuotedWords.render($0) })
    }
}
