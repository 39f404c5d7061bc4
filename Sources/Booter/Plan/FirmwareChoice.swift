import BootSettings
import Diagnostics
import LinuxSupport
import QemuArgs

/// Which firmware starts the guest, and from which disk.
struct FirmwareChoice: Equatable, Sendable {
    /// OVMF's two flash images.
    struct Flash: Equatable, Sendable {
        var code: String
        /// Copied once to `variables`, never written.
        var template: String
        /// The guest's own.
        var variables: String
        /// Where they would be kept, if they could be: `variables` are for this run only then.
        var unkept: String?
    }

    /// nil for QEMU's own BIOS.
    var flash: Flash?
    /// nil without OpenCore.
    var openCoreDisk: String?
    var openCoreFormat = DriveFormat.raw

    static let standardOpenCoreDisk = "/macos/bootloader.img"

    static func choose(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> FirmwareChoice? {
        guard let disk = openCoreDisk(configuration, facts, &notes) else { return nil }
        if configuration.firmware.type == .bios {
            notes.decide("firmware", "SeaBIOS", because: "firmware.type is bios: disks are on SATA, and the guest keeps no variables")
            notes.pass(.firmware, "QEMU's own BIOS")
            return FirmwareChoice(flash: nil, openCoreDisk: disk.path, openCoreFormat: disk.format)
        }
        guard let pair = facts.files.firmware.first(where: \.matches) ?? facts.files.firmware.first else {
            let wanted = [configuration.firmware.code, configuration.firmware.variables].compactMap { $0 }
            let others = facts.files.unsuitableFirmware ?? []
            let none =
                others.isEmpty
                ? "no OVMF firmware was found" : "no OVMF that starts OpenCore was found, only \(others.joined(separator: ", "))"
            notes.refuse(
                .firmware, wanted.isEmpty ? none : "\(wanted.joined(separator: " and ")): not found",
                remedy: "install OVMF (Debian: ovmf), or set firmware.code and firmware.variables", exit: ExitStatus.osFile)
            return nil
        }
        guard pair.matches else {
            notes.refuse(
                .firmware,
                "\(pair.code.path) (\(pair.code.size) bytes) and \(pair.variables.path) (\(pair.variables.size) bytes) are not from the same build: "
                    + "the guest would start, but forget every variable",
                remedy: "set firmware.code and firmware.variables to a pair: 1966080 with 131072 bytes, or 3653632 with 540672",
                exit: ExitStatus.osFile)
            return nil
        }
        notes.pass(.firmware, "\(pair.code.path) and \(pair.variables.path) are a pair")
        if let problem = facts.files.state?.problem(toKeep: pair.variables.size) {
            let state = configuration.state
            notes.warn(
                .firmware, "the guest's UEFI variables will not be kept: \(state.kept) \(problem)",
                remedy: "mount a writable file system there, or set state.nvram to a path on one")
            notes.decide("firmware", pair.code.path, because: "variables for this run only: \(state.kept) \(problem)")
            return FirmwareChoice(
                flash: Flash(code: pair.code.path, template: pair.variables.path, variables: state.run + "/nvram.fd", unkept: state.nvram),
                openCoreDisk: disk.path, openCoreFormat: disk.format)
        }
        notes.decide(
            "firmware", pair.code.path, because: "variables kept in \(configuration.state.nvram), copied from \(pair.variables.path)")
        return FirmwareChoice(
            flash: Flash(code: pair.code.path, template: pair.variables.path, variables: configuration.state.nvram),
            openCoreDisk: disk.path, openCoreFormat: disk.format)
    }

    private struct Disk {
        /// nil without OpenCore.
        var path: String?
        var format = DriveFormat.raw
    }

    private static func openCoreDisk(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> Disk? {
        if let found = facts.files.bootloader {
            // A block device has size 0 here.
            guard found.isBlockDevice || found.size > 0 else {
                notes.refuse(
                    .firmware, "the OpenCore disk \(found.path) is empty", remedy: "put an OpenCore disk image there, or remove the file",
                    exit: ExitStatus.noInput)
                return nil
            }
            if let image = facts.files.bootloaderImage {
                if let problem = image.problem {
                    notes.refuse(
                        .firmware, "the OpenCore disk \(found.path) cannot be used: \(problem)",
                        remedy: image.remedy ?? "put an OpenCore disk image there", exit: ExitStatus.dataError)
                    return nil
                }
                if image.format == "unbootable" {
                    notes.refuse(
                        .firmware,
                        "the OpenCore disk \(found.path) is not a disk image: it has neither a boot sector nor a partition table",
                        remedy: "make one with `macos-virt mkopencore`, or remove the file", exit: ExitStatus.dataError)
                    return nil
                }
            }
            let format = facts.files.bootloaderImage.flatMap { DriveFormat(rawValue: $0.format) } ?? .raw
            notes.decide("OpenCore disk", found.path, because: "first in the boot order, never written")
            notes.pass(.firmware, "OpenCore disk \(found.path), \(ByteCount(found.size))")
            return Disk(path: found.path, format: format)
        }
        if let wanted = configuration.firmware.bootloader {
            notes.refuse(
                .firmware, "firmware.bootloader is \(wanted), which does not exist",
                remedy: "put the OpenCore disk image there, or leave firmware.bootloader out",
                exit: ExitStatus.noInput)
            return nil
        }
        notes.decide("OpenCore disk", "none", because: "there is no \(standardOpenCoreDisk): the firmware starts the system disk itself")
        notes.warn(
            .firmware,
            "no OpenCore disk at \(standardOpenCoreDisk): the firmware starts the system disk itself, which macOS does not support",
            remedy: "put an OpenCore disk image at \(standardOpenCoreDisk), or set firmware.bootloader")
        return Disk(path: nil)
    }
}
