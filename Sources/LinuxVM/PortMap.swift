package import Diagnostics
import Glibc
import HostSupport

/// Ports of this machine's loopback that lead to the Linux VM.
package struct PortMap: Equatable, Sendable {
    /// `HOST:PORT` of --forward.
    package struct Forward: Equatable, Sendable {
        /// 0 for any that is free.
        package var here: UInt16
        package var there: UInt16

        package init(here: UInt16, there: UInt16) { (self.here, self.there) = (here, there) }

        /// nil when it is not two port numbers.
        package init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let here = Self.port(parts[0]), let there = Self.port(parts[1]), there > 0 else { return nil }
            self.init(here: here, there: there)
        }

        private static func port(_ text: Substring) -> UInt16? {
            // Checked for digits first, because UInt16("+1") is 1.
            text.allSatisfy(\.isASCII) && text.allSatisfy(\.isNumber) ? UInt16(text) : nil
        }
    }

    /// What `boot` forwards to the guest by default, and the guest's screen.
    package static let (ssh, screenSharing, screen): (UInt16, UInt16, UInt16) = (10022, 15900, 5900)

    /// In the order of the VM's ports.
    package var forwards: [Forward]

    package init(_ forwards: [Forward]) { self.forwards = forwards }

    /// The port here that leads to the VM's port `there`.
    package func here(_ there: UInt16) -> UInt16? { forwards.first { $0.there == there }?.here }

    /// The user's forwards, then the default ones, each at its default port here if that is free, else at any free port.
    /// - Parameter free: returns the port if nothing on the loopback uses it, or any free port for 0; nil if there is none.
    /// - Throws: `usage` for two forwards of one port; `tempFail`.
    package static func choose(
        _ wishes: [Forward], free: (UInt16) -> UInt16? = PortMap.free
    ) throws(OperationError) -> PortMap {
        var chosen: [Forward] = []
        // Nothing reserves a free port until QEMU listens there: it can come twice, or be one that a later forward asks for.
        func any() -> UInt16? {
            let named = chosen.map(\.here) + wishes.map(\.here)
            for _ in 0..<draws {
                if let drawn = free(0), !named.contains(drawn) { return drawn }
            }
            return nil
        }
        for wish in wishes {
            guard !chosen.contains(where: { $0.there == wish.there || ($0.here == wish.here && wish.here > 0) }) else {
                throw OperationError("use", "--forward \(wish.here):\(wish.there)", cause: "the port is forwarded already", exit: .usage)
            }
            guard let here = wish.here == 0 ? any() : free(wish.here) else { throw inUse(wish) }
            chosen.append(Forward(here: here, there: wish.there))
        }
        for there in [ssh, screenSharing, screen] where !chosen.contains(where: { $0.there == there }) {
            let taken = chosen.contains { $0.here == there }
            guard let here = (taken ? nil : free(there)) ?? any() else { throw inUse(Forward(here: 0, there: there)) }
            chosen.append(Forward(here: here, there: there))
        }
        return PortMap(chosen.sorted { $0.there < $1.there })
    }

    /// How many free ports are tried before giving up.
    private static let draws = 64

    private static func inUse(_ wish: Forward) -> OperationError {
        OperationError(
            "listen at", "127.0.0.1:\(wish.here)", cause: "another program uses the port, or this user may not listen there",
            remedy: "choose another port with --forward HERE:\(wish.there); HERE 0 takes any free one", exit: .tempFail)
    }

    /// Listens at the port for a moment; nil when that fails.
    package static func free(_ port: UInt16) -> UInt16? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // As QEMU does: a port whose connections were closed a moment ago is free.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout.size(ofValue: yes)))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) == 0 && listen(descriptor, 1) == 0 && getsockname(descriptor, pointer, &size) == 0
            }
        }
        return bound ? UInt16(bigEndian: address.sin_port) : nil
    }
}
