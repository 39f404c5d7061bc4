"""The ways into the guest (L2) from this machine, all of them through L1."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from .paths import tool

_OPTIONS = "BatchMode=yes StrictHostKeyChecking=no UserKnownHostsFile=/dev/null LogLevel=ERROR ConnectTimeout=20"


def ssh_command(port: int, key: Path) -> list[str]:
    options = [word for option in _OPTIONS.split() for word in ("-o", option)]
    return [tool("ssh"), "-F", "none", "-i", str(key), "-p", str(port), *options, "root@127.0.0.1"]


def ssh(port: int, key: Path, command: str, seconds: float) -> str | None:
    """What the command printed in the guest; None when it could not be run there."""
    try:
        done = subprocess.run(
            [*ssh_command(port, key), command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None


def greeting(port: int, seconds: float) -> str:
    """The first bytes that a server sends by itself, or why there were none."""
    try:
        with socket.create_connection(("127.0.0.1", port), seconds) as connection:
            connection.settimeout(seconds)
            return connection.recv(64).decode("utf-8", "replace").strip()
    except OSError as error:
        return f"({error})"
