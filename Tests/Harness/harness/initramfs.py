"""An initramfs: a cpio archive in the kernel's "newc" format, written without root and without a tree on disk."""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath
from typing import ClassVar

from .programs import HarnessError, execute, existing


class Initramfs:
    """Files by their path in the root file system. Parent directories are added by themselves."""

    #: Debian's merged layout, so that the paths of installed packages hold inside.
    LINKS: ClassVar[dict[str, str]] = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, bytes]] = {}
        for path in self.LINKS.values():
            self.directory(path)
        for name, target in self.LINKS.items():
            self.link(name, target)

    def directory(self, path: str, mode: int = 0o755) -> None:
        self._parents(path)
        self._entries[path] = (stat.S_IFDIR | mode, b"")

    def file(self, path: str, data: bytes | str, mode: int = 0o644) -> None:
        self._parents(path)
        self._entries[path] = (stat.S_IFREG | mode, data.encode() if isinstance(data, str) else data)

    def link(self, path: str, target: str) -> None:
        self._parents(path)
        self._entries[path] = (stat.S_IFLNK | 0o777, target.encode())

    def copy(self, source: str | Path, mode: int = 0o644) -> None:
        """Adds an installed file at its own path. Of a symbolic link, the file that it names is added."""
        self.file(_merged(str(source)), existing(source).read_bytes(), mode)

    def program(self, source: str | Path) -> None:
        """Adds a program or plug-in with the shared libraries that it needs."""
        self.copy(source, 0o755)
        for library in _libraries(Path(source)):
            if _merged(library) not in self._entries:
                self.copy(library, 0o755)

    def encoded(self) -> bytes:
        """The archive, as the kernel unpacks it. The same files give the same bytes."""
        out = bytearray()
        entries = [*sorted(self._entries.items()), ("TRAILER!!!", (0, b""))]
        for number, (path, (mode, data)) in enumerate(entries, 1):
            name = path.encode() + b"\0"
            links = 2 if stat.S_ISDIR(mode) else 1
            # Documentation/driver-api/early-userspace/buffer-format.rst: ino, mode, uid, gid, nlink, mtime, filesize,
            # maj, min, rmaj, rmin, namesize, chksum.
            fields = (number, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name), 0)
            out += b"070701" + b"".join(b"%08x" % field for field in fields) + name
            out += bytes(-len(out) % 4) + data
            out += bytes(-len(out) % 4)
        return bytes(out)

    def _parents(self, path: str) -> None:
        for parent in reversed(PurePosixPath(path).parents):
            if str(parent) != "." and str(parent) not in self._entries:
                self._entries[str(parent)] = (stat.S_IFDIR | 0o755, b"")


def _merged(path: str) -> str:
    """/lib64/ld-linux-x86-64.so.2 is usr/lib64/ld-linux-x86-64.so.2."""
    path = path.lstrip("/")
    return "usr/" + path if path.split("/")[0] in Initramfs.LINKS else path


def _libraries(program: Path) -> list[str]:
    """As ldd lists them. Empty for a program that is linked statically."""
    paths = []
    for line in execute("ldd", program).output.splitlines():
        words = line.split()
        if "not found" in line:
            raise HarnessError(f"{program} needs {words[0]}, which is not installed")
        paths += [word for word in words if word.startswith("/")][-1:]
    return paths
