import ArgumentParser

struct MkImage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mkimage", abstract: "Install macOS to a disk image, in a virtual machine and without hands.",
        discussion: """
            macos-virt mkimage INSTALLER OUTPUT [OPTIONS] takes an installer disk of mkinstaller. Apple's own startosinstall runs in its \
            recovery, in a guest that is driven from outside; the hardware is the one that boot gives the guest later. What is done stays \
            in OUTPUT.install until the image is complete, and --resume goes on there. See docs/mkimage.md.
            """,
        subcommands: [MkImageMake.self, MkImageVerify.self, MkImageExplain.self], defaultSubcommand: MkImageMake.self)
}
