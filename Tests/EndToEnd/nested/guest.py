"""The ways into the guest (L2) from this machine, all of them through L1."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from harness.programs import execute
from harness.waiting import wait_until

from .places import WORK

#: `ssh -F build/e2e/ssh_config guest`
SSH_CONFIG = WORK / "ssh_config"


def write_ssh_config(port: int, key: Path) -> None:
    """Writes the ssh configuration for this run's guest. Its host key changes with `make clean`, and is not remembered."""
    SSH_CONFIG.write_text(
        f"""Host guest
    HostName 127.0.0.1
    Port {port}
    User root
    IdentityFile {key}
    IdentitiesOnly yes
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
    ConnectTimeout 20
"""
    )


def ssh(command: str, seconds: float, *options: str) -> str | None:
    """What the command prints in the guest; None when it fails or cannot be run there. `options` override the configuration file."""
    try:
        done = execute("ssh", *options, "-F", SSH_CONFIG, "-o", "BatchMode=yes", "guest", command, seconds=seconds)
    except subprocess.TimeoutExpired:
        return None
    return done.output if done.status == 0 else None


def greeting(port: int, seconds: float, again: bool = True) -> str:
    """The first bytes that a server sends by itself; in parentheses why there were none, "(closed)" where nobody listens.

    With `again`, tries until the time is over, for a server that is still starting.
    """
    said = ""

    def arrived() -> bool:
        nonlocal said
        said = _first_bytes(port, seconds)
        return not said.startswith("(")

    wait_until(arrived, seconds if again else 0, pause=0.5)
    return said


def _first_bytes(port: int, seconds: float) -> str:
    try:
        with socket.create_connection(("127.0.0.1", port), seconds) as connection:
            connection.settimeout(seconds)
            # QEMU's user network accepts before the server inside does, and closes when there is none.
            found = connection.recv(64)
            return found.decode("utf-8", "replace").strip() if found else "(closed)"
    except ConnectionResetError:
        return "(closed)"
    except OSError as error:
        return f"({error})"
