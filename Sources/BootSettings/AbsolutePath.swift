/// What a path in the configuration must be: the working directory of an init means nothing.
package enum AbsolutePath {
    /// PATH_MAX of linux/limits.h with its closing zero.
    package static let limit = 4095
    /// sun_path of linux/un.h is 108 bytes with its closing zero.
    package static let socketLimit = 107

    /// Starts with a slash, names more than the root, and fits.
    package static func accepts(_ text: String, limit: Int = limit) -> Bool {
        text.utf8.first == UInt8(ascii: "/") && text.utf8.contains { $0 != UInt8(ascii: "/") } && text.utf8.count <= limit
    }
}

extension String {
    /// The rest behind `prefix`, or nil.
    package func after(_ prefix: String) -> String? {
        utf8.starts(with: prefix.utf8) ? String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : nil
    }
}
