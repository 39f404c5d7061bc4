import Foundation
import MediaSamples
import Testing

@testable import Provisioning

/// The agent, over disks that other programs write.
@Suite struct AgentTests {
    typealias Programs = StandInMac.Programs

    private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ann@example"

    /// Everything that the subset has.
    private static func userData() throws -> String {
        """
        #cloud-config
        # A comment.
        hostname: mac-7      # behind a value
        timezone: "Europe/Berlin"
        users:
        - name: ann
          gecos: 'Ann ''A'' \\ Example'
          groups: admin, staff
          sudo: ["ALL=(ALL) NOPASSWD: ALL"]
          lock_passwd: false
          passwd: \(try PasswordHash(of: "secret", iterations: 10_000, salt: [UInt8](0..<32)).text)
          ssh_authorized_keys:
            - \(key)
            - "\(key)2"
        -   name: bob
            shell: /bin/bash
        ssh_authorized_keys: [ "\(key)3" ]
        write_files:
          - path: /usr/local/etc/a b
            permissions: '0640'
            owner: ann:staff
            content: |
              one \\n %s "two"

                three\u{e4}
          - path: /etc/blob
            encoding: b64
            content: AAEC/w==
        runcmd:
          - echo "$((40 + 2))" >>"$ROOT/ran"
          - [sh, -c, 'printf "%s|" "$@" >>"$ROOT/ran"', arg, "a b", 'c\\d']
        macos:
          remote_login: true
          never_sleep: yes
          auto_login: ann
          packages:
            - /private/var/tools.pkg
        """
    }

    private static let expected = [
        "diskutil mount readOnly -mountPoint ROOT/private/var/db/macos-virt/disk disk2", "scutil --set HostName mac-7",
        "scutil --set LocalHostName mac-7", "scutil --set ComputerName mac-7", "systemsetup -settimezone Europe/Berlin",
        "chown ann:staff ROOT/private/var/db/macos-virt/work/content", "chown 0:0 ROOT/private/var/db/macos-virt/work/content",
        "dscl . -create /Users/ann UniqueID 502",
        "dscl . -create /Users/ann PrimaryGroupID 20", "dscl . -create /Users/ann NFSHomeDirectory /Users/ann",
        "dscl . -create /Users/ann UserShell /bin/zsh", #"dscl . -create /Users/ann RealName Ann 'A' \ Example"#,
        "dscl . -create /Users/ann Password *", "createhomedir -c -u ann", "dseditgroup -o edit -a ann -t user admin",
        "dseditgroup -o edit -a ann -t user staff",
        "plutil -convert binary1 -o ROOT/private/var/db/macos-virt/work/shadow ROOT/private/var/db/macos-virt/work/shadow.plist",
        "dscl . -delete /Users/ann ShadowHashData", "dsimport ROOT/private/var/db/macos-virt/work/dsimport /Local/Default M",
        "dscl . -create /Users/ann AuthenticationAuthority ;ShadowHash;HASHLIST:<SALTED-SHA512-PBKDF2>",
        "dscl . -create /Users/ann Password ********", "visudo -c -q -f ROOT/private/var/db/macos-virt/work/sudoers",
        "chown 0:0 ROOT/private/etc/sudoers.d/macos-virt-ann.new", "sudo -n -u ann", "dscl . -create /Users/bob UniqueID 503",
        "dscl . -create /Users/bob PrimaryGroupID 20", "dscl . -create /Users/bob NFSHomeDirectory /Users/bob",
        "dscl . -create /Users/bob UserShell /bin/bash", "dscl . -create /Users/bob RealName bob", "dscl . -create /Users/bob Password *",
        "createhomedir -c -u bob", "sudo -n -u ann",
        "launchctl enable system/com.openssh.sshd", "launchctl bootstrap system /System/Library/LaunchDaemons/ssh.plist",
        "launchctl load -w /System/Library/LaunchDaemons/ssh.plist", "pmset -a sleep 0 displaysleep 0 disksleep 0",
        "defaults write ROOT/Library/Preferences/com.apple.loginwindow autoLoginUser ann",
        "installer -pkg ROOT/private/var/tools.pkg -target /", "diskutil unmount disk2",
    ]

