"""A machine for the container to run on: a network and a /dev of its own, and a disk with macOS's partition."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.programs import run

from . import node
from .oci import Host
from .paths import WORK

#: The devices that boot opens, and two that it must not. Numbers: Documentation/admin-guide/devices.txt of Linux.
#: A node exists even without its driver.
NODES = {
    "kvm": (10, 232),
    "net/tun": (10, 200),
    "vhost-net": (10, 238),
    **{f"input/event{number}": (13, 64 + number) for number in range(4)},
    "mem": (1, 1),
    "ttyS0": (4, 64),
}
#: Apple's APFS, https://developer.apple.com/support/downloads/Apple-File-System-Reference.pdf
_APFS = "7C3457EF-0000-11AA-AA11-00306543ECAC"
_DISK_BYTES = 64 << 20


class StandIn:
    """Use it as a context: it is made at the start, and removed completely at the end."""

    def __init__(self) -> None:
        self.directory = WORK / "stand-in"
        self.netns = f"container-test-{os.getpid()}"
        self.disk = ""

    def __enter__(self) -> StandIn:
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        try:
            self._make_disk()
            self._make_network()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.reset()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.disk:
            run("losetup", "--detach", self.disk)
        if (Path("/run/netns") / self.netns).exists():
            run("ip", "netns", "delete", self.netns)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _make_disk(self) -> None:
        image = self.directory / "disk.img"
        with image.open("wb") as file:
            file.truncate(_DISK_BYTES)
        run("sfdisk", "--quiet", image, input=f"label: gpt\n,8M,U\n,,{_APFS}\n")
        self.disk = run("losetup", "--find", "--show", image).strip()

    def _make_network(self) -> None:
        """Makes an uplink with addresses and default routes. It leads nowhere."""
        run("ip", "netns", "add", self.netns)
        for words in (
            "link set lo up",
            "link add eth0 type veth peer name eth0-peer",
            "address add 198.51.100.2/24 dev eth0",
            "link set eth0-peer up",
            "link set eth0 up",
            "route add default via 198.51.100.1",
            "address add 2001:db8::2/64 dev eth0 nodad",
            "route add default via 2001:db8::1",
        ):
            run("ip", "-netns", self.netns, *words.split())

    def reset(self) -> None:
        """Makes it a freshly started machine: with device nodes, without configuration and state."""
        for name in ("dev", "config", "macos", "variables", "modules", "run"):
            shutil.rmtree(self.directory / name, ignore_errors=True)
            (self.directory / name).mkdir()
        resolvers = self.directory / "resolv.conf"
        resolvers.write_text("nameserver 198.51.100.1\n", encoding="utf-8")
        dev = self.directory / "dev"
        for name, minor in {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}.items():
            node.make(dev / name, "c", 1, minor)
        for name, numbers in NODES.items():
            node.make(dev / name, "c", *numbers)
        node.make(dev / Path(self.disk).name, *node.numbers(Path(self.disk)))
        # The mount point of devpts.
        (dev / "pts").mkdir()
        # With the signature of a boot sector, without which boot refuses it.
        (self.directory / "macos/bootloader.img").write_bytes(bytes(510) + b"\x55\xaa" + bytes((1 << 20) - 512))
        self.configure("")
        self.clean_network()

    @property
    def host(self) -> Host:
        at = {
            "/dev": "dev",
            "/run/config": "config",
            "/macos": "macos",
            "/var/lib/macos-virt": "variables",
            "/lib/modules": "modules",
        }
        # "variables" is the volume of compose.yaml.
        at |= {"/etc/resolv.conf": "resolv.conf", "/run/macos-virt": "run", "variables": "variables"}
        return Host({path: str(self.directory / name) for path, name in at.items()}, f"/run/netns/{self.netns}")

    def configure(self, text: str, accelerator: str = "tcg") -> None:
        """Writes boot.toml where linuxkit's metadata package does. Emulation works on every machine."""
        file = self.directory / "config/macos-virt/boot.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        guest = f'[guest]\naccel = "{accelerator}"\nmemory = "512M"\n[disk]\ndevice = "{self.disk}"\n'
        file.write_text(guest + text, encoding="utf-8")

    def add_modules(self, builtin: list[str]) -> None:
        """Makes its kernel one that has these parts built in, and no modules."""
        directory = self.directory / "modules" / os.uname().release
        directory.mkdir()
        lines = "".join(f"kernel/{name}.ko\n" for name in builtin)
        (directory / "modules.builtin").write_text(lines, encoding="utf-8")
        (directory / "modules.dep").write_text("", encoding="utf-8")

    def tables(self) -> list[str]:
        """The names of the nf_tables, by nft."""
        return [
            one["table"]["name"] for one in self._json("nft", "-j", "list", "tables")["nftables"] if "table" in one
        ]

    def rules(self) -> str:
        """All rules, as nft prints them."""
        return run("ip", "netns", "exec", self.netns, "nft", "list", "ruleset")

    def links(self) -> dict[str, list[str]]:
        """The addresses of each interface, by ip."""
        return {
            one["ifname"]: [
                f"{address['local']}/{address['prefixlen']}"
                for address in one["addr_info"]
                if address["family"] == "inet"
            ]
            for one in self._json("ip", "-j", "address")
        }

    def processes(self) -> list[str]:
        """The IDs of the processes in its network."""
        return run("ip", "netns", "pids", self.netns).split()

    def clean_network(self) -> None:
        if "tap0" in self.links():
            run("ip", "-netns", self.netns, "link", "delete", "tap0")
        for table in self.tables():
            run("ip", "netns", "exec", self.netns, "nft", "delete", "table", "inet", table)
        run("ip", "netns", "exec", self.netns, "sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward")

    def _json(self, *words: str) -> Any:
        return json.loads(run("ip", "netns", "exec", self.netns, *words))
