"""The containers that the YAML files describe, started by runc with exactly what the files give them."""

from __future__ import annotations

from pathlib import Path

from harness.report import Report

from . import compose, documents, linuxkit
from .documents import LINUXKIT, section
from .image import Image
from .machine import Machine, start
from .missing_tests import run as run_missing
from .missing_tests import run_without_address_lookup
from .oci import can_favour
from .runc import ENDED_BY_QUIT, Program, Runc
from .stand_in import StandIn

#: The user that QEMU becomes where /etc/passwd has no account for it.
_QEMU = 65533
_GATEWAY = "192.168.254.1/24"


def run(report: Report, image: Image) -> None:
    with StandIn() as stand_in:
        for name in LINUXKIT:
            settings = linuxkit.merge(image.linuxkit_label, section(documents.linuxkit(name), "boot"))
            _runs(report, name, Machine(image, stand_in, settings))
        _stages_apart(report, Machine(image, stand_in, settings))
        first = linuxkit.merge(image.linuxkit_label, section(documents.linuxkit(), "boot"))
        run_missing(report, Machine(image, stand_in, first))
        run_without_address_lookup(report, Machine(image, stand_in, first))
        _compose(report, image, stand_in)
    _not_covered(report)


def _runs(report: Report, name: str, machine: Machine) -> None:
    stand_in = machine.stand_in
    stand_in.reset()
    doctor = machine.boot("doctor")
    report.check(f"{name}: boot doctor finds nothing wrong", (0, 0), (doctor.status, doctor.output.count("FAILURE")))
    report.contains(f"{name}: it knows the disk", f"{stand_in.disk} is free: 64 MiB, ESP+APFS", doctor.output)
    report.contains(f"{name}: it knows the OpenCore disk", "OpenCore disk /macos/bootloader.img", doctor.output)
    plan = machine.boot("plan")
    report.check(f"{name}: boot plan", 0, plan.status)
    # The columns are as wide as the longest key.
    report.contains(
        f"{name}: configured by linuxkit's metadata",
        "guest.memory file /run/config/macos-virt/boot.toml",
        " ".join(plan.output.split()),
    )
    report.contains(
        f"{name}: supervised by the image's environment",
        "guest.supervise environment",
        " ".join(plan.output.split()),
    )

    ended, guest = machine.boot_run()
    report.check(f"{name}: boot runs QEMU, which ends by its own command", (ENDED_BY_QUIT, True), (ended.status, guest is not None))
    if guest is None:
        report.check(f"{name}: it says why", "", ended.errors)
        return
    _guest(report, name, guest)
    variables = stand_in.directory / "variables/nvram.fd"
    report.check(f"{name}: the guest's variables are kept, and QEMU's own", _QEMU, variables.stat().st_uid)
    # The process namespace ends with QEMU, and the tap with its descriptor.
    report.check(f"{name}: no process is left", [], stand_in.processes())
    report.check(f"{name}: no tap is left", False, "tap0" in stand_in.links())


def _guest(report: Report, name: str, guest: Program) -> None:
    report.check(f"{name}: as a user of its own", [str(_QEMU)] * 4, guest.status["Uid"].split())
    report.check(f"{name}: without capabilities", 0, int(guest.status["CapEff"], 16))
    report.check(f"{name}: behind a seccomp filter", "2", guest.status["Seccomp"])
    report.check(f"{name}: never to get privileges", "1", guest.status["NoNewPrivs"])
    # Process 1 of the namespace is boot, which reaps what it is left.
    inside = [len(guest.status["NSpid"].split()), guest.status["NSpid"].split()[-1] != "1"]
    report.check(f"{name}: a child in a process namespace of its own", [2, True], inside)
    if can_favour():
        report.check(f"{name}: spared when memory runs out", -900, guest.oom_score)
    else:
        report.skip(f"{name}: spared when memory runs out", "this machine gives no CAP_SYS_RESOURCE to do so")


def _stages_apart(report: Report, machine: Machine) -> None:
    """With the journal on the machine, as in linuxkit-debug.yml, one container undoes what another one did."""
    stand_in = machine.stand_in
    stand_in.reset()
    made = machine.boot("setup-nat")
    report.check("boot setup-nat", 0, made.status)
    report.check("the firewall's table, by nft", ["macos_virt"], stand_in.tables())
    report.check("the gateway's address, by ip", [_GATEWAY], stand_in.links().get("tap0"))
    down = machine.boot("down")
    report.check("boot down, from another container", 0, down.status)
    report.check("nothing is left in the network", ([], False), (stand_in.tables(), "tap0" in stand_in.links()))


def _compose(report: Report, image: Image, stand_in: StandIn) -> None:
    """Docker's container: /proc/sys and /sys are read-only, /dev is nearly empty."""
    stand_in.reset()
    variables = {
        "MACOS_DISK": stand_in.disk,
        "OPENCORE": str(stand_in.directory / "macos/bootloader.img"),
        "MACOS_MEMORY": "512M",
    }
    service = compose.substitute(documents.parse(documents.text(documents.COMPOSE))["services"]["macos"], variables)
    # Emulation works on every machine.
    service["environment"]["MACOS_VIRT_GUEST_ACCEL"] = "tcg"
    runc = Runc(image)
    doctor = runc.run(compose.container(service, image, stand_in.host), "doctor")
    report.check(
        "compose.yaml: boot doctor finds nothing wrong", (0, 0), (doctor.status, doctor.output.count("FAILURE"))
    )
    ended, guest = start(runc, compose.container(service, image, stand_in.host))
    report.check(
        "compose.yaml: boot runs QEMU, which ends by its own command",
        (ENDED_BY_QUIT, True),
        (ended.status, guest is not None),
    )
    if guest is None:
        report.check("compose.yaml: it says why", "", ended.errors)
        return
    _guest(report, "compose.yaml", guest)
    report.check(
        "compose.yaml: with the disk that was named",
        True,
        any(word.endswith(f"file={stand_in.disk}") for word in guest.arguments),
    )
    report.check(
        "compose.yaml: with the OpenCore disk",
        True,
        any(word.endswith("file=/macos/bootloader.img") for word in guest.arguments),
    )
    report.check(
        "compose.yaml: the guest's variables are in the volume",
        True,
        (stand_in.directory / "variables/nvram.fd").is_file(),
    )

    stand_in.reset()
    del service["sysctls"]
    refused, guest = start(runc, compose.container(service, image, stand_in.host))
    report.check(
        "compose.yaml: without its sysctl nothing is forwarded, and boot says so", (71, None), (refused.status, guest)
    )
    report.contains("compose.yaml: which one", "with /proc/sys writable: it is read-only here", refused.errors)


def _not_covered(report: Report) -> None:
    """What cannot be tested without kernel modules, nested virtualization and linuxkit."""
    if not Path(f"/lib/modules/{_release()}").is_dir():
        report.skip("modules are loaded from the bound /lib/modules", "this machine's kernel has no modules")
    report.skip(
        "linuxkit itself boots the files",
        "linuxkit is in no Debian package; see Tests/Container/README.md for what was compared",
    )
    report.skip(
        "a guest runs by KVM in the container", "the nested boot does that without a container: make test-end-to-end"
    )


def _release() -> str:
    return Path("/proc/sys/kernel/osrelease").read_text(encoding="utf-8").strip()
