import Foundation

/// The documents of this repository: README.md and its like, and docs/.
package struct Document: Sendable, CustomStringConvertible {
    /// Below the repository's root.
    package var name: String
    package var lines: [Substring]

    package var description: String { name }

    package init(name: String, lines: [Substring]) { (self.name, self.lines) = (name, lines) }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// All of them; empty where the sources are not.
    package static let all: [Document] = ["", "docs"].flatMap { directory -> [Document] in
        let place = directory.isEmpty ? root : root.appending(path: directory)
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []).filter { $0.hasSuffix(".md") }.sorted()
        return names.compactMap { name in
            guard let text = try? String(contentsOf: place.appending(path: name), encoding: .utf8) else { return nil }
            return Document(
                name: directory.isEmpty ? name : directory + "/" + name,
                lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    /// The words behind `program` of each of its command lines in a code block.
    package func commands(of program: String) -> [[String]] {
        var (result, isCode, line): ([[String]], Bool, String) = ([], false, "")
        for text in lines {
            if text.hasPrefix("```") {
                isCode.toggle()
                continue
            }
            guard isCode else { continue }
            line += text
            if line.hasSuffix("\\") {
                line = String(line.dropLast())
                continue
            }
            for command in Self.words(line) {
                // $ sudo build/boot plan
                let rest = command.drop { $0 == "$" || $0 == "sudo" }
                guard let name = rest.first, name == program || name.hasSuffix("/" + program) else { continue }
                // "boot -> QEMU" of a picture.
                if rest.dropFirst().first == "->" { continue }
                result.append(Array(rest.dropFirst()))
            }
            line = ""
        }
        return result
    }

    /// The simple commands of a line of the shell: without its comment and redirections.
    private static func words(_ line: String) -> [[String]] {
        var (commands, words, word, quote): ([[String]], [String], String?, Character?) = ([], [], nil, nil)
        func end() {
            if let ended = word { words.append(ended) }
            word = nil
        }
        scan: for character in line {
            switch character {
            case quote: quote = nil
            case _ where quote != nil: word = (word ?? "") + String(character)
            case "'", "\"": (quote, word) = (character, word ?? "")
            case "#" where word == nil: break scan
            case " ", "\t": end()
            case "|", ";", "&":
                end()
                commands.append(words)
                words = []
            default: word = (word ?? "") + String(character)
            }
        }
        end()
        return (commands + [words]).map { words in Array(words.prefix { !$0.hasPrefix(">") && !$0.hasPrefix("<") && !$0.hasPrefix("2>") }) }
            .filter { !$0.isEmpty }
    }

    /// Where its links lead within the repository: a path below the root, and the heading behind `#`.
    package var links: [(path: String, heading: String?)] {
        let directory = name.split(separator: "/").dropLast()
        return lines.joined(separator: "\n").matches(of: /\]\(([^()\s]+)\)/).compactMap { match in
            let target = match.1
            guard !target.contains("://"), !target.hasPrefix("mailto:") else { return nil }
            let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            var path = parts[0].isEmpty ? name.split(separator: "/") : directory + parts[0].split(separator: "/")
            while let up = path.firstIndex(of: ".."), up > 0 { path.removeSubrange(up - 1...up) }
            return (path.joined(separator: "/"), parts.count > 1 ? String(parts[1]) : nil)
        }
    }

    /// As GitHub names them: lower case, blanks as dashes, without punctuation.
    package var headings: Set<String> {
        Set(
            lines.filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" || $0 == " " }.lowercased().replacing(" ", with: "-").filter {
                    $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_"
                }
            })
    }

    package static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root.appending(path: path).path) }
}
