extension ConfigurationKey {
    /// The key that was probably meant by `name`: a few letters off, or without its section.
    package static func nearest(to name: String) -> ConfigurationKey? {
        let wanted = Array(name.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 })
        // Longer than any key with its typing errors; it also bounds the work on hostile input.
        guard wanted.count <= 48 else { return nil }
        let ranked = all.map { key in
            let last = key.name.utf8.drop { $0 != UInt8(ascii: ".") }.dropFirst()
            return (key: key, distance: min(distance(wanted, Array(key.name.utf8)), distance(wanted, Array(last))))
        }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, wanted.count / 4) ? best.key : nil
    }

    /// Levenshtein: how many letters to insert, remove or change.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
}
