import ArgumentParser
import Diagnostics
public import DiskImage
import Foundation
import HostSupport
public import LinuxImage
import SystemPackage

struct MkLinux: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mklinux", abstract: "Make the Linux image: a disk that boots by UEFI and BIOS, a kernel and an initrd.",
        discussion: """
            Debian's packages are fetched by apt and unpacked, not installed: no root is needed. The same packages give the same bytes; their \
            versions are in manifest.json, which --packages takes.
            """)

    @Option(help: "The directory that gets vmlinuz, initrd, linux.img and manifest.json.")
    var output = "build/linux"

    @Option(help: "The static boot; beside this program unless given.")
    var boot: String?

    @Option(help: "standard has every driver; cloud is smaller and starts faster.")
    var kernel = LinuxRecipe.Kernel.standard

    @Option(help: "The OpenCore disk to put into the image.")
    var opencore: String?

    @Option(help: "A boot.toml to put into the image.")
    var config: String?

    @Option(help: "A file of public keys that may log in as root; without it there is no ssh server.")
    var sshKey: String?

    @Flag(help: "A root shell on the console.")
    var console = false

    @Option(help: "Further words of the kernel command line.")
    var append = ""

    @Option(help: ArgumentHelp("A file of yours and where it goes in the image; may be repeated.", valueName: "file:/path"))
    var add: [String] = []

    @Option(help: "raw, qcow2, vmdk or vhd; may be repeated.")
    var format: [ImageFormat] = [.raw]

    @Option(help: "A Debian mirror instead of those that this machine's apt uses.")
    var mirror: String?

    @Option(help: "Debian's code name, with --mirror.")
    var suite = "bookworm"

    @Option(help: "The keys that the mirror's lists are signed with, with --mirror.")
    var keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

    @Option(help: "A manifest.json, whose versions of packages are taken instead of the newest.")
    var packages: String?

    @Option(help: "Where packages are kept for the next build.")
    var cache: String?

    @Flag(help: "Print the manifest.")
    var json = false

    func run() async throws {
        let builder = LinuxImageBuilder(
            recipe: try recipe(), source: PackageSource(mirror: mirror, suite: suite, keyring: keyring),
            cache: CacheDirectory.path(cache).appending("debian-" + (mirror == nil ? "host" : suite)),
            pinned: try packages.map { path throws(OperationError) in try LinuxManifest(reading: FilePath(path)) })
        let manifest = try await builder.build(
            into: FilePath(absolute: output), StepProgress(steps: 9 + Set(format).subtracting([.raw]).count))
        if json { print(try manifest.text(), terminator: "") }
    }

    private func recipe() throws -> LinuxRecipe {
        var recipe = LinuxRecipe(boot: boot.map { FilePath(absolute: $0) } ?? Self.besideThisProgram("boot"))
        recipe.kernel = kernel
        recipe.opencore = opencore.map { FilePath(absolute: $0) }
        recipe.configuration = config.map { FilePath(absolute: $0) }
        recipe.sshKeys = sshKey.map { FilePath(absolute: $0) }
        recipe.console = console
        recipe.kernelArguments = append
        recipe.additions = try add.map(Self.addition)
        recipe.formats = Array(Set(format))
        return recipe
    }

    private static func addition(_ text: String) throws(OperationError) -> LinuxRecipe.Addition {
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex, text[text.index(after: colon)...].hasPrefix("/") else {
            throw OperationError("add", text, cause: "expected FILE:/PATH", exit: .usage)
        }
        let destination = FilePath(String(text[text.index(after: colon)...])).lexicallyNormalized()
        return LinuxRecipe.Addition(FilePath(absolute: String(text[..<colon])), to: destination)
    }

    private static func besideThisProgram(_ name: String) -> FilePath {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "build/macos-virt"
        let beside = FilePath(program).removingLastComponent().appending(name)
        return FileManager.default.fileExists(atPath: beside.string) ? beside : FilePath(absolute: "build/" + name)
    }
}

extension LinuxRecipe.Kernel: ExpressibleByArgument {}
extension ImageFormat: ExpressibleByArgument {}
