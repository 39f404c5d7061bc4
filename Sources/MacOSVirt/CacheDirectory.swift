import Foundation
import HostSupport
import SystemPackage

/// Where downloads are kept: the cache directory of the XDG Base Directory Specification.
enum CacheDirectory {
    static func path(_ given: String?) -> FilePath {
        if let given { return FilePath(absolute: given) }
        let environment = ProcessInfo.processInfo.environment
        if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") { return FilePath(base).appending("macos-virt") }
        return FilePath(environment["HOME"] ?? "/var/cache").appending(".cache/macos-virt")
    }
}
