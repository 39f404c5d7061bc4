import NetworkValues

extension Configuration.Serial: TextCodable {
    package init?(_ text: String) {
        switch text {
        case "stdio": self = .stdio
        case "none": self = .none
        default:
            guard let path = text.after("file:"), AbsolutePath.accepts(path) else { return nil }
            self = .file(path)
        }
    }

    package var description: String {
        switch self {
        case .stdio: "stdio"
        case .none: "none"
        case .file(let path): "file:" + path
        }
    }

    package static var expected: String { "stdio, none or file:/PATH" }
}
