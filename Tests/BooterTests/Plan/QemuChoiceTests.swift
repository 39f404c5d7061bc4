import Foundation
import LinuxSupport
import QemuArgs
import Testing

@testable import BootSettings
@testable import Booter

struct QemuChoiceTests {
    private func choose(
        _ configuration: Configuration = Configuration(), _ change: (inout HostFacts) -> Void = { _ in }
    ) -> (choice: QemuChoice?, notes: PlanNotes) {
        var facts = Sample.facts
        change(&facts)
        let (choice, notes) = Sample.notes { QemuChoice.choose(configuration, facts, &$0) }
        return (choice, notes)
    }

    @Test func whatIsThereIsTaken() {
        let (choice, notes) = choose()
        #expect(choice?.binary == "/usr/bin/qemu-system-x86_64" && choice?.version == QemuVersion(7, 2))
        #expect(choice?.sandbox == true && choice?.io == .ioUring && notes.refusal == nil)
    }

    @Test func noQEMU() {
        let missing = choose { $0.qemu = nil }.notes.refusal
        #expect(missing?.message == "qemu-system-x86_64 was not found" && missing?.exitCode == 72)
        let configured = choose(.with { $0.qemu.binary = "/opt/q" }) { $0.qemu = nil }.notes.refusal
        #expect(configured?.message == "qemu.binary is /opt/q, which does not exist")
        let silent = choose {
            $0.qemu = nil
            $0.qemuProblem = "it said nothing"
        }.notes.refusal
        #expect(silent?.message == "it said nothing")
    }

    @Test func aSavedMachineNeedsNoQEMU() {
        let (choice, notes) = choose {
            $0.qemu = nil
            $0.isReplay = true
        }
        #expect(choice?.version == QemuVersion(7, 2) && choice?.machine == "pc-q35-7.2" && choice?.io == .native)
        #expect(notes.decisions.contains { $0.name == "QEMU" && $0.value == "7.2 assumed" })
    }

    @Test(arguments: [([7, 2, 22], true), ([7, 2], true), ([7, 1, 0], false), ([6, 2], false), ([10, 0, 3], true), ([], false)])
    func versions(version: [Int], isAccepted: Bool) {
        let (choice, notes) = choose { $0.qemu?.version = version }
        #expect((choice != nil) == isAccepted)
        if !isAccepted { #expect(notes.refusal?.message.hasSuffix("; macOS needs 7.2 or newer") == true) }
    }

    @Test func theOldestMachineThatWasTriedIsPinned() {
        #expect(choose { $0.qemu?.machines = ["pc-q35-10.0", "pc-q35-8.2", "pc-q35-7.2"] }.choice?.machine == "pc-q35-7.2")
        #expect(choose { $0.qemu?.machines = ["pc-q35-10.0", "pc-q35-8.2", "q35"] }.choice?.machine == "pc-q35-8.2")
        let none = choose { $0.qemu?.machines = ["q35", "pc-q35-6.2"] }.notes.refusal
        #expect(none?.message.hasPrefix("QEMU 7.2.22 has none of the machines pc-q35-7.2, ") == true)
        #expect(choose(.with { $0.qemu.machine = "pc-q35-7.1" }).choice?.machine == "pc-q35-7.1")
        let wrong = choose(.with { $0.qemu.machine = "pc-q35-9.9" }).notes.refusal
        #expect(wrong?.remedy == "choose one of: pc-q35-7.1, pc-q35-7.2" && wrong?.exitCode == 78)
    }

    @Test(arguments: [
        ("auto", "65533:65533"), ("root", nil), ("nobody", "65534:65534"), ("1000:100", "1000:100"), ("0:0", nil),
        ("libvirt-qemu", "64055:994"),
    ])
    func users(wish: String, expected: String?) {
        let (choice, notes) = choose(.with { $0.qemu.user = wish }) {
            if wish == "libvirt-qemu" { $0.files.users[wish] = UserFact(uid: 64055, gid: 994) }
        }
        #expect(choice?.runAs.map { "\($0.uid):\($0.gid)" } == expected && notes.refusal == nil)
        #expect(choice?.runAs?.hasRunWith ?? false == false)
    }

    @Test func anAccountOfQEMUsOwnIsPreferred() {
        let choice = choose { $0.files.users["qemu"] = UserFact(uid: 107, gid: 107) }.choice
        #expect(choice?.runAs?.uid == 107)
        #expect(choose { $0.files.users = [:] }.choice?.runAs?.uid == 65533)
        #expect(choose { $0.qemu?.options["run-with"] = ["user"] }.choice?.runAs?.hasRunWith == true)
        let wrong = choose(.with { $0.qemu.user = "stranger" }).notes.refusal
        #expect(wrong?.message == "qemu.user is stranger, which is not in /etc/passwd" && wrong?.exitCode == 78)
    }

    @Test func sandbox() {
        let without = choose { $0.qemu?.options["sandbox"] = nil }
        #expect(without.choice?.sandbox == false)
        #expect(without.notes.warnings.first?.contains("built without seccomp") == true)
        #expect(choose(.with { $0.qemu.sandbox = false }).choice?.sandbox == false)
    }

    @Test func diskIO() {
        func io(_ configuration: Configuration = Configuration(), _ change: (inout HostFacts) -> Void = { _ in }) -> DiskIO? {
            choose(configuration, change).choice?.io
        }
        #expect(io { $0.kernel.hasIOUring = false } == .native)
        #expect(io { $0.qemu?.options["aio"] = ["native", "threads"] } == .native)
        #expect(io(.with { $0.disk.aio = .threads }) == .threads)
        #expect(io(.with { $0.disk.aio = .ioUring }) { $0.kernel.hasIOUring = false } == .ioUring)
    }

    /// What the command line can contain is what QEMU is asked for: no list between them can be forgotten.
    @Test func everyDeviceOfACommandLineIsAskedFor() throws {
        var (checked, seen) = (0, Set<String>())
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = RandomPlan(seed: seed)
            var facts = random.facts()
            // Answers that are not about the added device.
            let known = facts.qemu?.devices
            facts.qemu?.asked = known
            var configuration = random.configuration()
            configuration.qemu.extra += ["-device", "device-\(seed),x=1"]
            let asked = MachineQuestions(configuration).qemuDevices
            guard let argv = Planner(configuration: configuration, facts: facts, prepared: true).plan().qemu?.argv else { continue }
            for (option, value) in zip(argv, argv.dropFirst()) where option == "-device" {
                let name = String(value.prefix { $0 != "," })
                #expect(asked.contains(name), "seed \(seed)")
                seen.insert(name)
            }
            checked += 1
        }
        #expect(checked > 20 && seen.count > checked)
    }

