"""The Linux of L1 and L2: Debian's kernel for virtual machines, unpacked and never installed."""

from __future__ import annotations

import lzma
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .archive import Archive
from .cache import cached, digest
from .command import run
from .paths import WORK, HarnessError, tool

#: The cloud flavour starts some 3 s sooner in emulation than the standard one: LZ4 instead of XZ, and fewer drivers.
META_PACKAGE = "linux-image-cloud-amd64"


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel package."""

    release: str
    image: Path
    #: lib/modules/<release>
    modules: Path

    @staticmethod
    def fetch() -> Kernel:
        """The newest kernel of this machine's own package sources, downloaded once."""
        place = WORK / "cache" / "kernel"
        kept = [entry for entry in place.iterdir() if not entry.name.startswith(".")] if place.is_dir() else []
        tree = kept[0] if kept else _download()
        (modules,) = (tree / "lib/modules").iterdir()
        return Kernel(modules.name, tree / "boot" / f"vmlinuz-{modules.name}", modules)

    def add_modules(self, archive: Archive, names: list[str]) -> None:
        """Modules by name with all that they depend on, and the lists that libkmod and modprobe read."""
        dependencies = self._dependencies()
        builtin = {_name(path) for path in (self.modules / "modules.builtin").read_text().split()}
        paths: dict[str, None] = {}
        for name in names:
            if name in dependencies:
                paths |= dict.fromkeys(dependencies[name])
            elif name not in builtin:
                raise HarnessError(f"kernel {self.release} has no module {name}")
        inside = f"lib/modules/{self.release}"
        with tempfile.TemporaryDirectory(dir=WORK) as scratch:
            tree = Path(scratch) / inside
            for path in [*paths, "modules.order", "modules.builtin", "modules.builtin.modinfo"]:
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.modules / path, tree / path)
            run(tool("depmod"), "-b", scratch, self.release)
            for file in sorted(tree.rglob("*")):
                if file.is_file():
                    archive.file(f"usr/{inside}/{file.relative_to(tree)}", file.read_bytes())

    def _dependencies(self) -> dict[str, list[str]]:
        """Each module's own path and those of the modules below it."""
        table: dict[str, list[str]] = {}
        for line in (self.modules / "modules.dep").read_text().splitlines():
            path, _, rest = line.partition(":")
            table[_name(path)] = [path, *rest.split()]
        return table


def _name(path: str) -> str:
    """kernel/arch/x86/kvm/kvm-amd.ko is kvm_amd: the kernel knows no difference between the two strokes."""
    return Path(path).name.split(".ko")[0].replace("-", "_")


def _download() -> Path:
    control = _apt("apt-cache", "show", "--no-all-versions", META_PACKAGE)
    found = re.search(r"^Depends:.*?\b(linux-image-\d\S*)(?: \(= ([^)]+)\))?", control, re.MULTILINE)
    if found is None:
        raise HarnessError(f"{META_PACKAGE} names no kernel package")
    package, version = found.group(1), found.group(2)
    return cached("kernel", digest(package, version or ""), lambda draft: _unpack(package, draft))


def _apt(name: str, *arguments: str, cwd: Path | None = None) -> str:
    try:
        return run(tool(name), *arguments, cwd=cwd)
    except HarnessError as error:
        raise HarnessError(f"{error}\n  the package lists may be old or missing: apt-get update") from error


def _unpack(package: str, draft: Path) -> None:
    _apt("apt-get", "download", "--quiet", package, cwd=draft)
    (file,) = draft.glob("*.deb")
    run(tool("dpkg-deb"), "-x", file, draft)
    file.unlink()
    # From Debian 13 on they are compressed, which costs more in emulation than the memory does.
    for packed in list(draft.rglob("*.ko.xz")):
        packed.with_suffix("").write_bytes(lzma.decompress(packed.read_bytes()))
        packed.unlink()
    (modules,) = (draft / "lib/modules").iterdir()
    run(tool("depmod"), "-b", draft, modules.name)
