/// Sectors of a UDIF disk image that are stored together.
struct UDIFRun: Sendable {
    enum Codec: UInt32, Sendable {
        case zero = 0
        case raw = 1
        /// Zeros that no checksum covers.
        case ignored = 2
        case adc = 0x8000_0004
        case zlib = 0x8000_0005
        case bzip2 = 0x8000_0006
        case lzfse = 0x8000_0007
        case xz = 0x8000_0008

        /// As users know it.
        var name: String {
            switch self {
            case .zero: "zero"
            case .raw: "raw"
            case .ignored: "ignored"
            case .adc: "ADC"
            case .zlib: "zlib"
            case .bzip2: "bzip2"
            case .lzfse: "LZFSE"
            case .xz: "xz"
            }
        }

        /// Whether there are no bytes for it.
        var isEmpty: Bool { self == .zero || self == .ignored }
        var isCompressed: Bool { !isEmpty && self != .raw }
    }

    var codec: Codec
    /// Bytes of the disk.
    var offset, count: Int
    /// Bytes of the file.
    var storedOffset, storedCount: Int

    /// A run that says what belongs to nothing: a comment, and the end.
    static let comment: UInt32 = 0x7fff_fffe
    static let end: UInt32 = 0xffff_ffff

    /// Bytes that a compressed run makes, or has. Apple's tools write 256 KiB to 1 MiB; more cannot be decoded in bounded memory.
    static let limit = 8 << 20
}
