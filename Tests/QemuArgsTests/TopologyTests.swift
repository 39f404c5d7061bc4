import Testing

@testable import QemuArgs

/// What XNU makes of a guest's CPUs, from what QEMU's CPUID says of an S x C x T guest. Worked out anew from the two programs' behaviour:
/// osfmk/i386/cpu_threads.c and cpuid.c there, target/i386/cpu.c (leaf 1 and 4) here, with MSR 0x35 read as OpenCore or QEMU provide it.
private struct XNUCount {
    enum Failure: Error { case divisionByZero, wrongCount(Int) }

    static func roundedUp(_ n: Int) -> Int { n <= 1 ? 1 : 1 << (Int.bitWidth - (n - 1).leadingZeroBitCount) }
    static func divide(_ a: Int, _ b: Int) throws -> Int {
        guard b != 0 else { throw Failure.divisionByZero }
        return a / b
    }

    /// - Parameter exactCores: leaf 4's cores as QEMU before 9.1 writes them; later ones round up.
    /// - Returns: how many packages XNU finds.
    static func packages(sockets: Int, cores: Int, threads: Int, exactCores: Bool) throws -> Int {
        // As the processor tells it.
        let logicalPerPackage = cores * threads
        let coresPerPackage = exactCores ? cores : roundedUp(cores)
        let sharingLastCache = roundedUp(cores * threads)
        // As the kernel counts: the "physical" parameters number the APIC IDs, the "logical" ones what is really there.
        let threadsPerCore = try divide(logicalPerPackage, coresPerPackage)
        let coresPerDie = try divide(sharingLastCache, threadsPerCore)
        let diesPerPackage = try divide(coresPerPackage, coresPerDie)
        let threadsPerPackage = threadsPerCore * coresPerDie * diesPerPackage
        // Each APIC ID divided by the former gives its package. QEMU gives every core and thread a field of whole bits.
        let packageShift = roundedUp(cores) * roundedUp(threads)
        var packages = Set<Int>()
        for socket in 0..<sockets {
            for core in 0..<cores {
                for thread in 0..<threads {
                    packages.insert(try divide(socket * packageShift + core * roundedUp(threads) + thread, threadsPerPackage))
                }
            }
        }
        // What is really there, limited to what MSR 0x35 says.
        var realCoresPerDie = try divide(sharingLastCache, try divide(cores * threads, cores))
        if sharingLastCache > cores { realCoresPerDie = cores }
        let realDies = try divide(cores, realCoresPerDie)
        // The panic in x86_validate_topology: packages times CPUs of a package is the number of CPUs, or else.
        let counted = packages.count * (try divide(cores * threads, cores)) * realCoresPerDie * realDies
        guard counted == sockets * cores * threads else { throw Failure.wrongCount(counted) }
        return packages.count
    }
}

struct TopologyTests {
    @Test(arguments: 1...256)
    func everyCountIsOneThatXNUUnderstands(n: Int) throws {
        let shape = Topology(vcpus: n)
        #expect(shape.sockets * shape.cores * shape.threads == n)
        #expect(shape.vcpus == n)
        #expect(shape.cores.nonzeroBitCount == 1 && shape.cores <= Topology.mostCores)
        #expect(shape.sockets % 2 == 1 || shape.cores == Topology.mostCores)
        #expect(shape.threads == 1)
        for exact in [true, false] {
            let packages = try XNUCount.packages(sockets: shape.sockets, cores: shape.cores, threads: shape.threads, exactCores: exact)
            #expect(packages == shape.sockets)
        }
    }

    /// The oracle knows the shapes that users reported to fail, or the test above would prove nothing.
    @Test(arguments: [(1, 3), (1, 5), (1, 6), (1, 7), (1, 12), (2, 3)])
    func theOracleRefusesWhatFailsInTheField(sockets: Int, cores: Int) {
        #expect(throws: (any Error).self) { try XNUCount.packages(sockets: sockets, cores: cores, threads: 1, exactCores: true) }
    }

    @Test(arguments: [(Int.min, 1), (-1, 1), (0, 1), (1, 1)])
    func fewerThanOneIsOne(n: Int, vcpus: Int) {
        #expect(Topology(vcpus: n).vcpus == vcpus)
    }

    @Test(arguments: [(1, 1, 1), (2, 1, 2), (3, 3, 1), (6, 3, 2), (8, 1, 8), (12, 3, 4), (16, 2, 8), (64, 8, 8)])
    func shapes(n: Int, sockets: Int, cores: Int) {
        let shape = Topology(vcpus: n)
        #expect((shape.sockets, shape.cores) == (sockets, cores))
    }
}
