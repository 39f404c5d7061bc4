import Diagnostics
import DiskFormats
import Foundation
import MediaCodecs

/// Files that may be compressed with gzip. Servers say so in different ways, and sometimes wrongly: only the first bytes count.
enum Gzip {
    /// - Parameter limit: of what is unpacked, in bytes.
    /// - Throws: `dataError` for damaged data.
    static func unpacked(_ data: Data, limit: Int) throws(OperationError) -> Data {
        guard data.starts(with: [0x1f, 0x8b]) else { return data }
        do throws(FormatError) {
            let stream = DecodedStream(SourceStream(MemorySource(Array(data))), try InflateDecoder(.gzip))
            return Data(try stream.remainder(limit: limit))
        } catch {
            throw error.operationError("unpack", "an answer of Apple's server", remedy: "try again")
        }
    }
}
