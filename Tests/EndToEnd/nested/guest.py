"""The ways into the guest (L2) from this machine, all of them through L1."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

from .paths import WORK, tool

#: `ssh -F build/e2e/ssh_config guest`
SSH_CONFIG = WORK / "ssh_config"


def write_ssh_config(port: int, key: Path) -> None:
    """For this run's guest. Its host key is nobody's secret and changes with `make clean`: nothing to remember."""
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
    """What the command printed in the guest; None when it could not be run there. Options win over the configuration's."""
    try:
        done = subprocess.run(
            [tool("ssh"), *options, "-F", SSH_CONFIG, "-o", "BatchMode=yes", "guest", command],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None


def greeting(port: int, seconds: float, again: bool = True) -> str:
    """The first bytes that a server sends by itself, or why there were none so far: "(closed)" where nobody listens.

    `again` tries until the time is over, for a server that is still to come.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), seconds) as connection:
                connection.settimeout(seconds)
                # QEMU's user network accepts before anybody inside does, and closes then.
                if found := connection.recv(64):
                    return found.decode("utf-8", "replace").strip()
                why = "(closed)"
        except ConnectionResetError:
            why = "(closed)"
        except OSError as error:
            why = f"({error})"
        if not again or time.monotonic() >= deadline:
            return why
        time.sleep(0.5)
