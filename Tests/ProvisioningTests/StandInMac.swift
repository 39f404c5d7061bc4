import Foundation
import MediaSamples
import Testing

@testable import Provisioning

/// A directory in the place of a Mac's disk, with stand-ins for the programs of macOS, in which the agent runs.
struct StandInMac {
    /// What runs the agent.
    struct Programs: CustomTestStringConvertible, Sendable {
        var shell = "dash"
        var awk = "mawk"
        var testDescription: String { "\(shell) and \(awk)" }

        static let all = [
            Programs(), Programs(shell: "bash --posix", awk: "original-awk"), Programs(shell: "bash", awk: "gawk"),
        ]
    }

    let directory: URL
    var root: URL { directory.appending(path: "root") }
    private var calls: URL { directory.appending(path: "calls") }
    private var records: URL { directory.appending(path: "records") }
    private static let stands = [
        "chown", "createhomedir", "defaults", "diskutil", "dscl", "dseditgroup", "dsimport", "hostname", "installer", "ipconfig",
        "launchctl", "nc", "plutil", "pmset", "scutil", "shutdown", "sleep", "sudo", "systemsetup", "visudo",
    ]

    /// Calls `body` with a Mac that has an account of its own and no disk beside the system's.
    static func with(_ body: (StandInMac) throws -> Void) throws {
        try Samples.withDirectory { directory in
            let mac = StandInMac(directory: directory)
            let stand = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "StandIns/stand-in")
            for name in [
                "bin", "root/dev", "root/private/var/db", "root/private/var/log", "root/private/etc", "root/Library", "root/Users",
            ] {
                try FileManager.default.createDirectory(at: directory.appending(path: name), withIntermediateDirectories: true)
            }
            for name in stands {
                try FileManager.default.createSymbolicLink(at: directory.appending(path: "bin/\(name)"), withDestinationURL: stand)
            }
            for name in ["disk0", "disk1", "cu.Bluetooth-Incoming-Port", "cu.serial1"] { try mac.write(Data(), to: "dev/\(name)") }
            for (name, content) in [("agent", AgentScript.bytes), ("cloud-config.awk", PackageResources.cloud_config_awk)] {
                try mac.write(Data(content), to: "Library/Application Support/macos-virt/\(name)")
            }
            try mac.write(Data(), to: "var/db/timezone/zoneinfo/Europe/Berlin")
            for (user, id) in [("root", "0"), ("_spotlight", "89"), ("eve", "501")] { try mac.account(user, id) }
            try body(mac)
        }
    }

    func write(_ data: Data, to name: String) throws {
        let url = root.appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
    }

    func text(_ name: String) throws -> String { String(decoding: try Data(contentsOf: root.appending(path: name)), as: UTF8.self) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: root.appending(path: name).path) }

    func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: root.appending(path: name).path)[.posixPermissions] as? Int
    }

    /// An attribute of the directory service.
    func attribute(_ record: String, _ name: String) -> Data? { try? Data(contentsOf: records.appending(path: "\(record)/\(name)")) }

    /// What diskutil says of a disk, beside PCI and Physical.
    func describe(_ node: String, bus: String? = nil, kind: String? = nil) throws {
        for (name, text) in [("bus", bus), ("kind", kind)] {
            if let text { try Data(text.utf8).write(to: records.appending(path: "\(name)-\(node)")) }
        }
    }

    private func account(_ name: String, _ id: String) throws {
        let record = records.appending(path: "Users/\(name)")
        try FileManager.default.createDirectory(at: record, withIntermediateDirectories: true)
        try Data(id.utf8).write(to: record.appending(path: "UniqueID"))
        try Data("/Users/\(name)".utf8).write(to: record.appending(path: "NFSHomeDirectory"))
    }

    /// One start.
    /// - Returns: what the stand-ins were called with, a line for each call that changes something.
    func start(_ programs: Programs = Programs(), failing: String = "") throws -> [String] {
        try? FileManager.default.removeItem(at: calls)
        try? FileManager.default.removeItem(at: root.appending(path: "private/var/log/macos-virt.log"))
        let awk = programs.awk.split(separator: " ").map(String.init)
        let link = directory.appending(path: "bin/awk")
        try? FileManager.default.removeItem(at: link)
        let path = try Samples.run("sh", ["-c", "command -v \(awk[0])"])
        try FileManager.default.createSymbolicLink(
            at: link, withDestinationURL: URL(filePath: String(decoding: path, as: UTF8.self).trimmingCharacters(in: .newlines)))
        let environment = [
            "PATH=\(directory.path)/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "CALLS=\(calls.path)", "RECORDS=\(records.path)",
            "ROOT=\(root.path)", "FAILING=\(failing)",
        ]
        try Samples.run(
            "env",
            ["-i"] + environment + programs.shell.split(separator: " ").map(String.init)
                + [root.appending(path: "Library/Application Support/macos-virt/agent").path, root.path])
        return ((try? String(contentsOf: calls, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// What the serial port got, without what is said before each line.
    func serial() throws -> [String] {
        try text("dev/cu.serial1").split(separator: "\r\n").map { line in
            #expect(line.hasPrefix("macos-virt-agent: "))
            return String(line.dropFirst("macos-virt-agent: ".count))
        }
    }

    /// Puts a disk with the label cidata into the Mac.
    /// - Parameter make: writes the disk's image to a path, from a directory with the files.
    func insert(_ files: [String: String], as node: String = "disk2", by make: (URL, URL) throws -> Void = StandInMac.genisoimage) throws {
        let source = directory.appending(path: "seed-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: source.appending(path: name)) }
        let disk = root.appending(path: "dev/\(node)")
        try? FileManager.default.removeItem(at: disk)
        try make(source, disk)
        try FileManager.default.removeItem(at: source)
    }

    static func genisoimage(_ source: URL, _ disk: URL) throws {
        try Samples.run("genisoimage", ["-quiet", "-output", disk.path, "-volid", "cidata", "-joliet", "-rock", source.path])
    }
}
