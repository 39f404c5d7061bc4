import ArgumentParser
import BootSettings
import Diagnostics
import LinuxSupport
import SystemPackage

/// For the builders of images: what this QEMU can do, in a file beside it, so that no start has to ask.
struct BakeQemu: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bake-qemu", abstract: "Write down what the installed QEMU can do, for an image.", shouldDisplay: false)
    @OptionGroup var options: ConfigurationOptions
    @Option(help: ArgumentHelp("The root directory of an image in the making, instead of this machine's.", valueName: "dir"))
    var image = "/"
    @Option(help: ArgumentHelp("Where to, instead of the file that every start reads first.", valueName: "file"))
    var output = QemuCache.baked

    func validate() throws {
        if !output.hasPrefix("/") { throw ValidationError("--output takes an absolute path.") }
        if !image.hasPrefix("/") { throw ValidationError("--image takes an absolute path.") }
    }

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let configuration = try options.load().configuration
            let root = FileRoot(FilePath(image))
            try StateFile.makeDirectory(root.resolve(output).removingLastComponent().string, mode: 0o755, owner: nil)
            try QemuReader(root: root, binary: configuration.qemu.binary, run: configuration.state.run).bake(to: output)
        }
    }
}
