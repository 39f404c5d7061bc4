import LinuxSupport

/// modules.builtin: a path per line, "kernel/arch/x86/kvm/kvm.ko".
enum BuiltinModules {
    /// Those of `wanted`, which are normalized, that the file lists.
    static func names(in text: String, among wanted: Set<String>) -> Set<String> {
        var found: Set<String> = []
        for line in text.lines {
            let bytes = line.utf8
            let file = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[bytes.index(after: $0)...] } ?? bytes
            // Some distributions list the compressed name, "kvm.ko.zst".
            let name = normalized(Substring(file.prefix { $0 != UInt8(ascii: ".") }))
            if wanted.contains(name) { found.insert(name) }
        }
        return found
    }

    /// The kernel takes dashes in module names for underscores, and shows underscores.
    static func normalized(_ name: some StringProtocol) -> String {
        let (dash, underscore) = (UInt8(ascii: "-"), UInt8(ascii: "_"))
        guard name.utf8.contains(dash) else { return String(name) }
        return String(decoding: name.utf8.map { $0 == dash ? underscore : $0 }, as: UTF8.self)
    }
}
