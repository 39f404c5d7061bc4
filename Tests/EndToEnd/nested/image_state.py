"""What the guest keeps in the image's state partition: written by one boot, repaired and found by the next, done without if need be."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path

from harness.accelerator import Accelerator
from harness.disk import ESP, write_disk
from harness.image_machine import Disk, ImageMachine, Start
from harness.paths import scratch_directory
from harness.programs import execute, run
from harness.report import Report, say, show_tail
from harness.waiting import Event, Events, Exit, Line

from .images import Images
from .places import LOGS, WORK

#: Seconds from one sign to the next, with KVM.
_PATIENCE = 40.0
#: What the guest writes to its EFI partition, and leaves in its memory: it reaches the disk when the guest shuts down.
_WRITTEN = "shutdown.txt"


def judge_state(image: Path, images: Images, report: Report) -> None:
    with scratch_directory(WORK, "state-") as folder:
        disk, system = folder / "linux.img", folder / "system.img"
        shutil.copyfile(image / "linux.img", disk)
        # No page of the harness: the guest waits for it, and goes on.
        write_disk(system, images.loader, "host=127.0.0.1\nport=9\ntoken=state\n")
        _first(disk, system, images.accelerator, folder, report)
        _second(disk, system, images.accelerator, folder, report)
        _third(disk, system, images.accelerator, folder, report)


def _first(disk: Path, system: Path, accelerator: Accelerator, folder: Path, report: Report) -> None:
    """L0 presses L1's power button: the guest shuts down first, then L1, and everything that they write is on their disks."""
    log = LOGS / "image-state-first.log"
    events = Events()
    times: dict[str, float] = {}
    machine = _machine(disk, system, accelerator, folder, log, events)
    try:
        signs = [
            ("the guest is up", r"L2: up$"),
            ("it shuts down", r"L2: power button"),
            ("boot sees it shut down", r"boot: the guest is shut down"),
            ("L1 ends", r"macos-virt: the guest is off \(0\)"),
        ]
        for title, pattern in signs:
            if not _await(events, pattern, accelerator):
                break
            times[title] = time.monotonic()
            if title == "the guest is up":
                machine.press_power_button()
        else:
            ended = events.wait_for(lambda event: isinstance(event, Exit), _PATIENCE * accelerator.patience)
            if isinstance(ended, Exit):
                times["L1 is off"] = time.monotonic()
    finally:
        machine.stop()
    order = [title for title, _ in signs] + ["L1 is off"]
    report.check("state: L0's power button ends the guest, then L1", order, list(times))
    if list(times) != order:
        show_tail(log)
        return
    took = times["L1 is off"] - times["boot sees it shut down"]
    say(f"# from the guest's shutdown to L1's power-off: {took:.2f} s by {accelerator.name}")
    with scratch_directory(WORK, "check-") as place:
        guest = _part(system, ESP.start // 512, (ESP.end - ESP.start) // 512, place / "esp")
        # -n reports the mark of a file system that was not unmounted.
        report.check("state: the guest's file system is clean", 0, execute("fsck.fat", "-n", guest).status)
        report.check("state: what it wrote is there", "state", run("mtype", "-i", guest, f"::{_WRITTEN}").strip())
        state = _state(disk, place)
        report.check("state: L1's state partition is clean", 0, execute("fsck.fat", "-n", state).status)
        names = set(run("mdir", "-b", "-i", state, "::").split())
        report.check(
            "state: it has the variables, the identity and the record",
            {"::/nvram.fd", "::/identity.json", "::/last-stop.json"}, names,
        )
        record = json.loads(run("mtype", "-i", state, "::last-stop.json"))
        # An emulated guest may be too slow for the first press.
        stage = "button" if record["stage"] == "second-press" else record["stage"]
        report.check("state: the record says how it ended", ("button", 0, 1), (stage, record["exitCode"], record["starts"]))


def _second(disk: Path, system: Path, accelerator: Accelerator, folder: Path, report: Report) -> None:
    """A power cut, and rubbish in the second copy of the file allocation table: repaired, and the record is found."""
    start, _ = _place(disk)
    with disk.open("r+b") as file:
        file.seek(start * 512)
        head = bytearray(file.read(512))
        # The mark of a mounted file system; then the tables: reserved sectors, and sectors of one table.
        head[37] |= 1
        reserved, length = int.from_bytes(head[14:16], "little"), int.from_bytes(head[22:24], "little")
        file.seek(start * 512)
        file.write(head)
        file.seek((start + reserved + length) * 512 + 100)
        file.write(b"\x5a" * 20)
    seen = _boot(disk, system, accelerator, folder, "second", r"boot: the last run: ", report)
    report.check("state: a damaged partition is repaired", True, any("was not closed or is damaged" in line for line in seen))
    last = next((line for line in seen if "boot: the last run: " in line), "")
    report.contains("state: the next start knows the last stop", "of its power button, exit code 0", last)


def _third(disk: Path, system: Path, accelerator: Accelerator, folder: Path, report: Report) -> None:
    """No file system at all: the guest runs without it."""
    start, sectors = _place(disk)
    with disk.open("r+b") as file:
        file.seek(start * 512)
        file.write(b"\x7f" * (sectors * 512))
    seen = _boot(disk, system, accelerator, folder, "third", r"macos-virt: QEMU runs after|boot: the guest is running", report)
    report.check("state: one that cannot be repaired is announced", True, any("the state partition /dev/" in line for line in seen))


def _boot(
    disk: Path, system: Path, accelerator: Accelerator, folder: Path, name: str, sign: str, report: Report
) -> list[str]:
    """Boots until the sign comes, and cuts the power. Returns the console's lines."""
    log = LOGS / f"image-state-{name}.log"
    events = Events()
    lines: list[str] = []
    machine = _machine(disk, system, accelerator, folder, log, events)
    try:
        found = _await(events, sign, accelerator, lines)
    finally:
        machine.stop()
    report.check(f"state: the {name} boot comes as far as the guest", True, found)
    if not found:
        show_tail(log)
    return lines


def _machine(disk: Path, system: Path, accelerator: Accelerator, folder: Path, log: Path, events: Events) -> ImageMachine:
    LOGS.mkdir(parents=True, exist_ok=True)
    # By BIOS, which takes the least time. With an identity of its own, which the guest's is derived from.
    disks, identity = [Disk(disk, boots=True), Disk(system)], ["-uuid", "3d1d1a52-4a2c-4d5e-8f00-0123456789ab"]
    return ImageMachine(Start("bios", "virtio-scsi"), disk.parent, disks, accelerator, folder, log, events, more=identity)


def _await(events: Events, pattern: str, accelerator: Accelerator, lines: list[str] | None = None) -> bool:
    sign = re.compile(pattern)

    def is_sign(event: Event) -> bool:
        if isinstance(event, Line) and lines is not None:
            lines.append(event.text)
        return isinstance(event, Line) and sign.search(event.text) is not None

    return isinstance(events.wait_for(is_sign, _PATIENCE * accelerator.patience), Line)


def _place(disk: Path) -> tuple[int, int]:
    """The state partition's first sector and their number."""
    table = json.loads(run("sfdisk", "--json", disk))["partitiontable"]
    return table["partitions"][3]["start"], table["partitions"][3]["size"]


def _state(disk: Path, place: Path) -> Path:
    return _part(disk, *_place(disk), place / "state")


def _part(disk: Path, start: int, sectors: int, file: Path) -> Path:
    run("dd", f"if={disk}", f"of={file}", "bs=512", "status=none", f"skip={start}", f"count={sectors}")
    return file
