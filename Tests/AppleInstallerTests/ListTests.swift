import Diagnostics
import Foundation
import Testing

@testable import AppleInstaller

/// Lists and the recovery, asked of a server in Apple's place.
struct ListTests {
    private static let catalog =
        "swscan.apple.com/content/catalogs/others/index-26-15-14-13-12-10.16-10.15-10.14-10.13-10.12-10.11-10.10-10.9-mountainlion-lion-"
        + "snowleopard-leopard.merged-1.sucatalog"

    @Test func everyInstallerTheNewestFirst() async throws {
        try await FakeApple.with { apple in
            let list = try await apple.environment.catalog.installers(.none, progress: apple.progress)
            // Catalina's distribution has the old keys, and its title is in the metadata; one of its files is absent.
            #expect(
                list.installers.map(\.name) == [
                    "macOS 15.6.1 (24G90)", "macOS 15.5 (24F74)", "macOS 13.7.8 (22H730)", "macOS 10.15.7 (19H15)", "macOS 10.13.6 (17G66)",
                ])
            #expect(list.usual.map(\.version.description) == ["15.6.1", "15.5", "13.7.8", "10.13.6"])
            #expect(
                list.installers.map(\.title) == [
                    "Install macOS Sequoia", "Install macOS Sequoia", "macOS Ventura", "macOS Catalina", "Install macOS High Sierra",
                ])
            #expect(list.unreadable == 4)
            let size = try apple.file("swcdn.apple.com/content/downloads/082-15601/InstallAssistant.pkg").count
            #expect(list.installers.first?.size == size)
            #expect(list.newest(try #require(MacOSVersion("15")), betas: false)?.build.description == "24G90")
            #expect(list.newest(try #require(MacOSVersion("15.5")), betas: false)?.build.description == "24F74")
            #expect(list.newest(try #require(MacOSVersion("10.15")), betas: false) == nil)
            #expect(list.exactly(try #require(MacOSBuild("17G66")))?.version.description == "10.13.6")
            // The second time, the server only says that nothing changed.
            let asked = apple.requests.count
            #expect(try await apple.environment.catalog.installers(.none, progress: apple.progress) == list)
            #expect(apple.requests.count <= 2 * asked)
        }
    }

    @Test func aSeedInGzipUnderAPlainName() async throws {
        try await FakeApple.with { apple in
            let list = try await apple.environment.catalog.installers(.developer, progress: apple.progress)
            #expect(list.installers.first?.name == "macOS 26.1 (25B5042k)")
            #expect(list.installers.first?.isBeta == true)
            #expect(list.newest(try #require(MacOSVersion("26")), betas: false) == nil)
            #expect(list.newest(try #require(MacOSVersion("26")), betas: true)?.build.description == "25B5042k")
        }
    }

    @Test func whatAServerDoesToACatalog() async throws {
        try await FakeApple.with { apple in
            try apple.fail([["path": "index-26-15", "status": 403]])
            await refuses(.unavailable, naming: "HTTP 403") {
                try await apple.environment.catalog.installers(.none, progress: apple.progress)
            }
            try apple.fail([["path": "index-26-15", "cut": 100]])
            await refuses(.unavailable, naming: "curl") { try await apple.environment.catalog.installers(.none, progress: apple.progress) }
            try apple.fail([["path": "index-26-15", "flip": 0]])
            await refuses(.dataError, naming: "catalog") { try await apple.environment.catalog.installers(.none, progress: apple.progress) }
        }
        try await FakeApple.with { apple in
            try apple.fail([["path": "index-26-15", "cut": 100, "times": 2], ["path": ".dist", "status": 503, "times": 2]])
            #expect(try await apple.environment.catalog.installers(.none, progress: apple.progress).installers.count == 5)
        }
    }
}