    /// A device that the user adds is judged by QEMU's answer, which a probe of the same configuration has asked for.
    @Test func aDeviceThatTheUserAdds() throws {
        let configuration = Configuration.with { $0.qemu.extra = ["-device", "edu,dma_mask=0xff"] }
        var answers = QemuAnswers(asked: MachineQuestions(configuration).qemuDevices)
        let names = Sample.qemu.devices + ["edu", "tpci200"]
        let line = #"{"return": ["# + names.map { #"{"name": "\#($0)"}"# }.joined(separator: ",") + #"], "id": "devices"}"# + "\n"
        try answers.take(Array(line.utf8))
        let devices = answers.facts(path: "/q").devices
        #expect(devices.contains("edu") && !devices.contains("tpci200"))
        let plan = Sample.plan(configuration) { $0.qemu?.devices = devices }
        #expect(plan.refusal == nil && plan.qemu?.argv.suffix(2) == ["-device", "edu,dma_mask=0xff"])
        // Answers that are not about it refuse nothing.
        #expect(Sample.plan(configuration) { $0.qemu?.asked = Sample.qemu.devices }.refusal == nil)
        #expect(Sample.plan(configuration).refusal?.message == "/usr/bin/qemu-system-x86_64 has no device edu")
    }

    /// As RHEL's QEMU: the next best card, and a remedy that fits what is missing.
    @Test func whatIsMissingIsReplacedOrHasItsRemedy() throws {
        func plan(_ configuration: Configuration = Configuration(), without names: String...) -> BootPlan {
            Sample.plan(configuration) { facts in
                facts.qemu?.devices += ["VGA", "e1000-82545em"]
                facts.qemu?.devices.removeAll(where: names.contains)
            }
        }
        let argv = try #require(plan(without: "vmware-svga").qemu?.argv)
        #expect(argv.contains { $0.hasPrefix("VGA,id=screen,") })
        #expect(plan(without: "vmware-svga").decision("graphics card")?.value == "VGA")
        #expect(plan().decision("graphics card") == nil)
        #expect(
            plan(without: "vmware-svga", "VGA").refusal?.remedy
                == "install a complete QEMU (Debian: qemu-system-x86), or set qemu.binary to one")
        let nic = plan(.with { $0.guest.macOS = .catalina }, without: "vmxnet3").refusal
        #expect(nic?.remedy == "set network.nic to virtio-net or e1000-82545em, or install a QEMU that has vmxnet3")
        let added = plan(.with { $0.qemu.extra = ["-device", "edu"] }).refusal
        #expect(added?.remedy == "remove edu from qemu.extra, or install a QEMU that has it")
    }

    @Test func machinesOfItsOwnAreNamed() {
        let refusal = choose { $0.qemu?.machines = ["pc-q35-rhel9.4.0", "q35"] }.notes.refusal
        #expect(refusal?.remedy == "set qemu.machine to one that it has: pc-q35-rhel9.4.0")
    }

    @Test func missingDevicesAndModelsAreNamed() {
        let device = Sample.plan { $0.qemu?.devices.removeAll { $0 == "vmware-svga" || $0 == "qemu-xhci" } }.refusal
        #expect(device?.message == "/usr/bin/qemu-system-x86_64 has no device qemu-xhci, vmware-svga" && device?.exitCode == 72)
        let model = Sample.plan(.with { $0.guest.cpuModel = "Z80" }).refusal
        #expect(model?.message == "/usr/bin/qemu-system-x86_64 has no CPU model Z80" && model?.exitCode == 78)
    }
}

