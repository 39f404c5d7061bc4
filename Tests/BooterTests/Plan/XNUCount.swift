/// What XNU makes of a guest's CPUs, from what QEMU's CPUID says of an S x C x T guest. Worked out anew from the two programs' behaviour:
/// osfmk/i386/cpu_threads.c and cpuid.c there, target/i386/cpu.c (leaf 1 and 4) here, with MSR 0x35 read as OpenCore or QEMU provide it.
///
/// The same oracle as QemuArgsTests has: a test target cannot use another one's sources.
enum XNUCount {
    enum Failure: Error { case divisionByZero, wrongCount(Int) }

    static func roundedUp(_ n: Int) -> Int { n <= 1 ? 1 : 1 << (Int.bitWidth - (n - 1).leadingZeroBitCount) }
    static func divide(_ a: Int, _ b: Int) throws -> Int {
        guard b != 0 else { throw Failure.divisionByZero }
        return a / b
    }

    /// - Parameter exactCores: leaf 4's cores as QEMU before 9.1 writes them; later ones round up.
    /// - Returns: how many packages XNU finds.
    static func packages(sockets: Int, cores: Int, threads: Int, exactCores: Bool) throws -> Int {
        let coresPerPackage = exactCores ? cores : roundedUp(cores)
        let sharingLastCache = roundedUp(cores * threads)
        let threadsPerCore = try divide(cores * threads, coresPerPackage)
        let coresPerDie = try divide(sharingLastCache, threadsPerCore)
        let diesPerPackage = try divide(coresPerPackage, coresPerDie)
        let threadsPerPackage = threadsPerCore * coresPerDie * diesPerPackage
        let packageShift = roundedUp(cores) * roundedUp(threads)
        var packages = Set<Int>()
        for socket in 0..<sockets {
            for core in 0..<cores {
                for thread in 0..<threads {
                    packages.insert(try divide(socket * packageShift + core * roundedUp(threads) + thread, threadsPerPackage))
                }
            }
        }
        var realCoresPerDie = try divide(sharingLastCache, try divide(cores * threads, cores))
        if sharingLastCache > cores { realCoresPerDie = cores }
        let realDies = try divide(cores, realCoresPerDie)
        let counted = packages.count * (try divide(cores * threads, cores)) * realCoresPerDie * realDies
        guard counted == sockets * cores * threads else { throw Failure.wrongCount(counted) }
        return packages.count
    }
}
