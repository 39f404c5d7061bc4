"""The assertions about a nested boot: `boot` made the machine that its plan announced."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from harness.report import Report

from .evidence import Evidence
from .machine import MACHINE_UUID, UPLINK_MTU

#: What `boot` has to load, as /proc/modules names them.
_LOADED = {"kvm", "kvm_amd", "tun", "vhost_net", "nf_tables"}
_QEMU = "/usr/bin/qemu-system-x86_64"
_DRIVERS = {"virtio-net": "virtio_net", "virtio-net-pci": "virtio_net", "vmxnet3": "vmxnet3"}


def judge(it: Evidence, report: Report) -> None:
    _before(it, report)
    _plan(it, report)
    _exec(it, report)
    if it.facts.get("exe.after") != _QEMU:
        report.skip("the guest, its network and its end", "boot did not become QEMU")
        return
    _guest(it, report)
    if it.identity:
        _opencore(it, report)
    _network(it, report)
    _end(it, report)
    _key(it, report)
    _seed(it, report)


def _vendor_module(it: Evidence) -> str:
    return "kvm_amd" if "svm" in it.words("cpu") else "kvm_intel"


def _before(it: Evidence, report: Report) -> None:
    flags = it.words("cpu") & {"svm", "vmx"}
    report.check("L1's CPU has hardware virtualization", "svm or vmx", sorted(flags), bool(flags))
    early = it.words("modules.before") & _LOADED
    report.check("L1 starts without KVM, tap and NAT modules", set(), early)


def _plan(it: Evidence, report: Report) -> None:
    plan = it.plan
    report.check("boot plan succeeds", "0", it.facts.get("plan.status"))
    report.check(
        "boot plan --json is a plan", True, {"schemaVersion", "facts", "guest", "steps", "qemu"} <= plan.keys()
    )
    report.check("boot plan loads no module", it.facts.get("modules.before"), it.facts.get("modules.planned"))
    report.check("boot plan makes no interface", {"eth0", "lo"}, it.words("links.planned"))


def _exec(it: Evidence, report: Report) -> None:
    module = _vendor_module(it)
    report.check("the process starts as boot", "/usr/bin/boot", it.facts.get("exe.before"))
    report.check("the same process becomes QEMU", _QEMU, it.facts.get("exe.after"))
    wanted = (_LOADED - {"kvm_amd"}) | {module}
    missing = wanted - it.words("modules.running")
    report.check(f"boot loaded {', '.join(sorted(wanted))}", set(), missing)
    report.check(f"{module} is live", "live", it.facts.get("initstate"))
    report.check("boot made the tap", {"eth0", "lo", "tap0"}, it.words("links.running"))
    report.check("boot made one firewall table", "table inet macos_virt;", it.facts.get("tables.running"))
    # Before the modules are loaded KVM cannot be asked what it supports, and how much memory is free varies.
    report.check(
        "QEMU runs with the arguments planned before",
        _arguments(it.plan, "-m", "-cpu"),
        _without(it.argv, "-m", "-cpu"),
    )
    report.check(
        "and planned afterwards, with what KVM says of CPUs", _arguments(it.warm_plan, "-m"), _without(it.argv, "-m")
    )
    report.check("QEMU says by QMP that it uses KVM", True, '"enabled": true' in it.facts.get("kvm", ""))
    # EX_TEMPFAIL of sysexits.h.
    report.check(
        "a second boot run refuses while the guest runs", "75", it.facts.get("second.status", "").partition(" ")[0]
    )
    report.check("so does boot down", "75", it.facts.get("early.status", "").partition(" ")[0])


def _guest(it: Evidence, report: Report) -> None:
    planned, seen = it.plan.get("guest", {}), it.guest
    report.check("the firmware started the system disk", True, any("BdsDxe: starting" in line for line in it.console))
    report.check("the guest runs under KVM", "KVM", seen.get("hypervisor"))
    report.check("the guest has the planned CPUs", str(planned.get("vcpus")), seen.get("vcpus"))
    planned_kib = int(planned.get("memoryMiB", 0)) << 10
    seen_kib = int(seen.get("memory_kib", 0))
    # The guest's kernel and firmware reserve some.
    fits = 0.90 * planned_kib < seen_kib <= planned_kib
    report.check("the guest has the planned memory", f"90 to 100 % of {planned_kib} KiB", seen_kib, fits)
    report.check("a CPU that macOS knows: Intel by name", "GenuineIntel", seen.get("cpu_vendor"))
    # CPUID itself, not the flags of the guest's Linux, which switches AVX off in emulation: "XSAVE consistency problem".
    report.check("with AVX2 (leaf 7, EBX bit 5)", 1, _leaf(it, 0x7)[1] >> 5 & 1)
    # Bit 31 is set by a hypervisor.
    report.check("without VMX (leaf 1, ECX bit 5)", 1 << 31, _leaf(it, 0x1)[2] & (1 << 31 | 1 << 5))
    # XNU takes the TSC's frequency from it, and divides by zero on most models without.
    kilohertz = _leaf(it, 0x4000_0010)[0]
    report.check("with the TSC's frequency in kHz (leaf 0x40000010)", "> 100000", kilohertz, kilohertz > 100_000)
    report.check("the planned disk has the size of the real one", it.disk_bytes, planned.get("diskBytes"))
    report.check("the guest's disk is /dev/sdb, whole", str(it.disk_bytes), seen.get("disk_bytes"))
    report.check("by virtio-blk", "virtio_blk", seen.get("disk_driver"))
    report.check("what the guest writes is on the disk", it.token, it.answer)
    report.check("the guest has the planned UUID", planned.get("uuid"), seen.get("uuid"))
    report.check("which is not L1's own", True, seen.get("uuid") not in (None, MACHINE_UUID))


def _opencore(it: Evidence, report: Report) -> None:
    seen, given = it.guest, it.identity
    boot_drive = [word for word in it.argv if "id=boot-drive" in word and "file=/macos/bootloader.img" in word]
    report.check("QEMU has the OpenCore disk, for reading", True, len(boot_drive) == 1 and "readonly=on" in boot_drive[0])
    report.check("first in the boot order", True, any("drive=boot-drive" in word and "bootindex=0" in word for word in it.argv))
    # PlatformInfo.Generic.SpoofVendor of its configuration.
    report.check("OpenCore started the guest's system", "Acidanthera", seen.get("firmware"))
    report.check("which is the Mac of the identity", given.get("model"), seen.get("model"))
    report.check("with its serial number", given.get("serial"), seen.get("serial"))
    report.check("with its board's serial number", given.get("boardSerial"), seen.get("board_serial"))
    report.check("its UUID, which boot was told", given.get("uuid", "").lower(), seen.get("uuid"))
    report.check("its MAC address, which boot was told", given.get("mac"), seen.get("mac"))
    report.check("the guest cannot write to the OpenCore disk", "1", seen.get("firmware_disk_read_only"))
    before = it.facts.get("firmware.before")
    report.check("and nobody did", before or "(no disk)", it.facts.get("firmware.after"))


def _network(it: Evidence, report: Report) -> None:
    planned, seen = it.plan.get("guest", {}), it.guest
    report.check("the network card is the planned one", _DRIVERS.get(planned.get("nic", "")), seen.get("nic_driver"))
    report.check("with the planned address", planned.get("mac"), seen.get("mac"))
    report.check("DHCP gave the planned address", planned.get("address"), seen.get("address"))
    report.check("which is the documented one", "192.168.254.2", seen.get("address"))
    report.check("with L1 as router", "192.168.254.1", seen.get("router"))
    report.check("the MTU is the uplink's", str(UPLINK_MTU), seen.get("mtu"))
    report.check("as planned", planned.get("mtu"), UPLINK_MTU)
    report.check("the guest reached L0 through the NAT", [f"/{it.token}"], it.pages)
    report.check("and got the page", True, any("L2: page hello from L0" in line for line in it.console))
    report.check("L0 reached the guest's port 22 by ssh", True, bool(seen))
    report.check("L0 reached the guest's port 5900", f"RFB from {it.token}", it.screen_sharing)
    report.check("QEMU shows the guest's screen by VNC", True, it.screen.startswith("RFB 003."))
    report.check("L1 reaches its own service", "reached", it.facts.get("service"))
    report.check("the guest does not", "unreachable", seen.get("l1_service"))


def _end(it: Evidence, report: Report) -> None:
    report.check("QMP presses the guest's power button", True, "L2: power button" in it.console)
    report.check("QEMU ends well when the guest powers off", "0", it.facts.get("status"))
    report.check("the tap went with it", {"eth0", "lo"}, it.words("links.after"))
    report.check("boot down succeeds then", "0", it.facts.get("down.status"))
    report.check("and leaves no firewall table", "", it.facts.get("tables.down"))
    report.check("no dnsmasq", "", it.facts.get("dnsmasq.down"))
    report.check("forwarding as it was", it.facts.get("forwarding.before"), it.facts.get("forwarding.down"))
    report.check("no interface", {"eth0", "lo"}, it.words("links.down"))
    report.check("L1 powers off", 0, it.exit_status)


def _key(it: Evidence, report: Report) -> None:
    """A user's own key for QEMU's SMC: QEMU has it, and nothing that others can read does."""
    # EX_CONFIG of sysexits.h.
    report.check("a key that others may read is refused", "78", it.facts.get("key.open", "").partition(" ")[0])
    report.check("boot plan with a key succeeds", "0", it.facts.get("key.plan"))
    report.check("with a key boot becomes QEMU too", _QEMU, it.facts.get("key.exe"))
    argv = it.argv_with_key
    report.check("and names a file for it", True, ("-readconfig", "/run/macos-virt/smc.cfg") in pairwise(argv))
    report.check("QEMU's SMC has the key", "1", it.facts.get("key.qemu"))
    report.check("no process has it in its arguments or environment", "0", it.facts.get("key.processes"))
    report.check("where it would have been seen", "1", it.facts.get("key.control"))
    # The files searched: the logs of boot and QEMU, /run and /var.
    report.check("of all files, only that one has it", {"/run/macos-virt/smc.cfg"}, it.words("key.files"))
    report.check("which is root's alone", "400 0 0", it.facts.get("key.mode"))
    report.check("and not the kernel's log", "0", it.facts.get("key.kernel"))
    report.check("boot down removes it", set(), it.words("key.left"))


def _seed(it: Evidence, report: Report) -> None:
    """A directory of user-data is a disk of the guest's, which QEMU opened before it gave up root."""
    disk = [word for word in it.argv_with_key if "id=seed-drive" in word]
    report.check("QEMU gets the seed as a disk", True, disk[:1] != [] and "file=/run/macos-virt/seed.iso" in disk[0])
    report.check("and has it open", "1", it.facts.get("seed.qemu"))
    report.check("the disk has the label", "cidata", it.facts.get("seed.label"))
    report.check("and is root's alone", "400 0 0", it.facts.get("seed.mode"))
    report.check("boot down removes it", set(), it.words("seed.left"))


def _arguments(plan: dict[str, Any], *loose: str) -> list[str]:
    return _without(plan.get("qemu", {}).get("argv", []), *loose) or ["(no plan)"]


def _without(argv: list[str], *loose: str) -> list[str]:
    """The arguments, with the values of some options replaced by dots."""
    return ["..." if before in loose else word for before, word in zip(["", *argv], argv)]


def _leaf(it: Evidence, number: int) -> list[int]:
    """EAX, EBX, ECX, EDX of the guest's CPUID; zeros when it is not known."""
    words = it.guest.get(f"cpuid_{number:#x}", "").split()
    return [int(word, 16) for word in words] if len(words) == 4 else [0] * 4
