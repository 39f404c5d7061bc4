"""One start, and the figures that it prints."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from harness.accelerator import Accelerator
from harness.disk import write_disk
from harness.image_machine import Disk, ImageMachine
from harness.paths import BUILD, scratch_directory
from harness.programs import HarnessError
from harness.waiting import Events, Exit, Line

from .contenders import Contender

#: Everything that is made; `make clean` removes it.
WORK = BUILD / "bench"
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


def start(contender: Contender, accelerator: Accelerator, memory_mib: int) -> Start:
    log = WORK / "logs" / f"{contender.name.lower().replace(', ', '-').replace(' ', '-')}.log"
    events, result = Events(), Start()
    with scratch_directory(WORK) as folder:
        system = folder / "system.img"
        # boot looks for Apple's partition. Nothing starts the guest.
        write_disk(system, b"no boot loader", "")
        if contender.start.firmware == "direct":
            first = Disk(folder / "empty.img")
            first.file.write_bytes(bytes(1 << 20))
        else:
            first = Disk(contender.image / "linux.img", snapshot=True, boots=True)
        disks = [first, Disk(system)]
        machine = ImageMachine(contender.start, contender.image, disks, accelerator, folder, log, events, memory_mib=memory_mib)
        try:
            deadline = time.monotonic() + _PATIENCE * accelerator.patience
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
