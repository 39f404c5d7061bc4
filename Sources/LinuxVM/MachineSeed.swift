package import Diagnostics
package import DiskFormats
import HostSupport
import LinuxSupport
package import SystemPackage

/// The seed of the guest, as `--user-data` names it.
package enum MachineSeed: Equatable, Sendable {
    /// Files, of which a disk is made.
    case files(SeedDisk)
    /// A disk that exists.
    case disk(DiskFile)

    /// Where the identifier of ISO 9660's first volume descriptor is: sector 16, behind one byte.
    private static let isoMagic = 16 * 2048 + 1

    /// - Parameter path: a directory with user-data, a file that is user-data, or a disk image.
    /// - Throws: `noInput`, `dataError`.
    package init(at path: FilePath) throws(OperationError) {
        let path = DiskFile.absolute(path)
        do throws(SeedDisk.Problem) {
            if FileStatus(.live, path.string)?.isDirectory ?? false {
                self = .files(try SeedDisk(directory: path.string))
                return
            }
        } catch {
            throw Self.failure(path, error)
        }
        let remedy = "name a directory with user-data, a file that begins with #cloud-config, or a disk image"
        let head = [UInt8](try InputFile.head(path, count: Self.isoMagic + 5, allowsBlockDevice: true, remedy: remedy))
        if head.has("#cloud-config", at: 0) || head.has("#!", at: 0) {
            let text = [UInt8](try InputFile.read(path, limit: SeedDisk.textLimit, remedy: remedy))
            do throws(SeedDisk.Problem) {
                self = .files(try SeedDisk(["user-data": text]))
            } catch {
                throw Self.failure(path, error)
            }
            return
        }
        // FAT ends its boot sector with this mark.
        let isDisk = head.has("CD001", at: Self.isoMagic) || head.littleEndian(UInt16.self, at: 510) == 0xaa55
        guard isDisk else {
            throw OperationError(
                "use the seed", path.string, cause: "it is neither user-data nor a disk with ISO 9660 or FAT", remedy: remedy,
                exit: .dataError)
        }
        self = .disk(try DiskFile("the seed", at: path, remedy: remedy))
    }

    private static func failure(_ path: FilePath, _ problem: SeedDisk.Problem) -> OperationError {
        OperationError("use the seed", path.string, cause: problem.cause, remedy: problem.remedy, exit: .dataError)
    }

    /// The bytes of the disk that has to be written; nil when there is one.
    /// - Throws: `dataError` for a name that the disk cannot have.
    func image(for path: FilePath) throws(OperationError) -> [UInt8]? {
        guard case .files(let disk) = self else { return nil }
        do throws(SeedDisk.Problem) {
            return try disk.image()
        } catch {
            throw Self.failure(path, error)
        }
    }
}
