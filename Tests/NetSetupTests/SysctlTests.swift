import Foundation
import LinuxSupport
import NetSetup
import SystemPackage
import Testing

/// Below a directory of our own: the real /proc/sys is for the kernel tests.
struct SysctlTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "sysctl-\(UUID().uuidString)")
    private let sysctl: Sysctl
    private let file: URL

    init() throws {
        file = directory.appending(path: "proc/sys/net/ipv4/ip_forward")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("0\n".utf8).write(to: file)
        sysctl = Sysctl(root: FileRoot(FilePath(directory.path)))
    }

    @Test func aChangeReturnsWhatWasThere() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(try sysctl.write("net/ipv4/ip_forward", "1") == "0")
        #expect(try sysctl.read("net/ipv4/ip_forward") == "1")
        #expect(try sysctl.write("net/ipv4/ip_forward", "1") == nil)
    }

    @Test func nothingIsWrittenWhenBlanksAreTheOnlyDifference() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data("32768\t60999\n".utf8).write(to: file)
        #expect(try sysctl.write("net/ipv4/ip_forward", "32768 60999") == nil)
        #expect(try Data(contentsOf: file) == Data("32768\t60999\n".utf8))
    }

    @Test(arguments: ["net/ipv4/absent", "", "/net", "../sys/net/ipv4/ip_forward", "net//ipv4", "net/."])
    func whatIsNoParameterIsRefused(_ key: String) throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(throws: NetError.self) { try sysctl.write(key, "1") }
    }
}
