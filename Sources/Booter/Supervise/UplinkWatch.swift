import CLinux
import Diagnostics
import Glibc
import LinuxSupport
import NetSetup

/// Listens to changes of this machine's network, and has the guest's network follow them.
struct UplinkWatch: ~Copyable {
    private let planner: Planner
    private let machine: LiveMachine
    private let start: NetworkChange
    private var current: NetworkChange
    private let routes: RouteEvents
    /// inotify of the resolver's file, and of the directories in which it may be replaced.
    private let files: OwnedDescriptor?
    /// When the first of the changes came that were not looked at yet, and when to look.
    private var first: ContinuousClock.Instant?
    private(set) var due: ContinuousClock.Instant?
    private var retry = UplinkRetry()

    /// A DHCP client changes one thing after another: so long nothing more has to come.
    private static let quiet = Duration.milliseconds(300)
    /// A machine that never is quiet is looked at this often.
    private static let longest = Duration.seconds(3)
    private static let resolver = "/etc/resolv.conf"

    /// nil where there is nothing to follow.
    /// - Parameter planner: as the guest was started.
    /// - Throws: when the kernel does not tell of changes.
    init?(_ planner: Planner, _ machine: LiveMachine) throws(OperationError) {
        guard let start = NetworkChange(planner, planner.facts.network) else { return nil }
        (self.planner, self.machine, self.start, current) = (planner, machine, start, start)
        do {
            routes = try RouteEvents()
        } catch {
            throw OperationError(error)
        }
        let watch = mv_file_watch()
        files = watch >= 0 ? OwnedDescriptor(adopting: watch) : nil
        // What has changed since the facts were read.
        due = .now + Self.quiet
        watchFiles()
    }

    /// A file that was replaced is another one to inotify. Adding what is watched already changes nothing.
    private func watchFiles() {
        guard let files = fileNumber else { return }
        var path = Self.resolver
        // Through the symbolic links, as systemd-resolved and the Linux image have them.
        for _ in 0..<8 {
            let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
            _ = mv_file_watch_add(files, directory.isEmpty ? "/" : directory)
            guard let target = FileRoot.live.link(path) else { break }
            path = target.hasPrefix("/") ? target : directory + "/" + target
        }
        _ = mv_file_watch_add(files, Self.resolver)
    }

    /// For poll(2).
    var descriptors: [Int32] { [routes.rawValue] + [fileNumber].compactMap { $0 } }

    private var fileNumber: Int32? {
        switch files {
        case .some(let files): files.rawValue
        case .none: nil
        }
    }

    /// - Parameter ready: what poll(2) found.
    mutating func hear(_ ready: [Int32]) {
        var isHeard = ready.contains(routes.rawValue) && routes.drain()
        if let files = fileNumber, ready.contains(files) {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while read(files, &buffer, buffer.count) > 0 { isHeard = true }
        }
        guard isHeard else { return }
        let now = ContinuousClock.now
        first = first ?? now
        due = min(now + Self.quiet, (first ?? now) + Self.longest)
    }

    /// What a look has led to.
    struct Result {
        var events: [String] = []
        var restartedServer = false
    }

    /// Looks at the network, if it is time.
    mutating func follow(_ applier: inout Applier) -> Result {
        guard let due, due <= .now else { return Result() }
        (self.due, first) = (nil, nil)
        watchFiles()
        guard let wanted = NetworkChange(planner, machine.probe.network(), from: current, start: start) else { return Result() }
        var result = Result(events: wanted.description(from: current).map { "the network has changed: " + $0 })
        // Without a default route there is nothing to follow, and rules that were made for none would let others through.
        let hasUplink = wanted.uplink.link4 != nil || wanted.uplink.link6 != nil
        let steps = hasUplink ? wanted.steps(from: current) : []
        do {
            for step in steps {
                if case .startDnsmasq = step { result.restartedServer = true }
                try applier.apply(step)
                if step.isWorthAnEvent { result.events.append(step.title) }
            }
            result.events = retry.succeed(result.events + applier.takeFindings().map(\.message))
            let before = current
            current = wanted
            current.keep(before, didFollow: hasUplink)
        } catch {
            // The kernel may have nothing more to tell.
            let (news, pause) = retry.fail(result.events + ["the guest's network does not follow: \(error.headline)"])
            result.events = news
            self.due = .now + pause
        }
        return result
    }
}

extension NetworkChange {
    /// What was prepared for an uplink stays prepared.
    /// - Parameter didFollow: whether the steps of this value are in force, or those of the one before.
    fileprivate mutating func keep(_ before: NetworkChange, didFollow: Bool) {
        guard didFollow else {
            (steps, mtu, uplink.nameservers) = (before.steps, before.mtu, before.uplink.nameservers)
            return
        }
        steps += before.steps.filter { step in
            switch step {
            case .writeSysctl, .addRule4, .addRule6, .addAddress4, .addAddress6: !steps.contains(step)
            default: false
            }
        }
    }
}

extension Step {
    /// What a person who looks for a fault wants to know was done.
    fileprivate var isWorthAnEvent: Bool {
        switch self {
        case .writeFile, .dropDHCPChecksums: false
        default: true
        }
    }
}
