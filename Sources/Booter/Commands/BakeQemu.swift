import ArgumentParser
import BootSettings
import Diagnostics
import LinuxSupport
import SystemPackage

/// For builders of images: records the capabilities of QEMU in a file, so that no start has to query it.
struct BakeQemu: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bake-qemu", abstract: "Record the capabilities of the installed QEMU for an image.", shouldDisplay: false)
    @OptionGroup var options: ConfigurationOptions
    @Option(help: ArgumentHelp("The root directory of the image.", valueName: "dir"))
    var image = "/"
    @Option(help: ArgumentHelp("The file to write, below the root directory.", valueName: "file"))
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
            try QemuReader(
                root: root, binary: configuration.qemu.binary, run: configuration.state.run,
                devices: MachineQuestions(configuration).qemuDevices
            ).bake(to: output)
        }
    }
}
