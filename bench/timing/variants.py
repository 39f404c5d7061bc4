"""The contenders. The shells' commands come from boot's plan and from what boot set up, so that all do the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.programs import HarnessError, execute, run

from .host import UPLINK, Host

BOOT, SHELL, PREDECESSOR = "boot run", "leanest shell", "predecessor's way"
# Like boot, and unlike the leanest shell, it would replace an existing table instead of adding to it.
REPLACING = "leanest shell, replacing"
# The predecessor had no DHCP server. This one starts the same as boot.
SERVED = "predecessor's way, dnsmasq"
FLAGS, COLD = "boot run --disk ...", "boot run, first start"
# Another build of boot, for what a change costs.
EARLIER = "boot run, earlier build"
# Absolute paths, so that the shell does not search PATH either.
DASH = shutil.which("dash") or "/bin/dash"


@dataclass(frozen=True)
class Variant:
    name: str
    words: list[str]
    # Not measured.
    before: Callable[[], None]
    after: Callable[[], None]


def variants(host: Host, boot: Path, earlier: Path | None = None) -> list[Variant]:
    words = [str(boot), "run"]
    plan = json.loads(run(boot, "plan", "--json"))
    arguments = plan["qemu"]["argv"]
    host.clean()
    _left_by_boot(host, words)
    shell, predecessor = _shell(host, plan, arguments), _predecessor(host, plan, arguments)
    replacing = _shell(host, plan, arguments, replacing=True)
    served = _predecessor(host, plan, arguments, served=True)

    def forget() -> None:
        for file in (host.nvram, *host.directory.glob("**/qemu.json")):
            file.unlink(missing_ok=True)

    nothing = lambda: None  # noqa: E731

    def undo_earlier() -> None:
        # Its journal may have another format.
        host.clean()
        (host.run / "journal").unlink(missing_ok=True)

    others = [Variant(EARLIER, [str(earlier), "run"], undo_earlier, undo_earlier)] if earlier else []
    return [
        Variant(BOOT, words, nothing, host.clean),
        *others,
        Variant(SHELL, [DASH, str(shell)], nothing, host.clean),
        Variant(REPLACING, [DASH, str(replacing)], nothing, host.clean),
        Variant(PREDECESSOR, [DASH, str(predecessor)], nothing, host.clean),
        Variant(SERVED, [DASH, str(served)], nothing, host.clean),
        Variant(FLAGS, [*words, "--disk", host.disk], nothing, host.clean),
        Variant(COLD, words, forget, host.clean),
    ]


def _left_by_boot(host: Host, words: list[str]) -> None:
    """Saves the firewall table and dnsmasq's configuration that a run of boot makes."""
    ended = execute(*words)
    if ended.status != 0:
        raise HarnessError(f"boot run failed:\n{ended.errors}")
    table = run("nft", "--stateless", "list", "table", "inet", "macos_virt")
    (host.directory / "table.nft").write_text(table)
    (host.directory / "replace-table.nft").write_text("table inet macos_virt\ndelete table inet macos_virt\n" + table)
    text = (host.run / "dnsmasq.conf").read_text()
    shell = host.directory / "shell"
    shell.mkdir()
    (host.directory / "dnsmasq.conf").write_text(text.replace(str(host.run), str(shell)))
    host.clean()


def _steps(plan: dict, kind: str) -> list[dict]:
    return [step[kind] for step in plan["steps"] if kind in step]


def _shell(host: Host, plan: dict, arguments: list[str], replacing: bool = False) -> Path:
    """A script with as few programs as possible: ip, nft, dnsmasq, and the shell, which writes sysctls itself."""
    lines, batch = ["set -e"], []
    (tap,), (up,) = _steps(plan, "createTap"), _steps(plan, "bringUp")
    name = tap["name"]
    batch.append(f"tuntap add dev {name} mode tap vnet_hdr" + (" multi_queue" if tap["queues"] > 1 else ""))
    for address in _steps(plan, "addAddress4") + _steps(plan, "addAddress6"):
        batch.append(f"address add {address['address']}/{address['prefixLength']} dev {name}")
    batch.append(f"link set dev {name} address {up['mac']} mtu {up['mtu']} up")
    (host.directory / "batch").write_text("\n".join(batch) + "\n")
    sysctls = [f"echo {sysctl['value']} >/proc/sys/{sysctl['path']}" for sysctl in _steps(plan, "writeSysctl")]
    # The tap's can be written only when it exists.
    lines += [line for line in sysctls if name not in line]
    lines.append(f"{shutil.which('ip')} -batch {host.directory}/batch")
    lines += [line for line in sysctls if name in line]
    lines.append(f"{shutil.which('nft')} -f {host.directory}/{'replace-table.nft' if replacing else 'table.nft'}")
    lines.append(_dnsmasq(host, plan))
    return _script(host, "replacing.sh" if replacing else "shell.sh", lines, arguments)


def _dnsmasq(host: Host, plan: dict) -> str:
    (start,) = _steps(plan, "startDnsmasq")
    return f"{start['binary']} --conf-file={host.directory}/dnsmasq.conf"


def _predecessor(host: Host, plan: dict, arguments: list[str], served: bool = False) -> Path:
    """Three calls of ip and five of iptables, as in its linuxkit/boot/nat.go: no addresses by DHCP, no rules but these."""
    ip, iptables = shutil.which("ip"), shutil.which("iptables")
    (tap,), (address,) = _steps(plan, "createTap"), _steps(plan, "addAddress4")
    name, guest = tap["name"], plan["guest"]["address"]
    lines = [
        "set -e",
        "echo 1 >/proc/sys/net/ipv4/ip_forward",
        f"{ip} tuntap add mode tap {name}",
        f"{ip} address add {address['address']}/24 dev {name}",
        f"{ip} link set {name} up",
        f"{iptables} -t nat -A POSTROUTING -o {UPLINK} -j MASQUERADE",
        f"{iptables} -I FORWARD 1 -i {name} -j ACCEPT",
        f"{iptables} -I FORWARD 1 -o {name} -m state --state RELATED,ESTABLISHED -j ACCEPT",
    ]
    for forward in plan["guest"]["forwards"]:
        protocol, outside, inside = forward.split(":")
        lines.append(f"{iptables} -t nat -I PREROUTING -p {protocol} --dport {outside} -j DNAT --to {guest}:{inside}")
    if served:
        lines.append(_dnsmasq(host, plan))
    return _script(host, "served.sh" if served else "predecessor.sh", lines, arguments)


def _script(host: Host, name: str, lines: list[str], arguments: list[str]) -> Path:
    path = host.directory / name
    quoted = " ".join("'" + word + "'" for word in arguments)
    path.write_text("\n".join([*lines, "exec " + quoted]) + "\n")
    return path
