package import Diagnostics
import Foundation
import HostSupport
import NetworkValues
package import SystemPackage

/// An identity in a file beside its image, so that a rebuild keeps it: JSON, readable by its owner alone.
package enum IdentityFile {
    private struct Content: Codable {
        var model: String
        var serial: String
        var boardSerial: String
        var uuid: String
        var mac: String
    }

    /// opencore.img has opencore.identity.json.
    package static func path(beside image: FilePath) -> FilePath {
        image.removingLastComponent().appending((image.stem ?? "opencore") + ".identity.json")
    }

    /// - Throws: `noInput` when it cannot be read, `dataError` when it is not an identity.
    package static func read(_ path: FilePath) throws(OperationError) -> MachineIdentity {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path.string))
        } catch {
            throw OperationError("read identity", path.string, cause: error.localizedDescription, exit: .noInput)
        }
        guard let content = try? JSONDecoder().decode(Content.self, from: data) else {
            throw damaged(path, "it needs the texts model, serial, boardSerial, uuid and mac")
        }
        guard let model = MacModel(rawValue: content.model) else {
            throw damaged(path, "\(content.model) is none of \(MacModel.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard let mac = MACAddress(content.mac) else { throw damaged(path, "\(content.mac) is not a MAC address of one station") }
        let identity = MachineIdentity(
            model: model, serial: content.serial, boardSerial: content.boardSerial, uuid: content.uuid.uppercased(), mac: mac)
        if let objection = identity.objection { throw damaged(path, objection) }
        return identity
    }

    /// Writes it into a draft, for its owner only.
    /// - Throws: `cantCreate`.
    package static func write(_ identity: MachineIdentity, to path: FilePath) throws(OperationError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let content = Content(
            model: identity.model.rawValue, serial: identity.serial, boardSerial: identity.boardSerial, uuid: identity.uuid,
            mac: identity.mac.description)
        do {
            try SecretFile.write(try encoder.encode(content) + Data("\n".utf8), to: path)
        } catch {
            throw OperationError("write identity", path.string, cause: String(describing: error), exit: .cantCreate)
        }
    }

    private static func damaged(_ path: FilePath, _ cause: String) -> OperationError {
        OperationError(
            "read identity", path.string, cause: cause, remedy: "correct it, or move it away and a new identity is made", exit: .dataError)
    }
}