    @Test("Everything of the subset, by each shell and awk, once for an instance-id", arguments: Programs.all)
    func everything(programs: Programs) throws {
        try StandInMac.with { mac in
            try mac.insert(["user-data": Self.userData(), "meta-data": "instance-id: i-1\nlocal-hostname: other\n"])
            #expect(try mac.start(programs) == Self.expected)
            #expect(
                try mac.serial() == [
                    "start", "disk disk2", "apply instance-id=i-1",
                    "ready instance-id=i-1 result=applied warnings=0 host=mac address=192.0.2.7",
                ])
            #expect(try mac.text("usr/local/etc/a b") == "one \\n %s \"two\"\n\n  three\u{e4}\n")
            #expect(try mac.mode("usr/local/etc/a b") == 0o640)
            #expect(try Data(contentsOf: mac.root.appending(path: "etc/blob")) == Data([0, 1, 2, 255]))
            #expect(
                try mac.text("Users/ann/.ssh/authorized_keys") == [Self.key, Self.key + "2", Self.key + "3", ""].joined(separator: "\n"))
            #expect(try mac.mode("Users/ann/.ssh/authorized_keys") == 0o600 && mac.mode("Users/ann/.ssh") == 0o700)
            #expect(try mac.text("private/etc/sudoers.d/macos-virt-ann") == "ann ALL=(ALL) NOPASSWD: ALL\n")
            #expect(try mac.mode("private/etc/sudoers.d/macos-virt-ann") == 0o440)
            #expect(try mac.text("ran") == "42\na b|c\\d|")
            try Self.checkPassword(mac)
            // Nothing is left of what was in between.
            #expect(!mac.exists("private/var/db/macos-virt/work") && !mac.exists("private/var/db/macos-virt/disk"))
            #expect(try mac.text("private/var/db/macos-virt/applied") == "i-1 begun\ni-1 done\n")
            // Again: the same instance, then another one.
            #expect(try mac.start(programs) == [Self.expected.first, Self.expected.last].compactMap { $0 })
            #expect(try mac.serial().last == "ready instance-id=i-1 result=unchanged warnings=0 host=mac address=192.0.2.7")
            try mac.insert(["user-data": "#cloud-config\nhostname: mac-8\n", "meta-data": "instance-id: i-2\n"])
            #expect(try mac.start(programs).contains("scutil --set HostName mac-8"))
        }
    }

    /// What the directory service got is the property list that macOS keeps, read by Python.
    private static func checkPassword(_ mac: StandInMac) throws {
        let data = try #require(mac.attribute("Users/ann", "ShadowHashData"))
        let script = """
            import hashlib, plistlib, sys
            data = sys.stdin.buffer.read()
            assert data.startswith(b"bplist00")
            shadow = plistlib.loads(data)["SALTED-SHA512-PBKDF2"]
            assert shadow["salt"] == bytes(range(32)) and shadow["iterations"] == 10000
            assert shadow["entropy"] == hashlib.pbkdf2_hmac("sha512", b"secret", shadow["salt"], 10000, 128)
            """
        try Samples.run("python3", ["-c", script], input: [UInt8](data))
    }

    @Test(
        "Disks of cloud-localds and of genisoimage",
        arguments: ["cloud-localds", "cloud-localds vfat", "cloud-localds with a network", "genisoimage", "genisoimage CIDATA", "mkfs.fat"])
    func disks(kind: String) throws {
        try StandInMac.with { mac in
            let files = [
                "user-data": "#cloud-config\nhostname: mac-7\n", "meta-data": "instance-id: iid-local01\n",
                "network-config": "version: 2\n",
            ]
            try mac.insert(files) { source, disk in
                let (user, meta) = (source.appending(path: "user-data").path, source.appending(path: "meta-data").path)
                switch kind {
                // Its own meta-data is JSON.
                case "cloud-localds": try Samples.run("cloud-localds", ["--hostname", "mac-9", disk.path, user])
                case "cloud-localds vfat": try Samples.run("cloud-localds", ["--filesystem", "vfat", disk.path, user, meta])
                case "cloud-localds with a network":
                    try Samples.run(
                        "cloud-localds", ["--network-config", source.appending(path: "network-config").path, disk.path, user, meta])
                case "genisoimage":
                    try FileManager.default.removeItem(at: source.appending(path: "network-config"))
                    try StandInMac.genisoimage(source, disk)
                case "genisoimage CIDATA":
                    try Samples.run("genisoimage", ["-quiet", "-o", disk.path, "-V", "CIDATA", "-J", "-r", user, meta])
                default:
                    try Samples.run("mkfs.fat", ["-C", "-n", "CIDATA", disk.path, "1024"])
                    try Samples.run("mcopy", ["-i", disk.path, user, meta, "::"])
                }
            }
            for start in 1...2 {
                let calls = try mac.start()
                #expect(calls.contains("scutil --set HostName mac-7") == (start == 1), "\(calls)")
                let warnings = kind.contains("network") ? 1 : 0
                let result = start == 1 ? "applied" : "unchanged"
                #expect(
                    try mac.serial().last
                        == "ready instance-id=iid-local01 result=\(result) warnings=\(warnings) host=mac address=192.0.2.7")
            }
        }
    }

    @Test(
        "What cannot be read is refused whole, with its line",
        arguments: [
            ("hostname: a\nhostname: b", "line 3: the key hostname for the second time"),
            ("hostname: a\n\tusers: b", "line 3: a tab in the indentation"), ("hostname: &a b", "line 2: \"&\" begins something"),
            ("hostname: a: b", "line 2: a colon in a text without quotes"), ("hostname: \"a", "line 2: a quote that is not closed"),
            ("hostname: \"\\u00e4\"", "line 2: the escape \\u"), ("hostname: [a", "line 2: a bracket or brace that is not closed"),
            ("hostname: a\n  b", "line 3: neither \"key: value\" nor \"- item\""),
            ("users:\n  - name: a\n - name: b", "line 4: an indentation that no block has"),
            ("hostname: >\n  a", "line 2: \">\" begins something"), ("hostname: |2\n    a", "line 2: a block text with an indentation"),
            ("hostname: a\n---\nhostname: b", "line 3: a second document"),
            ("- a\nhostname: b", "line 3: an indentation that no block has"),
            ("hostname: a\n- b", "line 3: a list in a mapping"), ("hostname: 'a' b", "line 2: something follows the closing quote"),
            ("hostname: !!str a", "line 2: \"!\" begins something"), ("%YAML 1.2", "line 2: a directive"), ("a", "line 2: neither"),
            ("runcmd: [a, b] c", "line 2: something follows the closing bracket"), ("hostname: a\n    users: []", "line 3: an indentation"),
            ("users: {name: a, name: b}", "for the second time"),
            ("a: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "line 2: more than 16 brackets"),
        ])
    func mistakes(text: String, said: String) throws {
        try Samples.withDirectory { directory in
            try Data(PackageResources.cloud_config_awk).write(to: directory.appending(path: "p.awk"))
            try Data("#cloud-config\n\(text)\n".utf8).write(to: directory.appending(path: "user-data"))
            for awk in ["mawk", "gawk", "original-awk", "busybox awk"] {
                let script = "LC_ALL=C \(awk) -v form=user-data -f p.awk user-data; echo \"exit $?\""
                let lines = String(decoding: try Samples.run("sh", ["-c", script], in: directory), as: UTF8.self).split(separator: "\n")
                #expect(
                    lines.suffix(2).first?.contains(said) == true && lines.suffix(2).first?.hasPrefix("!\ts\t") == true, "\(awk): \(lines)")
                #expect(lines.last == "exit 1")
            }
        }
    }

    @Test("Every awk reads documents of the subset as PyYAML does")
    func yaml() throws {
        try Samples.withDirectory { directory in
            let program = directory.appending(path: "p.awk")
            try Data(PackageResources.cloud_config_awk).write(to: program)
            let oracle = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Oracle/compare-yaml")
            try Samples.run(oracle.path, [program.path, "400", "mawk", "gawk", "original-awk", "busybox awk"])
        }
    }

    @Test("Nothing of a file with a mistake is applied, neither now nor at the next start")
    func mistake() throws {
        try StandInMac.with { mac in
            try mac.insert([
                "user-data": "#cloud-config\nhostname: a\nruncmd: [touch \"$ROOT/ran\"]\nusers: &a\n",
                "meta-data": "instance-id: i-1\nlocal-hostname: mac-1\n",
            ])
            for _ in 1...2 {
                let calls = try mac.start()
                #expect(calls.allSatisfy { $0.hasPrefix("diskutil") }, "\(calls)")
                let serial = try mac.serial()
                #expect(serial.contains { $0.hasPrefix("error: user-data: line 4: \"&\" begins something") }, "\(serial)")
                #expect(serial.last?.contains("result=failed") == true && !mac.exists("ran"))
                #expect(!mac.exists("private/var/db/macos-virt/applied"))
                try mac.write(Data(), to: "dev/cu.serial1")
            }
        }
    }

    @Test(
        "What is not of the subset is reported, and the rest applied",
        arguments: [
            ("package_update: true", "user-data: package_update is not supported"),
            ("users:\n  - name: ann\n    uid: 7", "user-data: users/0/uid is not supported"),
            ("users: [default]", "users/0: there is no default user"), ("users:\n  - gecos: a", "users/0: no name"),
            ("users:\n  - name: Ann", "users/0: not a short name"), ("users:\n  - name: _www", "users/0: _www belongs to macOS"),
            ("users:\n  - name: ann\n    passwd: $6$a$b\n    lock_passwd: false", "users/0: passwd is not $ml$"),
            ("users:\n  - name: ann\n    passwd: $ml$1$00$00\n    lock_passwd: false", "users/0: passwd has other lengths"),
            ("users:\n  - name: ann\n    passwd: $ml$1$00$00", "users/0: passwd is not used, because lock_passwd is not false"),
            ("users:\n  - name: ann\n    plain_text_passwd: a", "users/0/plain_text_passwd is not supported"),
            ("users:\n  - name: ann\n    sudo: nonsense", "users/0: visudo failed"),
            ("users:\n  - name: ann\n    groups: [missing]", "users/0: dseditgroup failed"),
            ("write_files:\n  - content: a", "write_files/0: no path"),
            ("write_files:\n  - path: a", "write_files/0: not an absolute path"),
            ("write_files:\n  - path: /a/../b", "write_files/0: a path with .."),
            ("write_files:\n  - path: /a\n    permissions: rw", "write_files/0: permissions are not octal"),
            ("write_files:\n  - path: /a\n    encoding: gz", "write_files/0: the encoding gz is not supported"),
            ("write_files:\n  - path: /a\n    encoding: b64\n    content: '***'", "write_files/0: content is not base64"),
            ("timezone: Mars/Base", "timezone: macOS has no Mars/Base"), ("timezone: ../etc/passwd", "timezone: not a name"),
            ("runcmd: [exit 3]", "runcmd/0: sh failed with exit code 3"),
            ("macos: {auto_login: nobody-here}", "macos/auto_login: there is no"),
            ("macos:\n  never_sleep: maybe", "macos/never_sleep: neither true nor false"),
            ("power_state: {mode: explode}", "power_state/mode: none of"),
            ("power_state: {mode: poweroff, delay: soon}", "power_state/delay"),
            ("power_state: {mode: poweroff, condition: test -e /}", "power_state/condition: only true and false"),
            ("0: {name: a}", "user-data: ?/name is not supported"), ("users/0/name: ann", "is not supported"),
        ])
    func unsupported(text: String, said: String) throws {
        try StandInMac.with { mac in
            try mac.insert(["user-data": "#cloud-config\n\(text)\nhostname: mac-1\n", "meta-data": "instance-id: i-1\n"])
            let calls = try mac.start()
            #expect(calls.contains("scutil --set HostName mac-1"), "\(calls)")
            #expect(!calls.contains { $0.hasPrefix("shutdown") || $0.hasPrefix("dsimport") })
            let serial = try mac.serial()
            #expect(serial.contains { $0.hasPrefix("warning: ") && $0.contains(said) }, "\(serial)")
            #expect(serial.last?.contains("result=applied warnings=1") == true, "\(serial)")
        }
    }

    @Test(
        "Meta-data that cannot be used",
        arguments: [
            ("instance-id: a b", "instance-id is not letters"), ("instance-id: [a]", "instance-id is not"),
            ("instance-id: \"\"", "instance-id is not"),
            ("{\"instance-id\": \"a\"", "not closed"), ("\u{0}", "NUL byte"),
            (String(repeating: "#", count: 1 << 20 | 1), "larger than 1048576 bytes"),
        ])
    func metaData(text: String, said: String) throws {
        try StandInMac.with { mac in
            try mac.insert(["user-data": "#cloud-config\nhostname: a\n", "meta-data": text])
            let calls = try mac.start()
            if text == "instance-id: [a]" {
                // A list has no text: the instance is one without an id.
                #expect(try mac.serial().last?.contains("instance-id=nocloud result=applied") == true)
                return
            }
            #expect(calls.allSatisfy { $0.hasPrefix("diskutil") })
            let serial = try mac.serial()
            #expect(serial.contains { $0.contains("error: ") && $0.contains(said) }, "\(serial)")
        }
    }

    @Test("Power states follow the report that the system is ready", arguments: [("poweroff", "-h now"), ("reboot\n  delay: +5", "-r +5")])
    func power(mode: String, arguments: String) throws {
        try StandInMac.with { mac in
            try mac.insert(["user-data": "#cloud-config\npower_state:\n  mode: \(mode)\n", "meta-data": "{}"])
            #expect(try mac.start().last == "shutdown \(arguments)")
            #expect(try mac.serial().suffix(2).map { $0.prefix(5) } == ["ready", "power"])
            #expect(try mac.start().contains { $0.hasPrefix("shutdown") } == false)
        }
    }

    @Test("A script as user-data runs once")
    func script() throws {
        try StandInMac.with { mac in
            try mac.insert(["user-data": "#!/bin/sh\necho ran >>\"$ROOT/ran\"\n", "meta-data": ""])
            for _ in 1...2 { _ = try mac.start() }
            #expect(try mac.text("ran") == "ran\n")
        }
    }

    @Test("Commands that were interrupted are not run again")
    func interrupted() throws {
        try StandInMac.with { mac in
            try mac.write(Data("i-1 begun\n".utf8), to: "private/var/db/macos-virt/applied")
            try mac.insert(["user-data": "#cloud-config\nhostname: a\nruncmd: [touch \"$ROOT/ran\"]\n", "meta-data": "instance-id: i-1"])
            #expect(try mac.start().allSatisfy { $0.hasPrefix("diskutil") })
            #expect(try mac.serial().last?.contains("result=interrupted warnings=1") == true)
            #expect(!mac.exists("ran"))
        }
    }

    @Test("No disk, two disks, one that cannot be mounted, and no serial port")
    func otherDisks() throws {
        try StandInMac.with { mac in
            #expect(try mac.start().isEmpty)
            #expect(try mac.serial() == ["start", "ready instance-id=none result=none warnings=0 host=mac address=192.0.2.7"])
            let files = ["user-data": "#cloud-config\nhostname: a\n", "meta-data": "instance-id: i-1"]
            try mac.insert(files)
            #expect(try mac.start(failing: "diskutil").count == 0)
            try mac.insert(files, as: "disk3")
            #expect(try mac.start().isEmpty)
            #expect(try mac.serial().contains("error: 2 disks have the label cidata"))
            try FileManager.default.removeItem(at: mac.root.appending(path: "dev/disk3"))
            try FileManager.default.removeItem(at: mac.root.appending(path: "dev/cu.serial1"))
            #expect(try mac.start().contains("scutil --set HostName a"))
            #expect(try mac.text("private/var/log/macos-virt.log").contains("there is no serial port"))
        }
    }

    @Test("A serial port that takes nothing does not stop the agent")
    func blocked() throws {
        try StandInMac.with { mac in
            try FileManager.default.removeItem(at: mac.root.appending(path: "dev/cu.serial1"))
            try Samples.run("mkfifo", [mac.root.appending(path: "dev/cu.serial1").path])
            try mac.insert(["user-data": "#cloud-config\nhostname: a\n", "meta-data": "instance-id: i-1"])
            #expect(try mac.start().contains("scutil --set HostName a"))
            #expect(try mac.text("private/var/log/macos-virt.log").contains("ready instance-id=i-1 result=applied"))
        }
    }

    @Test("Root writes nothing through the links of a user")
    func links() throws {
        try StandInMac.with { mac in
            try mac.write(Data("x\n".utf8), to: "target/authorized_keys")
            let home = mac.root.appending(path: "Users/eve")
            try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                at: home.appending(path: ".ssh"), withDestinationURL: mac.root.appending(path: "target"))
            try mac.insert(["user-data": "#cloud-config\nssh_authorized_keys:\n  - \(Self.key)\n", "meta-data": "instance-id: i-1"])
            _ = try mac.start()
            #expect(try mac.text("target/authorized_keys") == "x\n")
            #expect(try mac.serial().contains { $0.contains("is a link") })
        }
    }

    @Test("Links and pipes that a user has planted beside the keys", arguments: Programs.all)
    func planted(programs: Programs) throws {
        try StandInMac.with { mac in
            try mac.write(Data("x\n".utf8), to: "private/etc/sudoers")
            try mac.write(Data("old".utf8), to: "Users/eve/.ssh/authorized_keys")
            let ssh = mac.root.appending(path: "Users/eve/.ssh")
            for planted in [ssh.appending(path: "authorized_keys.new"), mac.root.appending(path: "Users/eve/conf.macos-virt")] {
                try FileManager.default.createSymbolicLink(
                    at: planted, withDestinationURL: mac.root.appending(path: "private/etc/sudoers"))
            }
            try Samples.run("ln", ["-s", "../../private/etc/sudoers", mac.root.appending(path: "Users/eve/more").path])
            try Samples.run("mkfifo", [mac.root.appending(path: "Users/eve/pipe").path])
            let userData = """
                #cloud-config
                ssh_authorized_keys: ["\(Self.key)"]
                write_files:
                - {path: /Users/eve/conf, content: new}
                - {path: /Users/eve/more, content: new, append: true}
                - {path: /Users/eve/pipe, content: new, append: true}
                """
            try mac.insert(["user-data": userData, "meta-data": "instance-id: i-1"])
            _ = try mac.start(programs)
            #expect(try mac.text("private/etc/sudoers") == "x\n")
            #expect(try mac.text("Users/eve/.ssh/authorized_keys") == "old\n\(Self.key)\n")
            #expect(try mac.text("Users/eve/conf") == "new")
            let serial = try mac.serial()
            #expect(serial.count { $0.contains("is no regular file: nothing is appended") } == 2, "\(serial)")
            #expect(serial.last?.contains("result=applied warnings=2") == true)

            // A pipe in place of the keys: nobody waits at its other end.
            try FileManager.default.removeItem(at: ssh.appending(path: "authorized_keys"))
            try Samples.run("mkfifo", [ssh.appending(path: "authorized_keys").path])
            try mac.insert(["user-data": userData, "meta-data": "instance-id: i-2"])
            _ = try mac.start(programs)
            #expect(try mac.serial().contains { $0.contains("is a link, or no regular file") })
        }
    }

    @Test(
        "A disk image that an account attached is no seed",
        arguments: [("Disk Image", "Virtual"), ("Disk Image", "Physical"), ("Virtual Interface", "Virtual")])
    func attachedImages(bus: String, kind: String) throws {
        try StandInMac.with { mac in
            try mac.insert(
                ["user-data": "#cloud-config\nruncmd: [touch \"$ROOT/ran\"]\n", "meta-data": "instance-id: evil"], as: "disk3")
            try mac.describe("disk3", bus: bus, kind: kind)
            #expect(try mac.start().isEmpty)
            #expect(!mac.exists("ran"))
            let serial = try mac.serial()
            #expect(serial.contains { $0.hasPrefix("warning: disk images") && $0.hasSuffix(": disk3") }, "\(serial)")
            // Nor does it keep the real one from being applied.
            try mac.insert(["user-data": "#cloud-config\nhostname: a\n", "meta-data": "instance-id: i-1"])
            #expect(try mac.start().contains("scutil --set HostName a"))
            #expect(try mac.serial().last?.contains("instance-id=i-1 result=applied warnings=1") == true && !mac.exists("ran"))
        }
    }

    @Test("Remote Login that does not listen is reported")
    func remoteLogin() throws {
        try StandInMac.with { mac in
            try mac.insert(["user-data": "#cloud-config\nmacos: {remote_login: true}\n", "meta-data": "instance-id: i-1"])
            _ = try mac.start(failing: "nc")
            #expect(try mac.serial().contains("warning: macos/remote_login: nothing listens at port 22"))
        }
    }

    @Test("Keys of the whole seed go to the first account of a person, and are not added twice")
    func commonKeys() throws {
        try StandInMac.with { mac in
            try mac.write(Data("\(Self.key)\n".utf8), to: "Users/eve/.ssh/authorized_keys")
            try mac.insert([
                "user-data": "#cloud-config\nssh_authorized_keys:\n- \(Self.key)\n- \(Self.key)2\n", "meta-data": "instance-id: i-1",
            ])
            _ = try mac.start()
            #expect(try mac.text("Users/eve/.ssh/authorized_keys") == "\(Self.key)\n\(Self.key)2\n")
        }
    }

    @Test("Both shells' checker finds nothing", arguments: [AgentScript.bytes, PackageResources.postinstall_sh], ["sh", "dash", "bash"])
    func shellcheck(script: [UInt8], dialect: String) throws {
        try Samples.run("shellcheck", ["--shell", dialect, "-"], input: script)
    }
}
