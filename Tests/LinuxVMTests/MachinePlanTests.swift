import BootSettings
import Diagnostics
import DiskFormats
import Foundation
import Glibc
import HostSupport
import KVM
import LinuxSupport
import NetworkValues
import QemuArgs
import SystemPackage
import Testing

@testable import LinuxVM

@Suite struct MachinePlanTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch([
            "linux/linux.img": "x", "linux/vmlinuz": "x", "linux/initrd": "x", "opencore.img": "x",
            "boot.toml": "[display]\nvnc = \"off\"\n", "usr/share/OVMF/OVMF_CODE_4M.fd": "code", "usr/share/OVMF/OVMF_VARS_4M.fd": "vars",
        ])
        try scratch.reserve(64 << 20, "macos.img")
        // Version 3, clusters of 64 KiB, a disk of 64 MiB.
        try scratch.write(
            [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3] + [UInt8](repeating: 0, count: 12) + [0, 0, 0, 16, 0, 0, 0, 0, 4, 0, 0, 0], "macos.qcow2")
    }

    private func here(_ problem: KVMProblem.Kind? = nil) -> ThisMachine {
        ThisMachine(
            cpus: 6, availableMemory: 16384, nesting: .allowed("kvm_amd.nested=1"),
            kvm: {
                KVMFacts(
                    problem: problem.map { KVMProblem(kind: $0, detail: "") }, apiVersion: 12, capabilities: [:], cpuid: [], tscKHz: nil)
            }, root: scratch.root, freePort: { $0 == 0 ? 40000 : $0 })
    }

    private func plan(
        _ problem: KVMProblem.Kind? = nil, directory: FilePath = "/run/d", _ change: (inout MachineRequest) throws -> Void = { _ in }
    ) throws -> MachinePlan {
        var request = MachineRequest(macOS: scratch.path.appending("macos.img"))
        request.linux = scratch.path.appending("linux")
        try change(&request)
        return try MachinePlan(request, on: here(problem), in: directory, password: "abcdefgh")
    }

    @Test func defaultsWithKVM() throws {
        let plan = try plan()
        #expect(plan.machine.vcpus == 6 && plan.machine.memoryMiB == 12288 && plan.machine.accelerator == .kvm)
        let code = scratch.path.appending("usr/share/OVMF/OVMF_CODE_4M.fd")
        #expect(plan.machine.firmware == .uefi(code: code, variables: "/run/d/variables.fd"))
        #expect(plan.machine.linux == .disk(DiskFile(path: scratch.path.appending("linux/linux.img"), format: .raw)))
        #expect(plan.configuration.text.contains("device = \"serial:macos\"") && plan.password == "abcdefgh")
        #expect(Greeting(plan).text.contains("password abcdefgh") && !Greeting(plan).text.contains("mulation"))
    }

    @Test func defaultsInEmulation() throws {
        let plan = try plan(.cannotRunFirmware) { $0.sets = [try ConfigurationFlag(set: "firmware.type=bios")] }
        #expect(plan.machine.vcpus == 1 && plan.machine.memoryMiB == 6656 && plan.machine.accelerator == .emulation)
        #expect(Greeting(plan).text.contains("slow") && Greeting(plan).text.contains("firmware does not run"))
    }

    @Test func directNeedsNoFirmware() throws {
        let plan = try plan {
            $0.isDirect = true; $0.append = "debug"
        }
        #expect(plan.machine.firmware == .bios && plan.variablesTemplate == nil)
        let linux = scratch.path.appending("linux")
        #expect(
            plan.machine.linux
                == .kernel(linux.appending("vmlinuz"), initrd: linux.appending("initrd"), words: LinuxStart.words + " debug"))
        try scratch.write(Array(#"{"kernelCommandLine": "console=ttyS0", "more": 1}"#.utf8), "linux/manifest.json")
        let named = try self.plan { $0.isDirect = true }.commandLine().argv
        #expect(named.contains("console=ttyS0"))
    }

    @Test func theUsersScreenIsHis() throws {
        let plan = try plan { $0.configuration = scratch.path.appending("boot.toml") }
        #expect(plan.password == nil && !plan.configuration.text.contains("vnc_password_file") && !Greeting(plan).text.contains("screen  "))
        #expect(try self.plan { $0.sets = [try ConfigurationFlag(set: "display.vnc=off")] }.password == nil)
    }

    @Test func openCoreIsADiskThatBootFindsByName() throws {
        let plan = try plan { $0.openCore = scratch.path.appending("opencore.img") }
        #expect(plan.configuration.text.contains("bootloader = \"/dev/vda\""))
        // The first virtio-blk disk on the bus.
        let slots = try plan.commandLine().argv.filter { $0.hasPrefix("virtio-blk-pci") }.sorted { lhs, rhs in
            (lhs.range(of: "addr=0x1")?.upperBound).map { lhs[$0...] } ?? "" < (rhs.range(of: "addr=0x1")?.upperBound).map { rhs[$0...] }
                ?? ""
        }
        #expect(slots.count == 2 && slots[0].contains("id=opencore"))
    }

    /// UEFI firmware in the guest would abort QEMU's emulation.
    @Test func theEmulatedGuestStartsFromBIOS() throws {
        let opencore = scratch.path.appending("opencore.img")
        func emulated(_ set: String? = nil) throws -> MachinePlan {
            try self.plan(.cannotRunFirmware) {
                $0.openCore = opencore
                $0.sets = try set.map { [try ConfigurationFlag(set: $0)] } ?? []
            }
        }
        // No boot code in the first sector: no sector, none at all, no signature.
        for sector in [[0x78], [UInt8](repeating: 0, count: 510) + [0x55, 0xAA], [0xEB, 0x63] + [UInt8](repeating: 0, count: 510)] {
            try scratch.write(sector, "opencore.img")
            let error = #expect(throws: OperationError.self) { try emulated() }
            #expect(error?.exit == .unavailable && error?.remedy?.contains("nested KVM") == true, "\(String(describing: error))")
        }
        try scratch.write([0xEB, 0x63] + [UInt8](repeating: 0, count: 508) + [0x55, 0xAA], "opencore.img")
        let plan = try emulated()
        #expect(plan.configuration.configuration.firmware.type == .bios && plan.configuration.text.contains("type = \"bios\""))
        #expect(Greeting(plan).text.contains("note: the guest starts from BIOS"))
        let uefi = try emulated("firmware.type=uefi")
        #expect(uefi.configuration.configuration.firmware.type == .uefi && Greeting(uefi).text.contains("note: firmware.type is uefi"))
        #expect(try self.plan { $0.openCore = opencore }.configuration.configuration.firmware.type == .uefi, "KVM")
    }

    @Test func theGuestHasTheIdentityOfItsOpenCoreDisk() throws {
        let identity = MachineRequest.Identity(
            uuid: "7C3B5F0E-8B7A-4D3B-9A55-0F1E2D3C4B5A", mac: try #require(MACAddress("52:54:00:12:34:56")))
        func guest(_ identity: MachineRequest.Identity?, _ set: String? = nil) throws -> MachinePlan {
            try plan {
                $0.openCore = scratch.path.appending("opencore.img")
                $0.identity = identity
                $0.sets = try set.map { [try ConfigurationFlag(set: $0)] } ?? []
            }
        }
        let same = try guest(identity)
        #expect(same.configuration.text.contains("mac = \"52:54:00:12:34:56\"") && same.configuration.text.contains(identity.uuid))
        #expect(same.notes.isEmpty)
        #expect(try guest(nil).notes.count == 1)
        // The user's own.
        let other = try guest(identity, "guest.identity=pod-7")
        #expect(other.notes.isEmpty && !other.configuration.text.contains(identity.uuid))
    }

    /// virtio-blk disks are named in the order of their slots.
    @Test(arguments: [(true, "/dev/vdb"), (false, "/dev/vda")])
    func theInstallerIsADiskThatBootFindsByName(hasOpenCore: Bool, name: String) throws {
        let plan = try plan {
            $0.openCore = hasOpenCore ? scratch.path.appending("opencore.img") : nil
            $0.installer = scratch.path.appending("macos.qcow2")
        }
        #expect(plan.configuration.text.contains("installer = \"\(name)\""))
        let argv = try plan.commandLine().argv
        #expect(argv.contains { $0.hasPrefix("id=installer-drive") && $0.contains("readonly=on") && $0.contains("format=qcow2") })
        let disks = argv.filter { $0.hasPrefix("virtio-blk-pci") }.map { word in
            (slot: word.split(separator: ",").first { $0.hasPrefix("addr=") } ?? "", id: word.split(separator: ",")[1])
        }.sorted { $0.slot < $1.slot }.map(\.id)
        #expect(disks == (hasOpenCore ? ["id=opencore"] : []) + ["id=installer", "id=configuration"])
        let error = #expect(throws: OperationError.self) { try self.plan { $0.installer = "/nonexistent" } }
        #expect(error?.exit == .noInput && error?.remedy?.contains("mkinstaller") == true)
    }

    /// A directory and a file become a disk; the disk is named as Linux names it.
    @Test(arguments: [(false, false, "/dev/vdb"), (true, false, "/dev/vdc"), (true, true, "/dev/vdd")])
    func theSeedIsADiskThatBootFindsByName(hasOpenCore: Bool, hasInstaller: Bool, name: String) async throws {
        try scratch.write(Array("#cloud-config\nhostname: mac-7\n".utf8), "seed/user-data")
        for seed in ["seed", "seed/user-data"] {
            let directory = scratch.path.appending("run")
            try? FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
            let plan = try plan(directory: directory) {
                $0.seed = scratch.path.appending(FilePath(seed).components)
                $0.openCore = hasOpenCore ? scratch.path.appending("opencore.img") : nil
                $0.installer = hasInstaller ? scratch.path.appending("macos.qcow2") : nil
            }
            #expect(plan.configuration.configuration.guest.seed == name)
            let argv = try plan.commandLine().argv
            #expect(argv.contains("id=seed-drive,if=none,format=raw,file=\(directory.appending("seed.iso")),readonly=on"), "\(argv)")
            let disks = argv.filter { $0.hasPrefix("virtio-blk-pci") }.map { word in
                (slot: word.split(separator: ",").first { $0.hasPrefix("addr=") } ?? "", id: word.split(separator: ",")[1])
            }.sorted { $0.slot < $1.slot }.map(\.id)
            #expect(disks.firstIndex(of: "id=seed").map { "/dev/vd" + ["a", "b", "c", "d"][$0] } == name)
        }
    }

    @Test func aSeedDiskIsUsedAsItIsAndWhatIsNoneIsRefused() throws {
        let iso = try scratch.write(try SeedDisk(["user-data": Array("#cloud-config\n".utf8)]).image(), "given.iso")
        let plan = try plan { $0.seed = iso }
        #expect(try plan.commandLine().argv.contains { $0.hasPrefix("id=seed-drive") && $0.contains("file=\(iso)") })
        try scratch.write(Array("instance-id: a\n".utf8), "empty/meta-data")
        for (name, exit, words) in [
            ("nonexistent", .noInput, "no such file"), ("boot.toml", .dataError, "neither user-data nor a disk"),
            ("empty", .dataError, "no file user-data"),
        ] as [(String, Diagnostics.ExitStatus, String)] {
            let error = #expect(throws: OperationError.self) { try self.plan { $0.seed = scratch.path.appending(name) } }
            #expect(error?.exit == exit && error?.cause.contains(words) == true && error?.remedy != nil, "\(name)")
        }
    }

    @Test func aNewDiskIsSparseAndReplacesNothing() throws {
        let path = scratch.path.appending("new.img")
        try NewDisk.make(path, size: "64G")
        var status = stat()
        #expect(stat(path.string, &status) == 0 && status.st_size == 64 << 30 && status.st_blocks == 0)
        for (path, size, exit) in [
            (path, "64G", Diagnostics.ExitStatus.cantCreate), (scratch.path.appending("no/x.img"), "64G", .cantCreate),
            (scratch.path.appending("y.img"), "64GB", .usage), (scratch.path.appending("y.img"), "1M", .usage),
        ] {
            let error = #expect(throws: OperationError.self) { try NewDisk.make(path, size: size) }
            #expect(error?.exit == exit, "\(String(describing: error))")
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.path.appending("y.img").string))
    }

    @Test func formatsByTheirFirstBytes() throws {
        #expect(try plan { $0.macOS = scratch.path.appending("macos.qcow2") }.machine.macOS.format == .qcow2)
        // What QEMU would take for a raw disk.
        for (bytes, cause) in [
            (Array("PK\u{3}\u{4}".utf8), "ZIP archive"), ([0x1f, 0x8b, 8], "gzip archive"), (Array("KDMV".utf8), "VMDK image"),
            ([0x51, 0x46, 0x49, 0xFB, 0, 0], "header is damaged"),
        ] as [([UInt8], String)] {
            try scratch.write(bytes, "odd.img")
            let error = #expect(throws: OperationError.self) { try plan { $0.macOS = scratch.path.appending("odd.img") } }
            #expect(error?.exit == .dataError && error?.cause.contains(cause) == true)
        }
        #expect(try plan().machine.macOS.format == .raw)
    }

    @Test(arguments: [
        ("linux", "open the Linux image", "mklinux"), ("kernel", "open the Linux kernel", "mklinux"),
        ("macos", "open the macOS disk", "--macos"), ("opencore", "open the OpenCore disk", "mkopencore"),
        ("directory", "open the macOS disk", "--macos"), ("empty", "open the OpenCore disk", "mkopencore"),
    ])
    func missingImages(what: String, operation: String, remedy: String) throws {
        let empty = try scratch.write([], "empty.img")
        let error = #expect(throws: OperationError.self) {
            try plan { request in
                switch what {
                case "linux": request.linux = "/nonexistent"
                case "kernel":
                    request.linux = "/nonexistent"
                    request.isDirect = true
                case "macos": request.macOS = "/nonexistent"
                case "directory": request.macOS = "/"
                case "empty": request.openCore = empty
                default: request.openCore = "/nonexistent"
                }
            }
        }
        #expect(
            error?.exit == .noInput && error?.operation == operation && error?.remedy?.contains(remedy) == true,
            "\(String(describing: error))")
    }

    /// What `boot` would refuse in the VM is refused before it starts, in the same words.
    @Test(arguments: [
        ("[guest]\nmemroy = \"8G\"\n", [], "did you mean guest.memory?"), ("[guest]\nmemory = \"8Q\"\n", [], "'8Q'"),
        ("", ["guest.vcpus=0"], "'0' (flag --set)"), ("", ["firmware.code=/c.fd"], "set both or neither"),
        ("", ["network.forwards=5900:5900"], "set by macos-virt run"), ("", ["display.vnc=0.0.0.0:0"], "without a password"),
        ("[guest\n", [], "line 1"),
    ]) func mistakesOfTheConfiguration(file: String, sets: [String], words: String) throws {
        let path = try scratch.write(Array(file.utf8), "mine.toml")
        let error = #expect(throws: OperationError.self) {
            try plan {
                $0.configuration = path
                $0.sets = try sets.map(ConfigurationFlag.init(set:))
            }
        }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(error?.exit == (sets.contains("guest.vcpus=0") ? .usage : .config))
    }

    @Test func wordsForTheKernelAreChecked() throws {
        let error = #expect(throws: OperationError.self) {
            try self.plan {
                $0.isDirect = true
                $0.append = "quiet boot.guest.memroy=8G"
            }
        }
        #expect(error?.remedy == "check the spelling: did you mean boot.guest.memory?")
        let plan = try self.plan {
            $0.isDirect = true
            $0.append = "boot.shell_on_fail boot.display.vnc=off"
        }
        #expect(plan.password == nil && !plan.configuration.text.contains("[display]"))
    }

    /// The size of the disk, not of the file.
    @Test func disksThatBootWouldRefuse() throws {
        try scratch.reserve(32 << 20 - 512, "small.img")
        let small = #expect(throws: OperationError.self) { try plan { $0.macOS = scratch.path.appending("small.img") } }
        #expect(small?.cause.contains("disk.minimum, 32M") == true && small?.exit == .noInput)
        try scratch.reserve(32 << 20, "fits.img")
        #expect(throws: Never.self) { try plan { $0.macOS = scratch.path.appending("fits.img") } }
        let set = try ConfigurationFlag(set: "disk.minimum=65M")
        let qcow2 = #expect(throws: OperationError.self) {
            try plan {
                $0.macOS = scratch.path.appending("macos.qcow2")
                $0.sets = [set]
            }
        }
        #expect(qcow2?.cause.contains("it has 64M") == true)
    }

    @Test(arguments: [
        ("1f8b0800", "a gzip archive"), ("504b0304", "a ZIP archive"), ("4b444d56", "a VMDK image"), ("7668647866696c65", "a VHDX image"),
        ("fd377a585a00", "an xz archive"), ("28b52ffd", "a zstd archive"), ("636f6e6563746978", "a VHD image"),
    ]) func otherFormatsAreNamed(magic: String, name: String) throws {
        let bytes = stride(from: 0, to: magic.count, by: 2).map { UInt8(magic.dropFirst($0).prefix(2), radix: 16) ?? 0 }
        let image = try scratch.write(bytes + [UInt8](repeating: 0, count: 1024), "other.img")
        for change in [
            { $0.macOS = image }, { $0.openCore = image }, { $0.linux = image },
        ] as [(inout MachineRequest) -> Void] {
            let error = #expect(throws: OperationError.self) { try plan(nil, change) }
            #expect(error?.cause.contains(name) == true && error?.exit == .dataError, "\(String(describing: error))")
        }
    }

    @Test(arguments: [("auto", nil), ("8G", 8192), ("4096", 4096), ("4096M", 4096), ("4097MiB", 4097)] as [(String, Int?)])
    func memoryAsForBoot(text: String, mebibytes: Int?) throws {
        #expect(try MachineRequest.memory(text) == mebibytes)
    }

    @Test(arguments: ["", "8GB", "1.5G", "-1", "1048577B", "much"]) func wrongMemory(text: String) {
        let error = #expect(throws: OperationError.self) { try MachineRequest.memory(text) }
        #expect(error?.exit == .usage && error?.cause.contains("(flag --memory) is not a size in whole MiB") == true)
    }

    @Test func noFirmware() throws {
        try FileManager.default.removeItem(atPath: scratch.path.appending("usr").string)
        let error = #expect(throws: OperationError.self) { try plan() }
        #expect(error?.exit == .osFile && error?.remedy?.contains("ovmf") == true)
        #expect(try plan { $0.firmware = .bios }.machine.firmware == .bios)
    }

    @Test func aDirectoryThatIsTooLongForASocket() {
        let error = #expect(throws: OperationError.self) { try plan(directory: FilePath("/" + String(repeating: "x", count: 120))) }
        #expect(error?.remedy?.contains("TMPDIR") == true)
    }
}
