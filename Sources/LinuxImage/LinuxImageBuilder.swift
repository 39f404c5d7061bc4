package import Diagnostics
import DiskImage
import Foundation
package import HostSupport
package import SystemPackage

/// Makes kernel, initrd and disk image from Debian's packages and `boot`.
package struct LinuxImageBuilder: Sendable {
    package var recipe: LinuxRecipe
    package var source: PackageSource
    /// Packages are kept here between builds.
    package var cache: FilePath
    /// With the package versions of an earlier image; nil for the newest versions.
    package var pinned: LinuxManifest?

    package init(recipe: LinuxRecipe, source: PackageSource, cache: FilePath, pinned: LinuxManifest? = nil) {
        (self.recipe, self.source, self.cache, self.pinned) = (recipe, source, cache, pinned)
    }

    /// Makes everything in a draft, and moves it to the directory `output` when it is complete.
    package func build(into output: FilePath, _ progress: StepProgress) async throws(OperationError) -> LinuxManifest {
        try Tool.require(tools)
        try pinned?.check(recipe)
        return try await Draft.with(in: output) { (draft) async throws(OperationError) in
            try Destination.check(all: names.map { output.appending($0) })
            let recipe = try await GivenFiles.copies(of: recipe, in: draft.path("given"))
            let (packages, lone, files) = try await fetch(progress)
            let tree = try await progress.step("unpack packages") { () async throws(OperationError) in
                try await PackageTree.unpack(files, to: draft.path("packages"), progress)
            }
            let kernel = try await progress.step("prepare the kernel", result: { $0.release }) { () async throws(OperationError) in
                try await KernelPackage(preparing: tree)
            }
            let rootImage = draft.path("root.erofs")
            try await progress.step("make the root") { () async throws(OperationError) in
                let root = try DirectoryTree(creating: draft.path("root"), merged: true)
                try await RootContents(recipe: recipe, tree: tree, kernel: kernel).write(to: root)
                try await bakeQemu(recipe.boot, into: root, progress)
                try await progress.showing(sizeOf: rootImage) { () async throws(OperationError) in
                    try await RootImage.write(root, to: rootImage)
                }
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
            for format in recipe.formats where format != .raw {
                try await progress.step("convert to \(format.rawValue)") { () async throws(OperationError) in
                    try await format.convert(draft.path("linux.img"), to: draft.path("linux." + format.suffix))
                }
            }
            return try await progress.step("move it to \(output)") { () async throws(OperationError) in
                var made: [LinuxManifest.File] = []
                for name in names.dropLast() { made.append(try await LinuxManifest.describe(draft.path(name), as: name)) }
                let manifest = LinuxManifest(
                    kernelRelease: kernel.release, kernelCommandLine: LinuxCommandLine.words(recipe), packages: packages,
                    lonePackages: lone,
                    boot: try await LinuxManifest.describe(recipe.boot, as: "boot"), files: made)
                try DirectoryTree(creating: draft.directory, merged: false).file("/manifest.json", try manifest.text())
                try draft.publish(names.map { (name: $0, destination: output.appending($0)) })
                return manifest
            }
        }
    }

    /// Stores what the image's QEMU can do, so that `boot` does not have to ask at each start.
    ///
    /// The image's own `boot` asks its QEMU here. On a machine with another CPU this fails, and the image asks at its starts.
    private func bakeQemu(_ boot: FilePath, into root: DirectoryTree, _ progress: StepProgress) async throws(OperationError) {
        let boot = Tool(boot.string, from: "macos-virt")
        do {
            try await boot.run(["bake-qemu", "--image", root.root.string])
        } catch {
            guard error.exit == .software else { throw error }
            progress.say("the image does not contain QEMU's capabilities, and asks QEMU at each start: \(error.cause)")
        }
    }

    /// Packages with and without dependencies, and their files.
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

    /// All that the build runs.
    private var tools: [Tool] {
        [
            Tool("apt-get", from: "apt"), Tool("apt-cache", from: "apt"), Tool("dpkg-deb", from: "dpkg"), Tool("readelf", from: "binutils"),
            Tool("xz", from: "xz-utils"), Tool("depmod", from: "kmod"), Tool("lz4", from: "lz4"), Tool("cpio", from: "cpio"),
            Tool("mkfs.erofs", from: "erofs-utils"), Tool("grub-mkimage", from: "grub-common"), Tool("sfdisk", from: "fdisk"),
            Tool("mkfs.fat", from: "dosfstools"), Tool("mmd", from: "mtools"), Tool("mcopy", from: "mtools"),
            Tool("sha256sum", from: "coreutils"), Tool("truncate", from: "coreutils"), Tool("xargs", from: "findutils"),
        ] + (recipe.formats == [.raw] ? [] : [ImageFormat.tool])
    }

    /// The files that the build makes.
    private var names: [String] {
        ["vmlinuz", "initrd"] + recipe.formats.sorted { $0.rawValue < $1.rawValue }.map { "linux." + $0.suffix } + ["manifest.json"]
    }
}
