import Foundation
import Testing

/// Whether this process may change the network around it.
enum PrivateNetwork {
    /// The whole process has to be started in its own namespace: unshare(2) is a thread's, and tests hop threads.
    ///
    /// PID 1's namespace is the one to differ from. Where it may not be read (PID 1 with capabilities that we lack), the
    /// runner says which one it came from.
    static let isOurs: Bool = {
        let link = { (process: String) in try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/net") }
        guard getuid() == 0, let own = link("self") else { return false }
        guard let outer = link("1") ?? ProcessInfo.processInfo.environment["OUTER_NETNS"], outer.hasPrefix("net:[") else { return false }
        return own != outer
    }()

    static let reason: Comment = """
        needs root and a private network: \
        OUTER_NETNS=$(readlink /proc/self/ns/net) unshare -n -m swift test --filter KernelTests --no-parallel
        """
}

/// Everything that changes the network runs one by one: it is one network.
@Suite(.serialized, .enabled(if: PrivateNetwork.isOurs, PrivateNetwork.reason))
struct InPrivateNetwork {}

/// The owner of another network namespace, kept alive by a process that sleeps in it.
struct Namespace: ~Copyable {
    private let keeper: Background

    /// What `nsenter -t` and `ip link set netns` take.
    var pid: Int32 { keeper.pid }

    init() throws {
        let keeper = try Background("unshare -n sleep infinity")
        let end = Date().addingTimeInterval(5)
        let ours = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
        let link = "/proc/\(keeper.pid)/ns/net"
        while try FileManager.default.destinationOfSymbolicLink(atPath: link) == ours {
            guard Date() < end else { throw Shell.Failure(description: "no namespace in process \(keeper.pid)") }
            Thread.sleep(forTimeInterval: 0.01)
        }
        try Shell.must("ip link set lo up", in: keeper.pid)
        self.keeper = keeper
    }

    @discardableResult
    func must(_ line: String, timeout: Int = 20) throws -> String { try Shell.must(line, in: pid, timeout: timeout) }

    func run(_ line: String, timeout: Int = 20) throws -> Shell.Result { try Shell.run(line, in: pid, timeout: timeout) }

    /// A program of Tools that keeps running in this namespace.
    func start(_ tool: String, ready: String = "ready") throws -> Background {
        try Background("\(Shell.tools)/\(tool)", in: pid, ready: ready)
    }
}
