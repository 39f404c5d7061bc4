"""Access to the Linux VM (L1) itself, which is closed unless its image was made with options that open it."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import guest

#: The port of L1's ssh server, which --ssh-key installs.
PORT = 22
#: What is typed on the console, and what a shell answers. A terminal without a shell echoes only the first.
TYPED, ANSWER = "\recho shell-$((6 * 7))\r", "shell-42"


@dataclass
class Access:
    #: The first bytes of a server at port 22.
    greeting: str = ""
    #: `uname -r`.
    kernel: str = ""
    #: Where TCP servers listen: address:port.
    listeners: list[str] = field(default_factory=list)
    #: Whether ssh works without the key.
    without_key: bool = False


def look_at(port: int, patience: float) -> Access:
    """What a client finds. This machine's `port` leads to L1's port 22."""
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
    """dnsmasq listens by IPv6 too when the uplink has it, which depends on the time."""
    return line.split()[3].startswith(("fd", "fe80"))
