"""Stand-ins for the images that the Dockerfile starts from: Debian by debootstrap, and the same with what Swift needs."""

from __future__ import annotations

import re
import shutil

from harness.programs import run

from . import toolchain
from .buildah import ISOLATION, buildah, has
from .documents import dockerfile
from .paths import LOGS, WORK

#: What Swift's image has beside the toolchain and the build needs: https://github.com/swiftlang/swift-docker
_SWIFT_PACKAGES = (
    "binutils ca-certificates git libc6-dev libcurl4 libedit2 libgcc-12-dev libncurses6 "
    "libpython3.11 libsqlite3-0 libstdc++-12-dev libxml2"
).split()
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def argument(name: str) -> str:
    """The default of a build argument in the Dockerfile."""
    found: list[str] = re.findall(rf"^ARG {name}=(\S+)$", dockerfile().read_text(encoding="utf-8"), re.MULTILINE)
    return found[0]


def prepare() -> None:
    """Makes both images, under their names in the Dockerfile. They are kept below build/ for the next run."""
    debian, swift = argument("DEBIAN_IMAGE"), argument("SWIFT_IMAGE")
    if not has(debian):
        _debian(debian)
    if not has(swift):
        # Swift is not published for each release of Debian.
        below = f"docker.io/library/debian:{swift.rpartition('-')[2]}-slim"
        if not has(below):
            _debian(below)
        _swift(swift, below)


def _debian(name: str) -> None:
    rootfs = WORK / "base"
    packages = WORK / "packages"
    shutil.rmtree(rootfs, ignore_errors=True)
    packages.mkdir(parents=True, exist_ok=True)
    suite = re.findall(r"debian:(\w+)", name)[0]
    run(
        "debootstrap",
        "--variant=minbase",
        f"--cache-dir={packages}",
        suite,
        rootfs,
        toolchain.mirror(),
        log=LOGS / "debootstrap.log",
    )
    for directory in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(rootfs / directory)
        (rootfs / directory / "partial").mkdir(parents=True)
    toolchain.copy_apt_configuration(rootfs, suite)
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, rootfs, "/")
    _commit(container, name, _PATH)
    shutil.rmtree(rootfs)


def _swift(name: str, debian: str) -> None:
    container = buildah("from", "--pull-never", debian)
    volumes = [word for mount in toolchain.mounts() for word in ("--volume", mount)]
    install = "apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends " + " ".join(
        _SWIFT_PACKAGES
    )
    buildah("run", *ISOLATION, *volumes, container, "--", "sh", "-c", install, log=LOGS / "swift-base.log")
    _commit(container, name, f"{toolchain.swift() / 'bin'}:{_PATH}")


def _commit(container: str, name: str, path: str) -> None:
    buildah("config", "--env", f"PATH={path}", container)
    buildah("commit", "--quiet", "--rm", container, name)
