package import Diagnostics
import DiskFormats
import Foundation
import HostSupport
package import SystemPackage

/// The partitions of an image, as sfdisk reads them.
package struct PartitionListing: Equatable, Sendable {
    package struct Partition: Equatable, Sendable, Decodable {
        /// In sectors of 512 bytes.
        package var start: Int
        /// In sectors.
        package var size: Int
        /// A GUID for GPT, a hexadecimal number for MBR.
        package var type: String

        /// In bytes from the start of the disk.
        package var offset: Int { start * DiskLayout.sector }
    }

    /// "gpt" or "dos".
    package let label: String
    package let partitions: [Partition]

    private struct Answer: Decodable {
        struct Table: Decodable {
            var label: String
            var partitions: [Partition]?
        }
        var partitiontable: Table
    }

    /// sfdisk --json IMAGE
    /// - Throws: `noInput`, `dataError` when there is no partition table.
    package init(of image: FilePath) async throws(OperationError) {
        guard FileManager.default.fileExists(atPath: image.string) else {
            throw OperationError("read", image.string, cause: "there is no such file", exit: .noInput)
        }
        let output: String
        do {
            output = try await Tool("sfdisk", from: "fdisk").run(["--json", image.string])
        } catch  where error.exit == .software {
            throw OperationError("read", image.string, cause: error.cause, remedy: "it is not a partitioned disk image", exit: .dataError)
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(output.utf8)) else {
            throw OperationError("read", image.string, cause: "sfdisk's answer is not understood", exit: .software)
        }
        label = answer.partitiontable.label
        partitions = answer.partitiontable.partitions ?? []
        // sfdisk shows a GPT's entries as they are, with any numbers of 64 bits.
        guard partitions.allSatisfy({ 0...Int.max / DiskLayout.sector ~= $0.start }) else {
            throw OperationError(
                "read", image.string, cause: "a partition begins behind the end of every disk", remedy: "its partition table is damaged",
                exit: .dataError)
        }
    }
}
