import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import AppleInstaller

/// Whatever a server or a file says, nothing traps, and nothing that was changed counts as signed.
struct HostileAnswerTests {
    private static let rounds = 20_000

    private func each(_ original: [UInt8], tokens: [String] = SplitMix64.extremes, _ body: ([UInt8]) -> Void) {
        var generator = SplitMix64(seed: 12)
        for _ in 0..<Self.rounds { body(generator.mutated(original, tokens: tokens)) }
    }

    private static let tags = [
        "<key>", "</key>", "<string>", "</string>", "<dict>", "</dict>", "<auxinfo>", "&amp;", "['", "']", "var boardIDs",
    ]

    @Test func distributions() {
        let text = """
            <title>Install macOS X</title><options suDisabledGroupID="Install macOS X"/>var boardIDs = ['Mac-1','Mac-2'];
            <auxinfo><dict><key>BUILD</key><string>20G1</string><key>VERSION</key><string>11.7</string></dict></auxinfo>
            """
        each(Array(text.utf8), tokens: Self.tags + SplitMix64.extremes) { _ = Distribution(String(decoding: $0, as: UTF8.self)) }
    }

    @Test func catalogs() throws {
        let product: [String: Any] = [
            "PostDate": Date(timeIntervalSince1970: 0), "Distributions": ["English": "https://swdist.apple.com/a"],
            "Packages": [["URL": "http://swcdn.apple.com/InstallAssistant.pkg", "Size": 12]],
            "ExtendedMetaInfo": ["InstallAssistantPackageIdentifiers": ["SharedSupport": "com.apple.pkg.InstallAssistantX"]],
        ]
        let data = try #require(PropertyList.data(["Products": ["001": product]]))
        #expect(try SoftwareCatalog(data).products.count == 1)
        var generator = SplitMix64(seed: 13)
        for _ in 0..<2000 { _ = try? SoftwareCatalog(Data(generator.mutated(Array(data), tokens: Self.tags + SplitMix64.extremes))) }
        let binary = try PropertyListSerialization.data(fromPropertyList: ["Products": ["001": product]], format: .binary, options: 0)
        #expect(throws: OperationError.self) { try SoftwareCatalog(binary) }
        for _ in 0..<2000 { _ = try? SoftwareCatalog(Data(generator.mutated(Array(binary)))) }
    }

    @Test func chunklists() {
        // A list with a digest, and one that claims a signature: changed lists are refused.
        for method: UInt8 in [1, 2] {
            let head: [UInt8] =
                Array("CNKL".utf8) + [0x24, 0, 0, 0, 1, 1, method, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x24, 0, 0, 0, 0, 0, 0, 0, 0x48, 0, 0, 0]
                + [0, 0, 0, 0]
            let list = head + [9, 0, 0, 0] + [UInt8](repeating: 5, count: 32) + [UInt8](repeating: 7, count: method == 1 ? 256 : 32)
            each(list) { bytes in
                for required in [Chunklist.Protection.signature, .digest] {
                    #expect(throws: OperationError.self) {
                        try Chunklist(Data(bytes), name: "list", keys: TrustAnchors.apple.chunklistKeys, required: required)
                    }
                }
            }
        }
    }

    @Test func answersOfTheRecoveryServer() {
        let text = "AP: 052\nAU: http://a\nAH: b\nAT: t=1~x:y\nCU: c\nCH: d\nCT: e\n"
        each(Array(text.utf8)) { _ = try? RecoveryReply(String(decoding: $0, as: UTF8.self)) }
    }

    @Test func versionsBuildsAndURLs() {
        each(Array("10.13.6".utf8)) { _ = MacOSVersion(String(decoding: $0, as: UTF8.self))?.release }
        each(Array("25B5042k".utf8)) { _ = MacOSBuild(String(decoding: $0, as: UTF8.self))?.isBeta }
        each(Array("http://swcdn.apple.com/content/a.pkg?x=1".utf8), tokens: ["@", "//", ":81", "%00", "\\", "#"]) { bytes in
            guard let url = try? AppleServers.apple.url(String(decoding: bytes, as: UTF8.self)) else { return }
            // Foundation and curl must not read it differently.
            let host = url.dropFirst("https://".count).prefix { $0 != "/" }
            #expect(
                url.hasPrefix("https://") && (host == "apple.com" || host.hasSuffix(".apple.com") || host.hasSuffix("cdn-apple.com")),
                "\(url)")
        }
    }

    @Test func installInfo() throws {
        let data = try #require(PropertyList.data(["Payload Image Info": ["URL": "InstallESDDmg.pkg", "id": "x"]]))
        var generator = SplitMix64(seed: 14)
        for _ in 0..<5000 { _ = try? InstallInfo.forDisk(Data(generator.mutated(Array(data), tokens: Self.tags + SplitMix64.extremes))) }
    }
}
