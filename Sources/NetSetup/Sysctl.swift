public import LinuxSupport
import SystemPackage

/// Kernel parameters below /proc/sys of a root: `sysctl -w net.ipv4.ip_forward=1`.
public struct Sysctl: Sendable {
    private let root: FileRoot

    public init(root: FileRoot = .live) { self.root = root }

    /// The current value; runs of blanks are one space.
    /// - Parameter key: with slashes, `net/ipv4/ip_forward`: an interface's name may hold dots.
    public func read(_ key: String) throws(NetError) -> String {
        let path = try Self.path(key)
        do { return Self.normal(try root.text(path, limit: 1 << 16)) } catch { throw NetError("read", path, .errno(error, call: nil)) }
    }

    /// Writes `value` to `key`, whatever its present value.
    /// - Throws: `NetError`: no such parameter, or /proc/sys is read-only, as in most containers.
    public func write(_ value: String, to key: String) throws(NetError) {
        let path = try Self.path(key)
        do {
            let file = try OwnedDescriptor(opening: root.resolve(path), .writeOnly)
            _ = try file.descriptor.writeAll((value + "\n").utf8)
        } catch {
            let number = error as? Errno ?? .ioError
            throw NetError("write \(value) to", path, .errno(number, call: nil), remedy: Self.remedy(number))
        }
    }

    private static func path(_ key: String) throws(NetError) -> String {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            throw NetError("find kernel parameter", key, .invalid("it must be a path below /proc/sys"))
        }
        return "/proc/sys/" + key
    }

    private static func normal(_ text: String) -> String { text.words.joined(separator: " ") }

    private static func remedy(_ error: Errno) -> String? {
        switch error {
        case .readOnlyFileSystem: "set it outside the container, or run with /proc/sys writable: it is read-only here"
        case .permissionDenied, .notPermitted: "run as root"
        case .invalidArgument: "use a value that the kernel accepts"
        default: nil
        }
    }
}
