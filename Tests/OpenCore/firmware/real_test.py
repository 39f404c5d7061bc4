"""A real OpenCore, given by the user: its menu, and an operating system that it starts from a second disk."""

from __future__ import annotations

import json
from pathlib import Path

from harness.disk import write_disk
from harness.initramfs import Initramfs
from harness.kernel import Kernel
from harness.programs import tool
from harness.report import Report, say
from harness.unified_kernel import unified_kernel

from .given import Given
from .machine import Machine
from .nested_test import nested_test
from .places import SUITE, WORK
from .tool import mkopencore

#: The guest prints this last.
_DONE = "GUEST: done"
#: In emulation on a busy machine Linux may panic with "IO-APIC + timer doesn't work". no_timer_check avoids most of it.
_ATTEMPTS = 2


def real_test(report: Report, given: Given) -> None:
    image, disk = WORK / "real.img", WORK / "guest.img"
    words = [*given.words(), "--picker", "3", "-o", str(image)]
    done = mkopencore(*words, check=False)
    debug = "is a DEBUG build" in done.errors
    if debug:
        done = mkopencore(*words, "--debug")
    say(done.errors.rstrip())
    report.check("mkopencore makes an image of it", 0, done.status)
    if done.status != 0:
        return
    if "the configuration is unchecked" in done.errors:
        report.skip("ocvalidate", "this release has none for Linux")
    identity = json.loads(image.with_suffix(".identity.json").read_text())
    write_disk(disk, _guest(), "")
    for bios in (False, True):
        if bios and "the image starts from UEFI only" in done.errors:
            report.skip("BIOS", "no boot code: give LEGACY_BOOT=Utilities/LegacyBoot of a release")
            continue
        said = _start(image, disk, bios)
        way = "BIOS" if bios else "UEFI"
        # By BIOS, a RELEASE build shows its menu on the screen only.
        if debug:
            report.check(f"{way}: the menu appears", True, "OCB: Showing menu" in said)
        elif not bios:
            report.check(f"{way}: the menu appears", True, "OpenCore Boot Menu" in said)
            report.check(f"{way}: it does not offer itself", False, "OPENCORE" in said.split("OpenCore Boot Menu")[-1].split(_DONE)[0])
        facts = dict(line.removeprefix("GUEST: ").split("=", 1) for line in said.splitlines() if line.startswith("GUEST: ") and "=" in line)
        report.check(f"{way}: the system on the second disk runs", True, _DONE in said)
        report.check(f"{way}: model", identity["model"], facts.get("product_name"))
        report.check(f"{way}: serial number", identity["serial"], facts.get("product_serial"))
        report.check(f"{way}: board serial number", identity["boardSerial"], facts.get("board_serial"))
        report.check(f"{way}: UUID", identity["uuid"], (facts.get("product_uuid") or "").upper())
    nested_test(report, given, debug)


def _start(image: Path, disk: Path, bios: bool) -> str:
    said = ""
    for attempt in range(_ATTEMPTS):
        machine = Machine(image, bios, disk, memory_mib=2048, name=f"real-{'bios' if bios else 'uefi'}-{attempt}")
        said = machine.run(until=_DONE)
        if _DONE in said:
            break
    return said


def _guest() -> bytes:
    """A Linux that prints which machine it sees and powers it off, as one UEFI program."""
    kernel = Kernel.fetch()
    root = Initramfs()
    for name in ("proc", "sys", "dev"):
        root.directory(name)
    root.file("usr/bin/busybox", Path(tool("busybox")).read_bytes(), 0o755)
    root.file("init", (SUITE / "guest-init").read_bytes(), 0o755)
    return unified_kernel(kernel.image, root.encoded(), "console=ttyS0 quiet loglevel=4 no_timer_check mitigations=off")
