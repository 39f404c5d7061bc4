import Foundation
import LinuxSupport
import Testing

struct GUIDTests {
    @Test func textAndBytes() throws {
        for _ in 0..<100 {
            let uuid = UUID()
            let guid = try #require(GUID(uuid.uuidString))
            #expect(guid.uppercaseText == uuid.uuidString && guid.text == uuid.uuidString.lowercased())
            #expect(guid.bytes == withUnsafeBytes(of: uuid.uuid) { Array($0) })
            #expect(GUID(uuid.uuidString.filter { $0 != "-" }) == guid && GUID(guid.text) == guid)
            #expect(guid.byteSwapped != guid && guid.byteSwapped.byteSwapped == guid && GUID(mixedEndian: guid.byteSwapped.bytes) == guid)
            let made = try #require(UUID(uuidString: GUID(version8: guid.bytes).text)).uuid
            #expect(made.6 >> 4 == 8 && made.8 >> 6 == 2)
        }
    }

    @Test(arguments: [
        "", "123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-4266141740000", "123e4567xe89b-12d3-a456-426614174000",
        "123e4567-e89b-12d3-a456-42661417400g", "123e4567e89b-12d3-a456-4266-14174000", "123e4567-e89b12d3a456426614174000",
        "é23e4567-e89b-12d3-a456-42661417400",
    ])
    func whatIsNone(text: String) { #expect(GUID(text) == nil) }

    @Test func shortOnesAreFilled() {
        #expect(GUID(version8: [1, 2]).text == "01020000-0000-8000-8000-000000000000")
        #expect(GUID(mixedEndian: [1, 2]) == nil)
    }
}
