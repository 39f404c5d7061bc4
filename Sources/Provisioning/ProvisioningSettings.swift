import Foundation
package import SystemPackage

/// What an installed macOS gets beside what Apple installs. Everything is off by default.
package struct ProvisioningSettings: Equatable, Sendable {
    /// An account.
    package struct Account: Equatable, Sendable {
        /// The short name: "ann".
        package var name: String
        package var fullName: String?
        /// nil: nobody can log in with a password.
        package var password: PasswordHash?
        /// Lines of authorized_keys.
        package var sshKeys: [String] = []
        package var isAdministrator = true
        package var sudoWithoutPassword = false
        /// What /etc/kcpassword gets, if this account is logged in at each start.
        package var automaticLogin: [UInt8]?

        package init(name: String) { self.name = name }
    }

    package var account: Account?
    package var hostName: String?
    /// A name of the time zone database: "Europe/Berlin".
    package var timeZone: String?
    package var remoteLogin = false
    package var neverSleep = false
    package var skipSetupAssistant = false
    /// Installer packages, installed in this order at the first start.
    package var packages: [FilePath] = []
    /// Run as root at the end of the first start.
    package var script: FilePath?

    package init() {}

    /// Texts that no log may have: the password's hash, and what /etc/kcpassword gets.
    package var secrets: [String] {
        [account?.password?.text, account?.automaticLogin.map { Data($0).base64EncodedString() }].compactMap { $0 }
    }
}
