import LinuxSupport

/// The kernel's list format of CPU numbers: "0-3,8,10-11".
///
/// https://docs.kernel.org/admin-guide/kernel-parameters.html#cpu-lists
enum CPUList {
    /// No kernel is built for more: NR_CPUS of x86 is at most 8192.
    static let limit = 8192

    /// The numbers in ascending order, each once; nil when the text is no such list or names a CPU past `limit`.
    static func parse(_ text: some StringProtocol) -> [Int]? {
        var numbers: Set<Int> = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int(String($0).blanksTrimmed) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                first >= 0, first <= last, last < limit
            else { return nil }
            numbers.formUnion(first...last)
        }
        return numbers.sorted()
    }
}
