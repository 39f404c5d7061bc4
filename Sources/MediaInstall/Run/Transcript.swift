package import Diagnostics
import Foundation
import HostSupport
import Synchronization
package import SystemPackage

/// A record of an installation: a directory with transcript.jsonl and pictures of the screen.
///
/// What a user attaches to a report; so that serial numbers and keys are left out unless they are asked for.
package final class Transcript: Sendable {
    private struct State {
        var file: FileHandle
        var pictures = 0
    }

    package let directory: FilePath
    package static let name = "transcript.jsonl"
    private let start = ContinuousClock.now
    /// Texts that are replaced.
    private let secrets: [String]
    private let state: Mutex<State>

    /// - Parameters:
    ///   - directory: it is created; an earlier transcript in it is continued.
    ///   - secrets: serial numbers, keys and the like.
    /// - Throws: `cantCreate`.
    package init(in directory: FilePath, hiding secrets: [String]) throws(OperationError) {
        try DraftFile.makeDirectory(directory)
        let path = directory.appending(Self.name)
        do {
            if !FileManager.default.fileExists(atPath: path.string) { try DraftFile.write(Data(), to: path) }
            let file = try FileHandle(forWritingTo: URL(filePath: path.string))
            try file.seekToEnd()
            state = Mutex(State(file: file, pictures: Self.pictures(in: directory)))
        } catch {
            throw OperationError("write", path.string, cause: error.localizedDescription, exit: .cantCreate)
        }
        self.directory = directory
        self.secrets = secrets.filter { $0.count > 3 }
    }

    private static func pictures(in directory: FilePath) -> Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []).compactMap { Int($0.prefix(3)) }.max() ?? 0
    }

    /// Seconds since this transcript was opened, in thousandths.
    private var time: Double { ((ContinuousClock.now - start) / .milliseconds(1)).rounded() / 1000 }

    package func record(_ event: InstallationEvent) { write(TranscriptEntry(time: time, event)) }
    package func record(_ action: InstallationAction) { write(TranscriptEntry(time: time, action)) }
    package func record(_ header: TranscriptEntry.Header) { write(TranscriptEntry(time: time, .header, "mkimage", header: header)) }
    package func key(_ keys: String) { write(TranscriptEntry(time: time, .key, keys)) }
    package func note(_ name: String, _ text: String) { write(TranscriptEntry(time: time, .note, name, text: text)) }

    /// A file for the next picture: QEMU writes it.
    package func picture(_ name: String) -> FilePath {
        let number = state.withLock { state in
            state.pictures += 1
            return state.pictures
        }
        let digits = String(number)
        let file = String(repeating: "0", count: max(0, 3 - digits.count)) + digits + "-" + name + ".png"
        write(TranscriptEntry(time: time, .screen, name, text: file))
        return directory.appending(file)
    }

    private func write(_ entry: TranscriptEntry) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var entry = entry
        entry.text = entry.text.map { text in secrets.reduce(text) { $0.replacingOccurrences(of: $1, with: "(hidden)") } }
        guard let line = try? encoder.encode(entry) else { return }
        // A full disk must not end an installation that could still be saved.
        state.withLock { try? $0.file.write(contentsOf: line + Data("\n".utf8)) }
    }

    /// The entries of a transcript; a line that was cut off is left out.
    /// - Throws: `noInput`, `dataError`.
    package static func read(_ directory: FilePath) throws(OperationError) -> [TranscriptEntry] {
        let path = directory.appending(name)
        let data = try InputFile.read(path, limit: 256 << 20, remedy: "name the directory of a transcript")
        let decoder = JSONDecoder()
        let entries = data.split(separator: UInt8(ascii: "\n")).compactMap { try? decoder.decode(TranscriptEntry.self, from: Data($0)) }
        guard entries.contains(where: { $0.kind == .header }) else {
            throw OperationError("read", path.string, cause: "it is no transcript of mkimage", exit: .dataError)
        }
        return entries
    }
}
