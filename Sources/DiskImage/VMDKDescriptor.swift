import Foundation
import HostSupport
import SystemPackage

/// The text inside a VMDK: VMware Virtual Disk Format 5.0, "The Descriptor File".
enum VMDKDescriptor {
    /// It stands behind the header, in the first sectors.
    private static let reach = 64 << 10

    /// qemu-img draws the content ID by lot: it becomes a constant, which says that nobody has written since.
    /// - Throws: `cantCreate`.
    static func makeReproducible(_ path: FilePath) throws(HostError) {
        do {
            let file = try FileHandle(forUpdating: URL(filePath: path.string))
            let head = Array(try file.read(upToCount: reach) ?? Data())
            try file.seek(toOffset: 0)
            try file.write(contentsOf: Data(normalized(head)))
            try file.close()
        } catch {
            throw HostError("finish", path.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }

    /// "CID=" at the start of a line takes eight hexadecimal digits or fewer; the length stays.
    static func normalized(_ head: [UInt8]) -> [UInt8] {
        let key = Array("\nCID=".utf8)
        guard let start = head.indices.dropLast(key.count + 8).first(where: { head[$0...].starts(with: key) }) else { return head }
        var result = head
        var index = start + key.count
        while index < result.count, result[index] != UInt8(ascii: "\n") {
            result[index] = UInt8(ascii: "1")
            index += 1
        }
        return result
    }
}
