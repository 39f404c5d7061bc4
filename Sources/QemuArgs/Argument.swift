extension CommandLine {
    /// One QEMU argument: an option and what follows it.
    public struct Argument: Codable, Equatable, Sendable, CustomStringConvertible {
        /// With its dash: `-device`.
        public var option: String
        /// nil for an option that takes nothing: `-nodefaults`.
        public var value: OptionString?

        public init(_ option: String, _ value: OptionString? = nil) {
            self.option = option
            self.value = value
        }
        /// An option with one plain value: `-uuid X`.
        public init(_ option: String, _ value: String) { self.init(option, OptionString(value)) }

        public static func device(_ value: OptionString) -> Argument { Argument("-device", value) }
        public static func drive(_ value: OptionString) -> Argument { Argument("-drive", value) }
        public static func object(_ value: OptionString) -> Argument { Argument("-object", value) }
        public static func chardev(_ value: OptionString) -> Argument { Argument("-chardev", value) }
        /// `-global driver.property=value`
        public static func global(_ property: String, _ value: String) -> Argument {
            Argument("-global", OptionString().with(property, value))
        }

        var words: [String] { value.map { [option, $0.description] } ?? [option] }
        public var description: String { words.joined(separator: " ") }
    }
}

/// Short, within this module only: ArgumentParser has an Argument too.
typealias Argument = CommandLine.Argument
