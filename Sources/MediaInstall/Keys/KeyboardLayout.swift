import QMP

/// Where characters are on a keyboard: the recovery takes the one that belongs to its language.
package enum KeyboardLayout: String, CaseIterable, Sendable {
    case us, de, fr

    /// The keys for a character, by QKeyCode, which names the places of an American keyboard; nil when there are none.
    package func keys(for character: Unicode.Scalar) -> [String]? { different[character] ?? USKeyboard.keys(for: character) }

    /// Of the characters that the command has.
    private var different: [Unicode.Scalar: [String]] {
        switch self {
        case .us: [:]
        case .de: ["/": ["shift", "7"], "y": ["z"], "z": ["y"]]
        case .fr: ["/": ["shift", "dot"], "m": ["semicolon"], "a": ["q"], "q": ["a"], "w": ["z"], "z": ["w"]]
        }
    }
}
