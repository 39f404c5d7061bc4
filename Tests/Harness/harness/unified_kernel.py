"""A unified kernel image: boot loader stub, kernel, initramfs and command line as one UEFI program."""

from __future__ import annotations

from pathlib import Path

from .paths import scratch_directory
from .programs import existing, run

STUB = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
_PAGE = 4096


def unified_kernel(kernel: Path, initramfs: bytes, command_line: str) -> bytes:
    """A program as https://uapi-group.org/specifications/specs/unified_kernel_image describes it: for EFI/BOOT/BOOTX64.EFI."""
    stub = existing(STUB)
    with scratch_directory() as folder:
        sections = {
            ".osrel": b"ID=macos-virt-test\n",
            ".cmdline": command_line.encode(),
            ".linux": kernel.read_bytes(),
            ".initrd": initramfs,
        }
        arguments: list[str | Path] = []
        address = _end_of_image(stub.read_bytes())
        for name, data in sections.items():
            file = folder / name[1:]
            file.write_bytes(data)
            arguments += ["--add-section", f"{name}={file}", "--change-section-vma", f"{name}={address:#x}"]
            address += -(-len(data) // _PAGE) * _PAGE
        run("objcopy", *arguments, stub, folder / "uki")
        return (folder / "uki").read_bytes()


def _end_of_image(stub: bytes) -> int:
    """The first free address: ImageBase + SizeOfImage of the PE32+ optional header, whole pages."""
    header = int.from_bytes(stub[0x3C:0x40], "little")
    optional = header + 24
    base = int.from_bytes(stub[optional + 24 : optional + 32], "little")
    size = int.from_bytes(stub[optional + 56 : optional + 60], "little")
    return base + -(-size // _PAGE) * _PAGE
