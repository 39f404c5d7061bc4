"""The disks of the tests beside the guest's system disk: a boot loader's, a hostile one, one with a configuration."""

from __future__ import annotations

from pathlib import Path

from harness import partitions
from harness.disk import APPLE, ESP, LOADER, MIB, make_fat, write_partitions


def write_boot_disk(path: Path, loader: bytes) -> None:
    """A disk in OpenCore's place, which mklinux takes for one: an EFI system partition as a whole, with a file of that name."""
    size = (len(loader) // MIB + 40) * MIB
    with path.open("wb") as disk:
        disk.truncate(size)
    make_fat(str(path), size, "EFI", {LOADER: loader, "EFI/OC/OpenCore.efi": b"in OpenCore's place"}, "-F")


def disguise(path: Path, root_name: str) -> None:
    """Changes a system disk as a hostile guest could: partitions look like L1's root, and like a configuration for L1."""
    apple = partitions.Partition(partitions.APFS, APPLE.name, APPLE.start, 120 * MIB)
    root = partitions.Partition(partitions.APFS, root_name, 120 * MIB, 150 * MIB)
    configuration = partitions.Partition(partitions.ESP, "configuration", 150 * MIB, 159 * MIB)
    write_partitions(path, [ESP, apple, root, configuration])
    _configure(f"{path}@@{configuration.start}", 9 * MIB, 'macos = "of the guest\'s own choice"')


def write_configuration(path: Path) -> None:
    """The disk by which a user configures L1: too small to be a guest's disk."""
    path.write_bytes(bytes(MIB))
    # Two, where this machine's default would be one.
    _configure(str(path), MIB, "vcpus = 2")


def _configure(volume: str, size: int, line: str) -> None:
    make_fat(volume, size, "MACOSVIRT", {"boot.toml": f"[guest]\n{line}\n".encode()})
