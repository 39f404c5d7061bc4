/// A macOS guest: decisions that were taken elsewhere, put into one command line.
public struct MacGuest: Codable, Equatable, Sendable {
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
    /// OpenCore; nil starts what the system disk holds.
    public var bootDisk: BootDisk?
    public var systemDisk: SystemDisk
    /// nil for a guest without a network card.
    public var network: Network?
    public var display: Display
    public var serial: Serial
    public var qmp: QMP?
    /// nil leaves the SMC to VirtualSMC.
    public var smc: SMC?
    public var runAs: RunAs?
    /// Whether QEMU filters its own system calls.
    public var sandbox: Bool
    /// Further words, appended as they are.
    public var extra: [String]

    public init(
        name: String, uuid: String, qemu: QemuVersion, machine: Machine, cpu: CPU, topology: Topology, memory: Memory, firmware: Firmware,
        bootDisk: BootDisk?, systemDisk: SystemDisk, network: Network?, display: Display = Display(), serial: Serial = .stdio,
        qmp: QMP? = nil, smc: SMC? = nil, runAs: RunAs? = nil, sandbox: Bool = true, extra: [String] = []
    ) {
        self.name = name
        self.uuid = uuid
        self.qemu = qemu
        self.machine = machine
        self.cpu = cpu
        self.topology = topology
        self.memory = memory
        self.firmware = firmware
        self.bootDisk = bootDisk
        self.systemDisk = systemDisk
        self.network = network
        self.display = display
        self.serial = serial
        self.qmp = qmp
        self.smc = smc
        self.runAs = runAs
        self.sandbox = sandbox
        self.extra = extra
    }

    /// Every argument of QEMU, in order.
    ///
    /// `-no-reboot` is not among them: a macOS installation restarts several times.
    /// - Throws: `QemuArgsError` for a value that QEMU would refuse or misread.
    public func commandLine() throws(QemuArgsError) -> CommandLine {
        var line = CommandLine()
        // Nothing but what is listed here: no default disks, NIC, serial port or monitor, no /etc/qemu/*.conf.
        try line.append([Argument("-nodefaults"), Argument("-no-user-config")])
        // Threads get names ("CPU 0/KVM"), so that top(1) and a pinning tool can tell them apart.
        try line.append(Argument("-name", OptionString().with("guest", name).with("debug-threads", true)))
        // Messages of QEMU with the time: they land in a log.
        try line.append(Argument("-msg", OptionString().with("timestamp", true)))

        try line.append(machine.arguments(memoryBackend: memory.backendID, qemu: qemu))
        try line.append(cpu.argument())
        try line.append(topology.argument())
        try line.append(memory.arguments())
        // macOS, like UEFI, keeps the hardware clock in UTC.
        try line.append(Argument("-rtc", OptionString().with("base", "utc")))

        try line.append(Argument("-uuid", uuid))
        // A base board table: macOS looks for one, and QEMU has none unless asked. https://github.com/kholia/OSX-KVM
        try line.append(Argument("-smbios", OptionString().with("type", 2)))

        try line.append(firmware.arguments())
        // Only what has a bootindex is tried: no floppy, no network, no second guess.
        try line.append(Argument("-boot", OptionString().with("menu", false).with("strict", true)))
        // OpenCore first; OVMF falls through to the system disk when its image does not start. Without OpenCore the system disk is first.
        if let bootDisk { try line.append(bootDisk.arguments(bootIndex: 0)) }
        try line.append(systemDisk.arguments(bootIndex: bootDisk == nil ? 0 : 1))

        if let network { try line.append(network.arguments()) }
        try line.append(USB.arguments)
        try line.append(RNG.arguments)
        try line.append(display.arguments())
        try line.append(serial.arguments())
        if let qmp { try line.append(qmp.arguments()) }
        if let smc { try line.append(smc.argument()) }

        if sandbox { try line.append(Sandbox(for: runAs).argument()) }
        if let runAs { try line.append(runAs.argument()) }
        line.append(extra: extra)
        return line
    }
}
