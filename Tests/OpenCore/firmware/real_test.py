"""A real OpenCore, given by whoever runs the test: its menu, and an operating system that it starts from a second disk."""

from __future__ import annotations

import json
from pathlib import Path

from nested.archive import Archive
from nested.disk import write_disk
from nested.kernel import Kernel
from nested.paths import WORK as CACHE
from nested.paths import tool
from nested.uki import unified_kernel

from .checks import Checks
from .given import Given
from .machine import Machine
from .nested_test import nested_test
from .places import SUITE, WORK
from .tool import mkopencore

#: Linux says this when it has seen what OpenCore made of the machine.
_DONE = "GUEST: done"
#: "IO-APIC + timer doesn't work": emulation under load, which no_timer_check forgives. Another try is for what it does not.
_ATTEMPTS = 2


def real_test(checks: Checks, given: Given) -> None:
    image, disk = WORK / "real.img", WORK / "guest.img"
    words = [*given.words(), "--picker", "3", "-o", str(image)]
    done = mkopencore(*words, check=False)
    debug = "is a DEBUG build" in done.stderr
    if debug:
        done = mkopencore(*words, "--debug")
    print(done.stderr.rstrip(), flush=True)
    checks.equal("mkopencore makes an image of it", done.returncode, 0)
    if done.returncode != 0:
        return
    if "nobody checked" in done.stderr:
        checks.skip("ocvalidate", "this release has none for Linux")
    identity = json.loads(image.with_suffix(".identity.json").read_text())
    write_disk(disk, _guest(), "")
    for bios in (False, True):
        if bios and "a BIOS cannot start this image" in done.stderr:
            checks.skip("BIOS", "no boot code: give LEGACY_BOOT=Utilities/LegacyBoot of a release")
            continue
        said = _start(image, disk, bios)
        way = "BIOS" if bios else "UEFI"
        # In a BIOS the menu of a RELEASE build is on the screen alone.
        if debug:
            checks.equal(f"{way}: the menu appears", "OCB: Showing menu" in said, True)
        elif not bios:
            checks.equal(f"{way}: the menu appears", "OpenCore Boot Menu" in said, True)
            checks.equal(f"{way}: it does not offer itself", "OPENCORE" in said.split("OpenCore Boot Menu")[-1].split(_DONE)[0], False)
        facts = dict(line.removeprefix("GUEST: ").split("=", 1) for line in said.splitlines() if line.startswith("GUEST: ") and "=" in line)
        checks.equal(f"{way}: the system on the second disk runs", _DONE in said, True)
        checks.equal(f"{way}: model", facts.get("product_name"), identity["model"])
        checks.equal(f"{way}: serial number", facts.get("product_serial"), identity["serial"])
        checks.equal(f"{way}: board serial number", facts.get("board_serial"), identity["boardSerial"])
        checks.equal(f"{way}: UUID", (facts.get("product_uuid") or "").upper(), identity["uuid"])
    nested_test(checks, given, debug)


def _start(image: Path, disk: Path, bios: bool) -> str:
    said = ""
    for attempt in range(_ATTEMPTS):
        machine = Machine(image, bios, disk, memory_mib=2048, name=f"real-{'bios' if bios else 'uefi'}-{attempt}")
        said = machine.run(until=_DONE)
        if _DONE in said:
            break
    return said


def _guest() -> bytes:
    """A Linux that says what machine it sees and powers it off, as one UEFI program."""
    CACHE.mkdir(parents=True, exist_ok=True)
    kernel = Kernel.fetch()
    root = Archive()
    for name in ("proc", "sys", "dev"):
        root.directory(name)
    root.file("usr/bin/busybox", Path(tool("busybox")).read_bytes(), 0o755)
    root.file("init", (SUITE / "guest-init").read_bytes(), 0o755)
    return unified_kernel(kernel.image, root.encoded(), "console=ttyS0 quiet loglevel=4 no_timer_check mitigations=off")
