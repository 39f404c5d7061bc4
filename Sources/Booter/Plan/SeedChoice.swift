import BootSettings
import Diagnostics
import DiskFormats
import LinuxSupport

/// The seed disk of the guest, from which macOS learns its name, its accounts and their keys: read-only, never started from.
struct SeedChoice: Equatable, Sendable {
    /// nil without one.
    var source: Source?

    enum Source: Equatable, Sendable {
        /// A disk image, or a disk.
        case disk(String)
        /// A directory, of which the start makes a disk image at `image`.
        case directory(String, image: String)
    }

    /// What QEMU opens; nil without a seed.
    var path: String? {
        switch source {
        case .disk(let path), .directory(_, let path): path
        case nil: nil
        }
    }

    /// nil when it makes a run impossible.
    static func choose(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> SeedChoice? {
        guard let wanted = configuration.guest.seed else { return SeedChoice() }
        let found = facts.files.seed
        guard let found else {
            notes.refuse(
                .disk, "guest.seed is \(wanted), which does not exist", remedy: "make the directory or the disk, or leave guest.seed out",
                exit: ExitStatus.noInput)
            return nil
        }
        if let files = found.files {
            if let problem = SeedDisk.problem(sizes: files) {
                notes.refuse(
                    .disk, "the seed \(wanted) cannot be used: \(problem.cause)", remedy: problem.remedy, exit: ExitStatus.dataError)
                return nil
            }
            notes.decide("seed", wanted, because: "guest.seed; a disk is made of its \(files.count) files")
            return SeedChoice(source: .directory(wanted, image: configuration.state.run + "/seed.iso"))
        }
        if let problem = found.problem {
            notes.refuse(
                .disk, "the seed \(wanted) cannot be used: \(problem)",
                remedy: "name a directory with user-data, or a disk with the label \(SeedDisk.label)", exit: ExitStatus.dataError)
            return nil
        }
        notes.decide("seed", wanted, because: "guest.seed; never written")
        return SeedChoice(source: .disk(wanted))
    }
}
