import Diagnostics
import HostSupport
import Testing

@testable import DiskFormats
@testable import DiskImage

@Suite struct DiskImageTests {
    private var boot: [UInt8] { [UInt8](repeating: 7, count: 510) + [0x55, 0xaa] }

    @Test func theBootSectorKnowsWhereTheCoreIs() throws {
        let code = try GrubCore.bootSector(boot, coreAt: 0x0102_0304)
        #expect(code.count == 440)
        #expect(Array(code[0x5c..<0x64]) == [4, 3, 2, 1, 0, 0, 0, 0])
        #expect(Array(code[0x66..<0x68]) == [0x90, 0x90])
    }

    @Test func whatIsNoBootSectorIsRefused() {
        #expect { try GrubCore.bootSector([1, 2, 3], coreAt: 64) } throws: { ($0 as? OperationError)?.exit == .dataError }
        #expect { try GrubCore.bootSector(boot.dropLast() + [0], coreAt: 64) } throws: { ($0 as? OperationError)?.exit == .dataError }
    }

    @Test func theCoresFirstSectorLoadsTheNext() throws {
        var core = [UInt8](repeating: 0, count: 3 * 512)
        core[508] = 2
        #expect(Array(try GrubCore.core(core, at: 64, room: 3)[500..<508]) == [65, 0, 0, 0, 0, 0, 0, 0])
        #expect { try GrubCore.core(core, at: 64, room: 2) } throws: { "\($0)".contains("room for 2") }
        core[508] = 9
        #expect { try GrubCore.core(core, at: 64, room: 3) } throws: { "\($0)".contains("9 sectors, not 2") }
        #expect { try GrubCore.core([1], at: 64, room: 3) } throws: { ($0 as? OperationError)?.exit == .dataError }
    }

    @Test func aFootersChecksumIsTheComplementOfTheSum() {
        let footer = VHDFooter.normalized([UInt8](repeating: 0xff, count: 512), length: 1 << 20)
        #expect(footer.count == 512)
        let sum = (0..<512).filter { !(64..<68).contains($0) }.reduce(UInt32(0)) { $0 + UInt32(footer[$1]) }
        let stored = footer[64..<68].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        #expect(stored == ~sum)
        #expect(Array(footer[24..<28]) == [0, 0, 0, 0])
    }

    @Test(arguments: ["9fa30c1e", "9fa30c1", "e"])
    func theContentIdentifierIsAConstant(drawn: String) {
        let head = Array("# Disk DescriptorFile\nversion=1\nCID=\(drawn)\nparentCID=ffffffff\n".utf8) + Array(repeating: 0, count: 16)
        let result = VMDKDescriptor.normalized(head)
        let text = "# Disk DescriptorFile\nversion=1\nCID=11111111\nparentCID=ffffffff\n"
        #expect(result.starts(with: Array(text.utf8)))
        #expect(result.dropFirst(text.utf8.count).allSatisfy { $0 == 0 })
        #expect(result.count == head.count)
        #expect(VMDKDescriptor.normalized([1, 2]) == [1, 2])
    }

    @Test func tablesBecomeSfdisksScript() {
        let table = DiskLayout(
            .mbr(0xdead_beef), [.init(start: 2048, sectors: 4096, type: "0c", active: true)])
        #expect(
            table.script == """
                label: dos
                label-id: 0xdeadbeef
                unit: sectors
                sector-size: 512
                start=2048, size=4096, type=0c, bootable

                """)
        #expect(table.diskSectors == 6144)
    }
}
