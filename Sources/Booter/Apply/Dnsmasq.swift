import Glibc
import LinuxSupport
import SystemPackage

/// The one helper: DHCP, DNS and router advertisements on the tap.
enum Dnsmasq {
    /// dnsmasq --conf-file=<configuration>: it reads no other file, and returns when its sockets are bound.
    static func start(binary: String, configuration: String) throws(BootError) {
        let result: (status: Int32, errors: String)
        do {
            result = try Spawn.run(binary, ["--conf-file=" + configuration])
        } catch {
            throw BootError("start", binary, cause: error.description, remedy: "install dnsmasq again", exit: ExitStatus.osFile)
        }
        guard result.status != 0 else { return }
        let words = result.errors.trimmed
        throw BootError(
            "start", binary, cause: "status \(result.status)" + (words.isEmpty ? "" : ": " + words), remedy: remedy(result.status),
            exit: ExitStatus.osError)
    }

    /// EXIT CODES of dnsmasq(8).
    private static func remedy(_ status: Int32) -> String? {
        switch status {
        case 1: "this dnsmasq does not take our configuration: install version 2.80 or newer"
        case 2: "another DHCP or DNS server holds the tap's ports: let it leave the tap alone (bind-interfaces, except-interface)"
        case 3: "make state.run writable"
        default: nil
        }
    }

    /// The process of a PID file, if it is still the dnsmasq that was started with this configuration.
    static func running(pidFile: String, configuration: String) -> pid_t? {
        guard let pid = FileRoot.live.integer(pidFile).flatMap({ pid_t(exactly: $0) }), pid > 1 else { return nil }
        return isOurs(pid, configuration) ? pid : nil
    }

    /// A process that has ended has no command line any more, zombie or not, and its sockets are closed.
    private static func isOurs(_ pid: pid_t, _ configuration: String) -> Bool {
        let words = (try? FileRoot.live.text("/proc/\(pid)/cmdline"))?.split(separator: "\0") ?? []
        return words.contains { $0 == "--conf-file=" + configuration }
    }

    /// Ends it, at the latest by force after two seconds.
    static func stop(pidFile: String, configuration: String) throws(BootError) {
        guard let pid = running(pidFile: pidFile, configuration: configuration) else { return }
        for signal in [SIGTERM, SIGKILL] {
            guard kill(pid, signal) == 0 || errno == ESRCH else {
                throw BootError("stop dnsmasq", "process \(pid)", cause: Errno(rawValue: errno).description, exit: ExitStatus.osError)
            }
            // Not by its PID file, which it removes before its sockets are closed.
            for _ in 0..<200 {
                if !isOurs(pid, configuration) { return }
                usleep(10_000)
            }
        }
        throw BootError("stop dnsmasq", "process \(pid)", cause: "it does not end", exit: ExitStatus.osError)
    }
}
