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


def ssh(command: str, seconds: float) -> str | None:
    """What the command printed in the guest; None when it could not be run there."""
    try:
        done = subprocess.run(
            [tool("ssh"), "-F", SSH_CONFIG, "-o", "BatchMode=yes", "guest", command],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None


def greeting(port: int, seconds: float) -> str:
    """The first bytes that a server sends by itself, or why there were none so far."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), seconds) as connection:
                connection.settimeout(seconds)
                # QEMU's user network accepts before anybody inside does, and closes then.
                if found := connection.recv(64):
                    return found.decode("utf-8", "replace").strip()
                why = "(closed)"
        except OSError as error:
            why = f"({error})"
        if time.monotonic() >= deadline:
            return why
        time.sleep(0.5)
