import CLinux
import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// The only helper process: DHCP, DNS and router advertisements on the tap.
enum Dnsmasq {
    /// dnsmasq --conf-file=<configuration>: reads no other configuration, and returns when its sockets are bound.
    static func start(binary: String, configuration: String) throws(OperationError) {
        let (status, words): (Int32, String)
        do throws(Errno) {
            // Killed with this process until it is in the background: before that, it has no PID file by which to stop it.
            var spawn = Spawn(binary, ["--conf-file=" + configuration])
            spawn.endsWithParent = true
            let result = try spawn.run(within: patience)
            (status, words) = (result.status.shellCode, result.errors.trimmed)
        } catch .timedOut {
            // What it had put into the background already.
            try stop(binary: binary, configuration: configuration)
            throw OperationError(
                "start", binary, cause: "it was not ready after \(patience.components.seconds) s, and was killed", exit: ExitStatus.osError)
        } catch {
            throw OperationError("start", binary, cause: error.description, remedy: "install dnsmasq again", exit: ExitStatus.osFile)
        }
        guard status != 0 else { return }
        throw OperationError(
            "start", binary, cause: "it exited with \(status)" + (words.isEmpty ? "" : ": " + words), remedy: remedy(status),
            exit: ExitStatus.osError)
    }

    /// A start takes milliseconds. The supervisor hears no request for a stop meanwhile.
    private static let patience = Duration.seconds(10)

    /// EXIT CODES of dnsmasq(8).
    private static func remedy(_ status: Int32) -> String? {
        switch status {
        case 1: "install dnsmasq 2.80 or newer: this one does not accept our configuration"
        case 2: "keep the other DHCP or DNS server off the tap (bind-interfaces, except-interface)"
        case 3: "make state.run writable"
        default: nil
        }
    }

    /// Its process, by the PID file that it writes before its start is over.
    ///
    /// The file belongs to dnsmasq's user: its number counts only if that process is a dnsmasq with this configuration.
    static func process(pidFile: String, binary: String, configuration: String) -> pid_t? {
        guard let pid = FileRoot.live.integer(pidFile).flatMap({ pid_t(exactly: $0) }), pid > 1 else { return nil }
        return kind(of: pid, binary: binary, configuration: configuration) == .ours ? pid : nil
    }

    /// Every process of this network namespace that runs with this configuration.
    ///
    /// A search, not a PID file: a `boot` that was killed while dnsmasq started leaves a process and no file yet.
    /// - Parameter isStarting: set when one has been executed and has no command line yet.
    private static func processes(binary: String, configuration: String, isStarting: inout Bool) -> [pid_t] {
        var found: [pid_t] = []
        for name in FileRoot.live.list("/proc") {
            guard let pid = pid_t(name), pid > 1 else { continue }
            switch kind(of: pid, binary: binary, configuration: configuration) {
            case .ours: found.append(pid)
            case .starting: isStarting = true
            case .foreign: break
            }
        }
        return found
    }

    private enum Kind { case ours, starting, foreign }

    private static func kind(of pid: pid_t, binary: String, configuration: String) -> Kind {
        guard let text = try? FileRoot.live.text("/proc/\(pid)/cmdline") else { return .foreign }
        // Kernel threads and zombies have no command line either, but no executable.
        guard !text.isEmpty else { return executable(of: pid, is: binary) == true ? .starting : .foreign }
        guard text.split(separator: "\0").contains(where: { $0 == "--conf-file=" + configuration }) else { return .foreign }
        // Without CAP_SYS_PTRACE, neither can be read of a process that has changed its user.
        if let own = FileRoot.live.link("/proc/self/ns/net"), let other = FileRoot.live.link("/proc/\(pid)/ns/net"), own != other {
            return .foreign
        }
        return executable(of: pid, is: binary) == false ? .foreign : .ours
    }

    /// nil when the kernel does not say.
    private static func executable(of pid: pid_t, is binary: String) -> Bool? {
        guard let link = FileRoot.live.link("/proc/\(pid)/exe") else { return nil }
        var (running, file) = (stat(), stat())
        if stat("/proc/\(pid)/exe", &running) == 0, stat(binary, &file) == 0, running.st_ino == file.st_ino, running.st_dev == file.st_dev {
            return true
        }
        // An update has replaced the file under the process.
        guard let resolved = realpath(binary, nil) else { return link.hasSuffix(" (deleted)") }
        defer { free(resolved) }
        return link == String(cString: resolved) + " (deleted)"
    }

    /// Terminates it, with SIGKILL after two seconds, and returns when its sockets are closed.
    static func stop(binary: String, configuration: String) throws(OperationError) {
        for _ in 0..<200 {
            var isStarting = false
            let found = processes(binary: binary, configuration: configuration, isStarting: &isStarting)
            if found.isEmpty, !isStarting { return }
            for pid in found { try stop(pid, binary: binary, configuration: configuration) }
            if found.isEmpty { usleep(1000) }
        }
        throw OperationError("stop", "dnsmasq", cause: "new processes of it keep appearing", exit: ExitStatus.osError)
    }

    private static func stop(_ pid: pid_t, binary: String, configuration: String) throws(OperationError) {
        let descriptor = mv_pidfd_open(pid)
        guard descriptor >= 0 else { return try gone(pid, Errno(rawValue: errno)) }
        let process = OwnedDescriptor(adopting: descriptor)
        // Before pidfd_open(2), the process number may have been reused.
        guard kind(of: pid, binary: binary, configuration: configuration) == .ours else { return }
        for signal in [SIGTERM, SIGKILL] {
            guard mv_pidfd_send_signal(process.rawValue, signal) == 0 else { return try gone(pid, Errno(rawValue: errno)) }
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
