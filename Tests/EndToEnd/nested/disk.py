"""The guest's system disk, shaped like a Mac's: a GPT with an EFI system partition and an Apple one."""

from __future__ import annotations

import tempfile
from pathlib import Path

from . import gpt
from .command import run
from .paths import tool

MIB = 1 << 20
SIZE = 160 * MIB
_ESP = gpt.Partition(gpt.ESP, "EFI System Partition", 1 * MIB, 97 * MIB)
#: Instead of a file system it holds what the harness and the guest tell each other.
_APPLE = gpt.Partition(gpt.APFS, "Macintosh HD", 97 * MIB, 159 * MIB)
#: Where the guest writes in its second partition, and how much of that is looked at.
ANSWER_OFFSET, ANSWER_SIZE = 1 * MIB, 512


def write_disk(path: Path, loader: bytes, letter: str) -> None:
    """A sparse image that UEFI boots by the fall-back path, with a letter of `key=value` lines to the guest."""
    with path.open("wb") as disk:
        disk.truncate(SIZE)
        for offset, data in gpt.tables(SIZE, [_ESP, _APPLE]).items():
            disk.seek(offset)
            disk.write(data)
        disk.seek(_APPLE.start)
        disk.write(letter.encode().ljust(gpt.SECTOR, b"\0"))
    _write_esp(f"{path}@@{_ESP.start}", _ESP.end - _ESP.start, loader)


def write_boot_disk(path: Path, loader: bytes) -> None:
    """In OpenCore's place: a disk that is nothing but an EFI system partition."""
    size = (len(loader) // MIB + 40) * MIB
    with path.open("wb") as disk:
        disk.truncate(size)
    _write_esp(str(path), size, loader)


def _write_esp(volume: str, size: int, loader: bytes) -> None:
    sectors = str(size // gpt.SECTOR)
    run(tool("mformat"), "-i", volume, "-F", "-v", "EFI", "-T", sectors, "-h", "16", "-s", "63", "::")
    run(tool("mmd"), "-i", volume, "::/EFI", "::/EFI/BOOT")
    with tempfile.NamedTemporaryFile() as file:
        file.write(loader)
        file.flush()
        run(tool("mcopy"), "-i", volume, file.name, "::/EFI/BOOT/BOOTX64.EFI")


def disguise(path: Path, root_name: str) -> None:
    """What a hostile guest could make of its disk: partitions that pretend to be L1's root, and to bring a configuration."""
    apple = gpt.Partition(gpt.APFS, _APPLE.name, _APPLE.start, 120 * MIB)
    root = gpt.Partition(gpt.APFS, root_name, 120 * MIB, 150 * MIB)
    configuration = gpt.Partition(gpt.ESP, "configuration", 150 * MIB, 159 * MIB)
    with path.open("r+b") as disk:
        for offset, data in gpt.tables(SIZE, [_ESP, apple, root, configuration]).items():
            disk.seek(offset)
            disk.write(data)
    _configure(f"{path}@@{configuration.start}", 9 * MIB, 'macos = "of the guest\'s own choice"')


def write_configuration(path: Path) -> None:
    """The disk by which a user configures L1: too small to be anybody's guest."""
    path.write_bytes(bytes(MIB))
    # Two, though one would be the default in this machine.
    _configure(str(path), MIB, "vcpus = 2")


def _configure(volume: str, size: int, line: str) -> None:
    sectors = str(size // gpt.SECTOR)
    run(tool("mformat"), "-i", volume, "-v", "MACOSVIRT", "-T", sectors, "-h", "16", "-s", "63", "::")
    with tempfile.NamedTemporaryFile() as file:
        file.write(f"[guest]\n{line}\n".encode())
        file.flush()
        run(tool("mcopy"), "-i", volume, file.name, "::/boot.toml")


def read_answer(path: Path) -> str:
    """What the guest wrote to its disk, as this machine's file has it."""
    with path.open("rb") as disk:
        disk.seek(_APPLE.start + ANSWER_OFFSET)
        return disk.read(ANSWER_SIZE).rstrip(b"\0").decode("utf-8", "replace").strip()
