package import Diagnostics
package import Downloads
import Foundation
package import HostSupport
package import SystemPackage

/// Reads Apple's catalog and what it says about each installer.
package struct CatalogClient: Sendable {
    package var servers: AppleServers
    package var downloader: Downloader
    /// Where lists are kept, to be fetched again only when they change.
    package var lists: FilePath

    package init(_ servers: AppleServers, _ downloader: Downloader, cache: FilePath) {
        (self.servers, self.downloader, lists) = (servers, downloader, cache.appending("lists"))
    }

    /// Distributions that are asked for at the same time.
    private static let lanes = 8
    /// Bytes of a distribution, with room.
    private static let limit = 8 << 20

    /// - Throws: `unavailable`, `dataError`, `cantCreate`, `interrupted`.
    package func installers(_ seed: SeedProgram, progress: StepProgress) async throws(OperationError) -> InstallerList {
        let url = try servers.url(seed.catalogURL)
        let catalog = try SoftwareCatalog(try await downloader.current(url, in: lists, limit: SoftwareCatalog.limit))
        var installers: [Installer] = []
        let products = catalog.products
        await withTaskGroup(of: Installer?.self) { group in
            for (index, product) in products.enumerated() {
                if index >= Self.lanes, let next = await group.next(), let installer = next { installers.append(installer) }
                progress.note("\(index) of \(products.count)")
                group.addTask { await installer(product) }
            }
            for await installer in group { if let installer { installers.append(installer) } }
        }
        if Task.isCancelled { throw Interruption.failure }
        guard !installers.isEmpty || products.isEmpty else {
            throw OperationError(
                "read", "Apple's catalog", cause: "none of its \(products.count) installers can be read", remedy: "try again later",
                exit: .unavailable)
        }
        return InstallerList(installers, unreadable: catalog.unreadable + products.count - installers.count)
    }

    /// nil for a product whose files do not tell what it is: one gap in the catalog must not hide the rest.
    private func installer(_ product: CatalogProduct) async -> Installer? {
        let distribution = await file(product.distribution).map { Distribution(String(decoding: $0, as: UTF8.self)) }
        let metadata =
            distribution?.version == nil || distribution?.title == nil ? await file(product.metadata).map { ServerMetadata($0) } : nil
        return Installer(product, distribution ?? Distribution(), metadata)
    }

    private func file(_ url: String?) async -> Data? {
        guard let url, let address = try? servers.url(url), let data = try? await downloader.current(address, in: lists, limit: Self.limit)
        else { return nil }
        return try? Gzip.unpacked(data, limit: Self.limit)
    }
}
