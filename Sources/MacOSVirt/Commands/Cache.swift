import ArgumentParser
import Diagnostics
import Downloads
import Foundation
import HostSupport
import SystemPackage

struct Cache: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "Look at what was downloaded, and remove it.",
        discussion: "Everything in the cache can be fetched again.", subcommands: [CacheList.self, CacheClean.self])
}

struct CacheList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Show what the cache holds, the largest first.")

    @Option(help: ArgumentHelp("The cache. ($XDG_CACHE_HOME/macos-virt)", valueName: "directory")) var cache: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let contents = CacheContents(of: CacheDirectory.path(cache))
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.dateEncodingStrategy = .iso8601
            print(String(decoding: try encoder.encode(contents.items), as: UTF8.self))
            return
        }
        for item in contents.items {
            let size = "\(item.size / 1_000_000) MB"
            print(
                size.padding(toLength: 10, withPad: " ", startingAt: 0),
                item.kind.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0),
                String(item.used.formatted(.iso8601).prefix(10)), item.name.printable)
        }
        print("\(contents.directory): \(contents.items.map(\.size).reduce(0, +) / 1_000_000) MB")
    }
}

struct CacheClean: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Remove what the cache holds. A download that goes on is left alone.")

    @Option(help: ArgumentHelp("The cache. ($XDG_CACHE_HOME/macos-virt)", valueName: "directory")) var cache: String?
    @Flag(help: "Remove only downloads that broke off.") var partial = false
    @Option(help: ArgumentHelp("Remove only what was not used for this long.", valueName: "days")) var olderThan: Int?
    @Flag(help: "Show what would be removed.") var dryRun = false

    func validate() throws {
        if let olderThan, !(0...36500).contains(olderThan) { throw ValidationError("--older-than takes 0 to 36500 days") }
    }

    func run() throws {
        let contents = CacheContents(of: CacheDirectory.path(cache))
        let latest = olderThan.map { Date().addingTimeInterval(-86400 * Double($0)) }
        let chosen = contents.items.filter { item in
            (!partial || item.kind == .partial) && (latest.map { item.used < $0 } ?? true)
        }
        let removed = dryRun ? chosen : try contents.remove(chosen)
        for item in removed { print("\(item.kind.rawValue) \(item.name.printable)") }
        print("\(dryRun ? "would free" : "freed") \(removed.map(\.size).reduce(0, +) / 1_000_000) MB")
    }
}
