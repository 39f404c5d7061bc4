"""A release that looks like OpenCore's, with programs of our own, which are compiled here."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.programs import HarnessError, run, tool

from .places import STAND_IN


def swift_tool(name: str) -> str:
    """A program of Swift's toolchain, also when its directory is not in PATH. Raises HarnessError."""
    found = shutil.which(name)
    if found is not None:
        return found
    beside = Path(tool("swift")).resolve().parent / name
    if beside.exists():
        return str(beside)
    raise HarnessError(f"{name} is missing\n  it comes with Swift's toolchain; Debian's package lld has it too")


def release(place: Path) -> Path:
    """Makes the release, in place of an earlier one."""
    shutil.rmtree(place, ignore_errors=True)
    tree = place / "OpenCore-1.0.6-RELEASE"
    core, boot = tree / "X64/EFI/OC", tree / "X64/EFI/BOOT"
    legacy = tree / "Utilities/LegacyBoot"
    for directory in (core / "Drivers", boot, legacy):
        directory.mkdir(parents=True)
    _loader(place, boot / "BOOTx64.efi")
    (core / "OpenCore.efi").write_text("stand-in REL-XXX-YYYY-MM-DD")
    for driver in ("OpenRuntime", "OpenHfsPlus"):
        (core / "Drivers" / f"{driver}.efi").write_text("stand-in")
    _sector(place, "boot0", 0x7C00, legacy / "boot0")
    _sector(place, "boot1f32", 0x7C00, legacy / "boot1f32")
    _sector(place, "boot", 0, legacy / "bootX64")
    return tree


def _loader(place: Path, result: Path) -> None:
    compiled = place / "loader.o"
    # fmt: off
    run(swift_tool("clang"), "--target=x86_64-unknown-windows", "-ffreestanding", "-fshort-wchar", "-mno-red-zone", "-O2",
        "-Wall", "-Wextra", "-Werror", "-c", STAND_IN / "loader.c", "-o", compiled)
    run(swift_tool("lld-link"), "/subsystem:efi_application", "/entry:efi_main", f"/out:{result}", compiled)
    # fmt: on


def _sector(place: Path, name: str, address: int, result: Path) -> None:
    assembled = place / f"{name}.o"
    run("as", "--32", "-o", assembled, STAND_IN / f"{name}.S")
    run("ld", "-m", "elf_i386", f"-Ttext={address:#x}", "--oformat", "binary", "-o", result, assembled)
