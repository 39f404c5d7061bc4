import Diagnostics
import Downloads
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import AppleInstaller

/// An installer as large as Apple's: measured by bench/installer, which makes the package first.
struct LargeInstallerTests {
    private static let directory = ProcessInfo.processInfo.environment["INSTALLER_BENCH"]

    private struct Ready: Decodable {
        var root, modulus: String
    }

    @Test(.enabled(if: directory != nil, "INSTALLER_BENCH is not set: bench/installer sets it"))
    func fromThePackageToTheDisk() async throws {
        let root = FilePath(try #require(Self.directory))
        let ready = try JSONDecoder().decode(Ready.self, from: Data(contentsOf: URL(filePath: root.appending("ready.json").string)))
        var servers = AppleServers.apple
        servers.mirror = "https://127.0.0.1"
        let environment = InstallerEnvironment(
            servers: servers, downloader: Downloader(), cache: root.appending("cache"),
            anchors: TrustAnchors(chunklistKeys: [], roots: [ready.root], authority: TrustAnchors.apple.authority))
        let progress = StepProgress(steps: 0, quiet: true)
        let start = ContinuousClock.now
        let image = try await InstallerBuilder(environment, progress: progress).assemblePackage(
            root.appending("InstallAssistant.pkg"), to: root.appending("installer.img"))
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print("INSTALLER_BENCH \(seconds) \(image)")
        #expect(try await Tool("sgdisk", from: "gdisk").run(["-v", image.string]).contains("No problems found"))
    }
}

extension InstallerBuilder {
    /// Without the SHA-256 of the package, which `build(from:)` computes for the manifest: `cp` has none either.
    fileprivate func assemblePackage(_ package: FilePath, to image: FilePath) async throws(OperationError) -> FilePath {
        try await Draft.with(in: Destination.directory(of: image)) { (draft) throws(OperationError) in
            let media = try await InstallerMedia(package: package, anchors: anchors, draft: draft)
            let assembly = InstallerAssembly(
                media: media, identifiers: DiskIdentifiers("bench"), progress: StepProgress(steps: 0, quiet: true))
            _ = try await assembly.write(to: draft.path("image"))
            try draft.publish("image", as: image)
            return image
        }
    }
}
