/// The kernel command line of the image, with the reason for each word.
public enum LinuxCommandLine {
    /// - Parameter more: of the way it is booted.
    public static func words(_ recipe: LinuxRecipe, more: [String] = []) -> String {
        let words = [
            // Both: a cloud shows one of them, and the last one is where boot speaks, if it is there.
            "console=tty0", "console=ttyS0,115200",
            // The stages are what boot says; the kernel speaks up when something is wrong.
            "quiet", "loglevel=4",
            // A machine that nobody logs in to must not stand still.
            "panic=10",
            // The controller's driver returns when its disks are there, so that they have their names in the order of their places.
            "scsi_mod.scan=sync",
        ]
        return (words + more + (recipe.kernelArguments.isEmpty ? [] : [recipe.kernelArguments])).joined(separator: " ")
    }
}
