"""Each capability, device and bind of linuxkit.yml is needed: without it something fails that otherwise works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.report import Report

from .machine import Machine
from .runc import ENDED_BY_QUIT, runc_version

#: Modules that the firewall and the tap need. The stand-in's kernel has them built in, except one that a test leaves out.
_MODULES = [
    "tun",
    "vhost_net",
    "crc32c_generic",
    "nf_tables",
    "nft_chain_nat",
    "nft_masq",
    "nft_nat",
    "nft_ct",
    "nft_fib_inet",
]


@dataclass(frozen=True)
class Missing:
    """What happens without a capability."""

    #: The exit status of boot.
    status: int
    #: A part of the message of boot or QEMU.
    words: str
    #: Prepares a machine on which boot needs the capability.
    given: Callable[[Machine], None] = lambda machine: None
    #: The arguments of boot; without any, it runs until its guest does.
    command: tuple[str, ...] = ()
    #: The exit status with the capability; without a value that of a command, or of a guest that is stopped in a hurry.
    otherwise: int | None = None

    @property
    def status_with(self) -> int:
        if self.otherwise is not None:
            return self.otherwise
        return 0 if self.command else ENDED_BY_QUIT


def _one_module_to_load(machine: Machine) -> None:
    machine.stand_in.add_modules([name for name in _MODULES if name != "nft_masq"])


def _no_tun_node(machine: Machine) -> None:
    (machine.stand_in.directory / "dev/net/tun").unlink()


def _unwritable_state(machine: Machine) -> None:
    machine.stand_in.configure('[state]\nnvram = "/proc/none/nvram.fd"\n')


_CAPABILITIES = {
    "CAP_NET_ADMIN": Missing(77, "root without CAP_NET_ADMIN"),
    "CAP_SYS_MODULE": Missing(77, "root without CAP_SYS_MODULE", _one_module_to_load, ("doctor",)),
    "CAP_MKNOD": Missing(77, "root without CAP_MKNOD", _no_tun_node),
    # boot continues, but the guest's network is slower.
    "CAP_SYS_PTRACE": Missing(0, "without CAP_SYS_PTRACE the DHCP replies keep their checksums", command=("doctor",)),
    "CAP_NET_BIND_SERVICE": Missing(71, "failed to bind DHCP server socket"),
    "CAP_NET_RAW": Missing(71, "cannot create ICMPv6 socket"),
    "CAP_SETUID": Missing(71, "setting capabilities failed"),
    "CAP_SETGID": Missing(71, "failed to change group-id"),
    "CAP_CHOWN": Missing(73, "change the owner of /run/macos-virt/guest"),
    "CAP_DAC_OVERRIDE": Missing(84, "qmp.sock: Permission denied"),
    # boot has to stop dnsmasq at the end.
    # Without its state the guest runs, until it is stopped: it does not hear its power button.
    "CAP_KILL": Missing(80, "left behind: stop dnsmasq", _unwritable_state, otherwise=80),
}


def run(report: Report, machine: Machine) -> None:
    _capabilities(report, machine)
    _devices(report, machine)
    _binds(report, machine)


def run_without_address_lookup(report: Report, machine: Machine) -> None:
    """linuxkit's 6.12 has nf_tables built in, without nft_fib: CONFIG_NFT_FIB_IPV4 and _IPV6 are not set."""
    machine.stand_in.reset()
    machine.stand_in.add_modules([name for name in _MODULES if name != "nft_fib_inet"])
    made = machine.boot("setup-nat")
    rules = machine.stand_in.rules()
    report.check("a kernel without nft_fib: boot setup-nat", 0, made.status)
    report.contains("a kernel without nft_fib: forwards go by the link", "meta pkttype host jump forwards", rules)
    report.check("a kernel without nft_fib: it is not asked for", False, "fib" in rules)
    machine.stand_in.clean_network()


def _capabilities(report: Report, machine: Machine) -> None:
    report.check("each capability has its test", sorted(machine.settings["capabilities"]), sorted(_CAPABILITIES))
    for name, missing in _CAPABILITIES.items():
        status, text = _attempt(machine, missing)
        report.check(f"with {name}", (missing.status_with, False), (status, missing.words in text))
        status, text = _attempt(machine.without_capability(name), missing)
        report.check(f"without {name}", (missing.status, True), (status, missing.words in text))


def _attempt(machine: Machine, missing: Missing) -> tuple[int, str]:
    machine.stand_in.reset()
    missing.given(machine)
    ended = machine.boot(*missing.command) if missing.command else machine.boot_run()[0]
    return ended.status, ended.output + ended.errors


def _devices(report: Report, machine: Machine) -> None:
    """Opens the devices in the container. The driver may be missing: the cgroup refuses before the driver is asked."""
    machine.stand_in.reset()
    for device in machine.settings["devices"]:
        path = machine.stand_in.disk if device["path"] == "all" else device["path"]
        report.check(f"{path} can be opened", "opens", _open(machine, path))
        if path == "/dev/net/tun" and runc_version() < (1, 2):
            report.skip(f"without its rule {path} cannot", "runc before 1.2 opens it to every container")
            continue
        report.check(
            f"without its rule {path} cannot", "forbidden", _open(machine.without_device(device["path"]), path)
        )
    for path in ("/dev/mem", "/dev/ttyS0"):
        report.check(f"{path} is there and cannot be opened", "forbidden", _open(machine, path))


def _open(machine: Machine, path: str) -> str:
    """The result of open(2): "opens" when the cgroup allows it, whether or not there is a driver, else "forbidden"."""
    errors = machine.shell(f": <>{path}").errors
    if "Operation not permitted" in errors:
        return "forbidden"
    # ENODEV and ENXIO.
    return "opens" if not errors or "No such device" in errors else errors


def _binds(report: Report, machine: Machine) -> None:
    machine.stand_in.reset()
    _one_module_to_load(machine)
    doctor = machine.boot("doctor").output
    words = {
        "/dev": "is free: 64 MiB",
        "/run/config": "guest.accel is tcg",
        "/macos": "OpenCore disk /macos/bootloader.img",
        "/lib/modules": "to be loaded: nft_masq",
    }
    for source, found in words.items():
        report.contains(f"with {source}, boot doctor says", found, doctor)
        report.check(
            f"without {source} it does not", False, found in machine.without_bind(source).boot("doctor").output
        )
    shown = [one.shell("cat /etc/resolv.conf").output for one in (machine, machine.without_bind("/etc/resolv.conf"))]
    report.check("the machine's resolvers come by a bind", [True, False], ["198.51.100.1" in one for one in shown])
    report.check(
        "each bind has its test",
        {*words, "/etc/resolv.conf", "/var/lib/macos-virt"},
        {one.split(":")[0] for one in machine.settings["binds"]},
    )
