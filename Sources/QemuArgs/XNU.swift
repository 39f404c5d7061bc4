/// What XNU, the kernel of macOS, accepts of a machine: the rules of its early code, as data.
///
/// From osfmk/i386 of https://github.com/apple-oss-distributions/xnu at xnu-6153 (macOS 10.15, Darwin 19), 7195 (11), 8020 (12),
/// 8796 (13), 10063 (14) and 11417 (15, Darwin 24); no source of macOS 26 is public, and 15's rules stand for it. How CPUs may be
/// arranged is in `Topology`.
public enum XNU {
    /// mp.h, MAX_CPUS: a bit each of a 64-bit cpumask_t. XNU does not check it and writes past its arrays.
    public static let mostCPUs = 64

    /// mach/i386/vm_param.h, K64_MAXMEM: XNU does not use more. MiB.
    public static func mostMemoryMiB(darwin: Int) -> Int { (darwin >= 21 ? 2048 : 1536) << 10 }

    /// sched_prim.c: time that runs backwards between CPUs panics ("Non-monotonic time") in release kernels.
    public static func panicsOnNonMonotonicTime(darwin: Int) -> Bool { darwin >= 21 }

    /// Paravirtual ticket locks, used when KVM offers `kvm-pv-unhalt`. Their hypercall is vmcall, which is Intel's alone.
    public static func hasParavirtualLocks(darwin: Int) -> Bool { darwin >= 22 }

    /// A processor as CPUID leaf 1 names it.
    public struct Processor: Equatable, Sendable {
        public var family: Int
        /// With the extended model: 0x5e.
        public var model: Int
        /// nil when it does not matter.
        public var stepping: Int?

        public init(family: Int, model: Int, stepping: Int? = nil) {
            (self.family, self.model, self.stepping) = (family, model, stepping)
        }
    }

    /// cpuid.c, cpuid_set_cpufamily(): any other one panics with "Unsupported CPU".
    public static func accepts(_ processor: Processor, darwin: Int) -> Bool {
        processor.family == 6 && models.contains { $0.model == processor.model && darwin >= $0.darwin }
            && processor.stepping ?? .max >= firstStepping(model: processor.model)
    }

    /// machine_check.c: an earlier stepping panics with "Haswell pre-C0 steppings are not supported".
    static func firstStepping(model: Int) -> Int {
        switch model {
        case 0x3c: 3
        case 0x45, 0x46: 1
        default: 0
        }
    }

    /// Models of family 6 (cpuid.h), and the first Darwin, from 19 on, that knows them.
    private static let models: [(model: Int, darwin: Int)] =
        [
            0x17,  // Penryn
            0x1a, 0x1e, 0x1f, 0x2e,  // Nehalem
            0x25, 0x2c, 0x2f,  // Westmere
            0x2a, 0x2d,  // Sandy Bridge
            0x3a, 0x3e,  // Ivy Bridge
            0x3c, 0x3f, 0x45, 0x46,  // Haswell
            0x3d, 0x47,  // Broadwell
            0x4e, 0x5e, 0x55,  // Skylake; the server's number is that of Cascade Lake and Cooper Lake, too
            0x8e, 0x9e,  // Kaby Lake
        ].map { ($0, 19) } + [0x7d, 0x7e, 0x9f].map { ($0, 20) } /* Ice Lake */ + [(0xa5, 23)] /* Comet Lake */

    /// QEMU's CPU models that XNU accepts (target/i386/cpu.c), by the start of their names: versions and suffixes change neither family
    /// nor model. The others of QEMU's models are of a processor that no Mac had.
    static let qemuModels: [(name: String, model: Int)] = [
        ("Penryn", 0x17), ("Nehalem", 0x1a), ("Westmere", 0x2c), ("SandyBridge", 0x2a), ("IvyBridge", 0x3a), ("Haswell", 0x3c),
        ("Broadwell", 0x3d), ("Skylake-Client", 0x5e), ("Skylake-Server", 0x55), ("Cascadelake-Server", 0x55), ("Cooperlake", 0x55),
    ]

    /// For messages.
    public static var qemuModelNames: String { qemuModels.map(\.name).joined(separator: ", ") }

    /// The processor that a model of QEMU's stands for; nil for one that XNU does not accept.
    ///
    /// The stepping is named only where it matters: Haswells without TSX, which are versions 2 and 4, have 1, the others 4.
    static func processor(qemuModel name: String) -> Processor? {
        guard let known = qemuModels.first(where: { name == $0.name || name.hasPrefix($0.name + "-") }) else { return nil }
        let isEarly = ["Haswell-noTSX", "Haswell-noTSX-IBRS", "Haswell-v2", "Haswell-v4"].contains(name)
        return Processor(family: 6, model: known.model, stepping: isEarly ? 1 : nil)
    }
}
