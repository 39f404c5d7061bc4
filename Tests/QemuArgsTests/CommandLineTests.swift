import TestSupport
import Testing

@testable import QemuArgs

struct OptionStringTests {
    @Test(arguments: [
        (OptionString("tap").with("id", "net"), "tap,id=net"),
        (OptionString().with("file", "/a,b.img"), "file=/a,,b.img"),
        (OptionString("unix:/a,b"), "unix:/a,,b"),
        (OptionString().with("name", ",,"), "name=,,,,"),
        (OptionString("x").with("on", true).with("off", false), "x,on=on,off=off"),
        (OptionString("x").with("absent", nil as String?).with("n", nil as Int?), "x"),
        (OptionString("x").with("romfile", ""), "x,romfile="),
        (OptionString("x").with(["a", "b"], false), "x,a=off,b=off"),
    ])
    func rendering(option: OptionString, text: String) {
        #expect(option.description == text)
    }

    /// QEMU's rule, written anew: a single comma ends a value, a double one is a comma (util/qemu-option.c, get_opt_value).
    private func qemuSplit(_ text: String) -> [String] {
        var parts = [""]
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character != "," {
                parts[parts.count - 1].append(character)
            } else if rest.first == "," {
                rest.removeFirst()
                parts[parts.count - 1].append(",")
            } else {
                parts.append("")
            }
        }
        return parts
    }

    @Test func anyValueComesBackFromQEMUsParser() {
        var random = SplitMix64(seed: 7)
        let alphabet = Array(",,,=ab/ \"é")
        for _ in 0..<2000 {
            let values = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                // A comma at the front of a value is never ambiguous: "=" stands before it.
                String((0..<Int.random(in: 0...6, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
            }
            let option = values.enumerated().reduce(OptionString("head")) { $0.with("k\($1.offset)", $1.element) }
            let wanted = ["head"] + values.enumerated().map { "k\($0.offset)=\($0.element)" }
            #expect(qemuSplit(option.description) == wanted)
        }
    }
}

struct CommandLineTests {
    @Test(arguments: ["-machine", "-cpu", "-m", "-smp", "-name", "-uuid", "-boot", "-rtc", "-sandbox", "-runas", "-vnc", "-display"])
    func singletonsAreRefusedTheSecondTime(option: String) {
        #expect(throws: QemuArgsError.repeatedOption(option)) {
            try QemuCommandLine([QemuArgument(option, "a"), QemuArgument(option, "b")])
        }
    }

    @Test func idsAreUniquePerOption() throws {
        let disk = QemuArgument.device(.virtioBlock, OptionString().with("id", "x"))
        #expect(throws: QemuArgsError.repeatedID(option: "-device", id: "x")) {
            try QemuCommandLine([disk, .device(.vga, OptionString().with("id", "x"))])
        }
        let line = try QemuCommandLine([disk, .drive(OptionString().with("id", "x")), .device(.vga, OptionString())])
        #expect(line.argv == ["-device", "virtio-blk-pci,id=x", "-drive", "id=x", "-device", "VGA"])
        #expect(line.lines == ["-device virtio-blk-pci,id=x", "-drive id=x", "-device VGA"])
    }

    @Test func aNULByteIsRefused() {
        #expect(throws: QemuArgsError.self) { try QemuCommandLine([QemuArgument("-name", "a\0b")]) }
    }

    @Test func extraWordsComeLastAndAreNotTouched() throws {
        var line = try QemuCommandLine([QemuArgument("-m", "1M")], extra: ["-m", "2G,slots=2"])
        line.append(extra: ["-S"])
        #expect(line.argv == ["-m", "1M", "-m", "2G,slots=2", "-S"])
    }

    /// QEMU's qdev_device_add takes the name at the front, with `driver=`, or in JSON.
    @Test func devicesAreNamed() throws {
        var line = try QemuCommandLine([
            .device(.xhci, OptionString().with("id", "a")), .drive(OptionString("virtio-blk-pci")),
            .device(.xhci, OptionString().with("id", "b")),
        ])
        line.append(extra: ["-device", "edu", "--device", "driver=pci-testdev,x=1", "-device", #"{"driver":"edu2"}"#, "-m", "-device"])
        #expect(line.devices == ["qemu-xhci", "edu", "pci-testdev"])
    }
}