struct FirmwareChoiceTests {
    private func choose(
        _ configuration: Configuration = Configuration(), _ change: (inout FileFacts) -> Void = { _ in }
    ) -> (choice: FirmwareChoice?, notes: PlanNotes) {
        var facts = Sample.facts
        change(&facts.files)
        let (choice, notes) = Sample.notes { FirmwareChoice.choose(configuration, facts, &$0) }
        return (choice, notes)
    }
    private func pair(_ code: Int, _ variables: Int) -> FirmwarePair {
        FirmwarePair(
            code: FileFact(path: "/c\(code)", size: code, isBlockDevice: false),
            variables: FileFact(path: "/v\(variables)", size: variables, isBlockDevice: false))
    }

    @Test func aPairIsTaken() {
        #expect(
            choose().choice
                == FirmwareChoice(
                    flash: .init(code: "/ovmf/code.fd", template: "/ovmf/vars.fd", variables: "/var/lib/macos-virt/nvram.fd"),
                    openCoreDisk: "/macos/bootloader.img"))
    }

    /// OVMF is neither needed nor looked for; everything that it would read by virtio is on SATA.
    @Test func bios() throws {
        let (choice, notes) = choose(.with { $0.firmware.type = .bios }) { $0.firmware = [] }
        #expect(choice == FirmwareChoice(flash: nil, openCoreDisk: "/macos/bootloader.img") && notes.refusal == nil)
        let plan = Sample.plan(.with { $0.firmware.type = .bios })
        let argv = try #require(plan.qemu?.argv)
        #expect(argv.contains { $0.hasPrefix("ide-hd,id=boot,bus=ide.0,") && $0.hasSuffix("bootindex=0") })
        #expect(argv.contains { $0.hasPrefix("ide-hd,id=system,bus=ide.1,") && $0.hasSuffix("bootindex=1") })
        #expect(!argv.contains { $0.contains("pflash") || $0.hasPrefix("virtio-blk-pci") || $0.contains("iothread") })
        #expect(!plan.steps.contains { if case .copyFile = $0 { true } else { false } })
    }

    @Test func withoutAnyItSaysWhatToInstall() {
        let refusal = choose { $0.firmware = [] }.notes.refusal
        #expect(refusal?.message == "no OVMF firmware was found" && refusal?.exitCode == 72)
        let configured = choose(
            .with {
                $0.firmware.code = "/c"
                $0.firmware.variables = "/v"
            }
        ) { $0.firmware = [] }.notes.refusal
        #expect(configured?.message == "/c and /v: not found")
    }

    @Test(arguments: [(3_653_632, 131_072), (1_966_080, 540_672), (0, 0), (Int.max, Int.max), (-1, 1)])
    func aMixedPairIsRefused(code: Int, variables: Int) {
        let (choice, notes) = choose { $0.firmware = [pair(code, variables)] }
        #expect(choice == nil && notes.refusal?.message.contains("are not from the same build") == true)
        // Another one that fits is found behind it.
        #expect(choose { $0.firmware = [pair(code, variables), pair(1_966_080, 131_072)] }.choice?.flash?.code == "/c1966080")
    }

    @Test func bootloader() {
        let without = choose { $0.bootloader = nil }
        #expect(without.choice != nil && without.choice?.openCoreDisk == nil)
        #expect(without.notes.warnings.first?.hasPrefix("no OpenCore disk at /macos/bootloader.img") == true)
        let wrong = choose(.with { $0.firmware.bootloader = "/oc.img" }) { $0.bootloader = nil }
        #expect(wrong.notes.refusal?.message == "firmware.bootloader is /oc.img, which does not exist")
        #expect(wrong.notes.refusal?.exitCode == 66)
    }

    /// What an interrupted copy leaves. A device has no size of its own.
    @Test(arguments: [(0, false, true), (-1, false, true), (1, false, false), (0, true, false)])
    func anEmptyBootloaderIsRefused(size: Int, isBlockDevice: Bool, isRefused: Bool) {
        let (choice, notes) = choose { $0.bootloader = FileFact(path: "/oc.img", size: size, isBlockDevice: isBlockDevice) }
        #expect((choice == nil) == isRefused && notes.refusal?.exitCode == (isRefused ? 66 : nil))
        #expect(!isRefused || notes.refusal?.message == "the OpenCore disk /oc.img is empty")
    }
}

