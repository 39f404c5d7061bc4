import LinuxSupport
import SystemPackage

/// QEMU's monitor protocol (QMP), for the one thing that is asked of it: a press of the power button.
struct ControlSocket {
    let path: FilePath

    /// A QEMU that does not answer must not keep us.
    private static let patience = Duration.seconds(3)

    /// Whether QEMU runs: then its arguments were right, and it holds its disks and its signals. It greets before that.
    var answers: Bool { obeys([]) }

    /// Whether QEMU took the order.
    func powerDown() -> Bool { obeys(["system_powerdown"]) }

    private func obeys(_ orders: [String]) -> Bool {
        // docs/interop/qmp-spec.txt of QEMU: this one comes first.
        let orders = ["qmp_capabilities"] + orders
        do {
            let socket = try LocalSocket(connectingTo: path.string, patience: Self.patience)
            try socket.send(orders.map { "{\"execute\":\"\($0)\"}\n" }.joined())
            // The greeting has no "return"; each order is answered by one.
            var answers = ""
            while answers.split(whereSeparator: \.isNewline).count(where: { $0.hasPrefix(#"{"return""#) }) < orders.count {
                let bytes = try socket.receive()
                guard !bytes.isEmpty else { return false }
                answers += String(decoding: bytes, as: UTF8.self)
            }
            return true
        } catch {
            return false
        }
    }
}
