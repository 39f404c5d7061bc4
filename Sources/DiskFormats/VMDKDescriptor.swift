/// The text inside a VMDK: VMware Virtual Disk Format 5.0, "The Descriptor File".
package enum VMDKDescriptor {
    /// It stands behind the header, in the first sectors.
    package static let reach = 64 << 10

    /// The same with a constant for the content ID, which says that nobody has written since.
    ///
    /// "CID=" at the start of a line has eight hexadecimal digits, or fewer: qemu-img writes no leading zeros. The length of the whole stays.
    package static func normalized(_ head: [UInt8]) -> [UInt8] {
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
