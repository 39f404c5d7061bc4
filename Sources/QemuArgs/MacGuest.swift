/// A macOS guest: decisions made elsewhere, put into one command line.
public struct MacGuest: Equatable, Sendable {
    /// Shown by VNC and in the process list.
    public var name: String
    /// Lower case with dashes; what macOS calls the hardware UUID comes from it.
    public var uuid: String
    /// The binary that will read the command line.
    public var qemu: QemuVersion
    public var machine: Machine
    public var cpu: CPU
    public var topology: Topology
    public var memory: Memory
    public var firmware: Firmware
    /// nil starts the system disk directly.
    public var openCoreDisk: UnwrittenDisk?
    public var systemDisk: SystemDisk
    /// nil for a guest that is installed.
    public var installerDisk: UnwrittenDisk?
    /// nil for a guest that nobody tells who it is.
    public var seedDisk: UnwrittenDisk?
    /// nil for a guest that exchanges no messages.
    public var exchangeDisk: ExchangeDisk?
    /// Whether a restart of the guest ends QEMU.
    public var endsAtReset: Bool
    /// nil for a guest without a network card.
    public var network: Network?
    public var display: Display
    public var serial: Serial
    public var qmp: QMPSocket?
    /// A second one, for the program that started QEMU; its id must differ.
    public var control: QMPSocket?
    /// QMP for the program that stays QEMU's parent.
    public var supervisor: QMPDescriptor?
    /// nil leaves the SMC to VirtualSMC.
    public var smc: SMC?
    public var runAs: RunAs?
    /// Whether QEMU filters its own system calls.
    public var sandbox: Bool
    /// Further words, appended as they are.
    public var extra: [String]

    public init(
        name: String, uuid: String, qemu: QemuVersion, machine: Machine, cpu: CPU, topology: Topology, memory: Memory, firmware: Firmware,
        openCoreDisk: UnwrittenDisk?, systemDisk: SystemDisk, installerDisk: UnwrittenDisk? = nil, seedDisk: UnwrittenDisk? = nil,
        exchangeDisk: ExchangeDisk? = nil, endsAtReset: Bool = false, network: Network?,
        display: Display = Display(), serial: Serial = .stdio,
        qmp: QMPSocket? = nil, control: QMPSocket? = nil, supervisor: QMPDescriptor? = nil, smc: SMC? = nil, runAs: RunAs? = nil,
        sandbox: Bool = true, extra: [String] = []
    ) {
        self.name = name
        self.uuid = uuid
        self.qemu = qemu
        self.machine = machine
        self.cpu = cpu
        self.topology = topology
        self.memory = memory
        self.firmware = firmware
        self.openCoreDisk = openCoreDisk
        self.systemDisk = systemDisk
        self.installerDisk = installerDisk
        self.seedDisk = seedDisk
        self.exchangeDisk = exchangeDisk
        self.endsAtReset = endsAtReset
        self.network = network
        self.display = display
        self.serial = serial
        self.qmp = qmp
        self.control = control
        self.supervisor = supervisor
        self.smc = smc
        self.runAs = runAs
        self.sandbox = sandbox
        self.extra = extra
    }

    /// Every argument of QEMU, in order.
    ///
    /// Without `-no-reboot` unless `endsAtReset`: a macOS installation restarts several times.
    /// - Throws: `QemuArgsError` for a value that QEMU would refuse or misread.
    public func commandLine() throws(QemuArgsError) -> QemuCommandLine {
        var line = QemuCommandLine()
        try line.append(QemuArgument.withoutDefaults)
        // Threads get names ("CPU 0/KVM"), so that top(1) and a pinning tool can tell them apart.
        try line.append(QemuArgument("-name", OptionString().with("guest", name).with("debug-threads", true)))
        // QEMU's messages with the time: they go to a log.
        try line.append(QemuArgument("-msg", OptionString().with("timestamp", true)))

        try line.append(machine.arguments(memory: memory, qemu: qemu))
        try line.append(cpu.argument())
        try line.append(topology.argument())
        try line.append(memory.arguments())
        try line.append(.utcClock)

        try line.append(QemuArgument("-uuid", uuid))
        // A base board table: macOS looks for one, and QEMU has none unless asked. https://github.com/kholia/OSX-KVM
        try line.append(QemuArgument("-smbios", OptionString().with("type", 2)))

        try line.append(firmware.arguments())
        if firmware != .seaBIOS {
            // Newer builds of OVMF offer a memory attribute protocol that boot loaders of macOS's age misuse; a build without it ignores
            // this. https://github.com/qemus/qemu (src/config.sh) sets it for every OVMF guest.
            try line.append(
                QemuArgument("-fw_cfg", OptionString().with("name", "opt/org.tianocore/UninstallMemAttrProtocol").with("string", "y")))
        }
        try line.append(.strictBootOrder)
        // OpenCore first; OVMF falls through to the system disk when its image does not start. Without OpenCore the system disk is first.
        if let openCoreDisk { try line.append(openCoreDisk.arguments(bootIndex: 0)) }
        try line.append(systemDisk.arguments(bootIndex: openCoreDisk == nil ? 0 : 1))
        // An empty system disk falls through to it.
        if let installerDisk { try line.append(installerDisk.arguments(bootIndex: openCoreDisk == nil ? 1 : 2)) }
        if let seedDisk { try line.append(seedDisk.arguments(bootIndex: nil)) }
        if let exchangeDisk { try line.append(exchangeDisk.arguments()) }
        if endsAtReset { try line.append(QemuArgument("-no-reboot")) }

        if let network { try line.append(network.arguments()) }
        try line.append(USB.arguments)
        try line.append(RNG.arguments)
        try line.append(display.arguments())
        try line.append(serial.arguments())
        for socket in [qmp, control].compactMap({ $0 }) { try line.append(socket.arguments()) }
        if let supervisor { try line.append(supervisor.arguments()) }
        if let smc { try line.append(smc.argument()) }

        if sandbox { try line.append(Sandbox(for: runAs).argument()) }
        if let runAs { try line.append(runAs.argument()) }
        line.append(extra: extra)
        return line
    }
}
