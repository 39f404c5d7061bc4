"""A machine for a person: `macos-virt run` with the test's guest or the person's disks, and the stages that it passes."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.disk import write_disk
from harness.waiting import Events, Exit, Line

from .guest import write_ssh_config
from .keys import Keys
from .local_image import LocalImage
from .local_run import LocalMachine, LocalRun
from .machine import SSH
from .places import LOGS, WORK
from .session import DEADLY, Hung
from .timeline import IMAGE_STAGES, Stage, Timeline
from .web import SEEN_FROM_INSIDE, Web

#: Seconds between one stage and the next where L1 runs by KVM, and how much longer emulation takes.
_STAGE, _EMULATED = 40.0, 4.0


@dataclass(frozen=True)
class OwnDisks:
    """A person's images instead of the test's guest."""

    opencore: Path | None
    macos: Path


class LocalSession:
    """Use it as a context. At the end nothing is left running, and only its log is left on disk."""

    def __init__(
        self, macos_virt: Path, image: LocalImage, guest: bytes | OwnDisks, show: Callable[[Stage, float], None],
        vcpus: int | None = None, memory_mib: int | None = None,
    ) -> None:  # fmt: skip
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = LOGS / "run.log"
        self.patience = 1.0 if image.accelerated else _EMULATED
        self.exit_status: int | None = None
        self._show = show
        self._timeline, self._events = Timeline(IMAGE_STAGES), Events()
        self._scratch = tempfile.TemporaryDirectory(dir=WORK, prefix="run-")
        self._web = Web(self._events)
        disks = guest if isinstance(guest, OwnDisks) else OwnDisks(None, self._guest_disk(guest))
        machine = LocalMachine(
            macos_virt, image.place, disks.macos, image.accelerated, opencore=disks.opencore, snapshot=disks is not guest,
            vcpus=vcpus, memory_mib=memory_mib, environment=image.environment,
        )  # fmt: skip
        try:
            self.run = LocalRun(machine, self.log, self._events)
        except BaseException:
            self._clean_up()
            raise
        write_ssh_config(self.run.port(SSH), Keys.get().client)

    def __enter__(self) -> LocalSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.run.end()
        self._clean_up()

    def wait_for(self, name: str, patient: bool = False) -> bool:
        """Waits for a stage. False when the machine ends before. Raises Hung without progress, unless `patient`."""
        last = time.monotonic()
        while name not in self._timeline.reached and self.exit_status is None:
            event = self._events.next(None if patient else last + _STAGE * self.patience)
            if event is None:
                raise Hung(f'no progress after "{self._timeline.latest}"')
            stage = self._timeline.note(event, self._events.elapsed)
            if stage is not None:
                self._show(stage, self._events.elapsed)
                last = time.monotonic()
            match event:
                case Line(text) if any(words in text for words in DEADLY):
                    raise Hung(text)
                case Exit(status):
                    self.exit_status = status
        return name in self._timeline.reached

    def has_reached(self, name: str) -> bool:
        return name in self._timeline.reached

    def _guest_disk(self, loader: bytes) -> Path:
        disk = Path(self._scratch.name) / "system.img"
        letter = f"host={SEEN_FROM_INSIDE}\nport={self._web.port}\ntoken={secrets.token_hex(8)}\n"
        write_disk(disk, loader, letter)
        return disk

    def _clean_up(self) -> None:
        self._web.stop()
        self._scratch.cleanup()
