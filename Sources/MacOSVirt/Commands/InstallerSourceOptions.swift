public import AppleInstaller
import ArgumentParser
import Downloads
import Foundation
import HostSupport
import SystemPackage

/// Where macOS comes from, and where it is kept.
struct InstallerSourceOptions: ParsableArguments {
    @Option(help: "Also betas of a program: public, customer or developer.") var seed: SeedProgram?
    @Option(help: ArgumentHelp("A copy of Apple's files on an https server, below the names of Apple's hosts.", valueName: "url"))
    var mirror: String?
    @Option(help: ArgumentHelp("Where downloads are kept. ($XDG_CACHE_HOME/macos-virt)", valueName: "directory")) var cache: String?
    @Option(help: "How many parts of a file are fetched at the same time.") var connections = 4

    func validate() throws {
        guard (1...16).contains(connections) else { throw ValidationError("--connections takes 1 to 16") }
    }

    func environment() throws -> InstallerEnvironment {
        try Tool.require([Downloader.tool])
        return InstallerEnvironment(
            servers: try AppleServers(mirror: mirror), downloader: Downloader(Connection(), connections: connections),
            cache: CacheDirectory.path(cache))
    }
}

extension SeedProgram: ExpressibleByArgument {}
