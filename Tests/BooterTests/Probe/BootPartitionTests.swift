import TestSupport
import Testing

@testable import Booter

struct BootPartitionTests {
    private static let directory = "/sys/firmware/efi/efivars/"
    private static let current = directory + "BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    private static let option = directory + "Boot000A-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    private static let loader = directory + "LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
    private static let guid = "89b6e06e-93d1-56a1-bbf6-fdb913da21c4"

    private static func utf16(_ text: String) -> [UInt8] { text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] } + [0, 0] }

    /// A load option as firmware writes it: a PCI node, the partition, a file, the end.
    private static let loadOption: [UInt8] = {
        let pci: [UInt8] = [1, 1, 6, 0, 0, 0x1f]
        let partition = [4, 1, 42, 0, 1, 0, 0, 0] + [UInt8](repeating: 0, count: 16) + DiskSketch.guid(guid) + [2, 2]
        let file = [4, 4, 10, 0] + utf16("\\a")
        let path = pci + partition + file + [0x7f, 0xff, 4, 0]
        return [1, 0, 0, 0, UInt8(path.count), 0] + utf16("Debian") + path
    }()

    @Test func loadOptionNamesItsPartition() { #expect(BootPartition.partition(loadOption: Self.loadOption) == Self.guid) }

    @Test func variablesAreReadBehindTheirAttributes() throws {
        let machine = try ScratchMachine()
        #expect(BootPartition(root: machine.root).identifiers().isEmpty)
        try machine.write([6, 0, 0, 0, 0x0a, 0], to: Self.current)
        #expect(BootPartition(root: machine.root).identifiers().isEmpty)
        try machine.write([7, 0, 0, 0] + Self.loadOption, to: Self.option)
        #expect(BootPartition(root: machine.root).identifiers() == [Self.guid])
        try machine.write([6, 0, 0, 0] + Self.utf16(Self.guid.uppercased()), to: Self.loader)
        #expect(BootPartition(root: machine.root).identifiers() == [Self.guid, Self.guid])
    }

    @Test func hostileVariablesAreSurvived() throws {
        var random = SplitMix64(seed: 18)
        for count in 0...Self.loadOption.count { _ = BootPartition.partition(loadOption: Array(Self.loadOption.prefix(count))) }
        for _ in 0..<2000 {
            let found = BootPartition.partition(loadOption: random.mutated(Self.loadOption))
            #expect(found == nil || found?.utf8.count == 36)
        }
    }
}
