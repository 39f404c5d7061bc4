package import DiskFormats

/// What a fresh HFS+ volume is to hold: directories, files, symbolic and hard links.
///
/// Paths are relative to the volume's top. A directory is added before what is in it.
package struct VolumeContents {
    /// Who may do what with a file, and when it was changed.
    package struct Attributes: Equatable, Sendable {
        /// Permission bits.
        package var mode: Int
        package var owner, group: UInt32
        /// Seconds since 1970; nil for the time of the volume.
        package var modified: Int?

        package init(mode: Int, owner: UInt32 = 0, group: UInt32 = 0, modified: Int? = nil) {
            (self.mode, self.owner, self.group, self.modified) = (mode, owner, group, modified)
        }

        package static let directory = Attributes(mode: 0o755)
        package static let file = Attributes(mode: 0o644)
        package static let program = Attributes(mode: 0o755)
    }

    enum Kind {
        case directory
        case file(any ByteSource)
        /// Its content is written by `VolumeLayout.place(of:)`'s caller.
        case reserved(size: Int)
        case link(target: [UInt8])
        /// A name of a file, by its index in `shared`.
        case hardLink(Int)
    }

    struct Node {
        var parent: Int
        var name: HFSPlusName
        var attributes: Attributes
        var kind: Kind
    }

    /// The first one is the top.
    private(set) var nodes: [Node]
    /// Files with several names: kind and attributes of the file, and its names in `nodes`.
    private(set) var shared: [(file: Node, names: [Int])] = []
    private let isCaseSensitive: Bool
    private var index: [Key: Int] = [:]

    private struct Key: Hashable {
        var parent: Int
        /// As the volume's order compares them.
        var name: [UInt16]
    }

    /// - Parameter isCaseSensitive: whether names that differ by case only are two. macOS's own volumes are not.
    package init(isCaseSensitive: Bool = false, top: Attributes = .directory) {
        self.isCaseSensitive = isCaseSensitive
        nodes = [Node(parent: 0, name: HFSPlusName(units: []), attributes: top, kind: .directory)]
    }

    var caseSensitive: Bool { isCaseSensitive }

    package mutating func addDirectory(_ path: String, _ attributes: Attributes = .directory) throws(FormatError) {
        try add(path, attributes, .directory)
    }

    package mutating func addFile(_ path: String, _ attributes: Attributes = .file, content: any ByteSource) throws(FormatError) {
        try add(path, attributes, .file(content))
    }

    /// Adds a file whose content the caller writes itself, where `VolumeLayout.place(of:)` says.
    /// - Parameter size: bytes.
    package mutating func addFile(_ path: String, _ attributes: Attributes = .file, size: Int) throws(FormatError) {
        guard size >= 0 else { throw .unsupported("a file of \(size) bytes") }
        try add(path, attributes, .reserved(size: size))
    }

    /// Adds a symbolic link. macOS gives it the mode 0755.
    package mutating func addLink(_ path: String, to target: String, _ attributes: Attributes = .program) throws(FormatError) {
        guard (1...1023).contains(target.utf8.count) else { throw .unsupported("a symbolic link to \(target.utf8.count) bytes") }
        try add(path, attributes, .link(target: Array(target.utf8)))
    }

    /// Adds another name of a file.
    package mutating func addHardLink(_ path: String, to file: String) throws(FormatError) {
        guard let target = find(file) else { throw .notFound("there is no file \(file)") }
        let number: Int
        switch nodes[target].kind {
        case .hardLink(let known): number = known
        case .file, .reserved:
            number = shared.count
            shared.append((nodes[target], [target]))
            nodes[target].kind = .hardLink(number)
        case .directory, .link: throw .unsupported("\(file) is no file: it has one name only")
        }
        shared[number].names.append(nodes.count)
        try add(path, nodes[target].attributes, .hardLink(number))
    }

    /// nil when there is nothing with this path.
    func find(_ path: String) -> Int? {
        var found = 0
        for part in path.split(separator: "/") where part != "." {
            guard let name = HFSPlusName(part), let next = index[key(found, name)] else { return nil }
            found = next
        }
        return found
    }

    private func key(_ parent: Int, _ name: HFSPlusName) -> Key {
        Key(parent: parent, name: isCaseSensitive ? name.units : name.units.map { HFSPlusName.folded[Int($0)] }.filter { $0 != 0 })
    }

    private mutating func add(_ path: String, _ attributes: Attributes, _ kind: Kind) throws(FormatError) {
        let parts = path.split(separator: "/").filter { $0 != "." }
        guard let last = parts.last, last != "..", let name = HFSPlusName(last) else { throw .unsupported("\(path) is no name for HFS+") }
        guard let parent = find(parts.dropLast().joined(separator: "/")), case .directory = nodes[parent].kind else {
            throw .notFound("there is no directory for \(path)")
        }
        guard index.updateValue(nodes.count, forKey: key(parent, name)) == nil else {
            throw .unsupported("\(path) is there already, perhaps in another case")
        }
        nodes.append(Node(parent: parent, name: name, attributes: attributes, kind: kind))
    }
}
