package import Diagnostics
package import Foundation

/// Apple's software update catalog: a property list of products, of which some are installers of macOS.
package struct SoftwareCatalog: Equatable, Sendable {
    /// The installers, in no particular order.
    package let products: [CatalogProduct]
    /// How many products claim to be installers and could not be read.
    package let unreadable: Int

    /// Bytes; the catalog has about 15 MB.
    package static let limit = 128 << 20

    /// A catalog as it was received: a property list, or one in gzip, whatever its name says.
    /// - Throws: `dataError` when it is not a catalog. A product that cannot be read is left out.
    package init(_ data: Data) throws(OperationError) {
        let plain = try Gzip.unpacked(data, limit: Self.limit)
        guard let root = PropertyList.dictionary(plain), let all = root["Products"] as? [String: Any] else {
            throw OperationError(
                "read", "Apple's catalog", cause: "it is not a software update catalog",
                remedy: "look at what a proxy or a login page of this network answers in its place", exit: .dataError)
        }
        let installers = all.filter { CatalogProduct.isInstaller($0.value) }
        products = installers.compactMap { CatalogProduct($0.key, $0.value) }
        unreadable = installers.count - products.count
    }
}

/// An installer of macOS in the catalog.
package struct CatalogProduct: Equatable, Sendable {
    /// "042-23155"
    package let identifier: String
    package let date: Date
    /// An XML file with version and build, in English.
    package let distribution: String?
    /// A property list with the version. Many products have none.
    package let metadata: String?
    package let packages: [CatalogPackage]

    static func isInstaller(_ value: Any) -> Bool {
        let product = value as? [String: Any]
        let extended = product?["ExtendedMetaInfo"] as? [String: Any]
        guard let identifiers = extended?["InstallAssistantPackageIdentifiers"] as? [String: Any] else { return false }
        // 10.13 to 10.15, and 11 and newer.
        return identifiers["OSInstall"] as? String == "com.apple.mpkg.OSInstall"
            || (identifiers["SharedSupport"] as? String ?? "").hasPrefix("com.apple.pkg.InstallAssistant")
    }

    init?(_ identifier: String, _ value: Any) {
        guard !identifier.isEmpty, let product = value as? [String: Any], let date = product["PostDate"] as? Date else { return nil }
        let distributions = product["Distributions"] as? [String: Any]
        distribution = (distributions?["English"] ?? distributions?["en"]) as? String
        metadata = product["ServerMetadataURL"] as? String
        packages = (product["Packages"] as? [Any] ?? []).compactMap(CatalogPackage.init)
        guard !packages.isEmpty, distribution != nil || metadata != nil else { return nil }
        (self.identifier, self.date) = (identifier, date)
    }
}

/// A file of a product.
package struct CatalogPackage: Equatable, Sendable {
    package let url: String
    /// Bytes.
    package let size: Int
    /// A list of the sizes and digests of its pieces.
    package let integrityURL: String?
    package let integritySize: Int

    init(url: String, size: Int, integrityURL: String?, integritySize: Int) {
        (self.url, self.size, self.integrityURL, self.integritySize) = (url, size, integrityURL, integritySize)
    }

    init?(_ value: Any) {
        guard let package = value as? [String: Any], let url = package["URL"] as? String, let size = package["Size"] as? Int, size > 0,
            size < 1 << 40
        else { return nil }
        self.init(
            url: url, size: size, integrityURL: package["IntegrityDataURL"] as? String,
            integritySize: package["IntegrityDataSize"] as? Int ?? 0)
    }

    /// The name of the file.
    package var name: String { AppleServers.fileName(url) ?? "" }
}
