import ArgumentParser
import LinuxSupport
import SystemPackage
import Testing

@testable import Booter

/// USB devices of a machine, by a saved tree, and how they are named. KernelTests attach disks to a real QEMU.
struct LiveDeviceTests {
    /// A root hub, an iPhone that usbmuxd holds, a stick, and a device without anything to read.
    private static func machine() throws -> ScratchMachine {
        let base = "/sys/bus/usb/devices/"
        func device(_ name: String, _ values: [String: String]) -> [(String, String)] {
            values.map { (base + name + "/" + $0.key, $0.value + "\n") }
        }
        let files =
            device("usb1", ["idVendor": "1d6b", "idProduct": "0002", "busnum": "1", "devnum": "1", "bDeviceClass": "09"])
            + device(
                "1-2",
                [
                    "idVendor": "05ac", "idProduct": "12a8", "busnum": "1", "devnum": "7", "bDeviceClass": "00", "serial": "00008030AB",
                    "manufacturer": "Apple Inc.", "product": "iPhone",
                ])
            + device("1-2:1.0", ["bInterfaceClass": "06"]) + device("1-2:1.1", ["bInterfaceClass": "ff"])
            + device("2-1.4", ["idVendor": "0781", "idProduct": "5581", "busnum": "2", "devnum": "123", "bDeviceClass": "00"])
            + device("3-1", ["idVendor": "0781", "idProduct": "5581", "busnum": "x", "devnum": "1", "bDeviceClass": "00"])
        let machine = try ScratchMachine(Dictionary(uniqueKeysWithValues: files))
        for interface in ["1-2:1.0", "1-2:1.1"] { try machine.symlink(base + interface + "/driver", to: "../../drivers/usbfs") }
        return machine
    }

    private static let phone = USBDevice(
        name: "1-2", kind: "05ac:12a8", serial: "00008030AB", product: "Apple Inc. iPhone", node: "/dev/bus/usb/001/007",
        drivers: ["usbfs"])
    private static let stick = USBDevice(
        name: "2-1.4", kind: "0781:5581", serial: nil, product: "", node: "/dev/bus/usb/002/123", drivers: [])

    @Test func devicesOfAMachine() throws {
        let machine = try Self.machine()
        let devices = USBDevice.all(machine.root)
        #expect(devices == [Self.phone, Self.stick])
        #expect(USBDevice.all(FileRoot("/nonexistent")).isEmpty)
        #expect(USBList.line(Self.phone) == "05ac:12a8  serial:00008030AB  Apple Inc. iPhone, held by usbfs")
        #expect(USBList.line(Self.stick) == "0781:5581  no serial number  ")
    }

    @Test func whoHoldsADevice() {
        #expect(LiveUSB.remedy(Self.phone)?.contains("usbmuxd") == true && LiveUSB.remedy(Self.stick) == nil)
        var disk = Self.stick
        disk.drivers = ["usb-storage"]
        #expect(LiveUSB.remedy(disk)?.contains("usb-storage") == true)
    }

    @Test func names() throws {
        #expect(USBSelector("05AC:12A8") == .kind("05ac:12a8") && USBSelector("serial:00 1") == .serial("00 1"))
        for text in ["", "05ac", "05ac:12a", "05ac:12a8:1", "05ac:12ag", "+5ac:12a8", "serial:", "iPhone"] {
            #expect(USBSelector(text) == nil, "\(text)")
        }
        let devices = [Self.phone, Self.stick]
        #expect(try USBSelector.serial("00008030AB").find(in: devices) == Self.phone)
        #expect(try USBSelector.kind("0781:5581").find(in: devices) == Self.stick)
        #expect(throws: (any Error).self) { try USBSelector.kind("0000:0000").find(in: devices) }
        #expect(throws: (any Error).self) { try USBSelector.kind("0781:5581").find(in: devices + [Self.stick]) }
    }

    /// A device that is plugged out and in has another device file.
    @Test func aDeviceIsFollowed() {
        let usb = LiveUSB(control: ControlSocket(path: "/nowhere"))
        let follower = USBFollower(selector: .serial("00008030AB"), usb: usb, first: Self.phone)
        var again = Self.phone
        again.node = "/dev/bus/usb/001/008"
        #expect(follower.change(since: Self.phone.node, [Self.stick, Self.phone]) == .nothing)
        #expect(follower.change(since: Self.phone.node, [Self.stick]) == .gone)
        #expect(follower.change(since: nil, [Self.stick]) == .nothing)
        #expect(follower.change(since: nil, [again]) == .back(again))
        #expect(follower.change(since: Self.phone.node, [again]) == .back(again))
    }

    /// Another one of the same kind is not taken in its place.
    @Test func aDeviceAmongOthers() {
        let usb = LiveUSB(control: ControlSocket(path: "/nowhere"))
        var other = Self.phone
        (other.name, other.serial, other.node) = ("1-1", "00008030CD", "/dev/bus/usb/001/009")
        let phone = USBFollower(selector: .kind("05ac:12a8"), usb: usb, first: Self.phone)
        #expect(phone.change(since: Self.phone.node, [other, Self.phone]) == .nothing)
        #expect(phone.change(since: Self.phone.node, [other]) == .gone && phone.change(since: nil, [other]) == .nothing)
        // Without a serial number, it is known by its port.
        var (moved, again) = (Self.stick, Self.stick)
        (moved.name, moved.node) = ("2-1.3", "/dev/bus/usb/002/124")
        again.node = "/dev/bus/usb/002/125"
        let stick = USBFollower(selector: .kind("0781:5581"), usb: usb, first: Self.stick)
        #expect(stick.change(since: nil, [moved]) == .nothing && stick.change(since: nil, [moved, again]) == .back(again))
    }

    @Test func serialNumbersWithBlanks() {
        var device = Self.phone
        device.serial = "00 1 AB"
        let note = LiveUSB.note(of: device)
        #expect(LiveUSB.matches(.serial("00 1 AB"), note: note) && LiveUSB.matches(.kind("05ac:12a8"), note: note))
        #expect(!LiveUSB.matches(.serial("00"), note: note) && !LiveUSB.matches(.kind("05ac:12a9"), note: note))
    }

    @Test func idsOfDisks() {
        #expect(LiveDisks.free(["system", "live-big"]) == "disk1")
        #expect(LiveDisks.free(["live-disk1-file", "live-disk2", "live-disk4"]) == "disk3")
    }

    @Test func commands() {
        for words in [
            ["disk", "attach", "/x", "--id", "usb-1"], ["usb", "attach", "05ac:12a8", "--follow"], ["disk", "list"],
            ["vnc-password", "--expires", "60"],
        ] { #expect(throws: Never.self) { try Boot.parseAsRoot(words) } }
        for words in [
            ["disk", "attach", "/x", "--id", "1"], ["disk", "attach", "/x", "--id", "a,b"], ["disk", "attach", "/x", "--format", "vmdk"],
            ["disk", "attach", "/x", "--id", String(repeating: "a", count: 21)], ["usb", "attach", "phone"],
            ["vnc-password", "--expires", "0"], ["status", "5"], ["status", "--check", "--json"], ["console", "--escape", "x"],
        ] { #expect(throws: (any Error).self, "\(words)") { try Boot.parseAsRoot(words) } }
    }
}
