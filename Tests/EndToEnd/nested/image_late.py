"""A disk that appears long after the initrd has begun to look for its root, as on a slow controller or by USB."""

from __future__ import annotations

import re
import time
from pathlib import Path

from harness.accelerator import Accelerator
from harness.paths import scratch_directory
from harness.process import ConsoleProcess
from harness.programs import run
from harness.qemu import escaped, headless
from harness.qmp import Control, control_arguments
from harness.report import Report, show_tail
from harness.waiting import Events, Line

from .places import LOGS, WORK

#: Seconds with KVM, from the initrd's first line: longer than the initrd waits before it looks for drivers again.
_LATE = 2.0
_PATIENCE = 20.0


def judge_late(image: Path, accelerator: Accelerator, report: Report) -> None:
    log = LOGS / "image-late-disk.log"
    with scratch_directory(WORK, "late-") as folder:
        events = Events()
        machine = _machine(image, folder, accelerator, log, events)
        try:
            waits = _await(events, r"macos-virt: initrd$", accelerator)
            time.sleep(_LATE * accelerator.patience)
            _plug(folder)
            found = _await(events, r"^\[1/\d+\] probe", accelerator)
        finally:
            machine.stop()
    report.check("late disk: the initrd waits for it", True, waits)
    report.check("late disk: boot runs from it", True, found)
    if not found:
        show_tail(log)


def _machine(image: Path, folder: Path, accelerator: Accelerator, log: Path, events: Events) -> ConsoleProcess:
    """L1 with the disk's own kernel, initrd and command line, as GRUB would load them. The disk is not attached."""
    disk = image / "linux.img"
    system = f"{disk}@@1M"
    for file in ("vmlinuz", "initrd"):
        run("mcopy", "-i", system, f"::/macos-virt/{file}", folder / file)
    line = re.search(r"^linux \S+ (.*) \$words$", run("mtype", "-i", system, "::/macos-virt/grub.cfg"), re.MULTILINE)
    # Shows what the scripts write to the kernel's log.
    words = line[1].replace("quiet loglevel=4", "loglevel=7") if line else ""
    argv = [
        *headless(), *accelerator.arguments, "-smp", "1", "-m", "1024",
        "-kernel", str(folder / "vmlinuz"), "-initrd", str(folder / "initrd"), "-append", words,
        "-device", "virtio-scsi-pci,id=scsi", "-drive", f"if=none,id=late,format=raw,file={escaped(disk)},snapshot=on",
        "-serial", "stdio", *control_arguments(folder / "control"),
    ]  # fmt: skip
    return ConsoleProcess(argv, accelerator.environment, log, events)


def _await(events: Events, pattern: str, accelerator: Accelerator) -> bool:
    """Whether the line came: not when the initrd gives up before."""
    ends = re.compile(f"{pattern}|no partition named")
    found = events.wait_for(
        lambda event: isinstance(event, Line) and ends.search(event.text) is not None, _PATIENCE * accelerator.patience
    )
    return isinstance(found, Line) and re.search(pattern, found.text) is not None


def _plug(folder: Path) -> None:
    with Control(folder / "control") as control:
        control.execute("device_add", driver="scsi-hd", drive="late", bus="scsi.0")
