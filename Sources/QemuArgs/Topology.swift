/// `-smp`: sockets x cores x threads, in a shape that XNU can count.
///
/// XNU derives the cores of a package from two CPUID numbers: one QEMU writes exactly, the other rounded up to a power of two.
/// With three cores in a socket the quotient is zero, and the kernel divides by it before it can print. So the number of cores is a power
/// of two, and the remaining factor becomes sockets: 6 = 3 x 2, 7 = 7 x 1. The product always equals the number of vCPUs, or QEMU
/// refuses it; `maxcpus` is never used, because XNU counts CPUs that are not there.
/// https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/i386/cpu_threads.c (initTopoParms)
public struct Topology: Equatable, Sendable {
    public let sockets: Int
    public let cores: Int
    /// 1: XNU treats a second thread as a hyperthread and schedules it last, which is wrong unless vCPUs are pinned to siblings.
    public let threads: Int
    public var vcpus: Int { sockets * cores * threads }

    /// More cores than this go to further sockets: no Mac that XNU's tables know had packages much larger.
    static let mostCores = 8

    /// - Parameter vcpus: at least 1; smaller numbers count as 1.
    public init(vcpus: Int) {
        var sockets = max(1, vcpus)
        var cores = 1
        while sockets % 2 == 0, cores < Topology.mostCores {
            sockets /= 2
            cores *= 2
        }
        (self.sockets, self.cores, self.threads) = (sockets, cores, 1)
    }

    public func argument() -> QemuArgument {
        QemuArgument("-smp", OptionString(String(vcpus)).with("sockets", sockets).with("cores", cores).with("threads", threads))
    }
}
