"""Disk images: FAT file systems, and a system disk that is laid out like a Mac's."""

from __future__ import annotations

from pathlib import Path

from . import partitions
from .paths import scratch_directory
from .programs import run

MIB = 1 << 20
#: Of a system disk.
SIZE = 160 * MIB
ESP = partitions.Partition(partitions.ESP, "EFI System Partition", 1 * MIB, 97 * MIB)
#: Instead of a file system it holds what the harness and the guest tell each other.
APPLE = partitions.Partition(partitions.APFS, "Macintosh HD", 97 * MIB, 159 * MIB)
#: Where UEFI looks for a boot loader on a disk that it does not know.
LOADER = "EFI/BOOT/BOOTX64.EFI"
#: Where the guest writes in its second partition, and how much of that is read.
_ANSWER_OFFSET, _ANSWER_SIZE = 1 * MIB, 512


def write_disk(path: Path, loader: bytes, letter: str) -> None:
    """Makes a system disk: a sparse raw image with a GPT, an EFI system partition and an Apple one.

    UEFI starts `loader` from it. The guest finds `letter`, lines of `key=value`, at the start of the Apple partition.
    """
    with path.open("wb") as disk:
        disk.truncate(SIZE)
    write_partitions(path, [ESP, APPLE])
    with path.open("r+b") as disk:
        disk.seek(APPLE.start)
        disk.write(letter.encode().ljust(partitions.SECTOR, b"\0"))
    make_fat(f"{path}@@{ESP.start}", ESP.end - ESP.start, "EFI", {LOADER: loader}, "-F")


def write_partitions(path: Path, table: list[partitions.Partition]) -> None:
    """Writes a system disk's partition table; the partitions' contents stay."""
    with path.open("r+b") as disk:
        for offset, data in partitions.tables(SIZE, table).items():
            disk.seek(offset)
            disk.write(data)


def read_answer(path: Path) -> str:
    """What the guest wrote to its system disk, read from the image."""
    with path.open("rb") as disk:
        disk.seek(APPLE.start + _ANSWER_OFFSET)
        return disk.read(_ANSWER_SIZE).rstrip(b"\0").decode("utf-8", "replace").strip()


def make_fat(volume: str, size: int, label: str, files: dict[str, bytes], *options: str) -> None:
    """Makes a FAT file system with these files in it.

    `volume` is an image as mtools takes it, FILE or FILE@@OFFSET, and `size` is in bytes. `options` are mformat's: -F
    for FAT32.
    """
    sectors = str(size // partitions.SECTOR)
    run("mformat", "-i", volume, *options, "-v", label, "-T", sectors, "-h", "16", "-s", "63", "::")
    made: set[str] = set()
    for name, data in files.items():
        parents = [f"::/{parent}" for parent in reversed(Path(name).parents) if str(parent) != "."]
        if missing := [parent for parent in parents if parent not in made]:
            run("mmd", "-i", volume, *missing)
            made.update(missing)
        with scratch_directory() as folder:
            file = folder / "file"
            file.write_bytes(data)
            run("mcopy", "-i", volume, file, f"::/{name}")
