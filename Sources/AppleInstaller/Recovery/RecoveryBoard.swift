/// A board of a Mac that Apple's recovery server gives a release to.
///
/// The server decides by the board, and for some by the serial number of the logic board (MLB). It changes its mind at times: what
/// arrives is looked at.
package struct RecoveryBoard: Equatable, Sendable {
    /// What is asked for, beside board and serial number.
    package enum System: String, Sendable {
        /// What the Mac came with.
        case `default`
        case latest
    }

    package let release: String
    package let board: String
    package let serial: String
    package let system: System

    private static let anySerial = "00000000000000000"

    private init(_ release: String, _ board: String, _ serial: String = anySerial, _ system: System = .default) {
        (self.release, self.board, self.serial, self.system) = (release, board, serial, system)
    }

    /// acidanthera/OpenCorePkg, Utilities/macrecovery/recovery_urls.txt, and quickemu-project/quickemu, quickget, which agree.
    package static let all = [
        RecoveryBoard("10.13", "Mac-7BA5B2D9E42DDD94", "00000000000J80300"),
        RecoveryBoard("10.13", "Mac-BE088AF8C5EB4FA2", "00000000000J80300"),
        RecoveryBoard("10.14", "Mac-7BA5B2DFE22DDD8C", "00000000000KXPG00"),
        RecoveryBoard("10.15", "Mac-00BE6ED71E35EB86"),
        RecoveryBoard("11", "Mac-2BD1B31983FE1663"),
        RecoveryBoard("12", "Mac-B809C3757DA9BB8D", anySerial, .latest),
        RecoveryBoard("12", "Mac-E43C1C25D4880AD6"),
        RecoveryBoard("13", "Mac-4B682C642B45593E", anySerial, .latest),
        RecoveryBoard("13", "Mac-B4831CEBD52A0C4C"),
        RecoveryBoard("14", "Mac-827FAC58A8FDFA22"),
        RecoveryBoard("15", "Mac-7BA5B2D9E42DDD94"),
        RecoveryBoard("26", "Mac-CFF7D910A743CAAF", anySerial, .latest),
    ]

    /// The boards for a release, the best first.
    package static func boards(_ release: String) -> [RecoveryBoard] { all.filter { $0.release == release } }
}
