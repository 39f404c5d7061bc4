"""A QEMU of this machine's whose serial console becomes events."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
from pathlib import Path

from .events import Events, Exit, Line
from .paths import tool


class ConsoleProcess:
    """Ends when told to, and with this process: no emulation outlives a harness that was killed."""

    def __init__(self, argv: list[str], environment: dict[str, str], log: Path, events: Events) -> None:
        self._events = events
        #: Whether it was ended from here, rather than by itself.
        self.stopped = False
        self._log = log.open("w", encoding="utf-8")
        argv = [tool("setpriv"), "--pdeathsig", "KILL", *argv]
        self._note(" ".join(argv))
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            # Ctrl-C is for the harness, which then asks the guest to shut down.
            start_new_session=True,
        )
        threading.Thread(target=self._read_console, daemon=True).start()

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def type(self, text: str) -> None:
        """On the console's keyboard."""
        if self.runs and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(text.encode())
                self._process.stdin.flush()

    def stop(self) -> None:
        """Ends this QEMU, by its own process and no other's."""
        if self.runs:
            self.stopped = True
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()

    def _read_console(self) -> None:
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            text = plain(raw)
            if text:
                self._note(text)
                self._events.put(Line(text))
        self._events.put(Exit(self._process.wait()))
        self._log.close()

    def _note(self, text: str) -> None:
        self._log.write(f"{self._events.elapsed:8.2f} {text}\n")
        self._log.flush()


def plain(raw: bytes) -> str:
    """A console line without the terminal's escape sequences, which OVMF is fond of."""
    text = raw.decode("utf-8", "replace")
    return re.sub(r"\x1b[\[\]()][0-9;?=]*[A-Za-z]?|[\x00-\x08\x0b-\x1f]", "", text).strip()
