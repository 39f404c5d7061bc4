import Foundation
import Glibc

/// Questions to a person at the terminal. They go to standard error: standard output is for results.
enum Question {
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Whether the answer is yes, in full.
    static func isAgreed(_ text: String) -> Bool {
        ask(text + "\n\nDo you accept it? (yes or no) ")?.lowercased() == "yes"
    }

    /// The index of one of the lines, which are numbered from 1 on; nil for no answer.
    static func choice(_ lines: [String], _ prompt: String) -> Int? {
        let width = String(lines.count).count
        let list = lines.enumerated().map { number, line in
            let text = String(number + 1)
            return String(repeating: " ", count: width - text.count) + "\(text)  \(line)\n"
        }
        while let answer = ask(list.joined() + prompt) {
            if answer.isEmpty { return nil }
            if let number = Int(answer), lines.indices.contains(number - 1) { return number - 1 }
        }
        return nil
    }

    private static func ask(_ text: String) -> String? {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
        return readLine()?.trimmingCharacters(in: .whitespaces)
    }
}
