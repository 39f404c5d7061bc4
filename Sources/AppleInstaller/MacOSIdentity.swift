import AppleMedia
package import Diagnostics
import DiskFormats

/// Which macOS an image is, by its SystemVersion.plist.
package struct MacOSIdentity: Equatable, Sendable {
    package let version: MacOSVersion
    package let build: MacOSBuild

    package init(version: MacOSVersion, build: MacOSBuild) { (self.version, self.build) = (version, build) }

    /// - Parameter list: SystemVersion.plist.
    /// - Throws: `dataError`.
    init(_ list: any ByteSource, in image: String) throws(OperationError) {
        let found: SystemVersion
        do throws(FormatError) {
            found = try SystemVersion(list)
        } catch {
            throw error.operationError("check", image)
        }
        guard let version = MacOSVersion(found.version), let build = MacOSBuild(found.build) else {
            throw OperationError(
                "check", image,
                cause: "its SystemVersion.plist names no version and build of macOS: \(found.version.printable) "
                    + found.build.printable, exit: .dataError)
        }
        (self.version, self.build) = (version, build)
    }

    /// What the image has to be.
    package enum Wanted: Equatable, Sendable {
        case build(MacOSVersion, MacOSBuild)
        /// A version or one of its updates.
        case update(MacOSVersion)
        /// Whatever a file of the user's is.
        case anything
    }

    /// - Throws: `dataError`, which names what differs.
    package func require(_ wanted: Wanted, in image: String) throws(OperationError) {
        let expected: String
        switch wanted {
        case .anything: return
        case .build(let version, let build):
            if self.version == version && self.build == build { return }
            expected = "\(version) (\(build))"
        case .update(let version):
            if self.version.isUpdate(of: version) { return }
            expected = version.description
        }
        throw OperationError(
            "check", image, cause: "it is macOS \(self.version) (\(self.build)), not \(expected)",
            remedy: "nothing is kept; look at macos-virt mkinstaller list for what Apple offers", exit: .dataError)
    }
}
