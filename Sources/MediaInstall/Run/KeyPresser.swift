import QMP

/// Presses the keys of a way to the terminal, one after the other.
struct KeyPresser: Sendable {
    let session: QemuSession
    let transcript: Transcript
    /// What pauses are multiplied by.
    let slowness: Double

    /// How long a key is held, in milliseconds; QEMU carries combinations out one after another.
    private static let hold = 60

    /// Returns early when the task is cancelled.
    func press(_ way: KeyTable.Way) async {
        transcript.note("way", way.name)
        for step in way.steps {
            if Task.isCancelled { return }
            switch step {
            case .press(let keys, let times):
                for _ in 0..<times { await press(keys) }
            case .pause(let seconds): try? await Task.sleep(for: .seconds(seconds * slowness))
            case .command:
                for character in KeyStep.commandLine.unicodeScalars {
                    guard !Task.isCancelled, let keys = way.layout.keys(for: character) else { continue }
                    await press(keys, isRecorded: false)
                }
                transcript.key(KeyStep.commandLine)
            }
        }
    }

    func press(_ keys: [String], isRecorded: Bool = true) async {
        if isRecorded { transcript.key(keys.joined(separator: "-")) }
        if await session.execute(.sendKey(keys, hold: Self.hold)) == nil {
            transcript.note("refused", keys.joined(separator: "-"))
        }
        // QEMU would queue what comes while keys are held, and a guest would lose the end of a long text.
        try? await Task.sleep(for: .milliseconds(Int(Double(2 * Self.hold) * min(slowness, 2))))
    }
}
