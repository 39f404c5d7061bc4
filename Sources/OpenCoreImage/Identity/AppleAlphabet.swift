/// The 34 digits of Apple's serial numbers: no I and no O, which look like 1 and 0.
/// https://github.com/acidanthera/OpenCorePkg/blob/master/Utilities/macserial/FORMAT.md
enum AppleAlphabet {
    static let digits = Array("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")

    static func value(_ digit: Character) -> Int? { digits.firstIndex(of: digit) }

    static func random(_ count: Int, using generator: inout some RandomNumberGenerator) -> String {
        String((0..<count).map { _ in digits[Int.random(in: digits.indices, using: &generator)] })
    }
}
