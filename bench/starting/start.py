"""One start, and what it said of itself."""

from __future__ import annotations

import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from nested.disk import write_disk
from nested.events import Events, Exit, Line
from nested.image_machine import ImageMachine
from nested.images import Images
from nested.paths import LOGS, WORK, HarnessError

from .contenders import Contender

#: Seconds, with KVM; the wait of boot for a disk that is not there included.
_PATIENCE = 40.0
_MARK = re.compile(r"mark (?P<seconds>[\d.]+) (?P<point>\w+)")
_MEMORY = re.compile(r"memory (?P<total>\d+) (?P<available>\d+)")
_GUEST = re.compile(r"guest: .*?, (?P<mebibytes>\d+) MiB,")


@dataclass
class Start:
    #: Seconds of the kernel's clock at which a point was reached, in their order.
    points: dict[str, float] = field(default_factory=dict)
    #: MemTotal and MemAvailable at the last point.
    total_mib: float = 0
    available_mib: float = 0
    #: What boot gives the guest.
    guest_mib: int = 0

    @property
    def seconds(self) -> float:
        return max(self.points.values(), default=0)

    @property
    def used_mib(self) -> float:
        return self.total_mib - self.available_mib


def start(contender: Contender, images: Images, memory_mib: int) -> Start:
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"bench-{contender.name.lower().replace(', ', '-').replace(' ', '-')}.log"
    events, result = Events(), Start()
    with tempfile.TemporaryDirectory(dir=WORK, prefix="bench-") as name:
        folder = Path(name)
        system = folder / "system.img"
        write_disk(system, images.loader, "")
        machine = ImageMachine(contender.way, contender.image, system, images.accelerator, {}, folder, log, events, memory_mib)
        try:
            deadline = time.monotonic() + _PATIENCE * images.accelerator.patience
            while (event := events.next(deadline)) is not None and not isinstance(event, Exit):
                if isinstance(event, Line):
                    _read(event.text, result)
        finally:
            machine.stop()
    if not result.total_mib:
        raise HarnessError(f"{contender.name} did not get to its end: see {log}")
    return result


def _read(line: str, result: Start) -> None:
    if match := _MARK.fullmatch(line):
        result.points[match["point"]] = float(match["seconds"])
    elif match := _MEMORY.fullmatch(line):
        result.total_mib, result.available_mib = int(match["total"]) / 1024, int(match["available"]) / 1024
    elif match := _GUEST.match(line):
        result.guest_mib = int(match["mebibytes"])
