import Testing

@testable import AppleInstaller

struct VersionTests {
    private func version(_ text: String) throws -> MacOSVersion { try #require(MacOSVersion(text)) }

    @Test func orderIsByNumber() throws {
        let sorted = ["10.9", "10.13", "10.13.6", "11", "12.7.6", "15", "15.6.1", "26", "26.0.1"]
        #expect(try sorted.map(version).sorted().map(\.description) == sorted)
        #expect(try version("15") == version("15.0.0"))
        #expect(try version("15.6").hashValue == version("15.6.0").hashValue)
    }

    @Test(arguments: ["", "9", "15.", ".15", "15.x", "15.6.1.2.3", "+15", "15 ", "١٥", "99999.1"])
    func notAVersion(text: String) { #expect(MacOSVersion(text) == nil) }

    @Test func whatAUserMeans() throws {
        #expect(try version("15.6.1").isUpdate(of: version("15")))
        #expect(try version("10.13.6").isUpdate(of: version("10.13")))
        #expect(try !version("10.14.6").isUpdate(of: version("10.13")))
        #expect(try !version("15.6.1").isUpdate(of: version("15.6.2")))
        #expect(try version("13.0").isUpdate(of: version("13")))
        #expect(try version("10.15.7").release == "10.15")
        #expect(try version("26.1").release == "26")
    }

    @Test func builds() throws {
        let sorted = ["17G66", "19H15", "22H730", "23G93", "24F74", "24G90", "25B5042k"]
        #expect(sorted.compactMap { MacOSBuild($0) }.shuffled().sorted().map(\.description) == sorted)
        #expect(MacOSBuild("25B5042k")?.isBeta == true)
        #expect(MacOSBuild("17D2047")?.isBeta == false)
        for text in ["", "G66", "17", "17g66", "17G", "17G66kk", "17G66-1", "17GG6"] { #expect(MacOSBuild(text) == nil, "\(text)") }
    }
}
