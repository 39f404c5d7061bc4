import Diagnostics
import DiskFormats
import Foundation
import Testing

@testable import AppleInstaller

/// What Apple's lists are read as, without a server.
struct CatalogTests {
    private static let chain =
        "26-15-14-13-12-10.16-10.15-10.14-10.13-10.12-10.11-10.10-10.9-mountainlion-lion-snowleopard-leopard.merged-1.sucatalog"

    @Test func whereTheCatalogsAre() {
        let base = "https://swscan.apple.com/content/catalogs/others/index-"
        #expect(SeedProgram.none.catalogURL == base + Self.chain)
        #expect(SeedProgram.developer.catalogURL == base + "26seed-" + Self.chain)
        #expect(SeedProgram.public.catalogURL == base + "26beta-" + Self.chain)
        #expect(SeedProgram.customer.catalogURL == base + "26customerseed-" + Self.chain)
    }

    @Test func onlyAppleOverHTTPS() throws {
        let apple = AppleServers.apple
        #expect(try apple.url("http://swcdn.apple.com/content/a%20b?x=1") == "https://swcdn.apple.com/content/a%20b?x=1")
        #expect(try apple.url("https://updates.cdn-apple.com") == "https://updates.cdn-apple.com/")
        let mirror = try AppleServers(mirror: "https://mirror.example:8443/apple/")
        #expect(try mirror.url("http://swcdn.apple.com/a") == "https://mirror.example:8443/apple/swcdn.apple.com/a")
        for url in [
            "http://apple.com.example/a", "http://evilapple.com/a", "file:///etc/passwd", "http://user@swcdn.apple.com/a",
            "http://swcdn.apple.com:81/a", "ftp://swcdn.apple.com/a", "swcdn.apple.com/a", "", "http://swcdn.apple.com/a\nb",
        ] {
            #expect(throws: OperationError.self, "\(url)") { try apple.url(url) }
        }
        #expect(throws: OperationError.self) { try AppleServers(mirror: "mirror.example") }
    }

    @Test func aDistribution() {
        let text = """
            <title>SU_TITLE</title><options suDisabledGroupID="Install macOS Big Sur"/><script>var boardIDs = ['Mac-1', "Mac-2"];
            var supportedDeviceIDs = ['J132AP'];</script>
            <auxinfo><dict><key>BUILD</key><string>20A1</string><key>macOSProductBuildVersion</key> <string>20G1427</string>
            <key>macOSProductVersion</key><string>11.7.10</string></dict></auxinfo>
            """
        let found = Distribution(text)
        #expect(found.version?.description == "11.7.10" && found.build?.description == "20G1427")
        #expect(found.title == "Install macOS Big Sur")
        #expect(found.boards == ["Mac-1", "Mac-2", "J132AP"])
        #expect(Distribution("<title>macOS A &amp; B</title>").title == "macOS A & B")
        #expect(Distribution("<auxinfo><key>BUILD</key><integer>1</integer></auxinfo>").build == nil)
    }

    /// Whatever is cut out or put in, nothing traps.
    @Test func damagedDistributions() {
        let text = Array(
            "<auxinfo a><key>BUILD</key><string>20A1</string></auxinfo><title>x</title>suDisabledGroupID=\"y\"var boardIDs = ['a'];".utf8)
        for start in text.indices {
            for end in start...text.count { _ = Distribution(String(decoding: text[start..<end], as: UTF8.self)) }
        }
    }

    @Test func aCatalogThatIsNone() throws {
        for text in ["", "<html>", "<plist><dict/></plist>", "\u{1f}\u{8b}x"] {
            #expect(throws: OperationError.self) { try SoftwareCatalog(Data(text.utf8)) }
        }
        #expect(throws: OperationError.self) { try SoftwareCatalog(Data([0x1f, 0x8b, 8, 0])) }
        // Foundation's reader would overflow the stack.
        let deep = String(repeating: "<array>", count: 200_000) + String(repeating: "</array>", count: 200_000)
        #expect(throws: OperationError.self) { try SoftwareCatalog(Data("<plist>\(deep)</plist>".utf8)) }
        for bracket in ["(", "{a=", "<array>(", " ("] {
            #expect(throws: OperationError.self) { try SoftwareCatalog(Data(String(repeating: bracket, count: 200_000).utf8)) }
        }
    }

    @Test func whatTheImageSaysItIs() async throws {
        func plist(_ version: String, _ build: String) -> MemorySource {
            MemorySource(
                Array(
                    "<plist><dict><key>ProductVersion</key><string>\(version)</string><key>ProductBuildVersion</key><string>\(build)</string></dict></plist>"
                        .utf8))
        }
        let system = try MacOSIdentity(plist("14.6.1", "23G93"), in: "x")
        let wanted = try #require(MacOSVersion("14"))
        try system.require(.update(wanted), in: "x")
        await refuses(.dataError, naming: "it is macOS 14.6.1 (23G93), not 15") {
            try system.require(.update(#require(MacOSVersion("15"))), in: "x")
        }
        await refuses(.dataError, naming: "not 14.6.1 (23G80)") {
            try system.require(.build(#require(MacOSVersion("14.6.1")), #require(MacOSBuild("23G80"))), in: "x")
        }
        await refuses(.dataError, naming: "SystemVersion.plist") { try MacOSIdentity(plist("x", "23G93"), in: "x") }
        await refuses(.dataError, naming: "XML") { try MacOSIdentity(MemorySource(Array("bplist00".utf8)), in: "x") }
    }
}
