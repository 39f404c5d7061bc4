"""A running Linux VM (L1), with everything that belongs to it on this machine, and the stages that it passes."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness.disk import SIZE, read_answer, write_disk
from harness.qemu import free_ports
from harness.waiting import Events, Exit, Line

from .events import Fact, Page
from .evidence import Evidence
from .guest import write_ssh_config
from .images import Images
from .machine import SCREEN, SCREEN_SHARING, SSH, Machine, Specification
from .places import LOGS, WORK
from .timeline import Stage, Timeline
from .web import SEEN_FROM_INSIDE, Web

#: Lines that end a session at once, without waiting for a timeout.
DEADLY = ("Kernel panic - not syncing", "tcg_handle_interrupt: assertion failed")
#: Seconds between one stage and the next, and for all of them, where L1 runs by KVM.
_STAGE, _TOTAL = 40.0, 100.0


class Hung(Exception):
    """The machines made no progress for too long, as emulated nesting does now and then. Try again."""


class Session:
    """Use it as a context. At the end nothing is left running, and only its log is left on disk."""

    def __init__(self, images: Images, log_name: str, show: Callable[[Stage, float], None]) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = LOGS / f"{log_name}.log"
        self.images, self._show = images, show
        self.timeline, self.events = Timeline(), Events()
        self.patience = images.accelerator.patience
        self._scratch = tempfile.TemporaryDirectory(dir=WORK, prefix="run-")
        folder = Path(self._scratch.name)
        self._web = Web(self.events)
        self.evidence = Evidence(images.accelerator.name, token=secrets.token_hex(8), disk_bytes=SIZE)
        if images.firmware_disk is not None:
            self.evidence.identity = images.firmware_disk.identity
        self.forwards = free_ports(SSH, SCREEN_SHARING, SCREEN)
        write_ssh_config(self.forwards[SSH], images.keys.client)
        first, self._disk = self._disks(folder)
        specification = Specification(
            images.accelerator, images.kernel.image, images.initramfs, first, self._disk, forwards=self.forwards
        )
        self.machine = Machine(specification, folder, self.log, self.events)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.machine.end()
        self._web.stop()
        self._scratch.cleanup()

    def wait_for(self, name: str) -> bool:
        """Waits for a stage. False when L1 ends before. Raises Hung without progress."""
        start = last = time.monotonic()
        while name not in self.timeline.reached and self.evidence.exit_status is None:
            deadline = min(last + _STAGE * self.patience, start + _TOTAL * self.patience)
            event = self.events.next(deadline)
            if event is None:
                raise Hung(f'no progress after "{self.timeline.latest}"')
            stage = self.timeline.note(event, self.events.elapsed)
            if stage is not None:
                self._show(stage, self.events.elapsed)
                last = time.monotonic()
            self._keep(event)
        return name in self.timeline.reached

    def answer(self) -> str:
        """What the guest wrote to its disk, read from the file on this machine."""
        return read_answer(self._disk)

    def _keep(self, event: Line | Fact | Page | Exit) -> None:
        match event:
            case Line(text):
                self.evidence.console.append(text)
                if any(words in text for words in DEADLY):
                    raise Hung(text)
            case Fact(key, value):
                self.evidence.facts[key] = value
            case Page(path):
                self.evidence.pages.append(path)
            case Exit(status):
                self.evidence.exit_status = status
                if "done" not in self.evidence.facts and not self.machine.stopped:
                    raise Hung(f"L1's QEMU ended with {status} after '{self.timeline.latest}'")

    def _disks(self, folder: Path) -> tuple[Path, Path]:
        """L1's first and second disk; the second is the guest's."""
        empty = folder / "empty.img"
        empty.write_bytes(bytes(1 << 20))
        system = folder / "system.img"
        letter = f"host={SEEN_FROM_INSIDE}\nport={self._web.port}\ntoken={self.evidence.token}\n"
        write_disk(system, self.images.loader, letter)
        return empty, system
