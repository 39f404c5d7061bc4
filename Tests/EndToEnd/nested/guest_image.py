"""The guest (L2) in macOS's place: a small Linux that UEFI starts from the system disk."""

from __future__ import annotations

from pathlib import Path

from harness.initramfs import Initramfs
from harness.kernel import Kernel
from harness.programs import tool
from harness.unified_kernel import unified_kernel

from .keys import Keys
from .places import SCRIPTS

_COMMAND_LINE = "console=ttyS0 quiet loglevel=4 no_timer_check mitigations=off"


def guest_loader(kernel: Kernel, keys: Keys, words: str = "") -> bytes:
    """The program for EFI/BOOT/BOOTX64.EFI, with further words for the guest's kernel."""
    root = Initramfs()
    for name in ("proc", "sys", "dev", "run", "var/run"):
        root.directory(name)
    root.directory("tmp", 0o1777)
    root.file("usr/bin/busybox", Path(tool("busybox")).read_bytes(), 0o755)
    root.link("init", "/usr/bin/l2-init")
    root.file("usr/bin/l2-init", (SCRIPTS / "l2-init").read_bytes(), 0o755)
    root.file("usr/bin/facts", (SCRIPTS / "l2-facts").read_bytes(), 0o755)
    root.file("etc/udhcpc.sh", (SCRIPTS / "l2-udhcpc").read_bytes(), 0o755)
    root.program(tool("dropbear"))
    root.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    root.file("etc/group", "root:x:0:\ntty:x:5:\n")
    root.file("etc/shells", "/bin/sh\n")
    root.file("etc/dropbear/host", keys.host.read_bytes(), 0o600)
    root.directory("root", 0o700)
    root.directory("root/.ssh", 0o700)
    root.file("root/.ssh/authorized_keys", keys.authorized, 0o600)
    # Both cards that a plan may choose, virtio-blk for the disk, /dev/cpu/0/cpuid, the power button, and the EFI partition's file system.
    kernel.add_modules(root, ["virtio_pci", "virtio_net", "virtio_blk", "vmxnet3", "cpuid", "button", "evdev", "vfat", "nls_cp437", "nls_ascii"])
    return unified_kernel(kernel.image, root.encoded(), f"{_COMMAND_LINE} {words}".strip())
