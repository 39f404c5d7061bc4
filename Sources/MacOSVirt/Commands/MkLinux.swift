import ArgumentParser
import Diagnostics
public import DiskImage
import Foundation
import HostSupport
public import LinuxImage
import SystemPackage

struct MkLinux: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mklinux", abstract: "Make the Linux image: a disk that boots from UEFI and BIOS, a kernel and an initrd.",
        discussion: """
            apt fetches Debian's packages, which are unpacked and not installed: it needs no root. The same packages give the same bytes; \
            --packages takes their versions from the manifest.json of an earlier image.
            """)

    @Option(help: "The directory for vmlinuz, initrd, linux.img and manifest.json.")
    var output = "build/linux"

    @Option(help: "The static boot. (beside this program)")
    var boot: String?

    @Option(help: "standard has all drivers; cloud is smaller and starts faster.")
    var kernel = LinuxRecipe.Kernel.standard

    @Option(help: "An OpenCore disk to include.")
    var opencore: String?

    @Option(help: "A boot.toml to include, checked as boot checks it.")
    var config: String?

    @Option(help: "A file with public keys that can log in as root. (no ssh server)")
    var sshKey: String?

    @Flag(help: "Offer a root shell on the console.")
    var console = false

    @Option(help: "Additional words for the kernel command line.")
    var append = ""

    @Option(help: ArgumentHelp("Add a file at a path in the image. Repeatable.", valueName: "file:/path"))
    var add: [String] = []

    @Option(help: "raw, qcow2, vmdk or vhd. Repeatable.")
    var format: [ImageFormat] = [.raw]

    @Option(help: "A Debian mirror. (this machine's own sources if it runs that suite, else Debian's)")
    var mirror: String?

    @Option(help: "Debian's code name: trixie is Debian 13, bookworm Debian 12.")
    var suite = PackageSource.defaultSuite

    @Option(help: "The archive of security updates, or none.")
    var securityMirror = PackageSource.debianSecurity

    @Option(help: "The keys that sign the lists.")
    var keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

    @Option(help: "Use the package versions of this manifest.json instead of the newest.")
    var packages: String?

    @Option(help: "Where packages are kept between builds. ($XDG_CACHE_HOME/macos-virt)")
    var cache: String?

    @Flag(help: "Print the manifest.")
    var json = false

    func run() async throws {
        let source = PackageSource(
            mirror: mirror, suite: suite, security: securityMirror == "none" ? nil : securityMirror, keyring: keyring)
        let builder = LinuxImageBuilder(
            recipe: try recipe(), source: source, cache: CacheDirectory.path(cache).appending("debian-" + source.suite),
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
            throw OperationError("add", text.printable, cause: "it does not have the form FILE:/PATH", exit: .usage)
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
