import FoundationEssentials
import Glibc
import LinuxSupport
import SystemPackage

/// A machine with the files that the configuration is read from: a directory, removed when it goes out of scope.
struct ConfigurationMachine: ~Copyable {
    let path: String

    var root: FileRoot { FileRoot(FilePath(path)) }

    init(_ files: [String: [UInt8]] = [:]) throws {
        var template = Array("/tmp/configuration.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for (name, bytes) in files {
            try Self.makeDirectory(path + FilePath(name).removingLastComponent().string)
            try Data(bytes).write(to: URL(filePath: path + name))
        }
        self.path = path
    }

    func makeDirectory(_ name: String) throws { try Self.makeDirectory(path + name) }

    private static func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
