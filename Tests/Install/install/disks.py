"""The disks of the suite: an installer, and what macOS leaves on its disk."""

from __future__ import annotations

from pathlib import Path

from harness import apfs
from harness.hfs_plus import HFS_PLUS, hfs_plus
from harness.partitions import APFS, ESP, Partition, tables
from harness.paths import scratch_directory

MIB = 1 << 20
#: Where a Mac's container begins: behind an ESP of 200 MiB there, of 32 MiB here.
CONTAINER = 40 * MIB
#: Bytes of the container; mkapfs makes several volumes from 512 MiB on.
CONTAINER_SIZE = 512 * MIB
#: Bytes of macOS's disk.
SIZE = 576 * MIB


def system_version(build: str, version: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
        f'<plist version="1.0"><dict><key>ProductBuildVersion</key><string>{build}</string>'
        f"<key>ProductName</key><string>macOS</string><key>ProductVersion</key><string>{version}</string></dict></plist>\n"
    ).encode()


def write_installer(path: Path, build: str, version: str, startosinstall: str) -> None:
    """A recovery that names a build, and a volume with the application that installs."""
    with scratch_directory() as place:
        recovery, installer = place / "recovery", place / "installer"
        file = recovery / "System/Library/CoreServices/SystemVersion.plist"
        file.parent.mkdir(parents=True)
        file.write_bytes(system_version(build, version))
        program = installer / "Install macOS Stand-In.app/Contents/Resources/startosinstall"
        program.parent.mkdir(parents=True)
        program.write_text(startosinstall)
        program.chmod(0o755)
        volumes = [hfs_plus(recovery, "macOS Base System"), hfs_plus(installer, "Installer")]
    start, table, contents = MIB, [], []
    for name, volume in zip(("macOS Recovery", "macOS Installer"), volumes, strict=True):
        table.append(Partition(HFS_PLUS, name, start, start + len(volume)))
        contents.append((start, volume))
        start += -(-len(volume) // MIB) * MIB
    _write(path, start + MIB, table, contents)


def write_system(path: Path, build: str, version: str, *, sealed: bool = True) -> None:
    """What an installation of macOS leaves: a GPT, an ESP, and an APFS container with its volumes."""
    plist = {"System/Library/CoreServices/SystemVersion.plist": system_version(build, version)}
    volumes = [
        apfs.Volume("macOS", apfs.SYSTEM, plist, sealed), apfs.Volume("macOS - Data", apfs.DATA), apfs.Volume("Preboot", apfs.PREBOOT),
        apfs.Volume("Recovery", apfs.RECOVERY),
    ]  # fmt: skip
    table = [
        Partition(ESP, "EFI System Partition", MIB, 33 * MIB),
        Partition(APFS, "", CONTAINER, CONTAINER + CONTAINER_SIZE),
    ]
    with scratch_directory() as place:
        container = place / "container"
        apfs.make(container, CONTAINER_SIZE, volumes)
        _write(path, SIZE, table, [(CONTAINER + number * 4096, block) for number, block in blocks(container)])


def blocks(path: Path, size: int = 4096) -> list[tuple[int, bytes]]:
    """The blocks of an image that have anything but zeros, by number."""
    found, zeros = [], bytes(size)
    with path.open("rb") as image:
        number = 0
        while block := image.read(size):
            if block != zeros[: len(block)]:
                found.append((number, block))
            number += 1
    return found


def _write(path: Path, size: int, table: list[Partition], contents: list[tuple[int, bytes]]) -> None:
    with path.open("wb") as disk:
        disk.truncate(size)
        for start, content in contents:
            for offset in range(0, len(content), MIB):
                part = content[offset : offset + MIB]
                if any(part):
                    disk.seek(start + offset)
                    disk.write(part)
        for offset, data in tables(size, table).items():
            disk.seek(offset)
            disk.write(data)
