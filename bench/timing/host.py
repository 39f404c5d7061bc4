"""The machine that every contender starts on: a network namespace with an uplink, a disk, and a QEMU that is none."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

UPLINK = "uplink0"


class HostError(Exception):
    pass


def command(*words: str | Path, input: str | None = None) -> str:
    result = subprocess.run([str(word) for word in words], input=input, capture_output=True, text=True)
    if result.returncode != 0:
        raise HostError(f"{' '.join(map(str, words))}: status {result.returncode}: {result.stderr.strip()}")
    return result.stdout


class Host:
    """In the namespaces that this process alone has, so that nothing of it outlives the process but the loop device."""

    def __init__(self, boot: Path, stand_in: Path) -> None:
        self.boot = boot
        self.directory = Path(tempfile.gettempdir()) / "macos-virt-bench"
        self.qemu = self.directory / "qemu"
        self.run = self.directory / "run"
        self.nvram = self.directory / "nvram.fd"
        self.disk = ""
        self._stand_in = stand_in

    def __enter__(self) -> Host:
        for program in (self.boot, self._stand_in):
            if not program.is_file():
                raise HostError(f"{program} is not there: make bench builds it")
        command("mount", "--make-rprivate", "/")
        # /sys shows the links of the network namespace that it was mounted in.
        command("mount", "-t", "sysfs", "sysfs", "/sys")
        self.directory.mkdir(exist_ok=True)
        command("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", self.directory)
        shutil.copy(self._stand_in, self.qemu)
        self._network()
        image = self.directory / "disk"
        with image.open("wb") as file:
            file.truncate(64 << 30)
        try:
            self.disk = command("losetup", "--find", "--show", image).strip()
        except HostError as error:
            raise HostError(f"boot takes block devices only, and there is no loop device to be had: {error}") from error
        # For boot, and for its children, which are not told: no flags, as in an image.
        os.environ |= {
            "MACOS_VIRT_GUEST_ACCEL": "tcg",
            "MACOS_VIRT_DISK_DEVICE": self.disk,
            "MACOS_VIRT_QEMU_BINARY": str(self.qemu),
            "MACOS_VIRT_STATE_RUN": str(self.run),
            "MACOS_VIRT_STATE_NVRAM": str(self.nvram),
        }
        return self

    def __exit__(self, *_: object) -> None:
        self.clean()
        if self.disk:
            subprocess.run(["losetup", "--detach", self.disk], check=False)

    def _network(self) -> None:
        lines = [f"link add {UPLINK} type veth peer name far0", "link set far0 up", f"address add 203.0.113.2/24 dev {UPLINK}"]
        lines += ["link set lo up", f"link set {UPLINK} up", f"route add default via 203.0.113.1 dev {UPLINK}"]
        command("ip", "-batch", "-", input="\n".join(lines) + "\n")

    def clean(self) -> None:
        """Back to where everyone starts, whoever ran before."""
        quiet = {"check": False, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([self.boot, "down"], **quiet)
        for pid_file in self.directory.glob("**/dnsmasq.pid"):
            _end(int(pid_file.read_text()))
            pid_file.unlink()
        subprocess.run(["ip", "link", "delete", "tap0"], **quiet)
        subprocess.run(["nft", "flush", "ruleset"], **quiet)
        Path("/proc/sys/net/ipv4/ip_forward").write_text("0\n")


def _end(process: int) -> None:
    """Only when it has ended are its ports free."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return
    signal.pidfd_send_signal(descriptor, signal.SIGTERM)
    select.select([descriptor], [], [], 5)
    os.close(descriptor)
