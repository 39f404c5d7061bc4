import Diagnostics
import Foundation
import Glibc
import HostSupport
import SystemPackage
import Testing

@testable import OpenCoreImage

/// A script in place of the release's ocvalidate, which reports what it can reach.
struct ValidatorTests {
    private static let note = "NOTE: This version of ocvalidate is only compatible with OpenCore version 1.0.6!"

    /// Whether this machine allows the namespaces.
    private func canConfine() async -> Bool {
        let user = geteuid() == 0 ? [] : ["--user", "--map-root-user"]
        return
            (try? await Tool("unshare", from: "util-linux").run(["--mount", "--net"] + user + ["mount", "-t", "tmpfs", "none", "/mnt"]))
            != nil
    }

    private func findings(_ script: String, _ stand: StandIn) async throws -> [String] {
        let program = try stand.file("release/ocvalidate.linux", Data("#!/bin/sh\necho '\(Self.note)'\n\(script)\nexit 1\n".utf8))
        let validator = try ConfigurationValidator(program, scratch: stand.root)
        let error = await #expect(throws: OperationError.self) {
            try await validator.check("<plist/>", for: try #require(OpenCoreVersion("1.0.6")))
        }
        return (error?.cause ?? "").split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test func itReachesNothing() async throws {
        guard await canConfine() else { return }
        let stand = try StandIn()
        defer { stand.remove() }
        try stand.file("secret", Data("secret".utf8))
        let words = try await findings(
            """
            id -u
            cat '\(stand.path("secret"))' 2>/dev/null
            for path in / /files /usr /tmp; do ( : > $path/written ) 2>/dev/null && echo "wrote $path"; done
            ls /
            grep -h CapEff /proc/self/status 2>/dev/null
            ls /sys/class/net 2>/dev/null
            """, stand)
        #expect(!words.contains("secret") && !words.contains { $0.hasPrefix("wrote") }, "\(words)")
        if geteuid() == 0 { #expect(words.contains("65534"), "\(words)") }
        #expect(Set(words.filter { ["files", "usr", "bin", "lib", "lib64", "sbin"].contains($0) }).isSuperset(of: ["files", "usr"]))
        #expect(!words.contains("etc") && !words.contains("home") && !words.contains("proc"), "\(words)")
    }

    @Test func anExitCodeDoesNotFreeIt() async throws {
        guard await canConfine() else { return }
        let stand = try StandIn()
        defer { stand.remove() }
        let program = try stand.file("ocvalidate.linux", Data("#!/bin/sh\necho x >> '\(stand.path("ran"))' 2>/dev/null\nexit 7\n".utf8))
        let validator = try ConfigurationValidator(program, scratch: stand.root)
        let error = await #expect(throws: OperationError.self) {
            try await validator.check("<plist/>", for: try #require(OpenCoreVersion("1.0.6")))
        }
        #expect(error?.exit == .software)
        #expect(!FileManager.default.fileExists(atPath: stand.path("ran").string))
    }

    /// What ocvalidate says counts more than a name, and contradicts what somebody says.
    @Test func theVersionIsFoundOut() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let release = try stand.release("nameless")
        try stand.file("nameless/Utilities/ocvalidate/ocvalidate.linux", Data("#!/bin/sh\necho '\(Self.note)'\n".utf8))
        let found = try await OpenCoreRelease(in: release, name: "nameless", version: nil, scratch: stand.root)
        #expect(found.version == OpenCoreVersion("1.0.6") && found.evidence == .checked)
        let error = await #expect(throws: OperationError.self) {
            try await OpenCoreRelease(in: release, name: "nameless", version: OpenCoreVersion("1.0.7"), scratch: stand.root)
        }
        #expect(error?.exit == .dataError)
        try stand.release("other")
        let said = try await OpenCoreRelease(in: stand.path("other"), name: "other", version: OpenCoreVersion("1.0.7"), scratch: stand.root)
        #expect(said.evidence == .option)
    }
}
