"""One nested boot, from L1's start to its end, that collects the evidence on the way."""

from __future__ import annotations

import secrets
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import guest
from .disk import SIZE, read_answer, write_disk
from .events import Events, Exit, Fact, Line, Page
from .evidence import Evidence
from .images import Images
from .machine import SCREEN, SCREEN_SHARING, SSH, Machine, Specification, free_ports
from .paths import LOGS, WORK
from .timeline import Stage, Timeline
from .web import SEEN_FROM_INSIDE, Web

#: What ends an attempt at once instead of by a timeout.
_DEADLY = ("Kernel panic - not syncing", "tcg_handle_interrupt: assertion failed")


class Hung(Exception):
    """The machines stopped making progress: emulated nesting does that now and then. Worth another try."""


@dataclass(frozen=True)
class Limits:
    """Seconds, for a machine with KVM; emulation's patience multiplies them."""

    #: Between one stage and the next.
    stage: float = 40.0
    total: float = 100.0


class Attempt:
    """Use as a context: nothing of it is left running."""

    def __init__(self, images: Images, number: int, show: Callable[[Stage, float], None]) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = LOGS / f"attempt-{number}.log"
        self._scratch = tempfile.TemporaryDirectory(dir=WORK, prefix="run-")
        folder = Path(self._scratch.name)
        self._images, self._show = images, show
        self.timeline = Timeline()
        self.events = Events()
        self._web = Web(self.events)
        self.evidence = Evidence(images.accelerator.name, token=secrets.token_hex(8), disk_bytes=SIZE)
        self.forwards = free_ports(SSH, SCREEN_SHARING, SCREEN)
        self._disk = folder / "system.img"
        own = folder / "own.img"
        own.write_bytes(bytes(1 << 20))
        letter = f"host={SEEN_FROM_INSIDE}\nport={self._web.port}\ntoken={self.evidence.token}\n"
        write_disk(self._disk, images.loader, letter)
        specification = Specification(
            images.accelerator, images.kernel.image, images.initramfs, own, self._disk, forwards=self.forwards
        )
        self._patience = images.accelerator.patience
        self._limits = Limits()
        self.machine = Machine(specification, folder, self.log, self.events)

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, *_: object) -> None:
        self.machine.stop()
        self._web.stop()
        self._scratch.cleanup()

    def run_to_the_end(self) -> Evidence:
        """Boots, looks at the guest from outside, shuts it down and waits for L1 to follow."""
        if self.wait_for("up"):
            self.look_around()
            if not self.power_off():
                self.machine.stop()
        self.wait_for("off")
        self.evidence.answer = read_answer(self._disk)
        return self.evidence

    def look_around(self) -> None:
        """Everything that is seen from this machine while the guest runs."""
        port, seconds = self.forwards[SSH], 15 * self._patience
        answer = guest.ssh(port, self._images.keys.client, "facts", seconds) or ""
        for line in answer.splitlines():
            key, _, value = line.partition("=")
            self.evidence.guest[key] = value
        self.evidence.screen_sharing = guest.greeting(self.forwards[SCREEN_SHARING], seconds)
        self.evidence.screen = guest.greeting(self.forwards[SCREEN], seconds)

    def power_off(self) -> bool:
        """Asks the guest to switch itself off; its QEMU ends, and L1 with it."""
        command = "(sleep 1; poweroff -f) >/dev/null 2>&1 &"
        return guest.ssh(self.forwards[SSH], self._images.keys.client, command, 15 * self._patience) is not None

    def wait_for(self, name: str) -> bool:
        """Whether the stage was reached; not, when `boot` or L1 ended before it. Raises Hung."""
        end = time.monotonic() + self._limits.total * self._patience
        deadline = time.monotonic() + self._limits.stage * self._patience
        while name not in self.timeline.reached:
            if self.evidence.exit_status is not None:
                return False
            event = self.events.next(min(deadline, end))
            if event is None:
                raise Hung(f"no progress after \"{self.timeline.latest}\"")
            stage = self.timeline.note(event, self.events.elapsed)
            if stage is not None:
                self._show(stage, self.events.elapsed)
                deadline = time.monotonic() + self._limits.stage * self._patience
            match event:
                case Line(text):
                    self.evidence.console.append(text)
                    if any(words in text for words in _DEADLY):
                        raise Hung(text)
                case Fact(key, value):
                    self.evidence.facts[key] = value
                case Page(path):
                    self.evidence.pages.append(path)
                case Exit(status):
                    self.evidence.exit_status = status
                    if "done" not in self.evidence.facts and not self.machine.stopped:
                        raise Hung(f"L1's QEMU ended with {status} after \"{self.timeline.latest}\"")
        return True
