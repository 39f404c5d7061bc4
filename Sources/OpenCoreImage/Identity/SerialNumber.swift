/// The serial number of a Mac of 2010 to 2021: LLL Y W SSS PPPP.
///
/// Place, half-year, week, a number, product. https://github.com/acidanthera/OpenCorePkg/blob/master/Utilities/macserial/FORMAT.md
enum SerialNumber {
    /// One letter a half-year from 2010 on, again from the start in 2020.
    private static let halves = Array("CDFGHJKLMNPQRSTVWXYZ")
    /// Weeks 1 to 26 of a half-year.
    private static let weeks = Array("123456789CDFGHJKLMNPQRTVWX")

    static func random(_ model: MacModel, using generator: inout some RandomNumberGenerator) -> String {
        let year = Int.random(in: model.years, using: &generator)
        let half = halves[((year - 2010) * 2 + Int.random(in: 0...1, using: &generator)) % halves.count]
        let week = weeks[Int.random(in: weeks.indices, using: &generator)]
        return model.location + String([half, week]) + AppleAlphabet.random(3, using: &generator)
            + (model.productCodes.randomElement(using: &generator) ?? "")
    }

    /// Twelve characters of the alphabet with a half-year and a week in their places.
    static func isValid(_ text: String) -> Bool {
        let characters = Array(text)
        return characters.count == 12 && characters.allSatisfy { AppleAlphabet.value($0) != nil } && halves.contains(characters[3])
            && (weeks.contains(characters[4]) || characters[4] == "Y")
    }
}
