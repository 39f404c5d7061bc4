import NetworkValues

/// The text form of one kind of value: how to parse what a source has, and how to render it.
///
/// `parse(.text(render(value)))` is `value` again, for every value that `parse` returns.
struct ValueFormat<Value: Sendable>: Sendable {
    /// The accepted values: "a size such as 4096M or 8G".
    let expected: String
    let parse: @Sendable (ConfigurationInput) throws(Rejection) -> Value
    let render: @Sendable (Value) -> String

    /// A value of a single text; `parse` returns nil for a text that it refuses.
    static func word(
        _ expected: String, parse: @escaping @Sendable (String) -> Value?, render: @escaping @Sendable (Value) -> String
    ) -> Self {
        Self(
            expected: expected,
            parse: { (input) throws(Rejection) in
                guard case .text(let text) = input, let value = parse(text) else { throw Rejection() }
                return value
            }, render: render)
    }

    /// The same format, with `word` for nil.
    func or(_ word: String) -> ValueFormat<Value?> {
        ValueFormat<Value?>(
            expected: expected + ", or " + word,
            parse: { (input) throws(Rejection) in input == .text(word) ? nil : try parse(input) },
            render: { $0.map(render) ?? word })
    }
}

extension ValueFormat where Value: TextCodable {
    static var text: Self { .word(Value.expected, parse: { Value($0) }, render: { $0.description }) }
}

extension ValueFormat where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of a few words; `true` and `false` of a TOML file are `on` and `off` where those are among them.
    static var choice: Self {
        Self(
            expected: oneOf(Value.allCases.map(\.rawValue)),
            parse: { (input) throws(Rejection) in
                guard let value = Value(rawValue: input.word) else { throw Rejection() }
                return value
            }, render: { $0.rawValue })
    }
}

extension ValueFormat {
    /// A choice, or `word` for nil, named first.
    static func choice<Choice: CaseIterable & RawRepresentable & Sendable>(or word: String) -> Self
    where Value == Choice?, Choice.RawValue == String {
        let format = ValueFormat<Choice>.choice.or(word)
        return Self(expected: oneOf([word] + Choice.allCases.map(\.rawValue)), parse: format.parse, render: format.render)
    }
}

extension ConfigurationInput {
    /// The word of a choice; empty for a list and for what no key accepts.
    fileprivate var word: String {
        switch self {
        case .text(let text): text
        case .boolean(let value): value ? "on" : "off"
        case .list, .foreign, .fraction: ""
        }
    }
}

/// "a, b or c"
private func oneOf(_ words: [String]) -> String { words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "") }

extension ValueFormat where Value == MacOSRelease {
    static var release: Self {
        let numbers = MacOSRelease.allCases.map(\.rawValue).joined(separator: ", ")
        return .word("\(numbers), or a name such as sequoia", parse: { MacOSRelease(text: $0) }, render: { $0.rawValue })
    }
}

extension ValueFormat where Value == Bool {
    static var toggle: Self {
        Self(
            expected: "true or false",
            parse: { (input) throws(Rejection) in
                switch input {
                case .boolean(let value): return value
                case .text("true"), .text("on"), .text("yes"), .text("1"): return true
                case .text("false"), .text("off"), .text("no"), .text("0"): return false
                default: throw Rejection()
                }
            }, render: { $0 ? "true" : "false" })
    }
}

extension ValueFormat where Value == Int {
    static func number(_ range: ClosedRange<Int>, _ unit: String = "a whole number") -> Self {
        .word(
            "\(unit) from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in Int(text).flatMap { String($0) == text && range.contains($0) ? $0 : nil } }, render: { String($0) })
    }

    /// At most a day.
    static var seconds: Self { .number(0...86_400, "seconds") }

    /// A size in whole `step` bytes.
    static func size(_ expected: String, _ range: ClosedRange<Int>, step: Int = 1) -> Self {
        .word(
            expected, parse: { text in ByteSize.parse(text).flatMap { range.contains($0) && $0 % step == 0 ? $0 : nil } },
            render: ByteSize.render)
    }
}

/// Sizes such as `8G`, `4096M`, `512MiB`, and `4096`, which means MiB as in QEMU's -m.
package enum ByteSize {
    private static let units: [(letter: Character, shift: Int)] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)]

    /// Bytes; nil for text that is not a size, or a size that does not fit an Int.
    ///
    /// A number of bytes is written `33554433B`. MB and GB are refused: they can mean powers of 1000 or of 1024.
    package static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), let shift = shift(String(text.dropFirst(digits.count)).uppercased()) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : bytes
    }

    private static func shift(_ suffix: String) -> Int? {
        if suffix.isEmpty { return 20 }
        if suffix == "B" { return 0 }
        return units.first { suffix == String($0.letter) || suffix == "\($0.letter)IB" }?.shift
    }

    /// In the largest unit that divides it: `8G`, `33554433B`.
    package static func render(_ bytes: Int) -> String {
        for unit in units where bytes != 0 && bytes % (1 << unit.shift) == 0 { return "\(bytes >> unit.shift)\(unit.letter)" }
        return "\(bytes)B"
    }
}
