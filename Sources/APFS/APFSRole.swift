/// What a volume of a container is for: apfs_role. Apple File System Reference, "Volume Roles", and diskutil(8).
package enum APFSRole: UInt16, Sendable {
    case none = 0
    case system = 0x1
    case user = 0x2
    case recovery = 0x4
    case virtualMemory = 0x8
    case preboot = 0x10
    case installer = 0x20
    case data = 0x40
    case baseband = 0x80
    case update = 0xc0
    case xART = 0x100
    case hardware = 0x140
    case backup = 0x180
    case enterprise = 0x240
    case prelogin = 0x2c0

    /// As `diskutil apfs list` shows it.
    package var name: String {
        switch self {
        case .none: "no role"
        case .system: "System"
        case .user: "User"
        case .recovery: "Recovery"
        case .virtualMemory: "VM"
        case .preboot: "Preboot"
        case .installer: "Installer"
        case .data: "Data"
        case .baseband: "Baseband"
        case .update: "Update"
        case .xART: "xART"
        case .hardware: "Hardware"
        case .backup: "Backup"
        case .enterprise: "Enterprise"
        case .prelogin: "Prelogin"
        }
    }
}
