"""Apple's containers, written from their descriptions: UDIF, xar, pbzx, cpio, chunklists, and HFS+ volumes by xorriso."""

from __future__ import annotations

import hashlib
import io
import lzma
import plistlib
import struct
import zipfile
import zlib
import uuid

from harness.hfs_plus import HFS_PLUS
from harness.partitions import Partition, tables

SECTOR = 512


def gpt_disk(volume: bytes) -> bytes:
    """A disk with one HFS+ partition, which begins at an odd place, as in Apple's images."""
    start = 40 * SECTOR
    size = start + len(volume) + 64 * SECTOR
    disk = bytearray(size)
    disk[start : start + len(volume)] = volume
    for offset, data in tables(size, [Partition(HFS_PLUS, "disk image", start, start + len(volume))]).items():
        disk[offset : offset + len(data)] = data
    return bytes(disk)


def udif(disk: bytes, *, compressed: bool = True) -> bytes:
    """A disk image (.dmg): runs of 256 KiB in zlib, zero or raw, with all three kinds of checksums."""
    data, runs, step = bytearray(), [], 1 << 18
    for offset in range(0, len(disk), step):
        part = disk[offset : offset + step]
        kind, stored = 1, part
        if not any(part):
            kind, stored = 0, b""
        elif compressed and len(packed := zlib.compress(part)) < len(part):
            kind, stored = 0x80000005, packed
        runs.append(struct.pack(">IIQQQQ", kind, 0, offset // SECTOR, len(part) // SECTOR, len(data), len(stored)))
        data += stored
    runs.append(struct.pack(">IIQQQQ", 0xFFFFFFFF, 0, len(disk) // SECTOR, 0, len(data), 0))
    checksum = struct.pack(">II", 2, 32) + struct.pack(">I", zlib.crc32(disk)).ljust(128, b"\0")
    table = struct.pack(">4sIQQQII24x", b"mish", 1, 0, len(disk) // SECTOR, 0, 520, 0) + checksum
    table += struct.pack(">I", len(runs)) + b"".join(runs)
    blocks = [{"Attributes": "0x0050", "CFName": "whole disk", "Data": table, "ID": "0", "Name": "whole disk (unknown partition : 0)"}]
    xml = plistlib.dumps({"resource-fork": {"blkx": blocks}})
    trailer = struct.pack(
        ">4sIII QQQQQ II 16s", b"koly", 4, 512, 1, 0, 0, len(data), 0, 0, 1, 1, uuid.UUID(int=7).bytes
    )  # fmt: skip
    trailer += struct.pack(">II", 2, 32) + struct.pack(">I", zlib.crc32(bytes(data))).ljust(128, b"\0")
    trailer += struct.pack(">QQ", len(data), len(xml)) + bytes(120)
    master = zlib.crc32(struct.pack(">I", zlib.crc32(disk)))
    trailer += struct.pack(">II", 2, 32) + struct.pack(">I", master).ljust(128, b"\0")
    trailer += struct.pack(">IQ", 1, len(disk) // SECTOR)
    return bytes(data) + xml + trailer.ljust(512, b"\0")


def chunklist(content: bytes, size: int, sign=None) -> bytes:  # noqa: ANN001
    """CNKL: signed by `sign(bytes)`, or with its own SHA-256."""
    parts = [content[offset : offset + size] for offset in range(0, len(content), size)]
    end = 0x24 + 36 * len(parts)
    head = struct.pack("<4sIBBBxQQQ", b"CNKL", 0x24, 1, 1, 1 if sign else 2, len(parts), 0x24, end)
    head += b"".join(struct.pack("<I", len(part)) + hashlib.sha256(part).digest() for part in parts)
    # The signature is stored with its last byte first.
    return head + (sign(head)[::-1] if sign else hashlib.sha256(head).digest())


def cpio(entries: list[tuple[str, int, bytes]]) -> bytes:
    """The old portable format: path, mode, content."""
    out = io.BytesIO()
    for inode, (path, mode, content) in enumerate([*entries, ("TRAILER!!!", 0, b"")], 1):
        name = path.encode() + b"\0"
        fields = [(0, 6), (inode, 6), (mode, 6), (0, 6), (80, 6), (1, 6), (0, 6), (1_600_000_000, 11), (len(name), 6), (len(content), 11)]
        out.write(b"070707" + b"".join(b"%0*o" % (width, value) for value, width in fields) + name + content)
    return out.getvalue()


def pbzx(content: bytes, block: int = 1 << 16) -> bytes:
    out = b"pbzx" + struct.pack(">Q", block)
    for offset in range(0, len(content), block):
        part = content[offset : offset + block]
        packed = lzma.compress(part, lzma.FORMAT_XZ)
        stored = part if len(packed) >= len(part) else packed
        out += struct.pack(">QQ", len(part), len(stored)) + stored
    return out


def replacement_patch(content: bytes) -> bytes:
    """BXDIFF50 without control data: a file that replaces another as a whole."""
    stream = pbzx(content, 1 << 18)
    return b"BXDIFF50" + struct.pack("<QQQQ", 0, len(content), 0, len(stream)) + hashlib.sha1(content).digest() + stream


def stored_zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def xar(files: dict[str, bytes], certificates: list[str], sign=None) -> bytes:  # noqa: ANN001
    """An installer package: the files as they are, the last one at the end, signed by `sign(compressed table of contents)`."""
    reserved = 20 + 256
    entries, heap = "", b""
    for number, (name, content) in enumerate(files.items(), 1):
        digest = hashlib.sha1(content).hexdigest()
        entries += f"""<file id="{number}"><name>{name}</name><type>file</type><mode>0644</mode><data>
            <length>{len(content)}</length><size>{len(content)}</size><offset>{reserved + len(heap)}</offset>
            <encoding style="application/octet-stream"/><archived-checksum style="sha1">{digest}</archived-checksum>
            <extracted-checksum style="sha1">{digest}</extracted-checksum></data></file>"""
        heap += content
    keys = "".join(f"<X509Certificate>{certificate}</X509Certificate>" for certificate in certificates)
    signature = f"""<signature style="RSA"><offset>20</offset><size>256</size>
        <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>{keys}</X509Data></KeyInfo></signature>"""
    toc = f"""<?xml version="1.0" encoding="UTF-8"?><xar><toc><creation-time>2025-01-01T00:00:00</creation-time>
        <checksum style="sha1"><offset>0</offset><size>20</size></checksum>{signature if sign else ""}{entries}</toc></xar>""".encode()
    packed = zlib.compress(toc)
    header = struct.pack(">4sHHQQI", b"xar!", 28, 1, len(packed), len(toc), 1)
    seal = sign(packed) if sign else bytes(256)
    return header + packed + hashlib.sha1(packed).digest() + seal + heap
