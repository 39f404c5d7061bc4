/// The kernel command line of the image, with the reason for each word.
package enum LinuxCommandLine {
    /// - Parameter more: of the way it is booted.
    package static func words(_ recipe: LinuxRecipe, more: [String] = []) -> String {
        let words = [
            // Both: a cloud shows one of them, and the last one is where boot speaks, if it is there.
            "console=tty0", "console=ttyS0,115200",
            // The stages are what boot says; the kernel speaks up when something is wrong.
            "quiet", "loglevel=4",
            // A machine that nobody logs in to must not stand still.
            "panic=10",
            // The controller's driver returns when its disks are there, so that they have their names in the order of their places.
            "scsi_mod.scan=sync",
            // The kernel tries out each of its ciphers at every start, a tenth of it and more; here nothing is enciphered.
            "cryptomgr.notests",
            // Slots of 2 KiB in which devices that reach the lowest 4 GiB only hand over their data: 16 MiB instead of 64, taken from
            // macOS otherwise. Such devices, an emulated e1000 or IDE controller, have a few MiB in flight.
            "swiotlb=8192",
        ]
        return (words + more + (recipe.kernelArguments.isEmpty ? [] : [recipe.kernelArguments])).joined(separator: " ")
    }
}
