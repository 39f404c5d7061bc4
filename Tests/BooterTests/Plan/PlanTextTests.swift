import Testing

@testable import BootSettings
@testable import Booter

struct PlanTextTests {
    @Test(arguments: [
        (["/q"], ["/q"]), (["/q", "-a", "b", "-c"], ["/q", "-a b", "-c"]), (["/q q", "-n", "it's"], ["'/q q'", "-n 'it'\\''s'"]),
        (["/q", "-x", "a b", "", "$HOME"], ["/q", "-x 'a b' '' '$HOME'"]), (["/q", "word"], ["/q", "word"]), ([], []),
        (["/q", "-a;b"], ["/q", "'-a;b'"]),
    ])
    func commandLine(words: [String], lines: [String]) {
        #expect(CommandLineText.lines(words) == lines)
    }

    @Test func numbersAgreeWithTheirNouns() {
        #expect(PlanText(plan: Sample.plan()).description.contains("7 (7 sockets x 1 core), Skylake-Client-v4"))
        #expect(PlanText(plan: Sample.plan(.with { $0.guest.vcpus = 8 })).description.contains("8 (1 socket x 8 cores)"))
    }

    @Test func configuredValuesAreShownWithTheirSource() {
        let plan = Planner(configuration: Configuration(), facts: Sample.facts).plan(configured: [
            "guest.vcpus": .flag("--vcpus"), "disk.device": .environment("MACOS_VIRT_DISK_DEVICE"),
        ])
        let text = PlanText(plan: plan).description
        #expect(text.contains("configured:\n  disk.device  environment MACOS_VIRT_DISK_DEVICE\n  guest.vcpus  flag --vcpus\n"))
    }

    @Test func factsNameWhatIsMissing() {
        var facts = Sample.facts
        (facts.kvm, facts.qemu, facts.files.dnsmasq, facts.files.bootloader) = (nil, nil, nil, nil)
        let text = FactsText(facts: facts).description
        for line in [
            "KVM           not queried: there is no /dev/kvm", "QEMU          not found", "dnsmasq       not found",
            "OpenCore disk not found", "disk          /dev/sdb: 64 GiB, serial serial-sdb, APFS", "cgroup        no limit",
        ] {
            #expect(text.split(separator: "\n").contains(Substring(line)), "\(text)")
        }
    }
}
