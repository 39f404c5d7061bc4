package import Diagnostics
import Foundation
import HostSupport
import NetworkValues
package import SystemPackage

/// An identity in a file beside its image, so that a rebuild keeps it: JSON that only its owner can read.
package enum IdentityFile {
    private struct Content: Codable {
        var model: String
        var serial: String
        var boardSerial: String
        var uuid: String
        var mac: String
    }

    /// opencore.identity.json for opencore.img.
    package static func path(beside image: FilePath) -> FilePath {
        image.removingLastComponent().appending((image.stem ?? "opencore") + ".identity.json")
    }

    /// nil when there is none beside the image.
    /// - Throws: as `read`.
    package static func read(beside image: FilePath) throws(OperationError) -> MacIdentity? {
        let file = path(beside: image)
        return FileManager.default.fileExists(atPath: file.string) ? try read(file) : nil
    }

    /// - Throws: `noInput` when it cannot be read, `dataError` when it is not an identity.
    package static func read(_ path: FilePath) throws(OperationError) -> MacIdentity {
        let data = try InputFile.read(path, limit: 64 << 10)
        guard let content = try? JSONDecoder().decode(Content.self, from: data) else {
            throw damaged(path, "it needs the texts model, serial, boardSerial, uuid and mac")
        }
        guard let model = MacModel(rawValue: content.model) else {
            throw damaged(path, "\(content.model.printable) is none of \(MacModel.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard let mac = MACAddress(content.mac) else { throw damaged(path, "\(content.mac.printable) is not \(MACAddress.expected)") }
        let identity = MacIdentity(
            model: model, serial: content.serial, boardSerial: content.boardSerial, uuid: content.uuid.uppercased(), mac: mac)
        if let objection = identity.objection { throw damaged(path, objection) }
        return identity
    }

    /// Writes it into a draft; only its owner can read it.
    /// - Throws: `cantCreate`.
    package static func write(_ identity: MacIdentity, to path: FilePath) throws(OperationError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let content = Content(
            model: identity.model.rawValue, serial: identity.serial, boardSerial: identity.boardSerial, uuid: identity.uuid,
            mac: identity.mac.description)
        guard let json = try? encoder.encode(content) else {
            throw OperationError("write identity", path.string, cause: "it cannot be written as JSON", exit: .software)
        }
        try DraftFile.write(json + Data("\n".utf8), to: path, mode: 0o600)
    }

    private static func damaged(_ path: FilePath, _ cause: String) -> OperationError {
        OperationError(
            "read identity", path.string, cause: cause, remedy: "correct it, or move it away to get a new identity", exit: .dataError)
    }
}
