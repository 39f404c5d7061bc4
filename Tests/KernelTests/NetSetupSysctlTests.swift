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
            #expect(try Sysctl().read("net/ipv4/ip_forward") == "0")
            try Sysctl().write("1", to: "net/ipv4/ip_forward")
            #expect(try Shell.must("cat /proc/sys/net/ipv4/ip_forward") == "1\n")
            #expect(try Sysctl().read("net/ipv4/ip_forward") == "1")
        }

        @Test func aValueThatTheKernelRefuses() throws {
            let error = #expect(throws: NetError.self) { try Sysctl().write("0", to: "net/ipv4/ip_default_ttl") }
            #expect(error?.errno == .invalidArgument)
        }

        @Test func aReadOnlyTreeIsExplained() throws {
            let root = FileManager.default.temporaryDirectory.appending(path: "root-\(UUID().uuidString)").path
            try Shell.must(
                "mkdir -p \(root) && mount -t tmpfs none \(root) && mkdir -p \(root)/proc/sys/a && echo 0 > \(root)/proc/sys/a/b")
            defer { _ = try? Shell.run("umount \(root) && rmdir \(root)") }
            try Shell.must("mount -o remount,ro \(root)")
            let error = #expect(throws: NetError.self) { try Sysctl(root: FileRoot(FilePath(root))).write("1", to: "a/b") }
            #expect(error?.errno == .readOnlyFileSystem)
            #expect(error?.description.contains("with /proc/sys writable: it is read-only here") == true)
        }
    }
}
