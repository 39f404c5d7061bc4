import Diagnostics
import Foundation
package import NetworkValues

/// The Mac that a guest pretends to be: one identity for each guest, never shared.
package struct MacIdentity: Equatable, Sendable {
    package var model: MacModel
    /// Twelve characters.
    package var serial: String
    /// Seventeen characters.
    package var boardSerial: String
    /// In upper case, as OpenCore writes it.
    package var uuid: String
    /// Of the built-in network card; OpenCore's ROM.
    package var mac: MACAddress

    package init(model: MacModel, serial: String, boardSerial: String, uuid: String, mac: MACAddress) {
        (self.model, self.serial, self.boardSerial, self.uuid, self.mac) = (model, serial, boardSerial, uuid, mac)
    }

    /// A new identity.
    ///
    /// It has the form of a real one, with random content from the system's generator. It is not recorded anywhere else.
    package static func random(_ model: MacModel, mac: MACAddress? = nil) -> MacIdentity {
        var generator = SystemRandomNumberGenerator()
        return random(model, mac: mac, using: &generator)
    }

    static func random(_ model: MacModel, mac: MACAddress?, using generator: inout some RandomNumberGenerator) -> MacIdentity {
        MacIdentity(
            model: model, serial: SerialNumber.random(model, using: &generator),
            boardSerial: BoardSerial.random(model, using: &generator), uuid: randomUUID(using: &generator),
            mac: mac ?? .random(using: &generator))
    }

    /// RFC 9562, version 4.
    private static func randomUUID(using generator: inout some RandomNumberGenerator) -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16).uppercased() }
        return [hex[0..<4], hex[4..<6], hex[6..<8], hex[8..<10], hex[10..<16]].map { $0.joined() }.joined(separator: "-")
    }

    /// What is wrong with it; nil when it is valid.
    package var objection: String? {
        if !SerialNumber.isValid(serial) { return "\(serial.printable) is not a serial number of 12 characters" }
        if !BoardSerial.isValid(boardSerial) {
            return "\(boardSerial.printable) is not a board's serial number of 17 characters with valid check digits"
        }
        if UUID(uuidString: uuid) == nil || Set(uuid).count < 4 { return "\(uuid.printable) is not a UUID" }
        return nil
    }

    /// The part that `boot` needs: the beginning of a boot.toml.
    ///
    /// Without it, `boot` derives a MAC address and a UUID from the machine that it runs on, and macOS sees one address in its
    /// network card and another in its ROM.
    package var bootToml: String {
        """
        [guest]
        mac = "\(mac)"
        uuid = "\(uuid.lowercased())"

        """
    }
}
