"""UEFI and BIOS start the disk, with no other project's program on it."""

from __future__ import annotations

import hashlib
import os
import plistlib
import shutil
from pathlib import Path

from harness.programs import execute, macos_virt, run, tool
from harness.report import Report

from .interrupt_test import interrupt_test
from .machine import Machine
from .places import WORK
from .stand_in import release
from .tool import mkopencore

_START = 1 << 20


def stand_in_test(report: Report) -> None:
    """Tests both partition tables with both firmwares, then full disks, missing tools, formats, outputs and interrupts."""
    tree = release(WORK / "stand-in")
    for scheme in ("mbr", "gpt"):
        image = WORK / f"{scheme}.img"
        mkopencore("--opencore", tree, "--without-virtualsmc", "--partition", scheme, "-o", image)
        _by_uefi(report, image, scheme)
        _by_bios(report, image, scheme)
    _full_disk(report, tree)
    _missing_tools(report, tree)
    _formats(report, tree)
    _outputs(report, tree)
    interrupt_test(report, tree)


def _by_uefi(report: Report, image: Path, scheme: str) -> None:
    """The loader prints the configuration that it finds on the volume that it was started from."""
    said = Machine(image, bios=False, name=f"{scheme}-uefi").run()
    _, _, rest = said.partition("STAND-IN: begin\n")
    shown, _, _ = rest.partition("STAND-IN: end\n")
    report.check(f"{scheme}: UEFI starts EFI/BOOT/BOOTx64.efi", True, "STAND-IN: begin" in said)
    written = run("mtype", "-i", f"{image}@@{_START}", "::/EFI/OC/config.plist")
    report.check(f"{scheme}: it finds EFI/OC/config.plist on its own volume", written, shown)
    if shown:
        model = plistlib.loads(shown.encode())["PlatformInfo"]["Generic"]["SystemProductName"]
        report.check(f"{scheme}: the configuration is whole", "iMac20,1", model)


def _by_bios(report: Report, image: Path, scheme: str) -> None:
    """boot0, boot1f32, boot: the last of them prints the identifier of the boot sector that started it."""
    said = Machine(image, bios=True, name=f"{scheme}-bios").run(seconds=60)
    with image.open("rb") as disk:
        disk.seek(_START + 0x1F0)
        identifier = disk.read(14).hex()
    report.check(f"{scheme}: BIOS starts boot0, boot1f32 and boot", f"STAND-IN: boot {identifier}", said.strip())


def _full_disk(report: Report, tree: Path) -> None:
    """On file systems with too little room for the image, for its FAT, or for its files: a clear error, nothing left behind."""
    place, old = WORK / "full", WORK / "old.img"
    place.mkdir(exist_ok=True)
    old.write_bytes(b"previous image")
    digest = hashlib.sha256(old.read_bytes()).hexdigest()
    # $0 is the directory, $1 the old image, $2 the room in KiB; the command follows.
    script = """
        mount -t tmpfs -o size=8M none "$0" && cp "$1" "$0"/old.img || exit 1
        dd if=/dev/zero of="$0"/rest bs=1k count=$((8176 - $2)) status=none
        shift 2
        "$@"
        echo "exit $?"
        sha256sum <"$0"/old.img
        ls -A "$0"
    """
    for room in (0, 200, 1000):
        done = execute(
            "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, place, old, str(room),
            macos_virt(), "mkopencore", "--opencore", tree, "--without-virtualsmc", "-o", place / "old.img",
        )  # fmt: skip
        lines = done.output.splitlines()
        if len(lines) < 2:
            report.skip("a full disk", f"no mount in a namespace of its own: {done.errors.strip()}")
            return
        report.check(f"{room} KiB free: exit code of what cannot be written", "exit 73", lines[0])
        report.check(f"{room} KiB free: the previous image is untouched", digest, lines[1].split()[0])
        report.check(f"{room} KiB free: nothing is left behind", ["old.img", "rest"], sorted(lines[2:]))
        report.check(f"{room} KiB free: the message says why", True, "space" in done.errors)


def _missing_tools(report: Report, tree: Path) -> None:
    """Each tool in turn is replaced by a file that cannot be executed: the error names the package to install."""
    place = WORK / "tools"
    place.mkdir(exist_ok=True)
    image = place / "old.img"
    image.write_bytes(b"previous image")
    # $0 is the tool; the command follows.
    script = """mount --bind /dev/null "$0" && exec "$@" """
    for name, package in (("iasl", "acpica-tools"), ("sfdisk", "fdisk"), ("mkfs.fat", "dosfstools"), ("mmd", "mtools")):
        done = execute(
            "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, tool(name),
            macos_virt(), "mkopencore", "--opencore", tree, "--without-virtualsmc", "-o", image,
        )  # fmt: skip
        if "mount:" in done.errors or "unshare:" in done.errors:
            report.skip("tools that are not there", f"no mount in a namespace of its own: {done.errors.strip()}")
            return
        # EX_OSFILE of sysexits.h.
        report.check(f"without {name}: exit code of a tool that is not there", 72, done.status)
        report.check(f"without {name}: the message says what to install", True, f"apt-get install {package}" in done.errors)
        report.check(f"without {name}: the previous image is untouched", b"previous image", image.read_bytes())
        report.check(f"without {name}: nothing is left behind", ["old.img"], [path.name for path in place.iterdir()])


def _formats(report: Report, tree: Path) -> None:
    """mkopencore makes the formats that its help lists, and no others."""
    said = mkopencore("--help").output
    report.check("--format offers raw and qcow2", True, "(values: raw, qcow2; default: raw)" in " ".join(said.split()))
    for name, status in (("raw", 0), ("qcow2", 0), ("vmdk", 64), ("vhd", 64)):
        image = WORK / f"format.{name}"
        image.unlink(missing_ok=True)
        done = mkopencore("--opencore", tree, "--without-virtualsmc", "--format", name, "-o", image, check=False)
        report.check(f"--format {name}: exit code", status, done.status)
        report.check(f"--format {name}: there is an image", status == 0, image.exists())


def _outputs(report: Report, tree: Path) -> None:
    """What is no regular file is neither replaced nor read, and no directory is created for an output."""
    place = WORK / "outputs"
    shutil.rmtree(place, ignore_errors=True)
    (place / "directory").mkdir(parents=True)
    os.mkfifo(place / "fifo")
    (place / "link").symlink_to("target")
    before = sorted(path.name for path in place.iterdir())
    for output in ("/dev/null", place / "fifo", place / "link", place / "directory", place / "none/x.img"):
        done = mkopencore("--opencore", tree, "--without-virtualsmc", "-o", output, check=False)
        # EX_CANTCREAT of sysexits.h.
        report.check(f"-o {output}: exit code", 73, done.status)
    report.check("-o: nothing is created or replaced", before, sorted(path.name for path in place.iterdir()))
    report.check("-o /dev/null: it is still a device", True, Path("/dev/null").is_char_device())
    for words in (("inspect", place / "fifo"), ("--opencore", place / "fifo", "-o", place / "x.img")):
        # EX_NOINPUT. A FIFO without a writer would block for ever.
        report.check(f"{words[0]} of a FIFO: exit code", 66, mkopencore(*words, check=False).status)
