/// The serial number of a main board (MLB), seventeen characters: LLL Y WW III AA EEEE CC.
///
/// Place, last digit of the year, week, a number, two digits of no known meaning, board, check digits.
/// https://github.com/acidanthera/OpenCorePkg/blob/master/Utilities/macserial/FORMAT.md
enum BoardSerial {
    static let length = 17

    static func random(_ model: MacModel, using generator: inout some RandomNumberGenerator) -> String {
        let year = Int.random(in: model.years, using: &generator) % 10
        let week = Int.random(in: 1...52, using: &generator)
        let item = Int.random(in: 0...999, using: &generator)
        let head =
            model.location + String(year) + padded(week, 2) + padded(item, 3) + AppleAlphabet.random(2, using: &generator)
            + (model.boardCodes.randomElement(using: &generator) ?? "") + AppleAlphabet.random(1, using: &generator)
        // The last digit counts once: of the 34 exactly one fits.
        return AppleAlphabet.digits.lazy.map { head + String($0) }.first(where: isValid) ?? head
    }

    /// Every second digit counts three times; the sum is a multiple of 34.
    static func isValid(_ text: String) -> Bool {
        let values = text.compactMap(AppleAlphabet.value)
        guard values.count == length, text.count == length else { return false }
        let sum = values.enumerated().reduce(0) { $0 + $1.element * ($1.offset.isMultiple(of: 2) ? 1 : 3) }
        return sum.isMultiple(of: AppleAlphabet.digits.count)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
