/// Everything that a plan may ask of a machine, apart from what every machine is asked: the plan names it, the probe looks.
///
/// One value, so that nothing which a plan can use is missing in a list of the probe.
struct MachineQuestions: Equatable, Sendable {
    /// Kernel modules whose state the plan has to know.
    var modules: [String]
    /// Absolute paths of device nodes that the plan may use or make.
    var nodes: [String]
    /// QEMU's names of the devices that the command line may contain.
    var qemuDevices: Set<String>
    /// Names of /etc/passwd.
    var accounts: Set<String>
    /// Where the OpenCore disk may be; absolute.
    var openCoreDisk: String
    /// Where dnsmasq may be, best first; absolute.
    var dnsmasq: [String]
}
