import Foundation
import Testing

/// Init/state.sh, run by dash on a file with a real fsck.fat. In mount's place, a program that copies the files out: a kernel that can
/// mount FAT is not everywhere, and the nested boot of the image mounts the partition.
struct StateScriptTests {
    private struct Result {
        var output: String
        var files: [String: Int]
    }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Sources/LinuxImage/Init/state.sh"
    ).path
    private static let variables = 540_672

    /// - Parameter damage: changes the bytes of a FAT12 volume of 2 MiB that holds the variables of a guest.
    private static func run(_ damage: (inout [UInt8]) -> Void) throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (image, template, place) = (directory.path + "/state.img", directory.path + "/template.fd", directory.path + "/kept")
        try sh(
            """
            cd \(directory.path) && mkdir kept bin && head -c \(variables) /dev/zero >template.fd && truncate -s 2M state.img &&
            mkfs.fat -F 12 -n STATE state.img >/dev/null && mcopy -i state.img template.fd ::nvram.fd &&
            printf '#!/bin/sh\\nmcopy -n -i "$5" "::*" "$6" && echo "mounted $4"\\n' >bin/mount && chmod 755 bin/mount
            """)
        let volume = URL(filePath: image)
        var bytes = Array(try Data(contentsOf: volume))
        damage(&bytes)
        try Data(bytes).write(to: volume)
        let output = try sh("PATH=\(directory.path)/bin:$PATH; . \(script); mount_state \(image) \(place) \(template)")
        var files: [String: Int] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: place) {
            files[name] = try FileManager.default.attributesOfItem(atPath: place + "/" + name)[.size] as? Int
        }
        return Result(output: output, files: files)
    }

    @discardableResult
    private static func sh(_ text: String) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", text]
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        return String(decoding: data, as: UTF8.self)
    }

    @Test func aSoundPartition() throws {
        let result = try Self.run { _ in }
        #expect(result.output.hasPrefix("mounted rw,quiet,") && !result.output.contains("macos-virt:"), "\(result)")
        #expect(result.files == ["nvram.fd": Self.variables])
    }

    /// The mark that the kernel leaves while the partition is mounted: byte 37 of the boot sector.
    @Test func aPowerCut() throws {
        let result = try Self.run { $0[37] |= 1 }
        #expect(result.output.contains("the state partition was not closed or is damaged: ") && result.output.contains("Dirty bit is set"))
        #expect(result.output.contains("mounted rw") && result.files == ["nvram.fd": Self.variables], "\(result)")
    }

    /// Rubbish in the file allocation table: the repair cuts the variables short, so that the guest gets fresh ones.
    @Test func aTableThatIsDamaged() throws {
        let result = try Self.run { bytes in for index in 515..<712 { bytes[index] = 0x5a } }
        #expect(result.output.contains("mounted rw") && result.output.contains("it starts with fresh ones"), "\(result)")
        #expect(Set(result.files.keys) == ["nvram.bad"], "\(result)")
        // One line each, and no more than a console shows.
        #expect(result.output.split(separator: "\n").allSatisfy { $0.utf8.count < 400 })
    }

    /// No repair helps: nothing is mounted, which is said, and the machine goes on.
    @Test func aPartitionThatIsNoFileSystem() throws {
        for result in [try Self.run { bytes in for index in 0..<512 { bytes[index] = 0 } }, try Self.run { $0 = $0.map { _ in 0x7f } }] {
            #expect(!result.output.contains("mounted") && result.files.isEmpty, "\(result)")
            #expect(result.output.contains("cannot be used: ") && result.output.contains("the guest starts with fresh UEFI variables"))
        }
    }
}
