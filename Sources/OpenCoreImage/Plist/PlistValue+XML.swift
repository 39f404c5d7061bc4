import Foundation

extension PlistValue {
    /// A whole XML property list; the same value gives the same bytes: keys stand in the order of their code points.
    package var xml: String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
        <plist version="1.0">
        \(lines(indentation: "").joined(separator: "\n"))
        </plist>

        """
    }

    private func lines(indentation: String) -> [String] {
        switch self {
        case .boolean(let value): [indentation + (value ? "<true/>" : "<false/>")]
        case .integer(let value): ["\(indentation)<integer>\(value)</integer>"]
        case .string(let value): ["\(indentation)<string>\(Self.escape(value))</string>"]
        case .data(let value): ["\(indentation)<data>\(value.base64EncodedString())</data>"]
        case .array(let elements) where elements.isEmpty: [indentation + "<array/>"]
        case .array(let elements):
            [indentation + "<array>"] + elements.flatMap { $0.lines(indentation: indentation + "\t") } + [indentation + "</array>"]
        case .dictionary(let members) where members.isEmpty: [indentation + "<dict/>"]
        case .dictionary(let members):
            [indentation + "<dict>"]
                + members.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }.flatMap { key, value in
                    ["\(indentation)\t<key>\(Self.escape(key))</key>"] + value.lines(indentation: indentation + "\t")
                } + [indentation + "</dict>"]
        }
    }

    private static func escape(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }
}
