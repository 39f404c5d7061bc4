"""Whether the Linux image asks for all of its drivers: each by the bus whose devices name it."""

from __future__ import annotations

import re
from pathlib import Path

from harness.programs import run
from harness.report import Report

#: The initrd in the second partition, which begins at 1 MiB.
_INITRD = ("@@1M", "::/macos-virt/initrd")
#: Buses that the image does not search: `boot` or another driver loads these, and PCs have no device trees.
_NOT_BUSES = {"auxiliary", "cpu", "devname", "of"}


def judge_drivers(disk: Path, root: Path, folder: Path, report: Report) -> None:
    """`root` is the root partition's content. `folder` is for temporary files."""
    packed, archive, early = folder / "initrd.lz4", folder / "initrd.cpio", folder / "early"
    run("mcopy", "-i", f"{disk}{_INITRD[0]}", _INITRD[1], packed)
    run("lz4", "-d", "-q", packed, archive)
    early.mkdir()
    run("cpio", "--extract", "--quiet", "--make-directories", f"--file={archive}", cwd=early)
    unpacked = folder / "root"
    run("fsck.erofs", f"--extract={unpacked}", root)
    lacking = _named(early / "lib") - _asked(early / "drivers")
    report.check("image: the initrd asks every bus that its drivers are of", set(), lacking)
    lacking = _named(unpacked / "usr/lib") - _asked(unpacked / "usr/lib/macos-virt/drivers")
    report.check("image: and the root every bus of its own", set(), lacking)


def _asked(script: Path) -> set[str]:
    return set(re.findall(r"/sys/(?:bus|class)/(\w+)/(?:devices/)?\*/modalias", script.read_text()))


def _named(libraries: Path) -> set[str]:
    """The buses in depmod's list, whose lines are: alias BUS:DEVICE DRIVER."""
    (aliases,) = libraries.glob("modules/*/modules.alias")
    return set(re.findall(r"^alias (\w+)\*?:", aliases.read_text(), re.MULTILINE)) - _NOT_BUSES
