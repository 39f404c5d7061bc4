"""`macos-virt run` as a process of this test: the Linux image on this machine, with the lines of its console as events."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.process import ConsoleProcess
from harness.programs import HarnessError, run
from harness.waiting import Events

from .places import WORK


#: Without it, macos-virt refuses to emulate the guest's UEFI firmware; these suites run QEMU without the assertion that aborts it.
_UEFI = ["--set", "firmware.type=uefi"]


@dataclass(frozen=True)
class Choice:
    """How macos-virt would run L1 here, and why."""

    accelerated: bool
    reason: str


def ask(macos_virt: Path, want: str) -> Choice:
    """Asks macos-virt, which starts nothing. The disks only have to exist."""
    nothing = WORK / "nothing.img"
    with nothing.open("wb") as file:
        file.truncate(64 << 20)
    disks: list[str | Path] = ["--linux", nothing, "--macos", nothing, "--firmware", "bios", "--snapshot", *_UEFI]
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
        words += ["--accelerator", "kvm"] if self.accelerated else ["--accelerator", "emulation", *_UEFI]
        for option, value in (("--opencore", self.opencore), ("--vcpus", self.vcpus), ("--memory", self.memory_mib)):
            words += [] if value is None else [option, str(value)]
        return [str(word) for word in [*words, *(["--snapshot"] if self.snapshot else [])]]


class LocalRun(ConsoleProcess):
    """A running one. The first signal asks the guest to shut down, the second ends it at once."""

    def __init__(self, machine: LocalMachine, log: Path, events: Events) -> None:
        """Returns when its QEMU runs. Raises HarnessError with its output when it ends before."""
        #: What it reports of itself as JSON.
        self.report: dict[str, Any] = {}
        super().__init__(machine.argv, machine.environment, log, events, keyboard=False)

    def port(self, there: int) -> int:
        """The port of this machine that leads to L1's."""
        return int(self.report["ports"][str(there)])

    @property
    def password(self) -> str:
        """The password of the guest's screen."""
        return str(self.report["vncPassword"])

    def press_power_button(self) -> None:
        self.send(signal.SIGTERM)

    def end(self) -> None:
        """Ends it without waiting for the guest."""
        self.stop(((signal.SIGTERM, 1), (signal.SIGTERM, 15)))

    def _begin(self) -> None:
        """Reads its report: a line of JSON after the lines for people."""
        said: list[str] = []
        while (text := self._read_line()) is not None:
            if text.startswith("{"):
                self.report = json.loads(text)
                return
            said.append(text)
        self.wait()
        raise HarnessError("\n  ".join(said) or "macos-virt run ended and said nothing")
