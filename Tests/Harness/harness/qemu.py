"""The parts of QEMU's command line that all machines of the suites have in common, and free ports for them."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from .programs import existing, tool

#: QEMU's names of disk formats, by the extension of the file.
FORMATS = {".img": "raw", ".qcow2": "qcow2", ".vmdk": "vmdk", ".vhd": "vpc"}
#: Debian's OVMF, as `boot` uses it.
OVMF_CODE, OVMF_VARIABLES = Path("/usr/share/OVMF/OVMF_CODE_4M.fd"), Path("/usr/share/OVMF/OVMF_VARS_4M.fd")


def headless(machine: str = "q35") -> list[str]:
    """QEMU with nothing but the machine: no configuration, no window, no monitor. A reset ends it."""
    return [
        tool("qemu-system-x86_64"), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-monitor", "none", "-machine", machine,
    ]  # fmt: skip


def uefi(variables: Path, code: Path | None = None) -> list[str]:
    """OVMF as the firmware. `variables` becomes a fresh copy of the package's, which the guest writes to."""
    shutil.copyfile(existing(OVMF_VARIABLES), variables)
    return [
        "-drive", f"if=pflash,format=raw,readonly=on,file={escaped(code or existing(OVMF_CODE))}",
        "-drive", f"if=pflash,format=raw,file={escaped(variables)}",
    ]  # fmt: skip


def user_network(forwards: dict[int, int], device: str = "virtio-net-pci") -> list[str]:
    """A network card that needs no root. `forwards` has this machine's ports by the guest's, as free_ports returns it.

    QEMU gives the guest the address 10.0.2.15, and leads 10.0.2.2 to this machine's loopback.
    """
    words = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{there}" for there, here in forwards.items())
    return ["-netdev", f"user,id=uplink{words}", "-device", f"{device},netdev=uplink,romfile="]


def free_ports(*guest: int) -> dict[int, int]:
    """A free port of this machine's loopback for each of the guest's.

    All are held until all are chosen, so that they differ. Between then and QEMU's start, others can take them: ask
    late.
    """
    sockets = {port: socket.create_server(("127.0.0.1", 0)) for port in guest}
    ports = {port: server.getsockname()[1] for port, server in sockets.items()}
    for server in sockets.values():
        server.close()
    return ports


def escaped(path: Path) -> str:
    """A path as the value of a QEMU option: a comma ends a value unless it is doubled."""
    return str(path).replace(",", ",,")
