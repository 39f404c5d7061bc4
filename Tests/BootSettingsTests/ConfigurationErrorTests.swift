import Diagnostics
import Testing

@testable import BootSettings

/// What people read when they mistype.
struct ConfigurationErrorTests {
    private func error(_ files: [String: String] = [:], environment: [String: String] = [:], flags: [String] = []) throws -> OperationError?
    {
        let machine = try ConfigurationMachine(files.mapValues { Array($0.utf8) })
        do throws(OperationError) {
            let flags = try flags.map { (text) throws(OperationError) in try ConfigurationFlag(set: text) }
            _ = try ConfigurationLoader.load(root: machine.root, environment: environment, flags: flags)
            return nil
        } catch {
            return error
        }
    }

    @Test func namesSourceKeyValueAndExpectation() throws {
        let file = try error(["/etc/macos-virt/boot.toml": "[guest]\nmemory = '8Q'"])
        #expect(
            file?.description
                == "configure guest.memory: '8Q' (file /etc/macos-virt/boot.toml) is not a size in whole MiB such as 4096M or 8G, or auto")
        #expect(file?.exitCode == 78)
        let line = try error(["/proc/cmdline": "boot.guest.vcpus=0"])
        #expect(line?.description == "configure guest.vcpus: '0' (kernel command line) is not a whole number from 1 to 1024, or auto")
        #expect(line?.exitCode == 78)
        let environment = try error(environment: ["MACOS_VIRT_DISK_AIO": "fast"])
        #expect(
            environment?.description
                == "configure disk.aio: 'fast' (environment MACOS_VIRT_DISK_AIO) is not auto, native, threads or io_uring")
        #expect(environment?.exitCode == 78)
        let flag = try error(flags: ["qemu.sandbox=maybe"])
        #expect(flag?.description == "configure qemu.sandbox: 'maybe' (flag --set) is not true or false")
        #expect(flag?.exitCode == 64)
        #expect(try error(flags: ["qemu.sandbox"])?.description == "configure: 'qemu.sandbox' (flag --set) is not KEY=VALUE")
        #expect(try error(flags: ["qemu.sandbox"])?.exitCode == 64)
    }

    @Test(arguments: [
        ("guest.memroy", "guest.memory"), ("memory", "guest.memory"), ("guest.Memory", "guest.memory"), ("vnc", "display.vnc"),
        ("network.allow-host", "network.allow_host"), ("network.forward", "network.forwards"), ("disk.devcie", "disk.device"),
    ]) func suggestsTheNearestKey(_ wrong: String, right: String) throws {
        let flag = try error(flags: ["\(wrong)=1"])
        #expect(flag?.remedy == "check the spelling: did you mean \(right)?")
        #expect(flag?.description.hasPrefix("configure: '\(wrong)' (flag --set) is no known key") == true)
        #expect(flag?.exitCode == 64)
    }

    @Test func suggestsInTheSpellingOfTheSource() throws {
        #expect(try error(["/proc/cmdline": "boot.guest.memroy=1"])?.remedy == "check the spelling: did you mean boot.guest.memory?")
        let variable = try error(environment: ["MACOS_VIRT_GUEST_MEMROY": "1"])
        #expect(variable?.remedy == "check the spelling: did you mean MACOS_VIRT_GUEST_MEMORY?")
        #expect(try error(environment: ["MACOS_VIRT_guest_memory": "1G"])?.cause.contains("'MACOS_VIRT_guest_memory'") == true)
        #expect(try error(environment: ["MACOS_VIRT_": "1"])?.exitCode == 78)
        #expect(try error(flags: ["colour=1"])?.remedy == nil)
        #expect(try error(flags: ["\(String(repeating: "x", count: 100_000))=1"])?.remedy == nil)
    }

    /// key, value, and a part of the message when it is more than "is not what is expected".
    @Test(arguments: [
        ("guest.macos", "10.14", ""), ("guest.macos", "16", ""), ("guest.macos", "", ""),
        ("guest.vcpus", "1025", ""), ("guest.vcpus", "-1", ""), ("guest.vcpus", "+4", ""), ("guest.vcpus", "04", ""),
        ("guest.vcpus", "99999999999999999999", ""), ("guest.vcpus", "٤", ""),
        ("guest.memory", "0", ""), ("guest.memory", "8GB", ""), ("guest.memory", "1.5G", ""), ("guest.memory", "-8G", ""),
        ("guest.memory", "9223372036854775807", ""), ("guest.memory", "9223372036854775807T", ""), ("guest.memory", "65T", ""),
        ("guest.memory", "1048577B", ""), ("guest.memory", "8 G", ""), ("guest.memory", "G", ""), ("guest.memory", "８G", ""),
        ("guest.memory", "8K", ""), ("guest.accel", "hvf", ""), ("guest.cpu", "host,+avx", ""), ("guest.cpu", "-cpu", ""),
        ("guest.cpu", "", ""), ("guest.mac", "ff:ff:ff:ff:ff:ff", ""), ("guest.mac", "52:54:00:12:34", ""),
        ("guest.uuid", "123e4567e89b12d3a45642661417400", ""), ("guest.uuid", "123e4567-e89b-12d3-a456-42661417400g", ""),
        ("guest.uuid", "123e4567-e89b-12d3-a456-4266141740é", ""),
        ("disk.device", "sdb", ""), ("disk.device", "/", ""), ("disk.device", "///", ""), ("disk.device", "serial:", ""),
        ("disk.device", "label:" + String(repeating: "x", count: 37), ""), ("disk.device", "./disk.img", ""),
        ("disk.device", "/" + String(repeating: "x", count: 4095), ""),
        ("disk.device", "/" + String(repeating: "x", count: 4096), "longer"),
        ("disk.wait", "86401", ""), ("disk.wait", "15s", ""), ("disk.minimum", "-1B", ""),
        ("firmware.bootloader", "bootloader.img", ""), ("firmware.code", "~/code.fd", ""),
        ("network.uplink", "a/b", ""), ("network.uplink", "sixteencharacter", ""), ("network.tap", "tap%d", ""), ("network.tap", "", ""),
        ("network.subnet", "10.0.0.1/24", ""), ("network.subnet", "10.0.0.0/31", ""), ("network.subnet", "8.0.0.0/7", ""),
        ("network.subnet", "127.0.0.0/8", ""), ("network.subnet", "169.254.169.0/24", ""), ("network.subnet", "224.0.0.0/24", ""),
        ("network.forwards", "", "'' is not a forward"), ("network.forwards", "tcp:22", "'tcp:22' is not a forward"),
        ("network.forwards", "tcp:0:22", "is not a forward"), ("network.forwards", "tcp:1-9:65530", "is not a forward"),
        ("network.forwards", "22:22,tcp:20-30:20-30", "tcp:22:22 and tcp:20-30:20-30 claim the same port"),
        ("network.forwards", "udp:1-1025:1-1025", "1025 ports are more than 1024"),
        ("network.forwards", "1-1024:1-1024,udp:1:1", "1025 ports are more than 1024"),
        ("network.forwards", String(repeating: ",", count: 1024), "more than 1024 forwards"),
        ("network.forwards", "none,none", "'none' is not a forward"),
        ("network.mtu", "1279", ""), ("network.mtu", "65536", ""), ("network.nic", "rtl8139", ""), ("network.ipv6", "maybe", ""),
        ("display.vnc", ":0", ""), ("display.vnc", "127.0.0.1", ""), ("display.vnc", "::1:0", ""), ("display.vnc", "[::1]", ""),
        ("display.vnc", "127.0.0.1:59636", ""), ("display.vnc", "127.0.0.1:-1", ""), ("display.vnc", "example.org:0", ""),
        ("display.vnc", "unix:vnc.sock", ""), ("display.vnc", "unix:/" + String(repeating: "x", count: 107), ""),
        ("display.vnc", "127.0.0.1:0,password=off", ""), ("display.vnc_password_file", "secret", ""),
        ("qemu.binary", "qemu-system-x86_64", ""), ("qemu.machine", "q35,accel=tcg", ""),
        ("qemu.user", "", ""), ("qemu.user", "1000", ""), ("qemu.user", "1:4294967295", ""), ("qemu.user", "a b", ""),
        ("qemu.user", "01:1", ""), ("qemu.user", "-x", ""), ("qemu.user", "1:2:3", ""),
        ("qemu.serial", "file:serial", ""), ("qemu.serial", "pty", ""), ("qemu.qmp", "/" + String(repeating: "x", count: 107), ""),
        ("qemu.extra", "-name \"a", "a quote is not closed"), ("qemu.extra", "'", "a quote is not closed"), ("qemu.extra", " ", ""),
        ("qemu.extra", "\"\\", "a quote is not closed"),
        ("state.run", "run", ""), ("state.nvram", "", ""),
        ("state.nvram", "/a\nb", "control character"), ("guest.cpu", "a\0b", "control character"),
        ("qemu.extra", "a\u{9b}31m", "control character"), ("disk.device", "label:\u{7f}", "control character"),
        ("disk.device", "/dev/\u{1b}[31m", "\\u{1b}"),
    ]) func refuses(_ key: String, value: String, part: String) throws {
        let before = Configuration()
        var configuration = before
        let assignment = ConfigurationAssignment(key, .text(value), .kernelCommandLine)
        let error = #expect(throws: OperationError.self) { try assignment.apply(to: &configuration) }
        #expect(configuration == before)
        let expected = try #require(ConfigurationKey.named(key)).expected
        #expect(error?.object == key)
        #expect(error?.cause.contains("(kernel command line)") == true)
        #expect(error?.cause.hasSuffix(expected) == true)
        #expect(error?.cause.contains(part) == true || part.isEmpty)
        #expect(error?.description.unicodeScalars.contains(where: ConfigurationInput.isControl) == false)
        #expect(error.map { $0.description.utf8.count < 1000 } == true)
    }

    /// Values of the TOML file that have the wrong type.
    @Test(arguments: [
        ("guest.macos", "10.15", "a floating-point number"), ("guest.memory", "[8]", "['8']"), ("guest.memory", "true", "true"),
        ("guest.cpu", "true", "true"), ("disk.device", "{a = 1}", "a table"), ("disk.wait", "inf", "a floating-point"),
        ("network.forwards", "true", "true"), ("network.forwards", "[['a']]", "an array with a array"),
        ("network.forwards", "[1]", "'1' is not"),
        ("network.forwards", "[{a = 1}]", "an array with a table"), ("qemu.extra", "[true]", "an array with a bool"),
        ("qemu.extra", "false", "false"),
        ("qemu.extra", "['a', 'b\\u0000']", "control"), ("qemu.extra", "[\"b\\n\"]", "it has a control character"),
        ("display.vnc", "false", "false"),
    ]) func refusesTheType(_ key: String, toml: String, part: String) throws {
        let error = try error(["/etc/macos-virt/boot.toml": "\(key) = \(toml)"])
        if toml.contains("u0000") {
            // In single quotes it is six harmless characters.
            #expect(error == nil)
        } else {
            #expect(error?.object == key)
            #expect(error?.cause.contains(part) == true)
            #expect(error?.exitCode == 78)
        }
    }

    @Test func aReleaseWithoutQuotes() throws {
        let error = try error(["/etc/macos-virt/boot.toml": "[guest]\nmacos = 10.15"])
        #expect(
            error?.cause.hasPrefix(
                "a floating-point number (file /etc/macos-virt/boot.toml): write it in quotes, \"10.15\"; expected 10.15, 11, 12") == true)
        #expect(error?.exitCode == 78)
        // In quotes it would be wrong as well.
        let other = try self.error(["/etc/macos-virt/boot.toml": "guest.macos = 10.14"])
        #expect(other?.cause.hasPrefix("a floating-point number (file /etc/macos-virt/boot.toml) is not 10.15, 11") == true)
    }

    @Test(arguments: [
        ("127.0.0.1:5900", "for port 5900 write 127.0.0.1:0"), ("[::1]:5999", "for port 5999 write [::1]:99"),
        ("localhost:5901", "for port 5901 write localhost:1"),
    ]) func aPortInPlaceOfADisplay(_ value: String, hint: String) throws {
        let error = try error(flags: ["display.vnc=\(value)"])
        #expect(error?.cause.contains("is a display number, not a port; \(hint)") == true)
        #expect(error?.cause.hasSuffix("[::1]:0") == true && error?.exitCode == 64)
        #expect(try self.error(flags: ["display.vnc=127.0.0.1:5899"]) == nil && self.error(flags: ["display.vnc=127.0.0.1:6000"]) == nil)
    }

    /// A value cannot reorder the message around it.
    @Test func directionsOfTextAreEscaped() throws {
        let error = try error(flags: ["guest.cpu=a\u{202e}b\u{2066}"])
        #expect(error?.cause.contains("'a\\u{202e}b\\u{2066}'") == true)
    }

    @Test func kernelWordNeedsAValue() throws {
        let error = try error(["/proc/cmdline": "boot.network.allow_host quiet"])
        #expect(error?.cause == "a word without '=' (kernel command line) is not true or false")
    }

    @Test(arguments: [
        (["display.vnc=0.0.0.0:0"], "display.vnc, display.vnc_password_file"),
        (["display.vnc=[::]:1"], "display.vnc, display.vnc_password_file"),
        (["guest.supervise=true", "status.listen=0.0.0.0:10022"], "status.listen, network.forwards"),
        (["guest.supervise=true", "status.browser=true"], "status.browser, status.listen"),
        (
            ["guest.supervise=true", "status.browser=true", "status.listen=127.0.0.1:9100"],
            "status.browser, display.vnc_password_file"
        ),
        (
            ["guest.supervise=true", "status.browser=true", "status.listen=127.0.0.1:9100", "display.vnc=unix:/run/vnc.sock"],
            "status.browser, display.vnc"
        ),
        (
            [
                "guest.supervise=true", "status.browser=true", "status.listen=127.0.0.1:9100", "display.vnc_password_file=/x",
                "qemu.qmp=none",
            ], "status.browser, qemu.qmp"
        ),
        (["display.vnc=10.0.0.1:0"], "display.vnc, display.vnc_password_file"),
        (["display.vnc=[::ffff:7f00:1]:1"], "display.vnc, display.vnc_password_file"),
        (["display.vnc=0.0.0.0:0", "display.vnc_password_file=/p", "network.forwards=5899-5900:1"], "display.vnc, network.forwards"),
        (["display.vnc=unix:/run/macos-virt/guest/qmp.sock"], "display.vnc, qemu.qmp"),
        (["display.vnc=unix:/run/macos-virt/guest/control.sock"], "display.vnc, qemu.qmp"), (["qemu.qmp=/run/x/control.sock"], "qemu.qmp"),
        (["qemu.qmp=/" + String(repeating: "x", count: 94) + "/q"], "qemu.qmp"),
        (["firmware.code=/c"], "firmware.code, firmware.variables"), (["firmware.variables=/v"], "firmware.code, firmware.variables"),
        (["firmware.code=/c", "firmware.variables=/var/lib/macos-virt/nvram.fd"], "state.nvram, firmware.variables"),
        (["firmware.bootloader=/n", "state.nvram=/n"], "state.nvram, firmware.bootloader"),
        (["firmware.bootloader=/dev/sdc", "disk.device=/dev/sdc"], "disk.device, firmware.bootloader"),
        (["network.uplink=tap0"], "network.uplink, network.tap"), (["state.nvram=/run/macos-virt/nvram.fd"], "state.nvram, state.run"),
    ]) func refusesTogether(_ flags: [String], keys: String) throws {
        let error = try error(flags: flags)
        #expect(error?.object == keys)
        #expect(error?.exitCode == 78)
        #expect(error?.cause.contains("(flag --set)") == true)
    }

    @Test(arguments: [
        ["display.vnc=127.9.9.9:0"], ["display.vnc=[::1]:0"], ["display.vnc=unix:/v"],
        ["display.vnc=0.0.0.0:0", "display.vnc_password_file=/p"],
        ["qemu.qmp=/" + String(repeating: "x", count: 93) + "/q"], ["qemu.qmp=none", "display.vnc=unix:/control.sock"],
        ["network.forwards=5900:5900"], ["network.forwards=5900:5900,udp:5900:5900"], ["state.nvram=/run/macos-virt.fd"],
        ["display.vnc=0.0.0.0:0", "display.vnc_password_file=/p", "network.forwards=udp:5900:1"],
    ]) func acceptsTogether(_ flags: [String]) throws {
        #expect(try error(flags: flags) == nil)
    }

    @Test func saysWhyAnOpenScreenIsRefused() throws {
        let error = try error(["/proc/cmdline": "boot.display.vnc=0.0.0.0:0"])
        #expect(error?.cause.contains("without a password") == true)
        #expect(error?.cause.contains("display.vnc = 0.0.0.0:0 (kernel command line)") == true)
        #expect(error?.remedy?.contains("display.vnc_password_file") == true)
    }
}
