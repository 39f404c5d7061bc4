import APFS
package import AppleInstaller
import AppleMedia
package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HFSPlus
import HostSupport
package import SystemPackage

/// What is on a disk with macOS, read from the disk itself.
package struct ImageReport: Codable, Equatable, Sendable {
    package struct Partition: Codable, Equatable, Sendable {
        package var name: String
        /// A GUID.
        package var type: String
        /// Bytes.
        package var offset: Int
        package var size: Int
    }
    package struct Volume: Codable, Equatable, Sendable {
        package var name: String
        /// As APFS names it: "System", "Data"; nil for a volume without a role.
        package var role: String?
        /// Whether macOS checks each block of it.
        package var isSealed: Bool
        package var isEncrypted: Bool
    }

    package var schemaVersion = 1
    package var image: String
    /// Bytes.
    package var size: Int
    /// "gpt", "mbr" or "apm"; nil for none.
    package var scheme: String?
    package var partitions: [Partition]
    /// "APFS" or "HFS+"; nil when there is no volume of macOS.
    package var fileSystem: String?
    package var volumes: [Volume]
    /// Of SystemVersion.plist; nil when no volume has one.
    package var version: String?
    package var build: String?
}

extension ImageReport {
    /// - Parameter path: a raw image, or a disk.
    /// - Throws: `noInput`, `dataError`.
    package init(_ path: FilePath) throws(OperationError) {
        let source = try FileSource.input(path)
        self.init(image: path.lastComponent?.string ?? path.string, size: source.size, partitions: [], volumes: [])
        do throws(FormatError) {
            guard let container = try MediaContainer.openDisk(source) else { return }
            if case .disk(let found) = container {
                scheme = try Self.scheme(source)
                partitions = found.map { Partition(name: $0.name, type: $0.type, offset: $0.offset, size: $0.content.size) }
            }
            try read(try container.volumes())
        } catch {
            throw error.operationError("verify", path.string)
        }
    }

    private init(image: String, size: Int, partitions: [Partition], volumes: [Volume]) {
        (self.image, self.size, self.partitions, self.volumes) = (image, size, partitions, volumes)
    }

    private static func scheme(_ source: any ByteSource) throws(FormatError) -> String? {
        do throws(Errno) {
            return try PartitionTableReader.table(of: BlockSource(source))?.scheme.rawValue
        } catch {
            throw .reading(error)
        }
    }

    private mutating func read(_ found: [MediaVolume]) throws(FormatError) {
        for volume in found {
            switch volume {
            case .hfsPlus(let volume):
                fileSystem = "HFS+"
                volumes.append(Volume(name: volume.name, role: nil, isSealed: false, isEncrypted: false))
            case .apfs(let volume):
                fileSystem = "APFS"
                volumes.append(
                    Volume(
                        name: volume.name, role: volume.role == APFSRole.none ? nil : volume.role?.name, isSealed: volume.isSealed,
                        isEncrypted: volume.isEncrypted))
                // The recovery and the update volumes have versions of their own.
                guard volume.role == .system || volume.role == APFSRole.none else { continue }
            }
            guard version == nil, !volume.isEncrypted, let system = try volume.systemVersion() else { continue }
            (version, build) = (system.version, system.build)
        }
    }

    // MARK: - What it has to be

    /// - Throws: `dataError` when it is no disk with an installed macOS.
    package func requireSystem() throws(OperationError) {
        guard scheme == PartitionTable.Scheme.gpt.rawValue else { throw objection("it has no GPT") }
        guard fileSystem != nil else { throw objection("it has no volume of macOS (APFS or HFS+)") }
        guard let version, let build else { throw objection("no volume has SystemVersion.plist: macOS is not installed on it") }
        guard let number = MacOSVersion(version), MacOSBuild(build) != nil else {
            throw objection("SystemVersion.plist names no version and build of macOS: \(version.printable) \(build.printable)")
        }
        // From macOS 10.15 on, the system and what users write are two volumes.
        guard fileSystem == "APFS", number.numbers[0] > 10 || number.numbers.count > 1 && number.numbers[1] >= 15 else { return }
        for role in [APFSRole.system, .data, .preboot] where !volumes.contains(where: { $0.role == role.name }) {
            throw objection("the APFS container has no volume with the role \(role.name): macOS has not finished its installation")
        }
    }

    /// - Throws: `dataError` when it is another macOS, or none.
    package func require(_ expected: MacOSIdentity) throws(OperationError) {
        try requireSystem()
        guard version == expected.version.description, build == expected.build.description else {
            throw objection("it is macOS \(version ?? "") (\(build ?? "")), not \(expected.version) (\(expected.build))")
        }
    }

    private func objection(_ cause: String) -> OperationError { OperationError("verify", image, cause: cause, exit: .dataError) }

    // MARK: - As it is shown

    package var lines: [String] {
        var lines = ["\(image.printable): \(size) bytes, \(scheme ?? "no partition table")"]
        lines += partitions.map { "partition: \($0.name.isEmpty ? $0.type : $0.name.printable), \($0.size) bytes at \($0.offset)" }
        for volume in volumes {
            let traits = [fileSystem, volume.role, volume.isSealed ? "sealed" : nil, volume.isEncrypted ? "encrypted" : nil]
            lines.append("volume: \(volume.name.printable), \(traits.compactMap { $0 }.joined(separator: ", "))")
        }
        if let version, let build { lines.append("macOS \(version.printable) (\(build.printable))") }
        return lines
    }

    /// - Throws: `software`, which does not happen.
    package func json() throws(OperationError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        } catch {
            throw OperationError("write", image, cause: error.localizedDescription, exit: .software)
        }
    }
}
