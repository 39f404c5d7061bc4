package import Foundation

/// What the metadata of a product say of an installer: a property list that many products do not have.
package struct ServerMetadata: Equatable, Sendable {
    package var version: MacOSVersion?
    package var title: String?

    package init(_ data: Data) {
        let root = PropertyList.dictionary(data) ?? [:]
        version = (root["CFBundleShortVersionString"] as? String).flatMap { MacOSVersion($0) }
        let languages = root["localization"] as? [String: Any] ?? [:]
        title = ((languages["English"] ?? languages["en"]) as? [String: Any])?["title"] as? String
    }
}
