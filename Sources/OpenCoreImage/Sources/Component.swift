/// What is fetched from acidanthera's releases on GitHub.
package enum Component: String, CaseIterable, Sendable {
    case openCore = "OpenCorePkg"
    case lilu = "Lilu"
    case virtualSMC = "VirtualSMC"

    /// OpenCore-1.0.6-RELEASE.zip
    func asset(version: String, build: BuildKind) -> String {
        let name = self == .openCore ? "OpenCore" : rawValue
        return "\(name)-\(version)-\(build.rawValue).zip"
    }
}
