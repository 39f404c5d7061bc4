extension StringProtocol {
    /// Without blanks, tabs and newlines at both ends.
    public var trimmed: String {
        let blanks: Set<Character> = [" ", "\t", "\n", "\r", "\r\n"]
        var slice = self[...]
        while let first = slice.first, blanks.contains(first) { slice = slice.dropFirst() }
        while let last = slice.last, blanks.contains(last) { slice = slice.dropLast() }
        return String(slice)
    }

    /// The words between blanks, tabs and newlines.
    public var words: [String] {
        let blank = { (character: Character) in character == " " || character == "\t" || character.isNewline }
        return self[...].split(whereSeparator: blank).map { String($0) }
    }
}
