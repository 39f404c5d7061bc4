/// A text file beside an image: what is in it, where that came from and what it was checked against.
package struct InstallerManifest: Equatable, Codable, Sendable {
    package struct Source: Equatable, Codable, Sendable {
        package var name: String
        /// nil for a file of the user's.
        package var url: String?
        /// Bytes.
        package var size: Int
        /// Of the content, or of the list of its pieces: 64 hexadecimal digits.
        package var sha256: String?
        package var sha256OfPieces: String?
        /// What holds for it, in words.
        package var checks: [String]

        package init(name: String, url: String?, size: Int, sha256: String? = nil, sha256OfPieces: String? = nil, checks: [String]) {
            (self.name, self.url, self.size, self.sha256, self.sha256OfPieces) = (name, url, size, sha256, sha256OfPieces)
            self.checks = checks
        }
    }

    package struct Partition: Equatable, Codable, Sendable {
        package var name: String
        package var fileSystem: String
        /// Bytes.
        package var offset: Int
        package var size: Int
        /// What it holds: "recovery", "installer", "com.apple.recovery.boot".
        package var content: String

        package init(name: String, fileSystem: String, offset: Int, size: Int, content: String) {
            (self.name, self.fileSystem, self.offset, self.size, self.content) = (name, fileSystem, offset, size, content)
        }
    }

    package var schemaVersion = 1
    package var image: String
    /// Read from the recovery in the finished image.
    package var version: String
    package var build: String
    /// In Apple's catalog or on Apple's recovery server.
    package var product: String?
    package var sources: [Source]
    package var partitions: [Partition]

    package init(image: String, system: MacOSIdentity, product: String?, sources: [Source], partitions: [Partition]) {
        (self.image, version, build) = (image, system.version.description, system.build.description)
        (self.product, self.sources, self.partitions) = (product, sources, partitions)
    }
}
