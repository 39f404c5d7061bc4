import Diagnostics
import Foundation

/// InstallInfo.plist of 10.13 to 10.15: which files the installer looks for.
enum InstallInfo {
    /// As it is on Apple's server, it names a package; as the installer needs it, the disk image that the package is renamed to.
    ///
    /// myspaghetti/macos-virtualbox and UnPlugged, which install with it, change the same four keys.
    /// - Throws: `dataError`.
    static func forDisk(_ data: Data) throws(OperationError) -> Data {
        guard var root = PropertyList.dictionary(data), var payload = root["Payload Image Info"] as? [String: Any],
            payload["URL"] as? String != nil
        else { throw OperationError("read", "InstallInfo.plist", cause: "it names no payload", exit: .dataError) }
        payload["URL"] = "InstallESD.dmg"
        payload["id"] = "com.apple.dmg.InstallESD"
        payload["chunklistURL"] = nil
        payload["chunklistid"] = nil
        root["Payload Image Info"] = payload
        guard let changed = PropertyList.data(root) else {
            throw OperationError("write", "InstallInfo.plist", cause: "it cannot be written as a property list", exit: .dataError)
        }
        return changed
    }
}
