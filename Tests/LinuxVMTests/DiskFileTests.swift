import Diagnostics
import Glibc
import HostSupport
import QemuArgs
import SystemPackage
import Testing

@testable import LinuxVM

/// Images that `run` must not give to QEMU.
struct DiskFileTests {
    private func refuses(_ path: FilePath, _ exit: Diagnostics.ExitStatus, naming text: String) {
        let error = #expect(throws: OperationError.self) { try DiskFile("the macOS disk", at: path, remedy: "name another") }
        #expect(error?.exit == exit && error?.cause.contains(text) == true, "\(String(describing: error))")
    }

    @Test func whatIsNoDisk() throws {
        let scratch = try Scratch()
        let directory = scratch.path
        #expect(mkfifo(directory.appending("fifo").string, 0o644) == 0)
        refuses(directory.appending("fifo"), .noInput, naming: "a FIFO")
        refuses(directory, .noInput, naming: "a directory")
        refuses(directory.appending("none"), .noInput, naming: "no such file")
        refuses("/dev/zero", .noInput, naming: "a character device")
        withExtendedLifetime(scratch) {}
    }

    /// It could name any file of this machine, which the guest would then read.
    @Test(arguments: [("backing", ["-b", "/etc/passwd", "-F", "raw"]), ("data", ["-o", "data_file=data.img,data_file_raw=on"])])
    func aQCOW2ThatNeedsAnotherFile(_ kind: String, _ words: [String]) async throws {
        let scratch = try Scratch()
        let directory = scratch.path
        let qemu = Tool("qemu-img", from: "qemu-utils")
        try await qemu.run(["create", "-q", "-f", "qcow2"] + words + ["a.qcow2", "1M"], directory: directory)
        refuses(scratch.path.appending("a.qcow2"), .dataError, naming: "its \(kind) file")
        try await qemu.run(["create", "-q", "-f", "qcow2", "b.qcow2", "1M"], directory: directory)
        #expect(try DiskFile("it", at: directory.appending("b.qcow2"), remedy: "").format == .qcow2)
        withExtendedLifetime(scratch) {}
    }
}
