import FoundationEssentials
import LinuxSupport
import SystemPackage
import Testing

@testable import BootSettings

struct ConfigurationReferenceTests {
    /// What docs/configuration.md has between its markers; nil without them.
    static let documented: String? = {
        var path = FilePath(#filePath)
        for _ in 0..<3 { path.removeLastComponent() }
        guard let page = try? FileRoot(path).text("/docs/configuration.md") else { return nil }
        let begin = page.components(separatedBy: "<!-- configuration:begin -->")
        guard begin.count == 2 else { return nil }
        return begin[1].components(separatedBy: "<!-- configuration:end -->").first
    }()

    @Test(.enabled(if: documented != nil, "docs/configuration.md has no markers")) func documentIsCurrent() {
        #expect(Self.documented?.trimmed == ConfigurationReference.markdown().trimmed)
    }

    @Test func tableHasARowForEveryKey() {
        let lines = ConfigurationReference.markdown().split(separator: "\n")
        #expect(lines.count == ConfigurationKey.all.count + 2)
        #expect(lines.allSatisfy { $0.split(separator: "|", omittingEmptySubsequences: false).count == 7 })
        #expect(lines.contains("| `disk.wait` |  | `15` | seconds from 0 to 86400 | how long to wait for the disk |"))
    }

    @Test func helpHasALineForEveryKey() {
        let lines = ConfigurationReference.help().split(separator: "\n")
        #expect(lines.count == ConfigurationKey.all.count)
        #expect(lines.allSatisfy { $0.count <= 120 })
    }

    @Test func namesAreUniqueInEverySpelling() {
        let keys = ConfigurationKey.all
        #expect(Set(keys.map(\.name)).count == keys.count)
        #expect(Set(keys.map(\.environmentVariable)).count == keys.count)
        #expect(Set(keys.map(\.kernelParameter)).count == keys.count)
        #expect(keys.allSatisfy { $0.name.prefix { $0 != "." }.contains("_") == false && $0.name.filter { $0 == "." }.count == 1 })
        #expect(ConfigurationKey.named("network.allow_host")?.environmentVariable == "MACOS_VIRT_NETWORK_ALLOW_HOST")
        #expect(ConfigurationKey.named("network.allow_host")?.kernelParameter == "boot.network.allow_host")
    }
}
