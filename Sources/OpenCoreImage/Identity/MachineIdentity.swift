import Foundation
package import NetworkValues

/// Which Mac a guest is: one identity a guest, never shared.
package struct MachineIdentity: Equatable, Sendable {
    package var model: MacModel
    /// Twelve characters.
    package var serial: String
    /// Seventeen characters.
    package var boardSerial: String
    /// In upper case, as OpenCore has it.
    package var uuid: String
    /// Of the built-in network card; OpenCore's ROM.
    package var mac: MACAddress

    package init(model: MacModel, serial: String, boardSerial: String, uuid: String, mac: MACAddress) {
        (self.model, self.serial, self.boardSerial, self.uuid, self.mac) = (model, serial, boardSerial, uuid, mac)
    }

    /// A new one.
    ///
    /// It has the form of a real one and means nothing: the system's random numbers choose it, and nobody keeps a list.
    package static func random(_ model: MacModel, mac: MACAddress? = nil) -> MachineIdentity {
        var generator = SystemRandomNumberGenerator()
        return random(model, mac: mac, using: &generator)
    }

    static func random(
        _ model: MacModel, mac: MACAddress?, using generator: inout some RandomNumberGenerator
    ) -> MachineIdentity {
        MachineIdentity(
            model: model, serial: SerialNumber.random(model, using: &generator),
            boardSerial: BoardSerial.random(model, using: &generator), uuid: randomUUID(using: &generator),
            mac: mac ?? MACAddress.random(using: &generator))
    }

    /// RFC 9562 version 4.
    private static func randomUUID(using generator: inout some RandomNumberGenerator) -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16).uppercased() }
        return [hex[0..<4], hex[4..<6], hex[6..<8], hex[8..<10], hex[10..<16]].map { $0.joined() }.joined(separator: "-")
    }

    /// What is wrong with it; nil when nothing is.
    package var objection: String? {
        if !SerialNumber.isValid(serial) { return "\(serial) is not a serial number of 12 characters" }
        if !BoardSerial.isValid(boardSerial) {
            return "\(boardSerial) is not a board's serial number of 17 characters with right check digits"
        }
        if UUID(uuidString: uuid) == nil || Set(uuid).count < 4 { return "\(uuid) is not a UUID" }
        return nil
    }
}
