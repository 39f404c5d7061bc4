"""APFS volumes with files in them, which no program of Debian's writes: Apple File System Reference.

`mkapfs` makes the container, and its volume is replaced by others. Several programs read the result, so that the project's own reader is
compared with theirs. The space manager does not know the added blocks: a checker of the allocation would complain.
"""

from __future__ import annotations

import hashlib
import struct
import uuid
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from harness.programs import run, tool

SYSTEM, RECOVERY, VM, PREBOOT, DATA = 0x1, 0x4, 0x8, 0x10, 0x40
_BLOCK = 4096
_HEADERLESS, _PHYSICAL = 0x20000000, 0x40000000
_TREE, _NODE, _OBJECT_MAP, _FILES, _INTEGRITY, _EXTENTS = 2, 3, 11, 14, 30, 31
_INODE, _STREAM, _EXTENT, _NAME = 3, 6, 8, 9
_ROOT_DIRECTORY, _PRIVATE_DIRECTORY, _FIRST_INODE = 2, 3, 16
#: Identifiers of each volume's objects begin at a multiple of this; mkapfs uses 0x400 to 0x405.
_STRIDE = 0x1000
_TRANSACTION = 1
#: The extended fields of an inode: its name, and its stream.
_NAME_FIELD, _STREAM_FIELD = 4, 8

Record = tuple[bytes, bytes]


@dataclass
class Volume:
    name: str
    role: int = 0
    #: Content by path; the directories come from the paths.
    files: dict[str, bytes] = field(default_factory=dict)
    #: As the System volume of macOS 11 and newer: hashes in the tree, and a tree of their own for the extents.
    sealed: bool = False
    group: uuid.UUID | None = None


