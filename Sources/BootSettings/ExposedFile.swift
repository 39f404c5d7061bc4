import Diagnostics
import Glibc
package import LinuxSupport
import SystemPackage

/// A file of the configuration that users other than root can change or read.
package struct ExposedFile: Codable, Equatable, Sendable {
    /// "/etc/macos-virt/boot.toml can be changed by other users (mode 0666)"
    package var problem: String
    package var remedy: String

    /// The configuration file that is read, and the password file.
    ///
    /// The file of guest.osk_file is not among them: `boot` refuses one that others can read.
    /// - Parameter file: the file that replaces the default ones.
    package static func all(_ configuration: Configuration, file: String?, root: FileRoot) -> [ExposedFile] {
        var found: [ExposedFile] = []
        let defaults = [ConfigurationLoader.defaultFile, ConfigurationLoader.metadataFile].map { root.resolve($0).string }
        // The first one that exists is the one that is read.
        if let path = (file.map { [$0] } ?? defaults).first(where: { FileStatus($0) != nil }) {
            found += check(path, isSecret: false, FileStatus(path))
        }
        if let password = configuration.display.vncPasswordFile {
            let path = root.resolve(password).string
            found += check(path, isSecret: true, FileStatus(path))
        }
        return found
    }

    static func check(_ path: String, isSecret: Bool, _ status: FileStatus?) -> [ExposedFile] {
        guard let status, status.isRegular else { return [] }
        let name = path.printable
        // Only root can give a file away, and the program itself may run as another user.
        if status.owner != 0, status.owner != geteuid() {
            return [ExposedFile(problem: "\(name) belongs to user \(status.owner), who can change it", remedy: "chown root \(name)")]
        }
        // The group of root has no other members.
        let others: UInt32 = status.group == 0 ? 0o007 : 0o077
        let mode = "mode 0" + String(status.permissions, radix: 8)
        if status.permissions & others & 0o022 != 0 {
            return [ExposedFile(problem: "\(name) can be changed by other users (\(mode))", remedy: "chmod go-w \(name)")]
        }
        if isSecret, status.permissions & others & 0o044 != 0 {
            return [ExposedFile(problem: "\(name) can be read by other users (\(mode))", remedy: "chmod 600 \(name)")]
        }
        return []
    }
}

/// What stat(2) says about a file, symbolic links followed.
struct FileStatus {
    var isRegular: Bool
    var isDirectory: Bool
    var owner: UInt32
    var group: UInt32
    var permissions: UInt32

    /// nil when there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of an open file.
    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        owner = status.st_uid
        group = status.st_gid
        permissions = status.st_mode & 0o7777
    }
}
