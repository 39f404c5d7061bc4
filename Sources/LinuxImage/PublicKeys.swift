import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The file of --ssh-key: in the form of authorized_keys, sshd(8).
enum PublicKeys {
    /// The types that dropbear knows.
    private static let types: Set<Substring> = [
        "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ]
    private static let remedy = "name the file that ends in .pub; ssh-keygen -t ed25519 makes a pair"

    /// - Throws: `dataError` for a private key, which has no place in an image, and for a file by which nobody could log in.
    static func check(_ file: FilePath) throws(OperationError) {
        let text: String
        do {
            text = String(decoding: try Data(contentsOf: URL(filePath: file.string)), as: UTF8.self)
        } catch {
            throw OperationError("read", file.string, cause: error.localizedDescription, exit: .noInput)
        }
        guard !text.contains("PRIVATE KEY") else {
            throw OperationError("use", file.string, cause: "it is a private key", remedy: remedy, exit: .dataError)
        }
        let hasKey = text.split(whereSeparator: \.isNewline).contains { line in
            let words = line.split(separator: " ")
            // Options may stand before the type.
            guard !line.hasPrefix("#"), let type = words.firstIndex(where: types.contains) else { return false }
            return type + 1 < words.count
        }
        guard hasKey else {
            throw OperationError("use", file.string, cause: "there is no public key in it", remedy: remedy, exit: .dataError)
        }
    }
}
