/// What a plan may ask of a machine beyond the facts that every probe reads: the plan lists it, the probe looks it up.
///
/// One value, so nothing that a plan can use is missing from a list of the probe.
struct MachineQuestions: Equatable, Sendable {
    /// Kernel modules whose state the plan needs.
    var modules: [String]
    /// Absolute paths of device nodes that the plan may use or make.
    var nodes: [String]
    /// QEMU's names of the devices that the command line may contain.
    var qemuDevices: Set<String>
    /// Names of /etc/passwd.
    var accounts: Set<String>
    /// Where the OpenCore disk may be; absolute.
    var openCoreDisk: String
    /// Where the installer disk is, if there is one; absolute.
    var installer: String?
    /// Where the guest's seed is, if there is one; absolute.
    var seed: String?
    /// Where dnsmasq may be, best first; absolute.
    var dnsmasq: [String]
}
