package import BootSettings

/// A Mac model that the guest can pretend to be.
package enum MacModel: String, CaseIterable, Codable, Sendable {
    /// No T2 chip; macOS 10.14 to 15.
    case iMac19 = "iMac19,1"
    /// macOS 10.15.6 to 26.
    case iMac20 = "iMac20,1"
    /// macOS 10.13 to 15.
    case iMacPro = "iMacPro1,1"
    /// macOS 10.15 to 26.
    case macPro = "MacPro7,1"

    /// The default for a span of releases: a model that the newest of them supports, and none with an Intel Xeon W, whose driver
    /// for machine checks (AppleMCEReporter) panics in a guest with several sockets.
    package static func standard(for macOS: ClosedRange<MacOSRelease>) -> MacModel {
        macOS.upperBound >= .tahoe ? .iMac20 : .iMac19
    }

    /// Whether AppleMCEReporter loads on it.
    package var reportsMachineChecks: Bool { self == .iMacPro || self == .macPro }

    /// Product codes of this model, the last four characters of a serial number.
    /// https://support-sp.apple.com/sp/index?page=cpuspec&cc=CODE names the model of a code.
    var productCodes: [String] {
        switch self {
        case .iMac19: ["JV3N", "JV3P", "JV3Q", "JV3R", "JV3T"]
        case .iMac20: ["PN5T", "PN5V", "PN5W", "PN5X", "PN5Y"]
        case .iMacPro: ["HX87", "HX8F", "JL53", "JL54", "JL55"]
        case .macPro: ["P7QJ", "P7QK", "P7QL", "P7QM", "P7QN"]
        }
    }

    /// Codes of its main boards, characters 12 to 15 of a board's serial number.
    var boardCodes: [String] {
        switch self {
        case .iMac19: ["KDN8", "KDP0", "LNV9"]
        case .iMac20: ["PHC1", "PHCD"]
        case .iMacPro: ["JG36", "JG38", "JG39"]
        case .macPro: ["K3F7"]
        }
    }

    /// Where it was assembled: Shanghai, and Texas for the Mac Pro.
    var factory: String { self == .macPro ? "F5K" : "C02" }

    /// Years of production.
    var years: ClosedRange<Int> {
        switch self {
        case .iMac19: 2019...2020
        case .iMac20: 2020...2021
        case .iMacPro: 2018...2020
        case .macPro: 2019...2022
        }
    }
}