def make(image: Path, size: int, volumes: list[Volume]) -> None:
    """A file with a container of `size` bytes, at least 512 MiB; it is sparse."""
    with image.open("wb") as file:
        file.truncate(size)
    run(tool("mkapfs"), "-L", "none", image)
    with image.open("r+b") as file:
        _Container(file, size // _BLOCK).replace(volumes)


class _Container:
    def __init__(self, file: BinaryIO, blocks: int) -> None:
        self._file = file
        #: New blocks are taken from the end.
        self._next = blocks - 1

    def replace(self, volumes: list[Volume]) -> None:
        superblock = self._read(0)
        checkpoints, base = struct.unpack_from("<I4xQ", superblock, 104)
        map_block = struct.unpack_from("<Q", superblock, 160)[0]
        tree_block = struct.unpack_from("<Q", self._read(map_block), 48)[0]
        # The only record of the container's map: its value is the last one before the information about the tree.
        template = self._read(struct.unpack_from("<Q", self._read(tree_block), _BLOCK - 40 - 8)[0])
        entries = []
        for index, volume in enumerate(volumes):
            identifier = _STRIDE * (index + 1)
            entries.append((identifier, self._volume(bytearray(template), identifier, index, volume), 0))
        self._write(tree_block, _seal(_map_tree(tree_block, entries)))
        for block in [0, *range(base, base + checkpoints)]:
            content = bytearray(self._read(block))
            if content[32:36] == b"NXSB":
                # How many volumes there may be: one for each 512 MiB, says mkapfs.
                struct.pack_into("<I", content, 180, max(len(entries), struct.unpack_from("<I", content, 180)[0]))
                struct.pack_into(f"<{len(entries)}Q", content, 184, *(identifier for identifier, _, _ in entries))
                self._write(block, _seal(content))

    def _volume(self, superblock: bytearray, identifier: int, index: int, volume: Volume) -> int:
        records, extents, directories = self._records(volume.files)
        root = identifier + 0x100
        nodes = _file_tree(records, root, sealed=volume.sealed)
        # OMAP_VAL_NOHEADER.
        entries = [(node, self._add(content), 8 if volume.sealed else 0) for node, content in nodes]
        if volume.sealed:
            extent_tree = self._allocate()
            self._write(extent_tree, _seal(_extent_tree(extent_tree, extents)))
            integrity = identifier + 0x10
            entries.append((integrity, self._add(_seal(_integrity(integrity, nodes[0][1]))), 0))
            struct.pack_into("<QQI", superblock, 1024, integrity, extent_tree, _PHYSICAL | _TREE)
            superblock[56] |= 0x20
            struct.pack_into("<I", superblock, 116, _HEADERLESS | _TREE)
        tree = self._allocate()
        self._write(tree, _seal(_map_tree(tree, sorted(entries))))
        map_block = self._allocate()
        object_map = _header(map_block, _PHYSICAL | _OBJECT_MAP, 0) + struct.pack(
            "<IIIIQQ", 1, 0, _PHYSICAL | _TREE, _PHYSICAL | _TREE, tree, 0
        )
        self._write(map_block, _seal(object_map))
        struct.pack_into("<QQ", superblock, 8, identifier, _TRANSACTION)
        struct.pack_into("<I", superblock, 36, index)
        struct.pack_into("<QQ", superblock, 128, map_block, root)
        struct.pack_into("<QQ", superblock, 184, len(volume.files), directories)
        superblock[240:256] = uuid.uuid5(uuid.NAMESPACE_OID, f"{index} {volume.name}").bytes
        superblock[704:960] = volume.name.encode().ljust(256, b"\0")
        struct.pack_into("<H", superblock, 964, volume.role)
        superblock[1008:1024] = volume.group.bytes if volume.group else bytes(16)
        return self._add(_seal(superblock))

    def _records(self, files: dict[str, bytes]) -> tuple[list[Record], list[Record], int]:
        """The records of the file system, those of a tree of extents, and the number of directories."""
        numbers = {PurePosixPath("."): _ROOT_DIRECTORY}
        records: list[Record] = []
        extents: list[Record] = []
        children: dict[PurePosixPath, int] = {}

        def number(path: PurePosixPath, *, is_directory: bool) -> int:
            if path not in numbers:
                parent = number(path.parent, is_directory=True)
                numbers[path] = _FIRST_INODE + len(numbers)
                children[path.parent] = children.get(path.parent, 0) + 1
                records.append(_directory_record(parent, path.name, numbers[path], is_directory=is_directory))
            return numbers[path]

        for name, content in files.items():
            path = PurePosixPath(name)
            inode = number(path, is_directory=False)
            records.append(_inode(inode, number(path.parent, is_directory=True), path.name, content=content))
            if content:
                first = self._store(content)
                length = -(-len(content) // _BLOCK) * _BLOCK
                records.append((_key(inode, _STREAM), struct.pack("<I", 1)))
                records.append((_key(inode, _EXTENT) + bytes(8), struct.pack("<QQQ", length, first, 0)))
                extents.append((struct.pack("<QQ", inode, 0), struct.pack("<QQ", length, first)))
        # Above the top directory, as on every volume: it and one for the file system's own use.
        for name, inode in (("root", _ROOT_DIRECTORY), ("private-dir", _PRIVATE_DIRECTORY)):
            records.append(_directory_record(1, name, inode, is_directory=True))
        records.append(_inode(_PRIVATE_DIRECTORY, 1, "private-dir"))
        directories = [path for path in numbers if str(path) not in files]
        for path in directories:
            parent = numbers[path.parent] if path.name else 1
            records.append(_inode(numbers[path], parent, path.name or "root", children=children.get(path, 0)))
        return sorted(records, key=_order), sorted(extents, key=_order), len(directories) - 1

    def _store(self, content: bytes) -> int:
        count = -(-len(content) // _BLOCK)
        self._next -= count
        self._file.seek((self._next + 1) * _BLOCK)
        self._file.write(content)
        return self._next + 1

    def _allocate(self) -> int:
        self._next -= 1
        return self._next + 1

    def _add(self, content: bytes) -> int:
        block = self._allocate()
        self._write(block, content)
        return block

    def _read(self, block: int) -> bytes:
        self._file.seek(block * _BLOCK)
        return self._file.read(_BLOCK)

    def _write(self, block: int, content: bytes) -> None:
        self._file.seek(block * _BLOCK)
        self._file.write(bytes(content).ljust(_BLOCK, b"\0"))


def _header(identifier: int, kind: int, subtype: int) -> bytes:
    return struct.pack("<QQQII", 0, identifier, _TRANSACTION, kind, subtype)


def _seal(block: bytes | bytearray) -> bytes:
    """The block with its checksum: Fletcher's over words of 32 bits."""
    content = bytes(block).ljust(_BLOCK, b"\0")
    modulus, low, high = 0xFFFFFFFF, 0, 0
    for (word,) in struct.iter_unpack("<I", content[8:]):
        low += word
        high += low
    first = modulus - (low + high) % modulus
    second = modulus - (low + first) % modulus
    return struct.pack("<II", first, second) + content[8:]


def _node(
    header: bytes, records: list[Record], *, level: int, is_root: bool, fixed: bool = False, flags: int = 0, info: bytes = b""
) -> bytes:
    """A node of a tree: the table of places, the keys from there on, the values from the end on."""
    flags |= (1 if is_root else 0) | (2 if level == 0 else 0) | (4 if fixed else 0)
    table, keys, values = b"", b"", b""
    for key, value in records:
        place = len(values) + len(value)
        table += struct.pack("<HH", len(keys), place) if fixed else struct.pack("<HHHH", len(keys), len(key), place, len(value))
        keys += key
        values = value + values
    end = _BLOCK - len(info)
    free = end - len(values) - 56 - len(table) - len(keys)
    assert free >= 0, "too many records for a node"
    places = struct.pack("<HHIHHHHHHHH", flags, level, len(records), 0, len(table), len(keys), free, 0xFFFF, 0, 0xFFFF, 0)
    return header + places + table + keys + bytes(free) + values + info


def _info(flags: int, records: list[Record], nodes: int, *, key: int = 0, value: int = 0) -> bytes:
    longest = [max((len(record[part]) for record in records), default=0) for part in (0, 1)]
    return struct.pack("<IIIIIIQQ", flags, _BLOCK, key, value, *longest, len(records), nodes)


def _map_tree(block: int, entries: list[tuple[int, int, int]]) -> bytes:
    """The tree of an object map: identifiers, blocks and flags."""
    records = [
        (struct.pack("<QQ", identifier, _TRANSACTION), struct.pack("<IIQ", flags, _BLOCK, place))
        for identifier, place, flags in entries
    ]
    # Sequential insertion, physical.
    info = _info(0x12, records, 1, key=16, value=16)
    return _node(_header(block, _PHYSICAL | _TREE, _OBJECT_MAP), records, level=0, is_root=True, fixed=True, info=info)


def _extent_tree(block: int, records: list[Record]) -> bytes:
    info = _info(0x10, records, 1, key=16, value=16)
    return _node(_header(block, _PHYSICAL | _TREE, _EXTENTS), records, level=0, is_root=True, fixed=True, info=info)


def _file_tree(records: list[Record], root: int, *, sealed: bool) -> list[tuple[int, bytes]]:
    """The nodes and their identifiers, the root first."""
    if sealed:
        records = [record for record in records if record[0][7] >> 4 != _EXTENT]
    leaves: list[list[Record]] = [[]]
    for record in records:
        if sum(len(key) + len(value) + 8 for key, value in leaves[-1]) > 3000:
            leaves.append([])
        leaves[-1].append(record)
    # BTNODE_HASHED and BTNODE_NOHEADER, and the same of the whole tree.
    flags, tree_flags = (0x18, 0x180) if sealed else (0, 0)

    def header(identifier: int, kind: int) -> bytes:
        return bytes(32) if sealed else _header(identifier, kind, _FILES)

    def finish(content: bytes) -> bytes:
        return content if sealed else _seal(content)

    info = _info(tree_flags, records, len(leaves) + (len(leaves) > 1))
    if len(leaves) == 1:
        return [(root, finish(_node(header(root, _TREE), records, level=0, is_root=True, flags=flags, info=info)))]
    nodes, children = [], []
    for index, leaf in enumerate(leaves):
        identifier = root + 1 + index
        content = finish(_node(header(identifier, _NODE), leaf, level=0, is_root=False, flags=flags))
        # The children of a sealed tree are numbered from its root on.
        child = struct.pack("<Q", identifier - root) + hashlib.sha256(content).digest() if sealed else struct.pack("<Q", identifier)
        nodes.append((identifier, content))
        children.append((leaf[0][0], child))
    return [(root, finish(_node(header(root, _TREE), children, level=1, is_root=True, flags=flags, info=info))), *nodes]


def _integrity(identifier: int, root: bytes) -> bytes:
    # Version 1, SHA-256, and where the hash of the root is.
    fields = struct.pack("<IIIIQ72x", 1, 0, 1, 32 + 96, 0)
    return _header(identifier, _INTEGRITY, 0) + fields + hashlib.sha256(root).digest()


def _key(identifier: int, kind: int) -> bytes:
    return struct.pack("<Q", identifier | kind << 60)


def _order(record: Record) -> tuple[int, int, bytes]:
    word = struct.unpack_from("<Q", record[0])[0]
    rest = record[0][8:]
    # The hash of a name or the place of an extent is a number.
    return word & (1 << 60) - 1, word >> 60, rest[:4][::-1] + rest[4:] if word >> 60 == _NAME else rest[::-1]


def _inode(number: int, parent: int, name: str, *, content: bytes | None = None, children: int = 0) -> Record:
    is_directory = content is None
    mode, count = (0o40755, children) if is_directory else (0o100644, 1)
    value = struct.pack("<QQQQQQQiIIIIIHHQ", parent, number, 0, 0, 0, 0, 0, count, 0, 0, 0, 0, 0, mode, 0, 0)
    fields = [(_NAME_FIELD, 2, name.encode() + b"\0")]
    if content:
        allocated = -(-len(content) // _BLOCK) * _BLOCK
        fields.append((_STREAM_FIELD, 0x20, struct.pack("<QQQQQ", len(content), allocated, 0, 0, 0)))
    values = b"".join(data.ljust(-(-len(data) // 8) * 8, b"\0") for _, _, data in fields)
    table = b"".join(struct.pack("<BBH", kind, flags, len(data)) for kind, flags, data in fields)
    return _key(number, _INODE), value + struct.pack("<HH", len(fields), len(values)) + table + values


def _directory_record(parent: int, name: str, number: int, *, is_directory: bool) -> Record:
    encoded = name.encode() + b"\0"
    key = _key(parent, _NAME) + struct.pack("<I", _name_hash(name) << 10 | len(encoded)) + encoded
    return key, struct.pack("<QQH", number, 0, 4 if is_directory else 8)


def _name_hash(name: str) -> int:
    """The lower 22 bits of CRC-32C over the characters of the name without case, each as 32 bits; ASCII only."""
    crc = 0xFFFFFFFF
    for byte in name.lower().encode("utf-32-le"):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc & 0x3FFFFF
