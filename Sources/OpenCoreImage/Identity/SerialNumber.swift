/// The serial number of a Mac of 2010 to 2021, twelve characters: LLL Y W SSS PPPP.
///
/// Factory, half-year, week, a number, product. https://github.com/acidanthera/OpenCorePkg/blob/master/Utilities/macserial/FORMAT.md
enum SerialNumber {
    /// One letter a half-year from 2010 on, again from the start in 2020.
    private static let halves = Array("CDFGHJKLMNPQRSTVWXYZ")
    /// Weeks 1 to 26 of a half-year.
    private static let weeks = Array("123456789CDFGHJKLMNPQRTVWX")

    static func random(_ model: MacModel, using generator: inout some RandomNumberGenerator) -> String {
        let year = Int.random(in: model.years, using: &generator)
        let half = halves[((year - 2010) * 2 + Int.random(in: 0...1, using: &generator)) % halves.count]
        let week = weeks[Int.random(in: weeks.indices, using: &generator)]
        return model.factory + String([half, week]) + AppleAlphabet.random(3, using: &generator)
            + (model.productCodes.randomElement(using: &generator) ?? "")
    }

    /// Whether it has twelve digits of the alphabet, with a half-year and a week in their places.
    static func isValid(_ text: String) -> Bool {
        let characters = Array(text)
        return characters.count == 12 && characters.allSatisfy { AppleAlphabet.value($0) != nil } && halves.contains(characters[3])
            && (weeks.contains(characters[4]) || characters[4] == "Y")
    }
}

/// The serial number of a main board (MLB), seventeen characters: LLL Y WW III AA EEEE CC.
///
/// Factory, last digit of the year, week, a number, two digits of unknown meaning, board, check digits. From the same document.
enum BoardSerial {
    static let length = 17

    static func random(_ model: MacModel, using generator: inout some RandomNumberGenerator) -> String {
        let year = Int.random(in: model.years, using: &generator) % 10
        let week = Int.random(in: 1...52, using: &generator)
        let item = Int.random(in: 0...999, using: &generator)
        let head =
            model.factory + String(year) + padded(week, 2) + padded(item, 3) + AppleAlphabet.random(2, using: &generator)
            + (model.boardCodes.randomElement(using: &generator) ?? "") + AppleAlphabet.random(1, using: &generator)
        // The last digit counts once: exactly one of the 34 fits.
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

/// The 34 digits of Apple's serial numbers: no I and no O, which look like 1 and 0.
private enum AppleAlphabet {
    static let digits = Array("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")

    static func value(_ digit: Character) -> Int? { digits.firstIndex(of: digit) }

    static func random(_ count: Int, using generator: inout some RandomNumberGenerator) -> String {
        String((0..<count).map { _ in digits[Int.random(in: digits.indices, using: &generator)] })
    }
}
