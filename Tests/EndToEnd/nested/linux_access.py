"""The ways into the Linux VM (L1) itself: none, unless its image was made with some."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import guest

#: Of L1, where --ssh-key lets somebody in.
PORT = 22
#: Typed on the console, and what only a shell makes of it: a terminal's echo shows the first.
TYPED, ANSWER = "\recho shell-$((6 * 7))\r", "shell-42"


@dataclass
class Access:
    #: What a server at port 22 says first.
    greeting: str = ""
    #: `uname -r`.
    kernel: str = ""
    #: Where TCP servers listen: address:port.
    listeners: list[str] = field(default_factory=list)
    #: Whether a session without the key came about.
    without_key: bool = False


def look_at(port: int, patience: float) -> Access:
    """From outside: `port` of this machine leads to L1's port 22."""
    found = Access(guest.greeting(port, 5 * patience, again=False))
    if not found.greeting.startswith("SSH-"):
        return found
    there = ("-p", str(port))
    kernel, *sockets = (guest.ssh("uname -r; netstat -ltn", 15 * patience, *there) or "\n").splitlines()
    found.kernel = kernel
    found.listeners = sorted(
        line.split()[3] for line in sockets if line.startswith("tcp") and not _comes_and_goes(line)
    )
    found.without_key = guest.ssh("true", 15 * patience, *there, "-o", "PubkeyAuthentication=no") is not None
    return found


def _comes_and_goes(line: str) -> bool:
    """dnsmasq listens to the guest by IPv6 too, once the uplink has it."""
    return line.split()[3].startswith(("fd", "fe80"))
