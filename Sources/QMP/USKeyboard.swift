/// Characters as keys of an American keyboard, by QKeyCode.
package enum USKeyboard {
    private static let shifted: [Unicode.Scalar: Unicode.Scalar] = [
        "!": "1", "@": "2", "#": "3", "$": "4", "%": "5", "^": "6", "&": "7", "*": "8", "(": "9", ")": "0", "_": "-", "+": "=",
        "{": "[", "}": "]", "|": "\\", ":": ";", "\"": "'", "<": ",", ">": ".", "?": "/", "~": "`",
    ]
    private static let named: [Unicode.Scalar: String] = [
        " ": "spc", "\n": "ret", "\t": "tab", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right", "\\": "backslash",
        ";": "semicolon", "'": "apostrophe", ",": "comma", ".": "dot", "/": "slash", "`": "grave_accent",
    ]

    /// nil for a character that the keyboard does not have.
    package static func keys(for character: Unicode.Scalar) -> [String]? {
        if let base = shifted[character] { return plain(base).map { ["shift", $0] } }
        if ("A"..."Z").contains(character) { return ["shift", String(character).lowercased()] }
        return plain(character).map { [$0] }
    }

    private static func plain(_ character: Unicode.Scalar) -> String? {
        if ("a"..."z").contains(character) || ("0"..."9").contains(character) { return String(character) }
        return named[character]
    }
}
