import Glibc
import LinuxSupport
import SystemPackage

/// QEMU's monitor protocol (QMP), for the one thing that is asked of it: a press of the power button.
struct ControlSocket {
    let path: FilePath

    /// sun_path of linux/un.h, with the NUL.
    static let pathLimit = 108

    /// Whether QEMU runs: then its arguments were right, and it holds its disks and its signals. It greets before that.
    var answers: Bool { obeys([]) }

    /// Whether QEMU took the order.
    func powerDown() -> Bool { obeys(["system_powerdown"]) }

    private func obeys(_ orders: [String]) -> Bool {
        guard let connection = connect() else { return false }
        // docs/interop/qmp-spec.txt of QEMU: this one comes first.
        let orders = ["qmp_capabilities"] + orders
        do {
            try connection.descriptor.writeAll(orders.map { "{\"execute\":\"\($0)\"}\n" }.joined().utf8)
        } catch {
            return false
        }
        // The greeting has no "return"; each order is answered by one.
        var answers = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while answers.split(whereSeparator: \.isNewline).count(where: { $0.hasPrefix(#"{"return""#) }) < orders.count {
            let count = (try? buffer.withUnsafeMutableBytes { try connection.descriptor.read(into: $0) }) ?? 0
            guard count > 0 else { return false }
            answers += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return true
    }

    private func connect() -> OwnedDescriptor? {
        let name = Array(path.string.utf8)
        guard name.count < Self.pathLimit else { return nil }
        let raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { return nil }
        // A QEMU that does not answer must not keep us.
        var patience = timeval(tv_sec: 3, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard result == 0 else {
            close(raw)
            return nil
        }
        return OwnedDescriptor(adopting: raw)
    }
}
