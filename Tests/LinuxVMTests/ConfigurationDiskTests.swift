import Diagnostics
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import LinuxVM

@Suite struct ConfigurationDiskTests {
    /// As util-linux and mtools see it.
    @Test func labelAndFiles() async throws {
        let scratch = try Scratch()
        let output = try await Draft.with(in: scratch.path) { (draft) throws(OperationError) -> FilePath in
            try await ConfigurationDisk(files: ["boot.toml": "[guest]\n", "vnc-password": "abc"]).write("c.img", in: draft)
            try draft.publish("c.img", as: scratch.path.appending("out.img"))
            return scratch.path.appending("out.img")
        }
        let label = try Program.shell("blkid --probe --output export \"$1\"", [output.string])
        #expect(label.output.contains("LABEL=MACOSVIRT\n") && label.output.contains("TYPE=vfat\n"), "\(label)")
        let files = try Program.shell("mcopy -n -i \"$1\" ::boot.toml - && mcopy -n -i \"$1\" ::vnc-password -", [output.string])
        #expect(files.status == 0 && files.output == "[guest]\nabc", "\(files)")
        let checked = try Program.shell("fsck.fat -n \"$1\"", [output.string])
        #expect(checked.status == 0, "\(checked)")
    }
}
