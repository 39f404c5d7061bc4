package import Diagnostics
import Foundation
import Glibc
import HostSupport
import LinuxSupport
package import SystemPackage

/// The directory beside the image in which it is made: OUTPUT.install. It is locked, and stays until the image is done.
package struct WorkDirectory: ~Copyable, Sendable {
    package let path: FilePath
    private let lock: OwnedDescriptor

    package static func path(beside output: FilePath) -> FilePath { FilePath(output.string + ".install") }

    /// - Throws: `tempFail` when another process works there; `cantCreate`.
    package init(beside output: FilePath) throws(OperationError) {
        let path = Self.path(beside: output)
        try DraftFile.makeDirectory(path)
        self.init(path, lock: try Self.locked(path, for: output))
    }

    private init(_ path: FilePath, lock: consuming OwnedDescriptor) {
        self.path = path
        self.lock = lock
    }

    private static func locked(_ path: FilePath, for output: FilePath) throws(OperationError) -> OwnedDescriptor {
        let lock: OwnedDescriptor
        do throws(Errno) {
            lock = try OwnedDescriptor(opening: path, .readOnly, options: .directory)
        } catch {
            throw OperationError("open", path.string, cause: error.description, exit: .cantCreate)
        }
        guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            throw OperationError(
                "install to", output.string, cause: "another macos-virt mkimage is making it",
                remedy: "wait for its end, or choose another name", exit: .tempFail)
        }
        return lock
    }

    private var stateFile: FilePath { path.appending("state.json") }

    /// What was begun here; nil for nothing.
    /// - Throws: `dataError` for a file of another form.
    package func state() throws(OperationError) -> InstallState? {
        guard FileManager.default.fileExists(atPath: stateFile.string) else { return nil }
        let data = try InputFile.read(stateFile, limit: 1 << 20)
        guard let state = try? JSONDecoder().decode(InstallState.self, from: data), state.schemaVersion == InstallState.version else {
            throw OperationError(
                "read", stateFile.string, cause: "it is of another form, perhaps of another version of this program",
                remedy: "start anew with --restart", exit: .dataError)
        }
        return state
    }

    /// Writes the state, whole or not at all.
    /// - Throws: `cantCreate`.
    package func write(_ state: InstallState) throws(OperationError) { try Self.write(state, in: path) }

    static func write(_ state: InstallState, in directory: FilePath) throws(OperationError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(state) else {
            throw OperationError("write", directory.string, cause: "the state cannot be written as JSON", exit: .software)
        }
        let draft = directory.appending("state.new")
        unlink(draft.string)
        try DraftFile.write(data + Data("\n".utf8), to: draft)
        guard rename(draft.string, directory.appending("state.json").string) == 0 else {
            throw OperationError("write", directory.string, cause: Errno(rawValue: errno).description, exit: .cantCreate)
        }
    }

    /// Removes what an earlier attempt has left, but not its transcript.
    /// - Throws: `cantCreate` when there is something that this program has not made.
    package func clear() throws(OperationError) {
        if let other = names.first(where: { !WorkFiles.isOurs($0) }) {
            throw OperationError(
                "use", path.string, cause: "it has \(other.printable), which is not of an installation",
                remedy: "move it away, or choose another name for the image", exit: .cantCreate)
        }
        for name in names where name != WorkFiles.transcript { remove(name) }
    }

    /// Removes what this program has made there, and the directory when nothing else is in it.
    package consuming func remove() {
        for name in names where WorkFiles.isOurs(name) { remove(name) }
        rmdir(path.string)
    }

    private var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path.string)) ?? []).sorted() }

    private func remove(_ name: String) { try? FileManager.default.removeItem(atPath: path.appending(name).string) }
}

/// How far an installation is, and what it was begun with.
package struct InstallState: Codable, Equatable, Sendable {
    static let version = 1

    /// What has to be the same when it is continued.
    package struct Origin: Codable, Equatable, Sendable {
        package var installer: String
        /// Bytes.
        package var installerSize: Int
        package var version: String
        package var build: String
        /// Bytes of macOS's disk.
        package var size: Int
        /// The OpenCore disk that was given; nil for one that was made.
        package var openCore: String?
        /// SHA-256 of what is added to macOS; nil for a vanilla one.
        package var provisioning: String?

        package init(
            installer: String, installerSize: Int, version: String, build: String, size: Int, openCore: String?, provisioning: String?
        ) {
            (self.installer, self.installerSize, self.version, self.build) = (installer, installerSize, version, build)
            (self.size, self.openCore, self.provisioning) = (size, openCore, provisioning)
        }

        /// What differs, as words; nil when nothing does.
        package func difference(to other: Origin) -> String? {
            if build != other.build { return "it was begun with build \(build), and the installer is build \(other.build)" }
            if installer != other.installer || installerSize != other.installerSize {
                return "it was begun with the installer \(installer)"
            }
            if size != other.size { return "its disk has \(size) bytes" }
            if openCore != other.openCore {
                return "it was begun with " + (openCore.map { "the OpenCore disk \($0)" } ?? "an OpenCore disk of its own")
            }
            if provisioning != other.provisioning { return "it was begun with other settings of --user, --ssh-key or --provision" }
            return nil
        }
    }

    package var schemaVersion = InstallState.version
    package var origin: Origin
    package var step: InstallationStep
    /// Whether QEMU was ended although macOS had not powered off.
    package var isForced = false

    package init(_ origin: Origin, step: InstallationStep = .nothing) { (self.origin, self.step) = (origin, step) }
}
