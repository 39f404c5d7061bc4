"""Processes that run beside the test: they are ended by their own process ID, and at the latest with the test."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from .programs import command_line, tool
from .waiting import Events, Exit, Line, wait_until

#: Seconds that a process gets to end after SIGTERM, before SIGKILL.
_GRACE = 10.0
_ESCAPES = re.compile(r"\x1b[\[\]()][0-9;?=]*[A-Za-z]?|[\x00-\x08\x0b-\x1f]")


class Process:
    """A program in the background. The kernel kills it when the test's own process dies."""

    def __init__(
        self, argv: list[str], environment: Mapping[str, str] | None = None, stdin: int = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.DEVNULL, stderr: int | IO[bytes] | None = subprocess.DEVNULL,
    ) -> None:  # fmt: skip
        """`environment` is added to this process's own."""
        self.argv = [tool("setpriv"), "--pdeathsig", "KILL", *command_line(*argv)]
        #: Whether `stop` ended it, rather than it ended by itself.
        self.stopped = False
        self._process = subprocess.Popen(
            self.argv, stdin=stdin, stdout=stdout, stderr=stderr, env={**os.environ, **(environment or {})},
            # Ctrl-C reaches the test alone, which then ends its processes in order.
            start_new_session=True,
        )  # fmt: skip

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def lines(self) -> Iterator[str]:
        """The lines of its standard output, which has to be a pipe, as they come."""
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for raw in output:
                yield raw.decode("utf-8", "replace")

    def send(self, number: signal.Signals) -> None:
        """Does nothing when the process has ended."""
        if self.runs:
            self._process.send_signal(number)

    def wait(self, seconds: float | None = None) -> int | None:
        """The exit status; None when the process still runs after `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, signals: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, _GRACE),)) -> None:
        """Sends each signal and gives the process so many seconds to end; then kills it."""
        if self.runs:
            self.stopped = True
            for number, seconds in signals:
                self.send(number)
                if self.wait(seconds) is not None:
                    break
            else:
                self._process.kill()
        self._process.wait()


class ConsoleProcess(Process):
    """A process whose standard output, such as QEMU's serial console, becomes events and a log with times."""

    def __init__(self, argv: list[str], environment: Mapping[str, str], log: Path, events: Events, keyboard: bool = True) -> None:
        """The process may be typed at, unless it has no `keyboard`."""
        self._events = events
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log.open("w", encoding="utf-8")
        super().__init__(
            argv, environment, subprocess.PIPE if keyboard else subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT
        )
        self._note(" ".join(self.argv))
        self._begin()
        threading.Thread(target=self._read_console, daemon=True).start()

    def type(self, text: str) -> None:
        """Types on the console's keyboard."""
        if self.runs and self._process.stdin is not None:
            # It may end, and its pipe be closed, at this very moment.
            with contextlib.suppress(BrokenPipeError, ValueError):
                self._process.stdin.write(text.encode())
                self._process.stdin.flush()

    def end(self) -> None:
        """Ends the machine in the way that is right for it."""
        self.stop()

    def _begin(self) -> None:
        """Reads what comes before the console's lines, by `_read_line`. A subclass says what that is."""

    def _read_line(self) -> str | None:
        """The next line without escape sequences, after it was logged; None at the end."""
        assert self._process.stdout is not None
        raw = self._process.stdout.readline()
        if not raw:
            return None
        if text := plain(raw):
            self._note(text)
        return text

    def _read_console(self) -> None:
        while (text := self._read_line()) is not None:
            if text:
                self._events.put(Line(text))
        self._events.put(Exit(self._process.wait()))
        self._log.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _note(self, text: str) -> None:
        self._log.write(f"{self._events.elapsed:8.2f} {text}\n")
        self._log.flush()


def run_and_show(*argv: str | Path) -> str:
    """Runs a program to its end, shows what it prints as it comes, and returns its standard output."""
    process = Process([str(word) for word in argv], stdout=subprocess.PIPE, stderr=None)
    lines: list[str] = []
    try:
        for line in process.lines():
            print(line, end="", flush=True)
            lines.append(line)
    finally:
        # Longer than usual: it has machines of its own to end.
        process.stop(((signal.SIGTERM, 3 * _GRACE),))
    return "".join(lines)


def plain(raw: bytes) -> str:
    """A console line without the terminal's escape sequences, of which OVMF prints many."""
    return _ESCAPES.sub("", raw.decode("utf-8", "replace")).strip()


def run_with_serial_file(argv: list[str], serial: Path, until: str | None, seconds: float) -> str:
    """Runs a QEMU whose serial port is this file (`-serial file:...`), and returns what the file has in the end.

    The QEMU is ended when the text `until` is in the file, or after `seconds`. Its command line and its messages are
    written next to the file, with the extensions .argv and .stderr. Line ends are LF.
    """

    def said() -> str:
        return serial.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")

    serial.parent.mkdir(parents=True, exist_ok=True)
    serial.write_bytes(b"")
    with serial.with_suffix(".stderr").open("wb") as messages:
        machine = Process(argv, stdout=messages, stderr=messages)
        serial.with_suffix(".argv").write_text("\n".join(machine.argv) + "\n")
        try:
            wait_until(lambda: not machine.runs or (until is not None and until in said()), seconds)
        finally:
            machine.stop()
    return said()
