"""The Linux VM (L1): a bare distribution with QEMU, OVMF and dnsmasq, as `boot` expects to find one."""

from __future__ import annotations

from pathlib import Path

from harness.initramfs import Initramfs
from harness.kernel import Kernel
from harness.programs import existing, tool

from .firmware import Firmware
from .firmware_disk import FirmwareDisk
from .places import SCRIPTS

#: The drivers of L1's disks and uplink, which its init loads. `boot` loads everything else.
_OWN = ["virtio_pci", "virtio_net", "virtio_scsi", "sd_mod"]
_FOR_BOOT = [
    "kvm", "kvm_amd", "kvm_intel", "tun", "vhost", "vhost_net", "nf_tables", "nf_conntrack", "nft_chain_nat", "nft_ct",
    "nft_fib", "nft_fib_inet", "nft_fib_ipv4", "nft_fib_ipv6", "nft_limit", "nft_log", "nft_masq", "nft_nat",
    "nft_redir", "nft_reject", "nft_reject_inet",
]  # fmt: skip
#: nf_tables needs it where it is a module, although modules.dep does not say so.
_CHECKSUM = "crc32c_generic"


def machine_initramfs(kernel: Kernel, boot: Path, firmware: Firmware, disk: FirmwareDisk | None) -> bytes:
    root = Initramfs()
    for name in ("proc", "sys", "dev", "run", "macos", "var/tmp", "var/lib/misc", "etc/macos-virt"):
        root.directory(name)
    root.directory("tmp", 0o1777)
    root.file("usr/bin/busybox", Path(tool("busybox")).read_bytes(), 0o755)
    root.file("usr/bin/boot", existing(boot).read_bytes(), 0o755)
    root.link("init", "/usr/bin/l1-init")
    root.file("usr/bin/l1-init", (SCRIPTS / "l1-init").read_bytes(), 0o755)
    root.file("etc/udhcpc.sh", (SCRIPTS / "l1-udhcpc").read_bytes(), 0o755)
    root.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
    root.file("etc/group", "root:x:0:\nkvm:x:104:\nnogroup:x:65534:\n")
    root.program(tool("dnsmasq"))
    # Not for `boot`: the test looks at the firewall and at QEMU's control socket by these.
    root.program(tool("nft"))
    root.program(tool("nc.openbsd"))
    _add_qemu(root)
    root.file("usr/share/OVMF/OVMF_CODE_4M.fd", firmware.code.read_bytes())
    root.file("usr/share/OVMF/OVMF_VARS_4M.fd", firmware.variables.read_bytes())
    if disk is not None:
        disk.add(root)
    kernel.add_modules(root, _OWN + _FOR_BOOT + [_CHECKSUM])
    return root.encoded()


def _add_qemu(root: Initramfs) -> None:
    root.program(tool("qemu-system-x86_64"))
    for module in sorted(Path("/usr/lib/x86_64-linux-gnu/qemu").glob("*.so")):
        # Without a desktop's user interfaces and sound cards, which would be a third of the archive.
        if module.name.startswith(("accel-", "hw-")):
            root.program(module)
    for place in ("/usr/share/qemu", "/usr/share/seabios", "/usr/lib/ipxe/qemu"):
        for file in sorted(existing(place).iterdir()):
            if file.name.startswith(("kvmvapic", "linuxboot", "bios-256k", "vgabios", "efi-")):
                root.copy(file)
    for file in sorted(existing("/usr/share/qemu/keymaps").iterdir()):
        root.copy(file)
