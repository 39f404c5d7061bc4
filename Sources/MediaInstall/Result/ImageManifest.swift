package import AppleInstaller
import Crypto
package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// A text file beside an installed image: what is on it, and how it was made.
package struct ImageManifest: Codable, Equatable, Sendable {
    package struct Machine: Codable, Equatable, Sendable {
        package var qemu: String
        package var type: String
        package var cpu: String
        package var accelerator: String
        /// Of OVMF: the path of its code.
        package var firmware: String

        package init(qemu: String, type: String, cpu: String, accelerator: String, firmware: String) {
            (self.qemu, self.type, self.cpu, self.accelerator, self.firmware) = (qemu, type, cpu, accelerator, firmware)
        }
    }

    package var schemaVersion = 1
    package var image: String
    package var format: String
    /// Bytes of the disk.
    package var size: Int
    /// Read from the finished disk.
    package var version: String
    package var build: String
    package var installer: String
    /// SHA-256 of what was added to macOS; nil for a vanilla one.
    package var provisioning: String?
    /// SHA-256 of the guest's hardware UUID, by which two images of one Mac are recognized.
    package var identity: String
    /// The OpenCore disk that it was installed with.
    package var openCore: String
    package var machine: Machine
    /// "orderly"; "forced" when macOS did not power off by its button.
    package var powerOff: String
    package var madeBy: String

    package init(
        image: String, format: String, size: Int, version: String, build: String, installer: String, provisioning: String?, uuid: String,
        openCore: String, machine: Machine, isForced: Bool, madeBy: String
    ) {
        (self.image, self.format, self.size) = (image, format, size)
        (self.version, self.build, self.installer, self.provisioning) = (version, build, installer, provisioning)
        identity = Self.digest(Array(uuid.lowercased().utf8))
        (self.openCore, self.machine) = (openCore, machine)
        (powerOff, self.madeBy) = (isForced ? "forced" : "orderly", madeBy)
    }

    /// SHA-256, as 64 hexadecimal digits.
    package static func digest(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: Data(bytes)).hexadecimal
    }
}

extension ImageManifest {
    /// What the manifest beside an image promises; nil when there is none.
    /// - Throws: `dataError` for a manifest of another form.
    package static func promised(beside image: FilePath) throws(OperationError) -> MacOSIdentity? {
        let path = ManifestFile.path(beside: image)
        guard FileManager.default.fileExists(atPath: path.string) else { return nil }
        let data = try InputFile.read(path, limit: 1 << 20)
        guard let manifest = try? JSONDecoder().decode(Promise.self, from: data), let version = MacOSVersion(manifest.version),
            let build = MacOSBuild(manifest.build)
        else {
            throw OperationError(
                "read", path.string, cause: "it names no version and build of macOS", remedy: "remove it, or make the image again",
                exit: .dataError)
        }
        return MacOSIdentity(version: version, build: build)
    }

    private struct Promise: Decodable {
        var version: String
        var build: String
    }
}