struct InstallerChoiceTests {
    private func choose(
        _ path: String?, _ file: FileFact? = nil, _ image: ImageFact? = nil
    ) -> (choice: InstallerChoice?, notes: PlanNotes) {
        var facts = Sample.facts
        (facts.files.installer, facts.files.installerImage) = (file, image)
        let (choice, notes) = Sample.notes { InstallerChoice.choose(.with { $0.disk.installer = path }, facts, &$0) }
        return (choice, notes)
    }

    @Test func whatIsTaken() {
        #expect(choose(nil).choice == InstallerChoice())
        let device = FileFact(path: "/dev/vdb", size: 0, isBlockDevice: true)
        #expect(choose("/dev/vdb", device).choice?.disk == InstallerChoice.Disk(path: "/dev/vdb", format: .raw))
        let image = FileFact(path: "/i.qcow2", size: 1 << 20, isBlockDevice: false)
        #expect(choose("/i.qcow2", image, ImageFact(format: "qcow2")).choice?.disk?.format == .qcow2)
    }

    @Test func whatIsRefused() {
        let file = FileFact(path: "/i.dmg", size: 1 << 20, isBlockDevice: false)
        for (found, image, exit, words) in [
            (nil, nil, 66, "which does not exist"), (FileFact(path: "/i.dmg", size: 0, isBlockDevice: false), nil, 65, "it is empty"),
            (file, ImageFact(format: "ZIP archive", problem: "it is a ZIP archive", remedy: "unpack it"), 65, "it is a ZIP archive"),
        ] as [(FileFact?, ImageFact?, Int32, String)] {
            let (choice, notes) = choose("/i.dmg", found, image)
            #expect(choice == nil && notes.refusal?.exitCode == exit && notes.refusal?.message.contains(words) == true)
        }
    }

    /// The kernel probes disks in parallel: the start waits for this one too, and then knows it.
    @Test func itIsWaitedFor() throws {
        let host = try SavedHost(name: "gce-n2").machine()
        let configuration = Configuration.with {
            $0.disk.installer = "/dev/installer"
            $0.disk.wait = 20
        }
        let machine = LiveMachine(configuration, root: host.root)
        let facts = try machine.facts()
        let plan = Planner(configuration: configuration, facts: facts).plan()
        #expect(plan.findings.contains { $0.status == .failure && $0.message.contains("disk.installer") })
        var looks = 0
        let arrivals = machine.wait(for: plan) {
            looks += 1
            if looks == 3 { try? host.write("a disk", to: "/dev/installer") }
            return false
        }
        #expect(arrivals.waited && arrivals.text.contains("disk came") && looks >= 3, "\(arrivals)")
        let after = try machine.again(facts, prepared: false)
        #expect(after.files.installer?.path == "/dev/installer")
    }

    /// OpenCore and the system disk are tried before it, and QEMU cannot write to it.
    @Test func itIsBehindTheSystemDisk() throws {
        var facts = Sample.facts
        facts.files.installer = FileFact(path: "/dev/vdb", size: 0, isBlockDevice: true)
        let plan = Planner(configuration: .with { $0.disk.installer = "/dev/vdb" }, facts: facts).plan()
        let argv = try #require(plan.qemu?.argv)
        #expect(argv.contains("id=installer-drive,if=none,format=raw,readonly=on,file=/dev/vdb"))
        #expect(argv.contains { $0.contains("id=installer,") && $0.hasSuffix("bootindex=2") })
        facts.files.installer = nil
        let refused = Planner(configuration: .with { $0.disk.installer = "/dev/vdb" }, facts: facts).plan()
        #expect(refused.qemu == nil && refused.draft?.missing == ["installer disk"])
    }
}
