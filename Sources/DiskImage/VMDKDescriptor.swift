import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The text inside a VMDK: VMware Virtual Disk Format 5.0, "The Descriptor File".
enum VMDKDescriptor {
    /// It stands behind the header, in the first sectors.
    private static let reach = 64 << 10

    /// qemu-img draws the content ID by lot: it becomes a constant, which says that nobody has written since.
    /// - Throws: `cantCreate`.
    static func makeReproducible(_ path: FilePath) throws(OperationError) {
        do {
            let file = try FileHandle(forUpdating: URL(filePath: path.string))
            let head = Array(try file.read(upToCount: reach) ?? Data())
            try file.seek(toOffset: 0)
            try file.write(contentsOf: Data(normalized(head)))
            try file.close()
        } catch {
            throw OperationError("finish", path.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }

    /// "CID=" at the start of a line has eight hexadecimal digits, or fewer: qemu-img writes no leading zeros. The length of the whole stays.
    static func normalized(_ head: [UInt8]) -> [UInt8] {
        let key = Array("\nCID=".utf8)
        guard let start = head.indices.dropLast(key.count + 8).first(where: { head[$0...].starts(with: key) }) else { return head }
        let digits = start + key.count
        guard let end = head[digits...].firstIndex(of: UInt8(ascii: "\n")), end - digits <= 8 else { return head }
        var result = head[..<digits] + Array(repeating: UInt8(ascii: "1"), count: 8) + head[end...]
        // What came in is taken from the zeros behind the text.
        let excess = result.count - head.count
        if excess == 0 { return Array(result) }
        guard let zeros = result[digits...].firstIndex(of: 0), result[zeros...].prefix(excess).allSatisfy({ $0 == 0 }) else { return head }
        result.removeSubrange(zeros..<min(zeros + excess, result.endIndex))
        return Array(result)
    }
}
