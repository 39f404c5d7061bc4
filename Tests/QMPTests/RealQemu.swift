import Foundation
import Glibc
import LinuxSupport
import SystemPackage

/// A QEMU with a small machine and no guest, in a directory of its own.
struct RealQemu: ~Copyable {
    static let path = ["/usr/bin", "/usr/local/bin"].map { $0 + "/qemu-system-x86_64" }.first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    let directory: URL
    private var child: ChildProcess

    /// - Parameter sockets: file names; QEMU listens at each of them.
    init(sockets: [String] = ["qmp"], _ more: [String] = []) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "qmp-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var arguments = ["-machine", "q35,accel=tcg", "-nodefaults", "-no-user-config", "-display", "none", "-m", "32", "-S"]
        for socket in sockets { arguments += ["-qmp", "unix:\(directory.path)/\(socket),server=on,wait=off"] }
        var spawn = Spawn(Self.path ?? "", arguments + more)
        spawn.endsWithParent = false
        let null = try OwnedDescriptor(opening: "/dev/null", .readWrite)
        child = try spawn.start(input: null.rawValue, output: null.rawValue, error: STDERR_FILENO)
        let deadline = Date(timeIntervalSinceNow: 60)
        while Date() < deadline, !sockets.allSatisfy({ FileManager.default.fileExists(atPath: file($0)) }) { usleep(10_000) }
    }

    func file(_ name: String) -> String { directory.path + "/" + name }

    /// Its status when it ends by itself; nil when it does not.
    mutating func end() -> WaitStatus? { child.wait(until: .now + .seconds(60)) }

    deinit { try? FileManager.default.removeItem(at: directory) }
}
