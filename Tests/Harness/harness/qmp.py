"""A client of QEMU's control socket (QMP): https://www.qemu.org/docs/master/interop/qmp-spec.html."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from .programs import HarnessError

#: Seconds for an answer. QEMU's main loop can be busy for a while in emulation.
_PATIENCE = 30.0


def control_arguments(path: Path) -> list[str]:
    """QEMU's options for a control socket. The path must be shorter than 108 bytes."""
    return ["-qmp", f"unix:{path},server=on,wait=off"]


class Control:
    """A connection, ready for commands. Use it as a context. QEMU serves one client at a time."""

    def __init__(self, path: Path) -> None:
        """Raises HarnessError when nobody answers there."""
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_PATIENCE)
        try:
            self._socket.connect(str(path))
            self._lines = self._socket.makefile("r", encoding="utf-8")
            if "QMP" not in self._receive():
                raise HarnessError(f"{path}: the server does not greet as QEMU does")
            self.execute("qmp_capabilities")
        except OSError as error:
            self._socket.close()
            raise HarnessError(f"cannot connect to QEMU's control socket {path}: {error}") from error
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Control:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def execute(self, command: str, **arguments: object) -> Any:
        """The answer to a command; events that come before it are dropped. Raises HarnessError when QEMU refuses."""
        order = {"execute": command, **({"arguments": arguments} if arguments else {})}
        try:
            self._socket.sendall(json.dumps(order).encode() + b"\n")
            answer = self._receive()
            while "event" in answer:
                answer = self._receive()
        except OSError as error:
            raise HarnessError(f"{self._path}: {command}: {error}") from error
        if "error" in answer:
            raise HarnessError(f"{self._path}: {command}: {answer['error'].get('desc')}")
        return answer.get("return")

    def _receive(self) -> dict[str, Any]:
        line = self._lines.readline()
        try:
            message = json.loads(line)
        except ValueError as error:
            raise HarnessError(f"{self._path}: QEMU closed the connection, or said no JSON: {line!r}") from error
        if not isinstance(message, dict):
            raise HarnessError(f"{self._path}: not a QMP message: {line!r}")
        return message
