package import DiskFormats
import Synchronization

/// Bytes in memory that several threads write.
package final class MemorySink: ByteSink {
    private let content: Mutex<[UInt8]>

    package init(size: Int) { content = Mutex([UInt8](repeating: 0, count: size)) }

    package var bytes: [UInt8] { content.withLock { $0 } }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {
        content.withLock { $0.replaceSubrange(offset..<(offset + bytes.count), with: bytes) }
    }
}
