/// Writes the index files that depmod writes and libkmod reads: a trie in the format that libkmod-index.c describes.
///
/// Every node but the last of a key has children and no prefix: larger than depmod's, and as valid.
struct ModuleIndex {
    private final class Node {
        var children: [UInt8: Node] = [:]
        var values: [String] = []
    }

    private let root = Node()

    init(_ entries: [String: [String]]) {
        for (key, values) in entries {
            var node = root
            for byte in key.utf8 {
                let next = node.children[byte] ?? Node()
                node.children[byte] = next
                node = next
            }
            node.values = values
        }
    }

    /// The file: magic "BOOTFAST", version 2.1, the root's offset, the nodes, each after its children.
    var bytes: [UInt8] {
        var file: [UInt8] = []
        append(0xB007_F457, to: &file)
        append(0x0002_0001, to: &file)
        append(0, to: &file)
        let rootOffset = write(root, to: &file)
        var header: [UInt8] = []
        append(rootOffset, to: &header)
        file.replaceSubrange(8..<12, with: header)
        return file
    }

    private func write(_ node: Node, to file: inout [UInt8]) -> UInt32 {
        let keys = node.children.keys.sorted()
        var offsets: [UInt8: UInt32] = [:]
        for key in keys { offsets[key] = node.children[key].map { write($0, to: &file) } }
        var offset = UInt32(file.count)
        if let first = keys.first, let last = keys.last {
            offset |= 0x2000_0000  // INDEX_NODE_CHILDS
            file += [first, last]
            for key in first...last { append(offsets[key] ?? 0, to: &file) }
        }
        if !node.values.isEmpty {
            offset |= 0x4000_0000  // INDEX_NODE_VALUES
            append(UInt32(node.values.count), to: &file)
            for (priority, value) in node.values.enumerated() {
                append(UInt32(priority), to: &file)
                file += Array(value.utf8) + [0]
            }
        }
        return offset
    }

    private func append(_ value: UInt32, to file: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { file += Array($0) }
    }
}
