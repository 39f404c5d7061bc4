import Foundation
import Glibc
import LinuxSupport
import Synchronization
import SystemPackage

/// A server on a Unix socket in QEMU's place: it says what a test tells it to.
final class StandInMonitor: Sendable {
    /// What is done with the one connection that is taken; it is closed afterwards.
    typealias Behaviour = @Sendable (borrowing Connection) -> Void

    /// The server's end of it.
    struct Connection: ~Copyable {
        fileprivate let descriptor: OwnedDescriptor
        fileprivate let note: @Sendable (String) -> Void

        /// Whether the other end still takes it.
        @discardableResult func say(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            return send(descriptor.rawValue, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        }

        /// Waits for so many lines, which are kept; fewer when the other end closes.
        func hear(_ lines: Int) {
            var (rest, byte, text) = (lines, UInt8(0), [UInt8]())
            while rest > 0, recv(descriptor.rawValue, &byte, 1, 0) == 1 {
                if byte != UInt8(ascii: "\n") {
                    text.append(byte)
                    continue
                }
                note(String(decoding: text, as: UTF8.self))
                (rest, text) = (rest - 1, [])
            }
        }

        func waitForTheEnd() { hear(.max) }
    }

    let path: String
    private let directory: URL
    private let listener: OwnedDescriptor
    private let lines = Mutex<[String]>([])
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameter behaviour: nil takes no connection at all.
    init(_ behaviour: Behaviour?) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("qmp-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        path = directory.path + "/s"
        listener = OwnedDescriptor(adopting: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let raw = listener.rawValue
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard bound == 0, listen(raw, 1) == 0 else { throw Errno(rawValue: errno) }
        guard let behaviour else { return }
        Thread.detachNewThread { [self] in
            let connection = Connection(descriptor: OwnedDescriptor(adopting: accept(raw, nil, nil))) { line in
                self.lines.withLock { $0.append(line) }
            }
            behaviour(connection)
            _ = consume connection
            ended.signal()
        }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// What it heard, after it has closed its connection.
    func heard() -> [String] {
        ended.wait()
        return lines.withLock { $0 }
    }
}
