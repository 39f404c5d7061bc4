import CLinux
import Diagnostics
import DiskFormats
import Glibc
import LinuxSupport
import QMP
import SystemPackage

/// Disks that are plugged into a running guest, on its USB controller, for which every macOS has a driver.
///
/// QEMU runs as a user that may open nothing: each disk is opened here, and its descriptor is passed.
struct LiveDisks {
    let control: ControlSocket

    struct Disk: Equatable {
        /// Of its device in QEMU.
        var id: String
        var file: String
        var isReadOnly: Bool
    }

    /// QEMU's names of what belongs to a disk with this id.
    private struct Names {
        static let prefix = "live-"
        let id: String
        var format: String { Self.prefix + id }
        var file: String { Self.prefix + id + "-file" }

        init(_ id: String) { self.id = id }

        /// nil for a node that is not of a disk like these.
        init?(format: String) {
            guard format.hasPrefix(Self.prefix) else { return nil }
            id = String(format.dropFirst(Self.prefix.count))
        }
    }

    func list() throws(OperationError) -> [Disk] {
        var disks: [Disk] = []
        try control.session { (monitor) throws(MonitorError) in disks = try list(&monitor) }
        return disks
    }

    private func list(_ monitor: inout Monitor) throws(MonitorError) -> [Disk] {
        let devices = try monitor.execute(.queryBlock, within: control.patience)
        let sets = try monitor.execute(.queryPassedDescriptors, within: control.patience)
        return devices.compactMap { device in
            guard let names = device.node.flatMap({ Names(format: $0) }) else { return nil }
            let set = sets.first { $0.path == device.file }
            return Disk(id: names.id, file: set?.notes.first ?? "-", isReadOnly: device.isReadOnly)
        }
    }

    /// - Parameters:
    ///   - path: a device or an image.
    ///   - id: nil takes the first of disk1, disk2 and so on that is free.
    ///   - format: nil for raw, unless the image has the header of another one.
    /// - Returns: its id.
    /// - Throws: `noInput` for a file that cannot be opened or is in use; `tempFail` when QEMU refuses it.
    func attach(_ path: String, id: String?, format: String?, isReadOnly: Bool) throws(OperationError) -> String {
        let file = try open(path, isReadOnly: isReadOnly)
        let isBlock = try kind(of: file, path)
        let format = try choose(format, file, path)
        var taken = ""
        try control.session { (monitor) throws(MonitorError) in
            let nodes = try monitor.execute(.queryBlockNodes, within: control.patience).map(\.name)
            let names = Names(id ?? Self.free(nodes))
            taken = names.id
            let set = try monitor.execute(.addDescriptor(note: path), passing: file, within: control.patience)
            do throws(MonitorError) {
                try plug(&monitor, names, set: set, format: format, isBlock: isBlock, isReadOnly: isReadOnly)
            } catch {
                try monitor.execute(.removeDescriptors(set: set), within: control.patience)
                throw error
            }
        }
        return taken
    }

    /// The first of disk1, disk2 and so on of which QEMU has no block node. A node can be left without its device: see `detach`.
    static func free(_ nodes: [String]) -> String {
        let isFree = { (id: String) in
            let names = Names(id)
            return !nodes.contains(names.format) && !nodes.contains(names.file)
        }
        return (1...).lazy.map { "disk\($0)" }.first(where: isFree) ?? "disk"
    }

    private func plug(
        _ monitor: inout Monitor, _ names: Names, set: Int, format: String, isBlock: Bool, isReadOnly: Bool
    ) throws(MonitorError) {
        let path = PassedDescriptors.path(of: set)
        try monitor.execute(
            .addBlockNode([
                .init("driver", .string(isBlock ? "host_device" : "file")), .init("node-name", .string(names.file)),
                .init("filename", .string(path)), .init("read-only", .bool(isReadOnly)), .init("discard", .string("unmap")),
            ]), within: control.patience)
        do throws(MonitorError) {
            try monitor.execute(
                .addBlockNode([
                    .init("driver", .string(format)), .init("node-name", .string(names.format)), .init("file", .string(names.file)),
                    .init("read-only", .bool(isReadOnly)), .init("discard", .string("unmap")),
                ]), within: control.patience)
            do throws(MonitorError) {
                try monitor.execute(
                    .addDevice(
                        "usb-storage", id: names.id, [.init("bus", .string("xhci.0")), .init("drive", .string(names.format))]),
                    within: control.patience)
            } catch {
                try monitor.execute(.deleteBlockNode(names.format), within: control.patience)
                throw error
            }
        } catch {
            try monitor.execute(.deleteBlockNode(names.file), within: control.patience)
            throw error
        }
    }

