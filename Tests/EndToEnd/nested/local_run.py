"""`macos-virt run` as a process of this harness: the Linux image on this machine, with what its console says as events."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .command import run
from .console_process import plain
from .events import Events, Exit, Line
from .paths import WORK, HarnessError, tool


@dataclass(frozen=True)
class Choice:
    """How macos-virt would run L1 here, and why."""

    accelerated: bool
    reason: str


def ask(macos_virt: Path, want: str) -> Choice:
    """Without starting anything; the disks only have to exist."""
    nothing = WORK / "nothing.img"
    nothing.write_bytes(bytes(512))
    disks: list[str | Path] = ["--linux", nothing, "--macos", nothing, "--firmware", "bios", "--snapshot"]
    answer = json.loads(run(macos_virt, "run", *disks, "--accelerator", want, "--dry-run", "--json"))
    return Choice(answer["accelerator"] == "kvm", answer["acceleratorReason"])


@dataclass(frozen=True)
class LocalMachine:
    """What `macos-virt run` is asked for."""

    macos_virt: Path
    #: A directory of mklinux.
    linux: Path
    macos: Path
    accelerated: bool
    opencore: Path | None = None
    snapshot: bool = False
    vcpus: int | None = None
    memory_mib: int | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def argv(self) -> list[str]:
        words: list[str | Path] = [self.macos_virt, "run", "--json", "--linux", self.linux, "--macos", self.macos]
        words += ["--accelerator", "kvm" if self.accelerated else "emulation"]
        for option, value in (("--opencore", self.opencore), ("--vcpus", self.vcpus), ("--memory", self.memory_mib)):
            words += [] if value is None else [option, str(value)]
        return [str(word) for word in [*words, *(["--snapshot"] if self.snapshot else [])]]


class LocalRun:
    """A running one. It ends when told to, and with this process."""

    def __init__(self, machine: LocalMachine, log: Path, events: Events) -> None:
        self._events = events
        #: Whether it was ended from here, rather than by itself.
        self.stopped = False
        self._log = log.open("w", encoding="utf-8")
        self._note(" ".join(machine.argv))
        self._process = subprocess.Popen(
            [tool("setpriv"), "--pdeathsig", "KILL", *machine.argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **machine.environment},
            # Ctrl-C is for the harness, which passes it on.
            start_new_session=True,
        )
        self.report = self._first_report()
        threading.Thread(target=self._read_console, daemon=True).start()

    def port(self, there: int) -> int:
        """The port of this machine that leads to L1's."""
        return int(self.report["ports"][str(there)])

    @property
    def password(self) -> str:
        """Of the guest's screen."""
        return str(self.report["vncPassword"])

    def press_power_button(self) -> None:
        self._signal()

    def stop(self) -> None:
        """Ends it without asking the guest: the second signal does."""
        if self._process.poll() is None:
            self.stopped = True
            for patience in (1, 15):
                self._signal()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(patience)
            self._process.kill()
        self._process.wait()

    def _signal(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def _first_report(self) -> dict[str, Any]:
        """What it says once QEMU runs: a line of JSON behind the words for people."""
        assert self._process.stdout is not None
        said: list[str] = []
        for raw in self._process.stdout:
            text = plain(raw)
            self._note(text)
            if text.startswith("{"):
                report: dict[str, Any] = json.loads(text)
                return report
            said.append(text)
        self._process.wait()
        raise HarnessError("\n  ".join(said) or "macos-virt run ended and said nothing")

    def _read_console(self) -> None:
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            if text := plain(raw):
                self._note(text)
                self._events.put(Line(text))
        self._events.put(Exit(self._process.wait()))
        self._log.close()

    def _note(self, text: str) -> None:
        self._log.write(f"{time.monotonic() - self._events.start:8.2f} {text}\n")
        self._log.flush()
