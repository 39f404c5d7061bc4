"""This machine's toolchain for a build in a container: Swift, its packages' sources, Debian's mirrors."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.programs import HarnessError, execute, run, tool

from .paths import WORK


def swift() -> Path:
    """The directory with the toolchain's bin, lib and share."""
    return Path(tool("swift")).resolve().parent.parent


def mounts() -> list[str]:
    """For buildah's -v: the toolchain, where git fetches packages from, and the downloaded Debian packages."""
    places = [swift(), *_git_directories()]
    archives = WORK / "archives"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    return [f"{place}:{place}:ro" for place in places] + [
        f"{_git_configuration()}:/etc/gitconfig:ro",
        f"{archives}:/var/cache/apt/archives",
    ]


def _redirects() -> list[tuple[str, str]]:
    """`git config url.NEW.insteadOf OLD`, wherever it is configured, as (NEW, OLD)."""
    # git ends with 1 when there are none.
    listed = execute("git", "config", "--get-regexp", r"^url\..*\.insteadof$").output
    pairs = [line.split(" ", 1) for line in listed.splitlines()]
    return [(key[len("url.") : -len(".insteadof")], old) for key, old in pairs]


def _git_directories() -> list[Path]:
    """The directories that packages come from on this machine instead of the network."""
    paths = {Path(new.removeprefix("file://")) for new, _ in _redirects()}
    return sorted(path for path in paths if path.is_absolute() and path.is_dir())


def _git_configuration() -> Path:
    """A configuration with the redirections and without this machine's credentials. It accepts repositories of any owner."""
    file = WORK / "gitconfig"
    redirects = [f'[url "{new}"]\n\tinsteadOf = {old}\n' for new, old in _redirects()]
    file.write_text("".join(redirects) + "[safe]\n\tdirectory = *\n", encoding="utf-8")
    return file


def mirror() -> str:
    """The mirror that this machine gets Debian's base packages from. Raises HarnessError without package lists."""
    policy = run("apt-cache", "madison", "base-files")
    if not policy:
        raise HarnessError("apt knows no package base-files\n  update its package lists: apt-get update")
    return policy.splitlines()[0].split("|")[2].split()[0]


def copy_apt_configuration(rootfs: Path, suite: str) -> None:
    """Copies this machine's package sources, their keys and its proxy, in place of debootstrap's.

    The sources of another suite are this machine's mirror.
    """
    etc = Path("/etc/apt")
    sources = rootfs / "etc/apt/sources.list"
    sources.unlink(missing_ok=True)
    own = f"VERSION_CODENAME={suite}" in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    if not own:
        sources.write_text(f"deb {mirror()} {suite} main\n", encoding="utf-8")
    for name in ("sources.list", "auth.conf") if own else ("auth.conf",):
        if (etc / name).is_file():
            shutil.copy2(etc / name, rootfs / "etc/apt" / name)
    for name in ("sources.list.d", "trusted.gpg.d", "keyrings", "auth.conf.d") if own else ("auth.conf.d",):
        if (etc / name).is_dir():
            shutil.copytree(etc / name, rootfs / "etc/apt" / name, dirs_exist_ok=True)
    proxies = [line for line in _apt_settings() if line.startswith(("Acquire::http", "Acquire::https"))]
    (rootfs / "etc/apt/apt.conf.d/99machine").write_text("\n".join(proxies) + "\n", encoding="utf-8")


def _apt_settings() -> list[str]:
    return run("apt-config", "dump").splitlines()
