package import Diagnostics
package import DiskFormats
import HostSupport
package import SystemPackage

extension QCOW2Header {
    /// nil for an image of another format.
    /// - Throws: `noInput` when it cannot be read.
    package init?(reading image: FilePath) throws(OperationError) {
        self.init(Array(try InputFile.head(image, count: Self.length, allowsBlockDevice: true)))
    }

    /// Refuses an image that depends on other files: it could name any file of this machine.
    /// - Throws: `dataError`.
    package func requireWhole(_ image: FilePath) throws(OperationError) {
        guard hasBackingFile || hasDataFile else { return }
        throw OperationError(
            "read", image.string, cause: "parts of it are in another file, its \(hasBackingFile ? "backing" : "data") file",
            remedy: "merge them, if the image is yours: qemu-img convert -O qcow2 \(image) WHOLE", exit: .dataError)
    }
}
