import CLinux
import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// The one helper: DHCP, DNS and router advertisements on the tap.
enum Dnsmasq {
    /// dnsmasq --conf-file=<configuration>: reads no other configuration, and returns when its sockets are bound.
    static func start(binary: String, configuration: String) throws(OperationError) {
        let result: (status: Int32, errors: String)
        do {
            result = try Spawn.run(binary, ["--conf-file=" + configuration])
        } catch {
            throw OperationError("start", binary, cause: error.description, remedy: "install dnsmasq again", exit: ExitStatus.osFile)
        }
        guard result.status != 0 else { return }
        let words = result.errors.trimmed
        throw OperationError(
            "start", binary, cause: "status \(result.status)" + (words.isEmpty ? "" : ": " + words), remedy: remedy(result.status),
            exit: ExitStatus.osError)
    }

    /// EXIT CODES of dnsmasq(8).
    private static func remedy(_ status: Int32) -> String? {
        switch status {
        case 1: "install dnsmasq 2.80 or newer: this one does not accept our configuration"
        case 2: "keep the other DHCP or DNS server off the tap (bind-interfaces, except-interface)"
        case 3: "make state.run writable"
        default: nil
        }
    }

    /// The process of a PID file, if it is still the dnsmasq that `boot` started with this configuration.
    static func running(pidFile: String, configuration: String) -> pid_t? {
        guard let pid = FileRoot.live.integer(pidFile).flatMap({ pid_t(exactly: $0) }), pid > 1 else { return nil }
        // A zombie has no command line any more.
        let words = (try? FileRoot.live.text("/proc/\(pid)/cmdline"))?.split(separator: "\0") ?? []
        return words.contains { $0 == "--conf-file=" + configuration } ? pid : nil
    }

    /// Terminates it, with SIGKILL after two seconds, and returns when its sockets are closed.
    static func stop(pidFile: String, configuration: String) throws(OperationError) {
        guard let pid = running(pidFile: pidFile, configuration: configuration) else { return }
        let descriptor = mv_pidfd_open(pid)
        guard descriptor >= 0 else { return try gone(pid, Errno(rawValue: errno)) }
        let process = OwnedDescriptor(adopting: descriptor)
        // The number may have passed to another process before pidfd_open(2).
        guard running(pidFile: pidFile, configuration: configuration) == pid else { return }
        for signal in [SIGTERM, SIGKILL] {
            guard kill(pid, signal) == 0 else { return try gone(pid, Errno(rawValue: errno)) }
            // Readable when the process has ended. Its command line in /proc is no measure: an ending process gives up its memory before
            // its sockets.
            var ended = pollfd(fd: process.rawValue, events: Int16(POLLIN), revents: 0)
            if poll(&ended, 1, 2000) > 0 { return }
        }
        throw OperationError("stop dnsmasq", "process \(pid)", cause: "it does not end", exit: ExitStatus.osError)
    }

    /// A process that does not exist is stopped already.
    private static func gone(_ pid: pid_t, _ error: Errno) throws(OperationError) {
        guard error != .noSuchProcess else { return }
        throw OperationError("stop dnsmasq", "process \(pid)", cause: error.description, exit: ExitStatus.osError)
    }
}
