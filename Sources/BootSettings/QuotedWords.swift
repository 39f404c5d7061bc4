/// Words separated by blanks and quoted as in a shell, without expansion.
///
/// Inside `"..."`, `\"` and `\\` are escapes. Inside `'...'` and outside of quotes a backslash is an ordinary character.
package enum QuotedWords {
    /// nil when a quote is not closed.
    package static func parse(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var quote: Unicode.Scalar?
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            switch (quote, scalar) {
            case (nil, " "), (nil, "\t"):
                if let finished = word { words.append(String(finished)) }
                word = nil
            case (nil, "\""), (nil, "'"):
                quote = scalar
                word = word ?? .init()
            case (let open?, _) where open == scalar:
                quote = nil
            case ("\""?, "\\"):
                guard let next = scalars.next() else { return nil }
                if next != "\"" && next != "\\" { word?.append(scalar) }
                word?.append(next)
            default:
                word = word ?? .init()
                word?.append(scalar)
            }
        }
        guard quote == nil else { return nil }
        if let finished = word { words.append(String(finished)) }
        return words
    }

    package static func render(_ words: [String]) -> String {
        let texts = words.map { word in
            let isPlain = !word.isEmpty && !word.unicodeScalars.contains { " \t\"'".unicodeScalars.contains($0) }
            return isPlain ? word : quoted(word)
        }
        // Without quotes, `none` means an empty list.
        return texts == ["none"] ? quoted("none") : texts.joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        var result = "\"".unicodeScalars
        for scalar in word.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result.append("\\") }
            result.append(scalar)
        }
        result.append("\"")
        return String(result)
    }
}
