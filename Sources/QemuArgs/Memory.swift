/// The guest's memory: `-m` and what lies behind it.
public struct Memory: Codable, Equatable, Sendable {
    public enum Backing: String, Codable, Equatable, Sendable {
        /// Anonymous memory; the kernel makes transparent huge pages of it where it may.
        case anonymous
        /// 2 MiB pages of the kernel's pool: the whole size has to be free there when QEMU starts.
        case hugepages
    }

    /// MiB, even with huge pages.
    public var mebibytes: Int
    public var backing: Backing

    public init(mebibytes: Int, backing: Backing = .anonymous) {
        self.mebibytes = mebibytes
        self.backing = backing
    }

    static let backendID = "ram"
    var backendID: String? { backing == .hugepages ? Memory.backendID : nil }

    func arguments() throws(QemuArgsError) -> [Argument] {
        let size = String(try Check.atLeast(1, "memory", mebibytes)) + "M"
        guard backing == .hugepages else { return [Argument("-m", size)] }
        guard mebibytes % 2 == 0 else { throw .invalidValue(what: "memory", value: size, reason: "not a multiple of the 2 MiB page") }
        return [
            Argument("-m", size),
            // A memfd needs no hugetlbfs mount and vanishes with QEMU. Its pages are reserved by the mmap (reserve=on), so a pool that is
            // too small fails at the start and never as a SIGBUS later; touching them all first (prealloc) would only cost time.
            .object(
                OptionString("memory-backend-memfd").with("id", Memory.backendID).with("size", size)
                    .with("hugetlb", true).with("hugetlbsize", "2M").with("reserve", true)),
        ]
    }
}
