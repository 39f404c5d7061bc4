import Diagnostics
import HostSupport
import SystemPackage
import Testing

@testable import LinuxVM

@Suite struct SizeTests {
    @Test(
        arguments: [
            (nil, 16384, LocalAccelerator.Kind.kvm, 12288), (nil, 16384, .emulation, 6656), (nil, 4096, .emulation, 3072),
            (nil, 2100, .kvm, 2048), (4096, 16384, .kvm, 4096), (2048, 2048, .emulation, 2048),
        ] as [(Int?, Int, LocalAccelerator.Kind, Int)])
    func memory(wish: Int?, available: Int, kind: LocalAccelerator.Kind, expected: Int) throws {
        #expect(try LocalMemory.choose(wish, available: available, kind) == expected)
    }

    @Test(
        arguments: [
            (nil, 1900, Diagnostics.ExitStatus.unavailable), (8192, 4096, .unavailable), (512, 65536, .usage), (-1, 65536, .usage),
        ] as [(Int?, Int, Diagnostics.ExitStatus)])
    func tooLittle(wish: Int?, available: Int, exit: Diagnostics.ExitStatus) {
        let error = #expect(throws: OperationError.self) { try LocalMemory.choose(wish, available: available, .kvm) }
        #expect(error?.exit == exit)
    }

    @Test func availableMemory() throws {
        let machine = try Scratch(["proc/meminfo": "MemTotal:  99999999 kB\nMemAvailable:   8388608 kB\n"])
        #expect(try LocalMemory.available(machine.root) == 8192)
        for text in ["", "MemAvailable:", "MemAvailable: much kB"] {
            let broken = try Scratch(["proc/meminfo": text])
            #expect(throws: OperationError.self) { try LocalMemory.available(broken.root) }
        }
    }

    /// Always the same, well-formed, and another for another disk or machine.
    @Test func identity() throws {
        let (one, two) = (try Scratch(["etc/machine-id": "a\n"]), try Scratch(["etc/machine-id": "b\n"]))
        let uuids = [
            MachineIdentity.uuid(disk: "/a", one.root), MachineIdentity.uuid(disk: "/b", one.root),
            MachineIdentity.uuid(disk: "/a", two.root),
        ]
        #expect(Set(uuids).count == 3 && uuids[0] == MachineIdentity.uuid(disk: "/a", one.root))
        for uuid in uuids {
            let parts = uuid.split(separator: "-")
            #expect(parts.map(\.count) == [8, 4, 4, 4, 12] && parts[2].first == "8" && "89ab".contains(parts[3].first ?? " "))
        }
    }

    /// The hash of no bytes is its start, of "a" what the draft's table says: d228cb696f1a8caf78912b704e4a8964.
    @Test func fnv() {
        #expect(MachineIdentity.uuid(of: "a") == "d228cb69-6f1a-8caf-b891-2b704e4a8964")
    }
}
