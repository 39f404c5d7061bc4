import LinuxSupport
import Testing

@testable import BootSettings
@testable import Booter

struct SystemProbeTests {
    @Test func statusLines() {
        let status = ProcessStatus(
            parsing: "Name:\tboot\nUid:\t1000\t0\t1000\t1000\nCapEff:\t000001ffffffffff\nCpus_allowed_list:\t0-1,4\n")
        #expect(status.facts == ProcessFacts(effectiveUser: 0, effectiveCapabilities: 0x1ff_ffff_ffff))
        #expect(status.allowedCPUs == "0-1,4")
        #expect(status.facts.has(.sysModule))
    }

    @Test(arguments: ["", "Uid:\nCapEff:\n", "Uid: 1\nCapEff: xyz\n", "CapEff:\t1ffffffffffffffffffff\n"])
    func withoutThemThereIsNoPrivilege(text: String) {
        #expect(ProcessStatus(parsing: text).facts == ProcessFacts(effectiveUser: 65534, effectiveCapabilities: 0))
    }

    @Test func builtinModulesByEitherSpelling() {
        let text = "kernel/arch/x86/kvm/kvm-intel.ko\nkernel/net/bridge/br_netfilter.ko.zst\ntun.ko\nkernel/x/kvm.ko\n\nkernel/\n"
        #expect(
            BuiltinModules.names(in: text, among: ["kvm_intel", "br_netfilter", "tun", "vhost"]) == ["kvm_intel", "br_netfilter", "tun"])
    }

    @Test func kernelOfAnotherVersionThanItsModules() throws {
        let machine = try ScratchMachine([
            "/proc/sys/kernel/osrelease": "6.6.1\n", "/lib/modules/6.6.2/modules.builtin": "kernel/kvm.ko\n", "/proc/cmdline": "quiet\n",
            "/sys/module/kvm_amd/parameters/nested": "1\n", "/sys/module/kvm_amd/parameters/unknown": "1\n",
        ])
        let facts = KernelReader(root: machine.root, modules: ["kvm", "kvm-amd"]).facts()
        #expect(facts.release == "6.6.1" && !facts.hasModuleDirectory && facts.otherModuleDirectories == ["6.6.2"])
        #expect(facts.liveModules == ["kvm-amd"] && facts.builtinModules.isEmpty)
        #expect(facts.moduleParameters == ["kvm_amd.nested": "1"])
    }

    @Test(
        arguments: [
            // No list of all, so it may be there.
            (["modules.builtin": ""], true),
            (["modules.dep": "kernel/net/netfilter/nft_log.ko:\n"], false),
            (["modules.dep": "", "modules.builtin": "kernel/net/netfilter/nft_fib_inet.ko\n"], true),
            (["modules.dep": "", "kernel/net/netfilter/nft_fib_inet.ko.xz": ""], true),
            (["modules.dep": "updates/nft_fib_inet.ko.zst: updates/nft_fib.ko.zst\n"], true),
        ] as [([String: String], Bool)])
    func kernelsWithoutAddressLookup(files: [String: String], expected: Bool) throws {
        var all = ["/proc/sys/kernel/osrelease": "6.12.59-linuxkit\n"]
        for (name, text) in files { all["/lib/modules/6.12.59-linuxkit/" + name] = text }
        let machine = try ScratchMachine(all)
        #expect(KernelReader(root: machine.root, modules: ["nft_fib_inet"]).facts().hasAddressLookup == expected)
        #expect(KernelReader(root: machine.root, modules: []).facts().hasAddressLookup)
    }

    @Test func usersAreThoseAskedFor() {
        let text = "root:x:0:0::/:/bin/sh\nqemu:x:107:107::/:\nbroken:x:1\nqemu:x:1:1::/:\nhuge:x:4294967296:0::/:\nother:x:5:5::/:\n::::\n"
        let found = UserTable.parse(text, names: ["root", "qemu", "broken", "huge", ""])
        #expect(found == ["root": UserFact(uid: 0, gid: 0), "qemu": UserFact(uid: 107, gid: 107)])
    }

    @Test func matchingFirmwareComesFirst() throws {
        let machine = try ScratchMachine()
        // The first pair of the list is mixed, the second is whole, and Secure Boot builds are never taken.
        try machine.reserve(3_653_632, at: "/macos/OVMF_CODE.fd")
        try machine.reserve(131_072, at: "/macos/OVMF_VARS.fd")
        try machine.reserve(1_966_080, at: "/usr/share/OVMF/OVMF_CODE.fd")
        try machine.reserve(131_072, at: "/usr/share/OVMF/OVMF_VARS.fd")
        try machine.reserve(3_653_632, at: "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd")
        try machine.reserve(540_672, at: "/usr/share/OVMF/OVMF_VARS_4M.ms.fd")
        let pairs = FirmwareFinder(root: machine.root, code: nil, variables: nil).pairs()
        #expect(pairs.map(\.code.path) == ["/usr/share/OVMF/OVMF_CODE.fd", "/macos/OVMF_CODE.fd"])
        #expect(pairs.map(\.matches) == [true, false])
    }

    @Test func configuredFirmwareGoesFirst() throws {
        let machine = try ScratchMachine()
        try machine.reserve(1_966_080, at: "/usr/share/OVMF/OVMF_CODE.fd")
        try machine.reserve(131_072, at: "/usr/share/OVMF/OVMF_VARS.fd")
        try machine.reserve(3_653_632, at: "/my/code.fd")
        try machine.reserve(540_672, at: "/my/vars.fd")
        func first(_ code: String?, _ variables: String?) -> [String]? {
            FirmwareFinder(root: machine.root, code: code, variables: variables).pairs().first.map { [$0.code.path, $0.variables.path] }
        }
        #expect(first("/my/code.fd", "/my/vars.fd") == ["/my/code.fd", "/my/vars.fd"])
        // The named one is kept although nothing known belongs to it: the plan refuses the pair by its sizes.
        #expect(first("/my/code.fd", nil) == ["/my/code.fd", "/usr/share/OVMF/OVMF_VARS.fd"])
        #expect(first("/absent.fd", nil) == ["/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"])
        #expect(first(nil, nil) == ["/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"])
    }

    @Test func filesAreSizedAndDirectoriesAreNone() throws {
        let machine = try ScratchMachine(["/macos/bootloader.img": "12345", "/dev/kvm": ""])
        let files = FileReader(root: machine.root, configuration: Configuration(), questions: SavedHost.questions).facts()
        #expect(files.bootloader == FileFact(path: "/macos/bootloader.img", size: 5, isBlockDevice: false))
        #expect(files.nodes == ["/dev/kvm"] && files.dnsmasq == nil && files.users.isEmpty)
        #expect(machine.root.fact("/macos") == nil)
    }
}
