"""The Linux of the test's machines: Debian's kernel for virtual machines, unpacked and never installed."""

from __future__ import annotations

import lzma
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from .cache import cached, digest
from .initramfs import Initramfs
from .paths import CACHE, scratch_directory
from .programs import HarnessError, run

#: The cloud flavour starts some 3 s sooner in emulation than the standard one: LZ4 instead of XZ, and fewer drivers.
META_PACKAGE = "linux-image-cloud-amd64"


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel package."""

    release: str
    image: Path
    #: The directory lib/modules/RELEASE.
    modules: Path

    @staticmethod
    def fetch(package: str = META_PACKAGE) -> Kernel:
        """The newest kernel of this machine's package sources. It is downloaded once, and again after `make clean`."""
        name = "kernel" if package == META_PACKAGE else package
        place = CACHE / name
        kept = [entry for entry in place.iterdir() if not entry.name.startswith(".")] if place.is_dir() else []
        tree = kept[0] if kept else _download(package, name)
        (modules,) = (tree / "lib/modules").iterdir()
        return Kernel(modules.name, tree / "boot" / f"vmlinuz-{modules.name}", modules)

    def add_modules(self, archive: Initramfs, names: list[str]) -> None:
        """Adds modules by name, those that they depend on, and the lists that libkmod and modprobe read."""
        dependencies = self._dependencies()
        builtin = {_name(path) for path in (self.modules / "modules.builtin").read_text().split()}
        paths: dict[str, None] = {}
        for name in names:
            if name in dependencies:
                paths |= dict.fromkeys(dependencies[name])
            elif name not in builtin:
                raise HarnessError(f"kernel {self.release} has no module {name}")
        inside = f"lib/modules/{self.release}"
        with scratch_directory(CACHE) as scratch:
            tree = scratch / inside
            for path in [*paths, "modules.order", "modules.builtin", "modules.builtin.modinfo"]:
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.modules / path, tree / path)
            run("depmod", "-b", scratch, self.release)
            for file in sorted(tree.rglob("*")):
                if file.is_file():
                    archive.file(f"usr/{inside}/{file.relative_to(tree)}", file.read_bytes())

    def _dependencies(self) -> dict[str, list[str]]:
        """By module, its path and the paths of the modules that it depends on."""
        table: dict[str, list[str]] = {}
        for line in (self.modules / "modules.dep").read_text().splitlines():
            path, _, rest = line.partition(":")
            table[_name(path)] = [path, *rest.split()]
        return table


def _name(path: str) -> str:
    """The module of a file: kvm_amd of kernel/arch/x86/kvm/kvm-amd.ko. To the kernel, hyphen and underscore are the same."""
    return Path(path).name.split(".ko")[0].replace("-", "_")


def _download(meta_package: str, name: str) -> Path:
    control = _apt("apt-cache", "show", "--no-all-versions", meta_package)
    found = re.search(r"^Depends:.*?\b(linux-image-\d\S*)(?: \(= ([^)]+)\))?", control, re.MULTILINE)
    if found is None:
        raise HarnessError(f"{meta_package} names no kernel package")
    package, version = found[1], found[2]
    return cached(name, digest(package, version or ""), lambda draft: _unpack(package, draft))


def _apt(name: str, *arguments: str, cwd: Path | None = None) -> str:
    try:
        return run(name, *arguments, cwd=cwd)
    except HarnessError as error:
        raise HarnessError(f"{error}\n  update the package lists, which may be old or missing: apt-get update") from error


def _unpack(package: str, draft: Path) -> None:
    _apt("apt-get", "download", "--quiet", package, cwd=draft)
    (file,) = draft.glob("*.deb")
    run("dpkg-deb", "-x", file, draft)
    file.unlink()
    # Debian 13 has them below /usr.
    if not (draft / "lib").exists():
        (draft / "lib").symlink_to("usr/lib")
    # From Debian 13 on they are compressed, which costs more in emulation than the memory does.
    for packed in list(draft.rglob("*.ko.xz")):
        packed.with_suffix("").write_bytes(lzma.decompress(packed.read_bytes()))
        packed.unlink()
    (modules,) = (draft / "lib/modules").iterdir()
    run("depmod", "-b", draft, modules.name)
