import Foundation
public import HostSupport
public import SystemPackage

/// The partitions of an image, as sfdisk reads them.
public struct PartitionListing: Equatable, Sendable {
    public struct Partition: Equatable, Sendable, Decodable {
        /// In sectors of 512 bytes.
        public var start: Int
        /// In sectors.
        public var size: Int
        /// A GUID for GPT, a hexadecimal number for MBR.
        public var type: String

        /// In bytes from the start of the disk.
        public var offset: Int { start * PartitionTable.sector }
    }

    /// "gpt" or "dos".
    public let label: String
    public let partitions: [Partition]

    private struct Answer: Decodable {
        struct Table: Decodable {
            var label: String
            var partitions: [Partition]?
        }
        var partitiontable: Table
    }

    /// sfdisk --json IMAGE
    /// - Throws: `noInput`, `data` when there is no partition table.
    public init(of image: FilePath) async throws(HostError) {
        guard FileManager.default.fileExists(atPath: image.string) else {
            throw HostError("read", image.string, cause: "there is no such file", exit: .noInput)
        }
        let output: String
        do {
            output = try await Tool("sfdisk", from: "fdisk").run(["--json", image.string])
        } catch  where error.exit == .software {
            throw HostError("read", image.string, cause: error.cause, remedy: "it is not a partitioned disk image", exit: .data)
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(output.utf8)) else {
            throw HostError("read", image.string, cause: "sfdisk's answer is not understood", exit: .software)
        }
        label = answer.partitiontable.label
        partitions = answer.partitiontable.partitions ?? []
        // sfdisk shows a GPT's entries as they are, with any numbers of 64 bits.
        guard partitions.allSatisfy({ 0...Int.max / PartitionTable.sector ~= $0.start }) else {
            throw HostError(
                "read", image.string, cause: "a partition begins behind the end of every disk", remedy: "its partition table is damaged",
                exit: .data)
        }
    }
}
