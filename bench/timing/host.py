"""The machine that every contender starts on: a network namespace with an uplink, a disk, and a stand-in for QEMU."""

from __future__ import annotations

import os
import select
import shutil
import signal
import tempfile
from pathlib import Path

from harness.programs import HarnessError, execute, run

UPLINK = "uplink0"


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
                raise HarnessError(f"{program} is missing: run make bench, which builds it")
        run("mount", "--make-rprivate", "/")
        # /sys shows the links of the network namespace that it was mounted in.
        run("mount", "-t", "sysfs", "sysfs", "/sys")
        self.directory.mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", self.directory)
        shutil.copy(self._stand_in, self.qemu)
        self._network()
        image = self.directory / "disk"
        with image.open("wb") as file:
            file.truncate(64 << 30)
        try:
            self.disk = run("losetup", "--find", "--show", image).strip()
        except HarnessError as error:
            raise HarnessError(f"boot takes block devices only, and no loop device can be made: {error}") from error
        # By the environment, so that boot and its children need no flags, as in an image.
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
            execute("losetup", "--detach", self.disk)

    def _network(self) -> None:
        lines = [f"link add {UPLINK} type veth peer name far0", "link set far0 up", f"address add 203.0.113.2/24 dev {UPLINK}"]
        lines += ["link set lo up", f"link set {UPLINK} up", f"route add default via 203.0.113.1 dev {UPLINK}"]
        run("ip", "-batch", "-", input="\n".join(lines) + "\n")

    def clean(self) -> None:
        """Removes what a contender set up, whichever it was."""
        execute(self.boot, "down")
        for pid_file in self.directory.glob("**/dnsmasq.pid"):
            _end(int(pid_file.read_text()))
            pid_file.unlink()
        execute("ip", "link", "delete", "tap0")
        execute("nft", "flush", "ruleset")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("0\n")


def _end(process: int) -> None:
    """Ends a process and waits for it: its ports are in use until then."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return
    signal.pidfd_send_signal(descriptor, signal.SIGTERM)
    select.select([descriptor], [], [], 5)
    os.close(descriptor)
