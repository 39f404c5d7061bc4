"""A GUID partition table (UEFI 2.10, chapter 5), like the one that macOS's installer makes."""

from __future__ import annotations

import struct
import uuid
import zlib
from dataclasses import dataclass

SECTOR = 512
ESP = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
APFS = uuid.UUID("7c3457ef-0000-11aa-aa11-00306543ecac")
_ENTRIES, _ENTRY_SIZE = 128, 128
_TABLE_SECTORS = _ENTRIES * _ENTRY_SIZE // SECTOR


@dataclass(frozen=True)
class Partition:
    """Positions in bytes; the end is exclusive."""

    kind: uuid.UUID
    name: str
    start: int
    end: int


def tables(size: int, partitions: list[Partition]) -> dict[int, bytes]:
    """What to write to a disk of `size` bytes, by byte offset: protective MBR, primary and backup table."""
    last = size // SECTOR - 1
    disk = _identifier("disk")
    entries = b"".join(_entry(partition) for partition in partitions).ljust(_ENTRIES * _ENTRY_SIZE, b"\0")
    primary = _header(disk, entries, here=1, other=last, table=2, last=last)
    backup = _header(disk, entries, here=last, other=1, table=last - _TABLE_SECTORS, last=last)
    return {
        0: _protective_mbr(last) + primary + entries,
        (last - _TABLE_SECTORS) * SECTOR: entries + backup,
    }


def _header(disk: uuid.UUID, entries: bytes, *, here: int, other: int, table: int, last: int) -> bytes:
    usable = (2 + _TABLE_SECTORS, last - _TABLE_SECTORS - 1)

    def packed(checksum: int) -> bytes:
        return struct.pack(
            "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, checksum, 0, here, other, *usable,
            disk.bytes_le, table, _ENTRIES, _ENTRY_SIZE, zlib.crc32(entries),
        )  # fmt: skip

    return packed(zlib.crc32(packed(0))).ljust(SECTOR, b"\0")


def _entry(partition: Partition) -> bytes:
    first, last = partition.start // SECTOR, partition.end // SECTOR - 1
    name = partition.name.encode("utf-16-le")
    return struct.pack(
        "<16s16sQQQ72s", partition.kind.bytes_le, _identifier(partition.name).bytes_le, first, last, 0, name
    )


def _protective_mbr(last: int) -> bytes:
    entry = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, min(last, 0xFFFF_FFFF))
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def _identifier(name: str) -> uuid.UUID:
    """Derived from the name, so that a disk that is made twice has the same bytes."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.macos-virt.test")
