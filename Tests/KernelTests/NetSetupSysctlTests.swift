import Foundation
import LinuxSupport
import NetSetup
import SystemPackage
import Testing

extension InPrivateNetwork {
    /// The parameters of this very namespace, as sysctl's own files show them.
    struct SysctlInTheKernel {
        @Test func forwarding() throws {
            try Shell.must("echo 0 > /proc/sys/net/ipv4/ip_forward")
            #expect(try Sysctl().write("net/ipv4/ip_forward", "1") == "0")
            #expect(try Shell.must("cat /proc/sys/net/ipv4/ip_forward") == "1\n")
            #expect(try Sysctl().write("net/ipv4/ip_forward", "1") == nil)
        }

        @Test func aValueThatTheKernelRefuses() throws {
            let error = #expect(throws: NetError.self) { try Sysctl().write("net/ipv4/ip_default_ttl", "0") }
            #expect(error?.errno == .invalidArgument)
        }

        @Test func aReadOnlyTreeIsExplained() throws {
            let root = FileManager.default.temporaryDirectory.appending(path: "root-\(UUID().uuidString)").path
            try Shell.must(
                "mkdir -p \(root) && mount -t tmpfs none \(root) && mkdir -p \(root)/proc/sys/a && echo 0 > \(root)/proc/sys/a/b")
            defer { _ = try? Shell.run("umount \(root) && rmdir \(root)") }
            try Shell.must("mount -o remount,ro \(root)")
            let error = #expect(throws: NetError.self) { try Sysctl(root: FileRoot(FilePath(root))).write("a/b", "1") }
            #expect(error?.errno == .readOnlyFileSystem)
            #expect(error?.description.contains("/proc/sys is read-only here") == true)
        }
    }
}
