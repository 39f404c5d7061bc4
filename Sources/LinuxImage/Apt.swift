import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// apt with its own directories: it needs no root, and neither reads nor changes what is installed on this machine.
struct Apt: Sendable {
    /// Lists and packages, kept between builds.
    let cache: FilePath
    private let options: [String]

    /// - Throws: `cantCreate`; what choosing the source throws.
    init(cache: FilePath, source: PackageSource) throws(OperationError) {
        self.cache = cache
        for directory in ["lists/partial", "archives/partial"] { try DraftFile.makeDirectory(cache.appending(directory)) }
        // With an empty status file, nothing is installed, so every dependency is fetched.
        try Self.write("", to: cache.appending("status"))
        var options = [
            "Dir::State=\(cache)", "Dir::State::lists=\(cache)/lists", "Dir::State::status=\(cache)/status", "Dir::Cache=\(cache)",
            "Dir::Cache::archives=\(cache)/archives", "Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache=",
            "APT::Architecture=amd64", "APT::Architectures=amd64", "APT::Install-Recommends=false", "APT::Get::Assume-Yes=true",
            "Acquire::Languages=none", "Acquire::Retries=3",
            // By default, an unreachable mirror is only a warning.
            "APT::Update::Error-Mode=any",
            // No change of user: that needs root, and the other user could not write here.
            "APT::Sandbox::User=root",
            // Not what this machine does after its own updates.
            "APT::Update::Post-Invoke=", "APT::Update::Post-Invoke-Success=", "APT::Keep-Downloaded-Packages=true",
        ]
        let osRelease = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
        if let list = try source.list(osRelease: osRelease) {
            guard FileManager.default.fileExists(atPath: source.keyring) else {
                throw OperationError(
                    "choose", "package source", cause: "there are no keys in \(source.keyring) to check Debian's lists with",
                    remedy: "install debian-archive-keyring, or name the file with --keyring", exit: .config)
            }
            try Self.write(list, to: cache.appending("sources.list"))
            options += ["Dir::Etc::sourcelist=\(cache)/sources.list", "Dir::Etc::sourceparts=/nonexistent"]
        }
        self.options = options.flatMap { ["-o", $0] }
    }

    /// apt-get update
    func update() async throws(OperationError) { try await get(["update"], "read the lists of", "the mirror") }

    /// Whether the lists have been read before.
    var hasLists: Bool {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(cache)/lists")) ?? []).contains { $0.hasSuffix("Packages") }
    }

    /// The kernel package that a meta package depends on: the newest one.
    func dependency(of package: String) async throws(OperationError) -> String {
        let text = try await attempt("look up", package) { () async throws(OperationError) in
            try await Tool("apt-cache", from: "apt").run(options + ["depends", package])
        }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "Depends:", words[1].hasPrefix("linux-image-") { return String(words[1]) }
        }
        throw OperationError("look up", package, cause: "it does not depend on a kernel", exit: .unavailable)
    }

    /// The packages with their dependencies, or alone.
    func resolve(_ packages: [String], alone: Bool = false) async throws(OperationError) -> [Package] {
        if alone {
            var result: [Package] = []
            for package in packages {
                let name = String(package.prefix { $0 != "=" })
                let pinned = package.dropFirst(name.count + 1)
                result.append(Package(name: name, version: pinned.isEmpty ? try await candidate(name) : String(pinned)))
            }
            return result
        }
        let text = try await get(["install", "--simulate", "--quiet"] + packages, "resolve", packages.joined(separator: " "))
        return Package.list(simulation: text)
    }

    /// Downloads what the cache lacks, and returns the files. apt checks them against the signed lists.
    func download(_ packages: [Package], _ progress: StepProgress) async throws(OperationError) -> [FilePath] {
        let missing = packages.filter { file($0) == nil }
        if !missing.isEmpty {
            // apt-get writes to the final name: interrupted, it would leave half a package in the cache.
            try await Draft.with(in: cache.appending("archives")) { (draft) async throws(OperationError) in
                try await fetch(missing, into: draft.directory, progress)
                for name in (try? FileManager.default.contentsOfDirectory(atPath: draft.directory.string)) ?? []
                where name.hasSuffix(".deb") {
                    try draft.publish(name, as: cache.appending("archives").appending(name))
                }
            }
        }
        var files: [FilePath] = []
        for package in packages {
            guard let file = file(package) else {
                throw OperationError("download", package.pinned, cause: "apt-get did not save it", exit: .unavailable)
            }
            files.append(file)
        }
        return files
    }

    private func fetch(_ packages: [Package], into directory: FilePath, _ progress: StepProgress) async throws(OperationError) {
        let arguments = options + ["-o", "APT::Status-Fd=1", "download", "--quiet=2"] + packages.map(\.pinned)
        let object = packages.count == 1 ? packages[0].name : "\(packages.count) packages"
        try await attempt("download", object) { () async throws(OperationError) in
            try await Tool("apt-get", from: "apt").follow(arguments, directory: directory) { line in
                if let share = Self.share(line) { progress.note(share + " %") }
            }
        }
    }

    /// The share of a download in percent, of a line such as "dlstatus:1:9.4737:Retrieving file 1 of 5 (42s remaining)".
    static func share(_ line: String) -> String? {
        let fields = line.split(separator: ":", maxSplits: 3)
        guard fields.count == 4, fields[0] == "dlstatus", let whole = fields[2].split(separator: ".").first else { return nil }
        return whole.count < 4 && whole.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? String(whole) : nil
    }

    /// NAME_VERSION_ARCH.deb, with the epoch's colon escaped.
    private func file(_ package: Package) -> FilePath? {
        let stem = "\(package.name)_\(package.version.replacing(":", with: "%3a"))_"
        return ["amd64", "all"].map { cache.appending("archives").appending(stem + $0 + ".deb") }
            .first { FileManager.default.fileExists(atPath: $0.string) }
    }

    private func candidate(_ name: String) async throws(OperationError) -> String {
        let text = try await attempt("look up", name) { () async throws(OperationError) in
            try await Tool("apt-cache", from: "apt").run(options + ["policy", name])
        }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "Candidate:", words[1] != "(none)" { return String(words[1]) }
        }
        throw OperationError(
            "look up", name, cause: "the mirror does not have this package", remedy: "check the suite and the components of the mirror",
            exit: .unavailable)
    }

    @discardableResult
    private func get(_ arguments: [String], _ operation: String, _ object: String) async throws(OperationError) -> String {
        try await attempt(operation, object) { () async throws(OperationError) in
            try await Tool("apt-get", from: "apt").run(options + arguments)
        }
    }

    /// apt's errors are about the mirror, unless the disk is full.
    @discardableResult
    private func attempt<R>(_ operation: String, _ object: String, _ work: () async throws(OperationError) -> R)
        async throws(OperationError) -> R
    {
        do {
            return try await work()
        } catch {
            guard error.exit == .software else { throw error }
            throw OperationError(
                operation, object, cause: error.cause, remedy: "check the network and the mirror, or choose another with --mirror",
                exit: .unavailable)
        }
    }

    private static func write(_ text: String, to path: FilePath) throws(OperationError) {
        do {
            try text.write(toFile: path.string, atomically: true, encoding: .utf8)
        } catch {
            throw OperationError("write", path.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }
}