    /// Unplugs a disk, or removes what is left of one whose `attach` or `detach` was killed; QEMU writes what it holds of it. The guest should have ejected it before.
    /// - Throws: `noInput` when there is no such disk; `tempFail` when QEMU does not let it go.
    func detach(_ id: String) throws(OperationError) {
        var isThere = false
        try control.session { (monitor) throws(MonitorError) in
            let names = Names(id)
            let all = try monitor.execute(.queryBlockNodes, within: control.patience)
            let nodes = all.filter { [names.format, names.file].contains($0.name) }
            guard !nodes.isEmpty else { return }
            isThere = true
            let sets = try monitor.execute(.queryPassedDescriptors, within: control.patience)
            if try list(&monitor).contains(where: { $0.id == id }) { try monitor.unplug(id, within: control.patience) }
            for name in [names.format, names.file] where nodes.contains(where: { $0.name == name }) {
                try monitor.execute(.deleteBlockNode(name), within: control.patience)
            }
            if let file = nodes.first(where: { $0.name == names.file })?.file, let set = sets.first(where: { $0.path == file }) {
                try monitor.execute(.removeDescriptors(set: set.number), within: control.patience)
            }
        }
        guard isThere else {
            throw OperationError(
                "detach", "disk \(id.printable)", cause: "there is no such disk", remedy: "see boot disk list", exit: .noInput)
        }
    }

    // MARK: - The file

    private func open(_ path: String, isReadOnly: Bool) throws(OperationError) -> OwnedDescriptor {
        do {
            // A block device that is mounted, or another QEMU's, is refused: O_EXCL. QEMU locks an image itself.
            return try OwnedDescriptor(
                opening: FilePath(path), isReadOnly ? .readOnly : .readWrite, options: [.exclusiveCreate, .nonBlocking])
        } catch {
            let remedy =
                switch error {
                case .resourceBusy: "unmount it, or end the guest or program that holds it"
                case .readOnlyFileSystem, .permissionDenied, .notPermitted: "pass --read-only"
                default: "name a disk image or a block device"
                }
            throw OperationError("open", path, cause: error.description, remedy: remedy, exit: .noInput)
        }
    }

    /// Whether it is a block device.
    private func kind(of file: borrowing OwnedDescriptor, _ path: String) throws(OperationError) -> Bool {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0, [S_IFREG, S_IFBLK].contains(status.st_mode & S_IFMT) else {
            throw OperationError("attach", path, cause: "it is neither a file nor a block device", exit: .noInput)
        }
        return status.st_mode & S_IFMT == S_IFBLK
    }

    /// A guest can write a header of another format to a raw disk: the format is never guessed against the user.
    private func choose(_ format: String?, _ file: borrowing OwnedDescriptor, _ path: String) throws(OperationError) -> String {
        var head = [UInt8](repeating: 0, count: QCOW2Header.length)
        let count = pread(file.rawValue, &head, head.count, 0)
        guard let header = QCOW2Header(Array(head.prefix(max(count, 0)))) else {
            guard format != "qcow2" else {
                throw OperationError("attach", path, cause: "it is no qcow2 image", remedy: "leave --format out", exit: .dataError)
            }
            return "raw"
        }
        guard let format else {
            throw OperationError(
                "attach", path, cause: "it begins as a qcow2 image does",
                remedy: "say --format qcow2, or --format raw when these bytes are the disk itself", exit: .usage)
        }
        guard format == "raw" || !(header.hasBackingFile || header.hasDataFile) else {
            throw OperationError(
                "attach", path, cause: "its blocks are in another file, which QEMU may not open", remedy: "convert it by qemu-img convert",
                exit: .dataError)
        }
        return format
    }
}

extension Monitor {
    /// Unplugs a device and waits until it is gone.
    mutating func unplug(_ id: String, within patience: Duration) throws(MonitorError) {
        let deadline = ContinuousClock.now + patience
        try execute(.deleteDevice(id), within: patience)
        while true {
            let events = try events(until: deadline)
            if events.contains(where: { $0.kind == .deviceDeleted(id: id) }) { return }
            guard ContinuousClock.now < deadline else { throw .held(device: id) }
        }
    }
}
