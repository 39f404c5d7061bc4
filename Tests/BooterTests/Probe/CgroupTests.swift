import Testing

@testable import Booter

struct CgroupTests {
    private static let unified = "30 21 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
    private static let legacy = """
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw

        """

    private func facts(_ membership: String, _ mounts: String, _ files: [String: String]) throws -> CgroupFacts {
        let machine = try ScratchMachine(files)
        return CgroupReader(root: machine.root).facts(memberships: CgroupMembership.parse(membership), mounts: MountInfo.parse(mounts))
    }

    @Test func theTightestAncestorWins() throws {
        let found = try facts(
            "0::/a/b/c\n", Self.unified,
            [
                "/sys/fs/cgroup/a/cpu.max": "150000 100000\n", "/sys/fs/cgroup/a/memory.max": "3000000\n",
                "/sys/fs/cgroup/a/memory.current": "5\n",
                "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n", "/sys/fs/cgroup/a/b/memory.max": "max\n",
                "/sys/fs/cgroup/a/b/c/cpu.max": "400000 100000\n", "/sys/fs/cgroup/a/b/c/memory.max": "9000000\n",
            ])
        #expect(found == CgroupFacts(cpuMillis: 1500, memoryLimit: 3_000_000, memoryUsed: 5))
    }

    /// A larger limit that is nearly used up leaves less than a smaller one that is not.
    @Test func roomCountsAndNotTheLimit() throws {
        let found = try facts(
            "0::/a/b\n", Self.unified,
            [
                "/sys/fs/cgroup/a/memory.max": "1000\n", "/sys/fs/cgroup/a/memory.current": "990\n",
                "/sys/fs/cgroup/a/b/memory.max": "500\n", "/sys/fs/cgroup/a/b/memory.current": "0\n",
            ])
        #expect(found.memoryLimit == 1000 && found.memoryUsed == 990)
    }

    @Test func throttlingIsALimit() throws {
        let found = try facts("0::/\n", Self.unified, ["/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/memory.high": "700\n"])
        #expect(found == CgroupFacts(cpuMillis: nil, memoryLimit: 700, memoryUsed: nil))
    }

    /// The kernel drops inactive page cache before a limit hurts; active cache may be in use.
    @Test(arguments: [
        ("0::/a\n", "memory.max", "memory.current", "inactive_file"), ("0::/a\n", "memory.high", "memory.current", "inactive_file"),
    ])
    func pageCacheIsNotUse(membership: String, limit: String, used: String, cache: String) throws {
        var files = [
            "/sys/fs/cgroup/a/\(limit)": "10000\n", "/sys/fs/cgroup/a/\(used)": "9900\n",
            "/sys/fs/cgroup/a/memory.stat": "anon 500\nfile 9400\n\(cache) 9000\nactive_file 400\n",
        ]
        #expect(try facts(membership, Self.unified, files) == CgroupFacts(cpuMillis: nil, memoryLimit: 10000, memoryUsed: 900))
        files["/sys/fs/cgroup/a/memory.stat"] = "\(cache) 999999\n"
        #expect(try facts(membership, Self.unified, files).memoryUsed == 0)
        files["/sys/fs/cgroup/a/memory.stat"] = "\(cache) -5\n\(cache)\n"
        #expect(try facts(membership, Self.unified, files).memoryUsed == 9900)
        // A full ancestor counts as well.
        files["/sys/fs/cgroup/memory.max"] = "5000\n"
        files["/sys/fs/cgroup/memory.current"] = "4990\n"
        #expect(try facts(membership, Self.unified, files).memoryUsed == 4990)
    }

    @Test func pageCacheOfVersionOne() throws {
        let directory = "/sys/fs/cgroup/memory/docker/1/"
        let files = [
            directory + "memory.limit_in_bytes": "10000\n", directory + "memory.usage_in_bytes": "9900\n",
            // The second counts the cgroups below, as usage_in_bytes does.
            directory + "memory.stat": "inactive_file 1\ntotal_inactive_file 9000\n",
        ]
        #expect(try facts("4:memory:/docker/1\n", Self.legacy, files).memoryUsed == 900)
    }

    @Test func versionOneAndHybrid() throws {
        let files = [
            "/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us": "50000\n",
            "/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes": "4096\n", "/sys/fs/cgroup/memory/docker/memory.usage_in_bytes": "1024\n",
        ]
        let membership = "9:name=systemd:/x\n4:memory:/docker/1\n2:cpu,cpuacct:/docker/1\n0::/docker/1\n"
        #expect(try facts(membership, Self.legacy, files) == CgroupFacts(cpuMillis: 500, memoryLimit: 4096, memoryUsed: 1024))
    }

    /// What a container without a cgroup namespace sees: the host's path, and only its own directory mounted.
    @Test(arguments: [
        ("/docker/0123", "/docker/0123", ""), ("/docker/0123/sub", "/docker/0123", "sub"), ("/a/b", "/", "a/b"), ("/", "/", ""),
        ("/../../other", "/", ""), ("/docker/01234", "/docker/0123", ""), ("/elsewhere", "/docker", ""), ("/a//b", "/", "a/b"),
    ])
    func pathsAreMappedIntoTheMount(path: String, root: String, expected: String) {
        #expect(CgroupReader.relative(path, to: root).joined(separator: "/") == expected)
    }

    @Test(arguments: [
        ("250000 100000", 2500), ("max 100000", nil), ("1000 100000", 10), ("", nil), ("1", nil), ("1 0", nil), ("0 100000", nil),
        ("-1 100000", nil),
        ("9223372036854775807 1", nil), ("1 2 3", nil),
    ])
    func quotaBecomesThousandths(text: String, expected: Int?) {
        #expect(CgroupReader.cpuMax(text[...]) == expected)
    }

    @Test(arguments: ["", "0", "0:", "0::", "0::relative", "x::/a", "\u{0}"])
    func whatIsNoMembershipIsLeftOut(text: String) {
        #expect(CgroupMembership.parse(text).isEmpty)
    }

    @Test func membershipPathsMayContainColons() {
        #expect(CgroupMembership.parse("0::/a:b (deleted)\n") == [CgroupMembership(controllers: [], path: "/a:b")])
    }
}
