import NetSetup

extension Configuration.Serial: TextCodable {
    init?(_ text: String) {
        switch text {
        case "stdio": self = .stdio
        case "none": self = .none
        default:
            guard let path = text.after("file:"), AbsolutePath.accepts(path) else { return nil }
            self = .file(path)
        }
    }

    var description: String {
        switch self {
        case .stdio: "stdio"
        case .none: "none"
        case .file(let path): "file:" + path
        }
    }

    static var expected: String { "stdio, none or file:/PATH" }
}
