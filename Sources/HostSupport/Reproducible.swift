/// What makes the same inputs give the same bytes.
package enum Reproducible {
    /// Every time stamp in what is made, in seconds since 1970: 1980-01-01, the first day that FAT can write.
    package static let epoch = 315_532_800

    /// For every tool that is called: no language, no time zone, no clock (reproducible-builds.org/specs/source-date-epoch).
    static let environment = ["LC_ALL": "C.UTF-8", "TZ": "UTC", "SOURCE_DATE_EPOCH": String(epoch)]
}
