package import Diagnostics
package import Foundation

/// What an image says it is: System/Library/CoreServices/SystemVersion.plist.
package struct SystemVersion: Equatable, Sendable {
    package static let path = "System/Library/CoreServices/SystemVersion.plist"

    package let version: MacOSVersion
    package let build: MacOSBuild

    package init(version: MacOSVersion, build: MacOSBuild) { (self.version, self.build) = (version, build) }

    /// - Throws: `dataError`.
    package init(_ data: Data, in image: String) throws(OperationError) {
        let keys = PropertyList.dictionary(data) ?? [:]
        guard
            let version = (keys["ProductUserVisibleVersion"] as? String ?? keys["ProductVersion"] as? String).flatMap({ MacOSVersion($0) }),
            let build = (keys["ProductBuildVersion"] as? String).flatMap({ MacOSBuild($0) })
        else {
            throw OperationError("check", image, cause: "its SystemVersion.plist names no version and build of macOS", exit: .dataError)
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
