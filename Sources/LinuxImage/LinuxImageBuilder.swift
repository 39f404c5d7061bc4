package import Diagnostics
import DiskImage
import Foundation
package import HostSupport
package import SystemPackage

/// From Debian's packages and `boot` to kernel, initrd and disk image.
package struct LinuxImageBuilder: Sendable {
    package var recipe: LinuxRecipe
    package var source: PackageSource
    /// Packages are kept here from one build to the next.
    package var cache: FilePath
    /// The versions of an earlier image; nil for the newest.
    package var pinned: LinuxManifest?

    package init(recipe: LinuxRecipe, source: PackageSource, cache: FilePath, pinned: LinuxManifest? = nil) {
        (self.recipe, self.source, self.cache, self.pinned) = (recipe, source, cache, pinned)
    }

    /// Makes everything beside `output`, and moves it there when all of it is done.
    package func build(into output: FilePath, _ progress: StepProgress) async throws(OperationError) -> LinuxManifest {
        try await checkInputs()
        return try await Draft.with(in: output) { (draft) async throws(OperationError) in
            let (packages, lone, files) = try await fetch(progress)
            let tree = try await progress.step("unpack packages") { () async throws(OperationError) in
                try await PackageTree.unpack(files, to: draft.path("packages"), progress)
            }
            let kernel = try await progress.step("look at the kernel", result: { $0.release }) { () async throws(OperationError) in
                try await KernelPackage(preparing: tree)
            }
            let rootImage = draft.path("root.erofs")
            try await progress.step("make the root") { () async throws(OperationError) in
                let root = try DirectoryTree(creating: draft.path("root"), merged: true)
                try await RootContents(recipe: recipe, tree: tree, kernel: kernel).write(to: root)
                try await bakeQemu(into: root, progress)
                try await RootImage.write(root, to: rootImage)
            }
            let early = draft.path("early")
            try await progress.step("make the initrd") { () async throws(OperationError) in
                try await Initramfs.write(to: early, tree: tree, kernel: kernel, scratch: draft.path("early.d"))
                try await Initramfs.write(to: draft.path("initrd"), early: early, rootImage: rootImage, scratch: draft.path("initrd.d"))
                try DirectoryTree(creating: draft.directory, merged: false).copy(try kernel.image(), to: "/vmlinuz")
            }
            try await progress.step("make the disk") { () async throws(OperationError) in
                let digest = try await Digest.sha256(rootImage)
                let disk = LinuxDisk(tree: tree, kernel: kernel, initrd: early, rootImage: rootImage, recipe: recipe, digest: digest)
                try await disk.write(to: draft.path("linux.img"), scratch: draft.directory)
            }
            var names = ["vmlinuz", "initrd"]
            for format in recipe.formats.sorted(by: { $0.rawValue < $1.rawValue }) {
                let name = "linux." + format.suffix
                if format != .raw {
                    try await progress.step("convert to \(format.rawValue)") { () async throws(OperationError) in
                        try await format.convert(draft.path("linux.img"), to: draft.path(name))
                    }
                }
                names.append(name)
            }
            return try await progress.step("put it in \(output)") { () async throws(OperationError) in
                var made: [LinuxManifest.File] = []
                for name in names { made.append(try await LinuxManifest.describe(draft.path(name), as: name)) }
                let manifest = LinuxManifest(
                    kernelRelease: kernel.release, kernelCommandLine: LinuxCommandLine.words(recipe), packages: packages,
                    lonePackages: lone,
                    boot: try await LinuxManifest.describe(recipe.boot, as: "boot"), files: made)
                try DirectoryTree(creating: draft.directory, merged: false).file("/manifest.json", try manifest.text())
                try draft.publish(names + ["manifest.json"], in: output)
                return manifest
            }
        }
    }

    /// What this QEMU can do, so that no start of the image has to ask it.
    ///
    /// By the image's own `boot`, on its own QEMU: a machine with another CPU cannot, and then the first start asks.
    private func bakeQemu(into root: DirectoryTree, _ progress: StepProgress) async throws(OperationError) {
        let boot = Tool(recipe.boot.string, from: "macos-virt")
        do {
            try await boot.run(["bake-qemu", "--image", root.root.string])
        } catch {
            guard error.exit == .software else { throw error }
            progress.say("QEMU's answers are not in the image, and every start asks for them: \(error.cause)")
        }
    }

    /// Versions, and the files of them.
    private func fetch(_ progress: StepProgress) async throws(OperationError) -> ([Package], [Package], [FilePath]) {
        let apt = try Apt(cache: cache, source: source)
        if pinned == nil || !apt.hasLists {
            try await progress.step("read the mirror's lists") { () async throws(OperationError) in try await apt.update() }
        }
        let (packages, lone) = try await progress.step("choose packages", result: { "\($0.0.count + $0.1.count)" }) {
            () async throws(OperationError) -> ([Package], [Package]) in
            if let pinned { return (pinned.packages, pinned.lonePackages) }
            let kernel = try await apt.dependency(of: recipe.kernel.package)
            return (
                try await apt.resolve(recipe.packages).sorted { $0.name < $1.name },
                try await apt.resolve([kernel] + recipe.lonePackages, alone: true)
            )
        }
        let files = try await progress.step("fetch packages") { () async throws(OperationError) in
            try await apt.download(packages + lone, progress)
        }
        return (packages, lone, files)
    }

    private func checkInputs() async throws(OperationError) {
        let inputs =
            [recipe.boot, recipe.opencore, recipe.sshKeys, recipe.configuration].compactMap { $0 } + recipe.additions.map(\.source)
        for path in inputs {
            var isDirectory: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory)
            guard isThere, !isDirectory.boolValue, FileManager.default.isReadableFile(atPath: path.string) else {
                let cause = isDirectory.boolValue ? "it is a directory" : "there is no such file, or it may not be read"
                let remedy = path == recipe.boot ? "make static makes it; or name it with --boot" : "look at the name and the permissions"
                throw OperationError("read", path.string, cause: cause, remedy: remedy, exit: .noInput)
            }
        }
        for addition in recipe.additions { try addition.check() }
        if let keys = recipe.sshKeys { try PublicKeys.check(keys) }
        if let opencore = recipe.opencore { try BootableDisk.check(opencore) }
        try pinned?.check(recipe)
        // A boot that was built for debugging needs libraries that the image has not.
        let headers = try await Tool("readelf", from: "binutils").run(
            ["--program-headers", "--wide", recipe.boot.string], accepted: [0, 1])
        guard FileManager.default.isExecutableFile(atPath: recipe.boot.string), headers.contains("LOAD"), !headers.contains("INTERP") else {
            throw OperationError(
                "use", recipe.boot.string, cause: "it is no statically linked program", remedy: "make static makes it", exit: .dataError)
        }
    }
}
