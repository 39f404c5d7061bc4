import QemuArgs
import Testing

/// What `commandLine()` refuses: each guest is fine but for one value.
struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout MacGuest) -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout MacGuest) -> Void) {
            testDescription = name
            self.change = change
        }
    }

    static let cases: [Case] = [
        Case("relative disk") { $0.systemDisk.path = "nbd:localhost:1" },
        Case("relative OpenCore disk") { $0.openCoreDisk?.path = "boot.img" },
        Case("relative firmware") { $0.firmware = .ovmf(code: "code.fd", variables: "/vars.fd") },
        Case("relative variables") { $0.firmware = .ovmf(code: "/code.fd", variables: "vars.fd") },
        Case("native AIO in the page cache") { ($0.systemDisk.io, $0.systemDisk.direct) = (.native, false) },
        Case("read-only SATA") { ($0.systemDisk.controller, $0.systemDisk.readOnly) = (.sata, true) },
        Case("long serial") { $0.systemDisk.serial = "123456789012345678901" },
        Case("no memory") { $0.memory.mebibytes = 0 },
        Case("half a huge page") { $0.memory = Memory(mebibytes: 4097, backing: .hugepages) },
        Case("CPU with a comma") { $0.cpu = CPU("host,+vmx") },
        Case("CPU value with a comma") { $0.cpu["vendor"] = .value("A,B") },
        Case("no tap") { $0.network?.netdev = .tap(descriptors: [], vhost: []) },
        Case("fewer vhost than taps") { $0.network?.netdev = .tap(descriptors: [3, 4], vhost: [5]) },
        Case("vhost without virtio") { $0.network?.model = .vmxnet3 },
        Case("queues without virtio") {
            $0.network?.model = .e1000
            $0.network?.netdev = .tap(descriptors: [3, 4], vhost: [])
        },
        Case("short MAC") { $0.network?.mac = "00:16:cb:12:34" },
        Case("signs in a MAC") { $0.network?.mac = "00:16:cb:12:34:+6" },
        Case("multicast MAC") { $0.network?.mac = "01:16:cb:12:34:56" },
        Case("tiny MTU") { $0.network?.mtu = 67 },
        Case("huge MTU") { $0.network?.mtu = 65536 },
        Case("odd video memory") { $0.display.videoMemoryMiB = 48 },
        Case("negative VNC display") { $0.display.vnc = .tcp(host: "::1", display: -1) },
        Case("long socket path") { $0.qmp = QMPSocket(path: "/" + String(repeating: "x", count: 107)) },
        Case("relative VNC socket") { $0.display.vnc = .unix("vnc") },
        Case("NUL in the name") { $0.name = "a\0b" },
    ]

    @Test(arguments: cases)
    func refused(example: Case) {
        var guest = Guests.intel()
        #expect(throws: Never.self) { try guest.commandLine() }
        example.change(&guest)
        #expect(throws: QemuArgsError.self) { try guest.commandLine() }
    }

    @Test func theLongestSocketPathIsAccepted() throws {
        var guest = Guests.intel()
        guest.qmp = QMPSocket(path: "/" + String(repeating: "x", count: 106))
        #expect(throws: Never.self) { try guest.commandLine() }
    }
}
