"""What UEFI and BIOS make of the disk, without any program of others on it."""

from __future__ import annotations

import hashlib
import plistlib
import subprocess
from pathlib import Path

from nested.paths import tool

from .checks import Checks
from .machine import Machine
from .places import WORK
from .stand_in import release
from .tool import binary, mkopencore

_START = 1 << 20


def stand_in_test(checks: Checks) -> None:
    """Both partition tables, both ways to start."""
    tree = release(WORK / "stand-in")
    for scheme in ("mbr", "gpt"):
        image = WORK / f"{scheme}.img"
        mkopencore("--opencore", tree, "--without-virtualsmc", "--partition", scheme, "-o", image)
        _by_uefi(checks, image, scheme)
        _by_bios(checks, image, scheme)
    _full_disk(checks, tree)
    _missing_tools(checks, tree)
    _formats(checks, tree)


def _by_uefi(checks: Checks, image: Path, scheme: str) -> None:
    """The loader prints the configuration that it reads from the volume that it was started from."""
    said = Machine(image, bios=False, name=f"{scheme}-uefi").run()
    _, _, rest = said.partition("STAND-IN: begin\n")
    shown, _, _ = rest.partition("STAND-IN: end\n")
    checks.equal(f"{scheme}: UEFI starts EFI/BOOT/BOOTx64.efi", "STAND-IN: begin" in said, True)
    written = subprocess.check_output([tool("mtype"), "-i", f"{image}@@{_START}", "::/EFI/OC/config.plist"], text=True)
    checks.equal(f"{scheme}: it finds EFI/OC/config.plist on its own volume", shown, written)
    if shown:
        model = plistlib.loads(shown.encode())["PlatformInfo"]["Generic"]["SystemProductName"]
        checks.equal(f"{scheme}: the configuration is whole", model, "iMac20,1")


def _by_bios(checks: Checks, image: Path, scheme: str) -> None:
    """boot0, boot1f32, boot: the last of them prints the identifier of the boot sector that started it."""
    said = Machine(image, bios=True, name=f"{scheme}-bios").run(seconds=60)
    with image.open("rb") as disk:
        disk.seek(_START + 0x1F0)
        identifier = disk.read(14).hex()
    checks.equal(f"{scheme}: BIOS starts boot0, boot1f32 and boot", said.strip(), f"STAND-IN: boot {identifier}")


def _full_disk(checks: Checks, tree: Path) -> None:
    """On file systems with too little room for the files, for the FAT, for what is in it: a named error, nothing left."""
    place, old = WORK / "full", WORK / "old.img"
    place.mkdir(exist_ok=True)
    old.write_bytes(b"previous image")
    digest = hashlib.sha256(old.read_bytes()).hexdigest()
    # $0 is the place, $1 the old image, $2 the room in KiB, and then comes the command.
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
        done = subprocess.run(
            [
                tool("unshare"), "--user", "--map-root-user", "--mount", "sh", "-c", script, place, old, str(room),
                binary(), "mkopencore", "--opencore", tree, "--without-virtualsmc", "-o", place / "old.img",
            ],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        lines = done.stdout.splitlines()
        if len(lines) < 2:
            checks.skip("a full disk", f"no mount in a namespace of one's own: {done.stderr.strip()}")
            return
        checks.equal(f"{room} KiB free: exit code of what cannot be written", lines[0], "exit 73")
        checks.equal(f"{room} KiB free: the previous image is untouched", lines[1].split()[0], digest)
        checks.equal(f"{room} KiB free: nothing is left behind", sorted(lines[2:]), ["old.img", "rest"])
        checks.equal(f"{room} KiB free: the message says why", "space" in done.stderr, True)


def _missing_tools(checks: Checks, tree: Path) -> None:
    """Each tool in turn is made a file that cannot be executed: the error names the package that has it."""
    place = WORK / "tools"
    place.mkdir(exist_ok=True)
    image = place / "old.img"
    image.write_bytes(b"previous image")
    # $0 is the tool, and then comes the command.
    script = """mount --bind /dev/null "$0" && exec "$@" """
    for name, package in (("iasl", "acpica-tools"), ("sfdisk", "fdisk"), ("mkfs.fat", "dosfstools"), ("mmd", "mtools")):
        done = subprocess.run(
            [
                tool("unshare"), "--user", "--map-root-user", "--mount", "sh", "-c", script, tool(name),
                binary(), "mkopencore", "--opencore", tree, "--without-virtualsmc", "-o", image,
            ],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if "mount:" in done.stderr or "unshare:" in done.stderr:
            checks.skip("tools that are not there", f"no mount in a namespace of one's own: {done.stderr.strip()}")
            return
        # EX_OSFILE of sysexits.h.
        checks.equal(f"without {name}: exit code of a tool that is not there", done.returncode, 72)
        checks.equal(f"without {name}: the message says what to install", f"apt-get install {package}" in done.stderr, True)
        checks.equal(f"without {name}: the previous image is untouched", image.read_bytes(), b"previous image")
        checks.equal(f"without {name}: nothing is left behind", [path.name for path in place.iterdir()], ["old.img"])


def _formats(checks: Checks, tree: Path) -> None:
    """What the help offers is what is made, and nothing else."""
    said = mkopencore("--help").stdout
    checks.equal("--format offers raw and qcow2", "(values: raw, qcow2; default: raw)" in " ".join(said.split()), True)
    for name, status in (("raw", 0), ("qcow2", 0), ("vmdk", 64), ("vhd", 64)):
        image = WORK / f"format.{name}"
        image.unlink(missing_ok=True)
        done = mkopencore("--opencore", tree, "--without-virtualsmc", "--format", name, "-o", image, check=False)
        checks.equal(f"--format {name}: exit code", done.returncode, status)
        checks.equal(f"--format {name}: there is an image", image.exists(), status == 0)
