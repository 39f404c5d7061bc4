package import Diagnostics

/// Apple's terms, which hold for everything that is downloaded here.
package enum LicenseTerms {
    package static let text = """
        macOS is Apple's. Its license allows to install it on computers of Apple's brand only; it is in the installer, and at
        https://www.apple.com/legal/sla/. This program gets macOS from Apple's own servers, for you, and passes nothing on.
        """

    /// - Throws: `usage` when nobody has agreed and nobody can be asked.
    package static func require(accepted: Bool, ask: (() -> Bool)?) throws(OperationError) {
        if accepted { return }
        if let ask, ask() { return }
        throw OperationError(
            "download", "macOS", cause: ask == nil ? "Apple's license has to be accepted first" : "Apple's license was not accepted",
            remedy: "read it (https://www.apple.com/legal/sla/) and add --accept-apple-license", exit: .usage)
    }
}
