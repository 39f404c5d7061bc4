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

    @Test func aWrittenValueIsRead() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(try sysctl.read("net/ipv4/ip_forward") == "0")
        try sysctl.write("1", to: "net/ipv4/ip_forward")
        #expect(try sysctl.read("net/ipv4/ip_forward") == "1")
        #expect(try Data(contentsOf: file) == Data("1\n".utf8))
    }

    @Test func runsOfBlanksAreOneSpace() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data("32768\t60999\n".utf8).write(to: file)
        #expect(try sysctl.read("net/ipv4/ip_forward") == "32768 60999")
        #expect(try Data(contentsOf: file) == Data("32768\t60999\n".utf8))
    }

    @Test(arguments: ["net/ipv4/absent", "", "/net", "../sys/net/ipv4/ip_forward", "net//ipv4", "net/."])
    func whatIsNoParameterIsRefused(_ key: String) throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(throws: NetError.self) { try sysctl.write("1", to: key) }
    }
}
