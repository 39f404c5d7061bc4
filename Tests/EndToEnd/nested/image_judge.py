"""The assertions about a boot of the Linux image."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harness.disk import SIZE
from harness.report import Report

from .linux_access import ANSWER, Access
from .options_image import INSIDE, MEMORY, ON_CD, ON_COMMAND_LINE, STARTED_BY
from .ways import Way


@dataclass
class Boot:
    """What one boot showed."""

    #: A random word, so that nothing of an earlier boot is taken for this one's.
    token: str
    #: When each stage was reached, by its title.
    reached: dict[str, float] = field(default_factory=dict)
    #: The lines of L1's console.
    lines: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    #: What the guest reported.
    seen: dict[str, str] = field(default_factory=dict)
    #: None where no port leads to L1 itself.
    access: Access | None = None
    #: The first bytes of the guest's VNC server; None where no port leads there.
    screen: str | None = None
    #: What the guest wrote to its disk.
    answer: str = ""
    exit_status: int | None = None
    hung: str | None = None


def judge(way: Way, boot: Boot, stages: list[str], report: Report) -> None:
    for title in stages:
        report.check(f"{way.name}: {title}", True, title in boot.reached)
    report.check(f"{way.name}: L0 reached the guest by ssh", True, bool(boot.seen))
    report.check(f"{way.name}: the guest runs under KVM", "KVM", boot.seen.get("hypervisor"))
    report.check(f"{way.name}: its disk is the second one, whole", str(SIZE), boot.seen.get("disk_bytes"))
    report.check(f"{way.name}: what it wrote is on that disk", boot.token, boot.answer)
    report.check(f"{way.name}: it has the documented address", "192.168.254.2", boot.seen.get("address"))
    report.check(f"{way.name}: it fetched the page", [f"/{boot.token}"], boot.pages)
    if way.hostile:
        ignored = any(re.search(r"^macos-virt: ignored .*\(MACOSVIRT\)", line) for line in boot.lines)
        report.check(f"{way.name}: the guest's disk configures nothing", True, ignored)
        report.check(f"{way.name}: the configuration disk does", "2", boot.seen.get("vcpus"))
    if boot.access is not None:
        _judge_access(way, boot, boot.access, report)
    if boot.screen is not None:
        report.contains(f"{way.name}: a port leads to the guest's screen", "RFB", boot.screen)
    started = STARTED_BY in boot.seen.get("kernel_words", "")
    report.check(
        f"{way.name}: an OpenCore disk in the image starts the guest, and none does without", way.options, started
    )
    if way.options:
        _judge_configuration(way, boot, report)
    report.check(f"{way.name}: L1's QEMU ends well", 0, boot.exit_status)


def _judge_access(way: Way, boot: Boot, access: Access, report: Report) -> None:
    answered = any(ANSWER in line for line in boot.lines)
    report.check(f"{way.name}: a shell on the console with --console only", way.options, answered)
    if not way.options:
        report.check(f"{way.name}: nobody listens on L1's port 22", "(closed)", access.greeting)
        return
    report.contains(f"{way.name}: with --ssh-key L1 has an ssh server", "dropbear", access.greeting)
    report.contains(f"{way.name}: the key opens it; --kernel cloud runs", "-cloud-", access.kernel)
    report.check(f"{way.name}: without the key it does not open", False, access.without_key)
    # ssh, the guest's DNS server, the guest's screen.
    sockets = ["0.0.0.0:22", "127.0.0.1:5900", "192.168.254.1:53", ":::22"]
    report.check(f"{way.name}: nothing else listens", sockets, access.listeners)


def _judge_configuration(way: Way, boot: Boot, report: Report) -> None:
    said = {key: boot.seen.get(key) for key in ("mac", "uuid")}
    memory = int(boot.seen.get("memory_kib", "0")) // 1024
    if not way.overruled:
        report.check(f"{way.name}: the guest is what --config says", {"mac": INSIDE.mac, "uuid": INSIDE.uuid}, said)
        report.check(
            f"{way.name}: with the memory it says", f"up to {MEMORY}", f"{memory}", MEMORY // 2 < memory <= MEMORY
        )
        return
    wanted = {"mac": ON_CD.mac, "uuid": ON_COMMAND_LINE.uuid}
    report.check(f"{way.name}: a CD overrules the image, the kernel's words overrule both", wanted, said)
    report.check(f"{way.name}: the image's configuration is replaced", f"over {MEMORY}", f"{memory}", memory > MEMORY)
