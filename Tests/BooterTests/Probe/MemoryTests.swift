import LinuxSupport
import Testing

@testable import Booter

struct MemoryTests {
    @Test func readsBytes() throws {
        let text =
            "MemTotal:       16384 kB\nMemFree:  100 kB\nMemAvailable:    8192 kB\nSwapFree: 7 kB\nHugePages_Total:       3\nDirectMap4k:    1 kB\n"
        let info = try #require(MemInfo(parsing: text))
        #expect(info.total == 16 << 20 && info.available == 8 << 20 && info.swapFree == 7168)
    }

    @Test(arguments: [
        // No MemAvailable: the parts that can be had.
        ("MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 20 kB\nCached: 30 kB\n", 100, 60),
        ("MemTotal: 100 kB\n", 100, 0),
        // Values that cannot be: never more than there is.
        ("MemTotal: 100 kB\nMemAvailable: 900 kB\n", 100, 100),
        ("MemTotal: 100 kB\nMemAvailable: -5 kB\nMemFree: 1 kB\n", 100, 1),
        ("MemTotal: 100 kB\nMemFree: 9007199254740991 kB\nCached: 9007199254740991 kB\n", 100, 200),
        ("MemTotal: 100 kB\nMemAvailable: 9223372036854775807 kB\n", 100, 0),
    ])
    func oddNumbersAreBounded(text: String, total: Int, available: Int) throws {
        let info = try #require(MemInfo(parsing: text))
        #expect(info.total == total * 1024 && info.available == min(available, total) * 1024)
    }

    @Test(arguments: ["", "MemFree: 1 kB\n", "MemTotal:\n", "MemTotal: many kB\n", "MemTotal: 99999999999999999999 kB"])
    func withoutTotalThereIsNothing(text: String) {
        #expect(MemInfo(parsing: text) == nil)
    }

    @Test func hugepagesAreOptional() throws {
        let machine = try ScratchMachine(["/proc/meminfo": "MemTotal: 4 kB\n"])
        #expect(try MemoryReader(root: machine.root).facts()?.hugepages == nil)
        try machine.write("16\n", to: "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
        try machine.write("5\n", to: "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")
        try machine.write("always [madvise] never\n", to: "/sys/kernel/mm/transparent_hugepage/enabled")
        let facts = try #require(try MemoryReader(root: machine.root).facts())
        #expect(facts.hugepages == HugepageFacts(total: 16, free: 5))
        #expect(facts.transparentHugepages == "madvise")
    }

    @Test(arguments: [("always madvise never", nil), ("[]", nil), ("", nil), ("[never]", "never")])
    func theWordInBracketsIsChosen(text: String, expected: String?) {
        #expect(MemoryReader.chosen(text[...]) == expected)
    }
}
