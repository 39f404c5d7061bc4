package import Downloads
package import SystemPackage

/// What a verb works with: servers, downloads, the cache, and what is trusted.
package struct InstallerEnvironment: Sendable {
    package var servers: AppleServers
    package var downloader: Downloader
    package var store: ContentStore
    package var anchors: TrustAnchors

    /// - Parameter anchors: Apple's, except in tests.
    package init(servers: AppleServers, downloader: Downloader, cache: FilePath, anchors: TrustAnchors = .apple) {
        (self.servers, self.downloader, self.anchors) = (servers, downloader, anchors)
        store = ContentStore(cache)
    }

    package var catalog: CatalogClient { CatalogClient(servers, downloader, cache: store.directory) }
    package var recovery: RecoveryClient { RecoveryClient(servers, downloader, store, anchors) }
}
