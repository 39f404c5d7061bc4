import Diagnostics
import Foundation
import HostSupport
import NetworkValues
import SystemPackage
import Testing

@testable import OpenCoreImage

struct IdentityTests {
    @Test(arguments: MacModel.allCases)
    func formats(_ model: MacModel) throws {
        for _ in 0..<200 {
            let identity = MacIdentity.random(model)
            #expect(identity.objection == nil)
            #expect(identity.serial.count == 12 && identity.boardSerial.count == 17)
            #expect(identity.serial.wholeMatch(of: /(C02|F5K)[CDFGHJKLMNPQRSTVWXYZ][1-9CDFGHJKLMNPQRTVWX][0-9A-HJ-NP-Z]{7}/) != nil)
            #expect(identity.boardSerial.wholeMatch(of: /(C02|F5K)[0-9][0-5][0-9][0-9]{3}[0-9A-HJ-NP-Z]{8}/) != nil)
            #expect(model.productCodes.contains(String(identity.serial.suffix(4))))
            #expect(identity.uuid.wholeMatch(of: /[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}/) != nil)
            #expect(identity.mac.description.hasPrefix("00:16:3e:"))
        }
    }

    @Test func noTwoAreTheSame() {
        let many = (0..<500).map { _ in MacIdentity.random(.iMac20) }
        #expect(Set(many.map(\.uuid)).count == 500)
        // 34^3 numbers, 26 weeks, 4 half-years and 5 products: two alike among 500 happen once in sixty runs; ten never.
        #expect(Set(many.map(\.serial)).count > 490)
        #expect(Set(many.map(\.boardSerial)).count > 490)
    }

    /// The rule as FORMAT.md states it, by hand: C02 0 25 123 00 PHC1 0 and the digit that fits.
    @Test func checkDigits() {
        #expect(BoardSerial.isValid("00000000000000000"))
        #expect(BoardSerial.isValid("0000000000000000Z") == false)
        // 1 at the end counts once, 11 (B) before it three times: 1 + 33 = 34.
        #expect(BoardSerial.isValid("000000000000000B1"))
        for bad in ["", "0000000000000000", "0000000000000000O", "000000000000000000"] { #expect(!BoardSerial.isValid(bad)) }
        for bad in ["", "C02O1ABCPN5T", "C02D0ABCPN5T", "C02D1ABCPN5", "C02D1ABCPN5TT", "C02E1ABCPN5T"] {
            #expect(!SerialNumber.isValid(bad))
        }
    }

    @Test func file() throws {
        let directory = FilePath(NSTemporaryDirectory()).appending("identity-\(UUID().uuidString)")
        try DraftFile.makeDirectory(directory)
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        let path = directory.appending("a.json")
        let identity = MacIdentity.random(.macPro)
        try IdentityFile.write(identity, to: path)
        #expect(try IdentityFile.read(path) == identity)
        let mode = try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(throws: OperationError.self) { try IdentityFile.write(identity, to: path) }
        #expect(IdentityFile.path(beside: "out/opencore.img") == "out/opencore.identity.json")
    }

    @Test(arguments: [
        "", "{}", "[]",
        #"{"model":"iMac1,1","serial":"C02D1ABCPN5T","boardSerial":"00000000000000000","uuid":"U","mac":"00:16:3e:00:00:01"}"#,
        #"{"model":"iMac20,1","serial":"C02","boardSerial":"00000000000000000","uuid":"12345678-9ABC-4DEF-8012-3456789ABCDE","mac":"00:16:3e:00:00:01"}"#,
        #"{"model":"iMac20,1","serial":"C02D1ABCPN5T","boardSerial":"00000000000000000","uuid":"no","mac":"00:16:3e:00:00:01"}"#,
        #"{"model":"iMac20,1","serial":"C02D1ABCPN5T","boardSerial":"00000000000000000","uuid":"12345678-9ABC-4DEF-8012-3456789ABCDE","mac":"01:16:3e:00:00:01"}"#,
    ])
    func damagedFile(_ text: String) throws {
        let path = FilePath(NSTemporaryDirectory()).appending("identity-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(atPath: path.string) }
        try Data(text.utf8).write(to: URL(filePath: path.string))
        let error = #expect(throws: OperationError.self) { try IdentityFile.read(path) }
        #expect(error?.exit == .dataError)
    }

    @Test func hardwareAddresses() {
        #expect(MACAddress("52:54:00:aB:cd:0f")?.description == "52:54:00:ab:cd:0f")
        for bad in [
            "", "00:00:00:00:00:00", "01:00:00:00:00:01", "0:16:3e:0:0:1", "00:16:3e:00:00", "00:16:3e:00:00:01:02", "+0:16:3e:00:00:01",
        ] {
            #expect(MACAddress(bad) == nil)
        }
    }

    @Test func bootConfiguration() {
        #expect(
            Samples.identity.bootToml
                == "[guest]\nmac = \"00:16:3e:01:02:03\"\nuuid = \"12345678-9abc-4def-8012-3456789abcde\"\n")
    }
}
