import Glibc
import LinuxSupport
import ModuleLoader
import NetSetup
import SystemPackage

/// Carries out undo entries. Each is content when there is nothing to undo.
struct Undoer: Undoing {
    func undo(_ undo: Undo) throws {
        switch undo {
        case .removeTable(let name): try Firewall().remove(table: name)
        case .deleteLink(let name): try Links().delete(name)
        case .restoreSysctl(let path, let value): try restore(path, value)
        case .stopDnsmasq(let pidFile, let configuration): try Dnsmasq.stop(pidFile: pidFile, configuration: configuration)
        case .removeFile(let path): if isThere(path), unlink(path) != 0 { throw Errno(rawValue: errno) }
        case .removeDirectory(let path): try removeDirectory(path)
        case .restoreHugepages(let pages): try HugepagePool.resize(to: pages)
        case .restoreModuleParameter(let module, let parameter, let value):
            _ = try ModuleParameters().set(parameter, in: module, to: value)
        }
    }

    /// A sysctl of a link goes away with the link.
    private func restore(_ path: String, _ value: String) throws {
        guard FileRoot.live.exists("/proc/sys/" + path) else { return }
        _ = try Sysctl().write(path, value)
    }

    /// What others put into it stays, and so does the directory.
    private func removeDirectory(_ path: String) throws {
        guard isThere(path), rmdir(path) != 0, errno != ENOTEMPTY, errno != EBUSY else { return }
        throw Errno(rawValue: errno)
    }

    /// A step that failed made nothing, and where it could not, neither can it be removed: unlink(2) and rmdir(2) say so before they look.
    private func isThere(_ path: String) -> Bool { faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 }
}
