import Testing

@testable import Booter

struct CPUInfoTests {
    private static func block(_ id: Int, package: Int, core: Int, cores: Int, flags: String) -> String {
        "processor\t: \(id)\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Xeon\nphysical id\t: \(package)\n"
            + "core id\t\t: \(core)\ncpu cores\t: \(cores)\nflags\t\t: \(flags)\nvmx flags\t: ept vpid\n\n"
    }

    @Test func readsOneProcessor() {
        let info = CPUInfo(parsing: Self.block(0, package: 0, core: 0, cores: 1, flags: "vmx sse2 avx2"))
        #expect(info.vendor == "GenuineIntel" && info.modelName == "Xeon" && info.family == 6 && info.model == 85)
        // The line of VMX features is another one.
        #expect(info.flags == ["avx2", "sse2", "vmx"])
        #expect(info.processors == [CPUInfo.Processor(id: 0, package: 0, core: 0, coresInPackage: 1)])
    }

    @Test func flagsAreThoseOfEveryProcessor() {
        let text =
            Self.block(0, package: 0, core: 0, cores: 2, flags: "a b c") + Self.block(1, package: 0, core: 1, cores: 2, flags: "c a d")
        #expect(CPUInfo(parsing: text).flags == ["a", "c"])
    }

    @Test(arguments: [
        ("", 0), ("\n\n\n", 0), ("processor", 0), ("processor\t:", 0), ("processor: x\n", 0), ("processor : 3", 1), ("core id : 1\n", 0),
        ("processor\t: 0\r\nvendor_id\t: GenuineIntel\r\n", 1), ("processor: 99999999999999999999\n", 0),
    ])
    func oddTextIsSurvived(text: String, processors: Int) {
        #expect(CPUInfo(parsing: text).processors.count == processors)
    }

    @Test func carriageReturnsAreBlanks() {
        #expect(CPUInfo(parsing: "vendor_id\t: AuthenticAMD\r\nflags\t: svm\r\n").flags == ["svm"])
    }

    /// Two dies with the same core numbers: /proc/cpuinfo does not tell them apart, sysfs does.
    @Test func diesAreReadWhereNumbersRepeat() throws {
        let machine = try ScratchMachine([
            "/proc/cpuinfo": (0..<4).map { Self.block($0, package: 0, core: $0 % 2, cores: 4, flags: "vmx") }.joined()
        ])
        #expect(try CPUReader(root: machine.root).facts(allowedList: nil).cores == 2)
        for id in 0..<4 {
            let topology = "/sys/devices/system/cpu/cpu\(id)/topology/"
            try machine.write("0\n", to: topology + "physical_package_id")
            try machine.write("\(id % 2)\n", to: topology + "core_id")
            try machine.write("\(id / 2)\n", to: topology + "die_id")
        }
        let facts = try CPUReader(root: machine.root).facts(allowedList: "0-3")
        #expect(facts.cores == 4 && facts.sockets == 1)
        #expect(facts.logical.map(\.die) == [0, 0, 1, 1])
    }

    @Test func withoutNumbersEachProcessorIsACore() throws {
        let machine = try ScratchMachine(["/proc/cpuinfo": "processor : 0\n\nprocessor : 1\n\nprocessor : 2\n"])
        let facts = try CPUReader(root: machine.root).facts(allowedList: "0-1")
        #expect(facts.cores == 3 && facts.sockets == 1 && facts.allowed == [0, 1])
    }

    /// lxcfs numbers the container's CPUs from 0 while the affinity mask has the host's numbers.
    @Test(
        arguments: [
            ("8-9", 2, nil, [0, 1]), (nil, 2, nil, [0, 1]), ("1,8", 2, nil, [0, 1]), ("rubbish", 2, nil, [0, 1]),
            // A cpuset of three in the middle of the machine's.
            ("2-4", 3, nil, [0, 1, 2]), ("2-4", 3, "0-7", [0, 1, 2]), ("5", 3, nil, [0]),
            // lxcfs shows as many as the quota allows, or as the cpuset has.
            ("1,5,7,9", 3, "0-15", [0, 1, 2]), ("1,5", 3, "0-15", [0, 1]),
            // The mask names CPUs that are not there: 128 could be added.
            ("0-127", 4, "0-3", [0, 1, 2, 3]), ("0-127", 4, nil, [0, 1, 2, 3]), ("2-127", 4, "0-3", [2, 3]),
            // One numbering.
            ("1-2", 4, "0-3", [1, 2]), ("0", 1, "0", [0]),
        ] as [(String?, Int, String?, [Int])])
    func allowedCPUsExist(list: String?, count: Int, online: String?, expected: [Int]) throws {
        let machine = try ScratchMachine(["/proc/cpuinfo": (0..<count).map { "processor : \($0)\n\n" }.joined()])
        if let online { try machine.write(online + "\n", to: "/sys/devices/system/cpu/online") }
        #expect(try CPUReader(root: machine.root).facts(allowedList: list).allowed == expected)
    }

    @Test(arguments: [
        ("0-3,8,10-11", [0, 1, 2, 3, 8, 10, 11]), ("0", [0]), ("", []), ("3,1,1-2", [1, 2, 3]), ("0-0", [0]), (" 0 - 2 \n", [0, 1, 2]),
        ("8191", [8191]),
    ])
    func listsAreParsed(text: String, expected: [Int]) {
        #expect(CPUList.parse(text) == expected)
    }

    @Test(arguments: ["a", "1-", "-1", "3-1", "1-2-3", "0-9999999999", "8192", "0-99999999999999999999", "1 2", "0x3", "1;2"])
    func whatIsNoListIsRefused(text: String) {
        #expect(CPUList.parse(text) == nil)
    }
}
