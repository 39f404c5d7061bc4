import Glibc

/// Waiting for the kernel to find something, with a deadline.
enum Wait {
    /// Asks `ready` at once and then ten times a second, until it holds or `seconds` have passed.
    ///
    /// Disks and DHCP leases appear seconds after the start, by many paths (udev, dhcpcd, the kernel's own probing): reading again
    /// what the probe reads costs less than listening to all of them.
    /// - Returns: whether it held in time.
    static func until(seconds: Int, _ ready: () -> Bool) -> Bool {
        let deadline = Console.now() + seconds * 1_000_000
        while !ready() {
            guard Console.now() < deadline else { return false }
            usleep(100_000)
        }
        return true
    }
}
