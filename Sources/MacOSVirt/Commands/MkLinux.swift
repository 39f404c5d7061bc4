import ArgumentParser
import HostSupport

struct MkLinux: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mklinux", abstract: "Make the Linux image: a disk that boots by UEFI and BIOS, a kernel and an initrd.")

    func run() async throws {}
}
