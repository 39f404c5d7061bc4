import QemuArgs

/// What is known of the guest although its disk, firmware or QEMU is missing: what a bug report needs.
struct GuestDraft: Codable, Equatable, Sendable {
    var guest: GuestSummary
    /// QEMU's command line, with names in capitals for what is missing.
    var argv: [String]
    /// "disk", "installer disk", "seed", "firmware", "QEMU".
    var missing: [String]

    /// What a plan is completed with.
    struct StandIn {
        var disk = DiskFacts(
            name: "/dev/DISK", size: 0, model: nil, serial: nil, readOnly: false, rotational: false, logicalBlockSize: 512, aliases: [],
            mounts: [], holders: [], readError: nil, table: nil)
        var firmware = FirmwareChoice(
            flash: FirmwareChoice.Flash(code: "/OVMF_CODE", template: "/OVMF_VARS", variables: "/VARIABLES"), openCoreDisk: nil)
        var qemu = QemuChoice(
            binary: "QEMU", version: QemuChoice.oldest, machine: QemuChoice.machines[0], runAs: nil, sandbox: true, io: .native)
    }

    static func make(
        missing: (disk: Bool, installer: Bool, seed: Bool, firmware: Bool, qemu: Bool), _ plan: (StandIn) -> GuestPlan
    ) -> GuestDraft {
        let plan = plan(StandIn())
        // Its findings are reported when nothing is missing.
        var notes = PlanNotes()
        let words = [
            (missing.disk, "disk"), (missing.installer, "installer disk"), (missing.seed, "seed"), (missing.firmware, "firmware"),
            (missing.qemu, "QEMU"),
        ].filter(\.0).map(\.1)
        return GuestDraft(guest: plan.summary, argv: plan.invocation(&notes)?.argv ?? [], missing: words)
    }
}
