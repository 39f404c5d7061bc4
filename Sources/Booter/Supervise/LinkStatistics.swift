import LinuxSupport

/// What has gone through the tap, seen from the guest.
struct LinkStatistics: Equatable {
    var bytesReceived = 0
    var bytesSent = 0
    var packetsReceived = 0
    var packetsSent = 0
    /// Packets for the guest that the kernel dropped, because the guest took none.
    var dropsReceived = 0
}

extension LinkStatistics {
    /// - Parameters:
    ///   - text: /proc/net/dev: proc_pid_net(5).
    init?(of tap: String, in text: String) {
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].trimmed == tap else { continue }
            let numbers = line[line.index(after: colon)...].split(separator: " ").map { Int($0) }
            // Received by the tap, which is sent by the guest: bytes, packets, errors, drops and four more; then the same the other way.
            guard numbers.count >= 16, let sent = numbers[0], let packetsSent = numbers[1], let received = numbers[8],
                let packetsReceived = numbers[9], let drops = numbers[11]
            else { return nil }
            (bytesReceived, bytesSent) = (received, sent)
            (self.packetsReceived, self.packetsSent, dropsReceived) = (packetsReceived, packetsSent, drops)
            return
        }
        return nil
    }

    /// Of the network namespace of this process, whatever /sys shows.
    static func read(_ tap: String) -> LinkStatistics? {
        do {
            return LinkStatistics(of: tap, in: try FileRoot.live.text("/proc/self/net/dev", limit: 1 << 20))
        } catch {
            return nil
        }
    }
}
