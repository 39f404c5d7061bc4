import Diagnostics
import LinuxSupport
import SystemPackage

/// The kernel's pool of 2 MiB pages.
enum HugepagePool {
    static let path = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

    static var pages: Int? { FileRoot.live.integer(path) }

    /// echo <pages> > nr_hugepages. The kernel takes what it can find, so the number has to be read back.
    static func resize(to pages: Int) throws(OperationError) {
        try KernelFile.write(path, String(pages), operation: "reserve huge pages")
    }
}

/// Files of /proc and /sys that take one word.
enum KernelFile {
    static func write(_ path: String, _ text: String, operation: String) throws(OperationError) {
        do {
            let file = try OwnedDescriptor(opening: FilePath(path), .writeOnly)
            try file.descriptor.writeAll((text + "\n").utf8)
        } catch {
            let cause = (error as? Errno)?.description ?? "\(error)"
            throw OperationError(operation, path, cause: cause, remedy: "make \(path) writable to this process", exit: ExitStatus.osError)
        }
    }
}
