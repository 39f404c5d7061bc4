import MediaCodecs

/// Makes UDIF disk images for tests: every codec, one block table for each partition, all three kinds of checksums.
package struct UDIFWriter {
    package enum Codec: UInt32, CaseIterable, Sendable {
        case zero = 0
        case raw = 1
        case ignored = 2
        case adc = 0x8000_0004
        case zlib = 0x8000_0005
        case bzip2 = 0x8000_0006
        case lzfse = 0x8000_0007
        case xz = 0x8000_0008

        /// What this writer can do by itself.
        package func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
            switch self {
            case .zero, .ignored: []
            case .raw: bytes
            case .adc: Compressors.adc(bytes)
            case .zlib: try Compressors.zlib(bytes)
            case .bzip2: try Compressors.bzip2(bytes)
            case .lzfse: Compressors.lzfseStored(bytes)
            case .xz: try Compressors.xz(bytes)
            }
        }
    }

    /// A run: what the disk has there, and how it is stored.
    package struct Run {
        package var codec: Codec
        package var content, stored: [UInt8]

        package init(_ codec: Codec, _ content: [UInt8]) throws {
            (self.codec, self.content, stored) = (codec, content, try codec.compressed(content))
        }
        package init(_ codec: Codec, _ content: [UInt8], stored: [UInt8]) {
            (self.codec, self.content, self.stored) = (codec, content, stored)
        }
    }

    /// Names and runs of the block tables.
    package var tables: [(name: String, runs: [Run])] = []
    /// Bytes that the offsets of the tables' runs begin with, in place of each run's own offset.
    package var dataOffset = 0
    /// In a resource fork, as old images have them, instead of a property list.
    package var usesResourceFork = false
    /// Bytes between the parts and the trailer, which the trailer names as a signature.
    package var signature: [UInt8] = []

    package init() {}

    /// One table with runs of `runSize` bytes, the codecs in turn; blocks of zeros are runs of zeros.
    package init(_ disk: [UInt8], codecs: [Codec], runSize: Int = 1 << 18) throws {
        var runs: [Run] = []
        for start in stride(from: 0, to: disk.count, by: runSize) {
            let content = Array(disk[start..<min(disk.count, start + runSize)])
            let isZero = content.allSatisfy { $0 == 0 }
            runs.append(try Run(isZero ? .zero : codecs[runs.count % codecs.count], content))
        }
        tables = [("whole disk (Apple_HFS : 0)", runs)]
    }

    /// The disk that the image holds.
    package var disk: [UInt8] { tables.flatMap { $0.runs.flatMap(\.content) } }

    package func image() -> [UInt8] {
        var (fork, blocks, sector, master): ([UInt8], [(String, [UInt8])], Int, [UInt8]) = ([], [], 0, [])
        for table in tables {
            var (runs, covered, first): ([UInt8], [UInt8], Int) = ([], [], 0)
            for run in table.runs {
                let sectors = run.content.count / 512
                let isEmpty = run.codec == .zero || run.codec == .ignored
                runs += number(run.codec.rawValue) + number(UInt32(0)) + number(UInt64(first)) + number(UInt64(sectors))
                runs += number(UInt64(isEmpty ? 0 : fork.count - dataOffset)) + number(UInt64(run.stored.count))
                fork += run.stored
                first += sectors
                if run.codec != .ignored { covered += run.content }
            }
            runs += number(UInt32.max) + number(UInt32(0)) + number(UInt64(first)) + number(UInt64(0)) + number(UInt64(fork.count))
            runs += number(UInt64(0))
            var block = Array("mish".utf8) + number(UInt32(1)) + number(UInt64(sector)) + number(UInt64(first))
            block += number(UInt64(dataOffset)) + number(UInt32(2056)) + number(UInt32(0)) + [UInt8](repeating: 0, count: 24)
            block += checksum(covered) + number(UInt32(runs.count / 40)) + runs
            blocks.append((table.name, block))
            master += number(CRC32Sum.of(covered))
            sector += first
        }
        let list = usesResourceFork ? resourceFork(blocks) : Array(propertyList(blocks).utf8)
        let place = number(UInt64(fork.count)) + number(UInt64(list.count))
        var trailer = Array("koly".utf8) + number(UInt32(4)) + number(UInt32(512)) + number(UInt32(1)) + number(UInt64(0))
        trailer += number(UInt64(0)) + number(UInt64(fork.count)) + (usesResourceFork ? place : [UInt8](repeating: 0, count: 16))
        trailer += number(UInt32(1)) + number(UInt32(1)) + [UInt8](repeating: 7, count: 16) + checksum(fork)
        trailer += usesResourceFork ? [UInt8](repeating: 0, count: 16) : place
        trailer += [UInt8](repeating: 0, count: 64)
        trailer +=
            signature.isEmpty ? [UInt8](repeating: 0, count: 16) : number(UInt64(fork.count + list.count)) + number(UInt64(signature.count))
        trailer += [UInt8](repeating: 0, count: 40) + checksum(master) + number(UInt32(1)) + number(UInt64(sector))
        trailer += [UInt8](repeating: 0, count: 512 - trailer.count)
        return fork + list + signature + trailer
    }

    private func checksum(_ bytes: [UInt8]) -> [UInt8] {
        number(UInt32(2)) + number(UInt32(32)) + number(CRC32Sum.of(bytes)) + [UInt8](repeating: 0, count: 124)
    }

    private func propertyList(_ blocks: [(String, [UInt8])]) -> String {
        let items = blocks.enumerated().map { index, block in
            """
            <dict>
            <key>Attributes</key><string>0x0050</string>
            <key>CFName</key><string>\(block.0)</string>
            <key>Data</key>
            <data>
            \(Samples.base64(block.1))
            </data>
            <key>ID</key><string>\(index)</string>
            <key>Name</key><string>\(block.0)</string>
            </dict>
            """
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <plist version="1.0">
            <dict>
            <key>resource-fork</key>
            <dict><key>blkx</key><array>
            \(items.joined(separator: "\n"))
            </array><key>plst</key><array/></dict>
            </dict>
            </plist>

            """
    }

    /// A header of 256 bytes, the data, and a map with one type.
    private func resourceFork(_ blocks: [(String, [UInt8])]) -> [UInt8] {
        var (data, list, names): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        for (index, block) in blocks.enumerated() {
            list += number(UInt16(index)) + number(UInt16(names.count)) + number(UInt32(data.count) | 0x5000_0000) + number(UInt32(0))
            data += number(UInt32(block.1.count)) + block.1
            names += [UInt8(block.0.utf8.count)] + Array(block.0.utf8)
        }
        let types = number(UInt16(0)) + Array("blkx".utf8) + number(UInt16(blocks.count - 1)) + number(UInt16(10))
        let map =
            [UInt8](repeating: 0, count: 24) + number(UInt16(28)) + number(UInt16(28 + types.count + list.count)) + types + list + names
        let head = number(UInt32(256)) + number(UInt32(256 + data.count)) + number(UInt32(data.count)) + number(UInt32(map.count))
        return head + [UInt8](repeating: 0, count: 240) + data + map
    }

    private func number(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
