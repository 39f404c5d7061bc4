"""The test of the Linux image: it boots every way, to the guest's marker and a clean power-off."""

from __future__ import annotations

import json
import re
import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import guest
from .command import run as run_tool
from .disk import SIZE, disguise, read_answer, write_disk
from .events import Event, Events, Exit, Line, Page
from .image_machine import WAYS, ImageMachine, Way
from .images import Images
from .machine import SSH, free_ports
from .paths import LOGS, WORK, tool
from .report import Report, say, show_tail
from .web import SEEN_FROM_INSIDE, Web

_ATTEMPTS = 2
#: Seconds without a new stage, with KVM; firmware in a nested guest is the longest.
_STAGE = 30.0
_DEADLY = ("Kernel panic - not syncing", "tcg_handle_interrupt: assertion failed", "macos-virt: boot ended with")


def _console(pattern: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Line) and re.search(pattern, event.text) is not None


_GUEST_FIRMWARE = "the firmware starts the guest's disk"
_STAGES: list[tuple[str, Callable[[Event], bool]]] = [
    ("boot runs", _console(r"^\[1/\d+\] probe")),
    ("QEMU runs", _console(r"^macos-virt: QEMU runs after")),
    (_GUEST_FIRMWARE, _console(r"BdsDxe: starting")),
    ("the guest has an address by DHCP", _console(r"^L2: address \d")),
    ("it reached L0 through the NAT", lambda event: isinstance(event, Page)),
    ("everything is up", _console(r"^L2: up")),
    ("its power button is pressed", _console(r"^L2: power button")),
    ("L1 sees it off", _console(r"^macos-virt: the guest is off \(0\)")),
    ("L1 is off", lambda event: isinstance(event, Exit)),
]


@dataclass
class _Run:
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    reached: dict[str, float] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    exit_status: int | None = None
    hung: str | None = None


def image_boot(images: Images, image: Path, report: Report) -> None:
    for way in WAYS:
        say(f"# {way.name}")
        run = _Run()
        log = LOGS / f"image-{way.name.replace(', ', '-').replace(' ', '-')}.log"
        for attempt in range(1, _ATTEMPTS + 1):
            run = _attempt(way, images, image, log)
            if run.hung is None:
                break
            say(f"# attempt {attempt} hung: {run.hung}")
        before = len(report.failed)
        _judge(way, run, report)
        if len(report.failed) != before:
            show_tail(log)


def _attempt(way: Way, images: Images, image: Path, log: Path) -> _Run:
    LOGS.mkdir(parents=True, exist_ok=True)
    events, run = Events(), _Run()
    web = Web(events)
    with tempfile.TemporaryDirectory(dir=WORK, prefix="run-") as name:
        folder = Path(name)
        system = folder / "system.img"
        write_disk(system, images.loader, f"host={SEEN_FROM_INSIDE}\nport={web.port}\ntoken={run.token}\n")
        if way.hostile:
            disguise(system, _root_name(image))
        port = free_ports(SSH)[SSH]
        guest.write_ssh_config(port, images.keys.client)
        machine = ImageMachine(way, image, system, images.accelerator, port, folder, log, events)
        try:
            _follow(run, machine, events, images.accelerator.patience)
        finally:
            machine.stop()
            web.stop()
        run.answer = read_answer(system)
    return run


def _root_name(image: Path) -> str:
    """Of the image's root partition."""
    table = json.loads(run_tool(tool("sfdisk"), "--json", image / "linux.img"))["partitiontable"]
    return str(table["partitions"][2]["name"])


def _follow(run: _Run, machine: ImageMachine, events: Events, patience: float) -> None:
    last = time.monotonic()
    while run.exit_status is None:
        event = events.next(last + _STAGE * patience)
        if event is None:
            run.hung = f'no progress after "{list(run.reached)[-1] if run.reached else "nothing"}"'
            return
        for title, sign in _STAGES:
            # L1's own firmware says the same as the guest's, earlier.
            if title == _GUEST_FIRMWARE and "QEMU runs" not in run.reached:
                continue
            if title not in run.reached and sign(event):
                run.reached[title] = events.elapsed
                say(f"{events.elapsed:7.1f} s  {title}")
                last = time.monotonic()
                if title == "everything is up":
                    _look_around(run, machine, patience)
        match event:
            case Line(text):
                run.lines.append(text)
                if any(words in text for words in _DEADLY):
                    run.hung = text
                    return
            case Page(path):
                run.pages.append(path)
            case Exit(status):
                run.exit_status = status


def _look_around(run: _Run, machine: ImageMachine, patience: float) -> None:
    for line in (guest.ssh("facts", 15 * patience) or "").splitlines():
        key, _, value = line.partition("=")
        run.seen[key] = value
    # The power button of L1, which hands it on.
    machine.press_power_button()


def _judge(way: Way, run: _Run, report: Report) -> None:
    for title, _ in _STAGES:
        report.check(f"{way.name}: {title}", True, title in run.reached)
    report.check(f"{way.name}: L0 reached the guest by ssh", True, bool(run.seen))
    report.check(f"{way.name}: the guest runs under KVM", "KVM", run.seen.get("hypervisor"))
    report.check(f"{way.name}: its disk is the second one, whole", str(SIZE), run.seen.get("disk_bytes"))
    report.check(f"{way.name}: what it wrote is on that disk", run.token, run.answer)
    report.check(f"{way.name}: it has the documented address", "192.168.254.2", run.seen.get("address"))
    report.check(f"{way.name}: it fetched the page", [f"/{run.token}"], run.pages)
    if way.hostile:
        ignored = any(re.search(r"^macos-virt: no configuration from .*\(MACOSVIRT\)", line) for line in run.lines)
        report.check(f"{way.name}: the guest's disk configures nothing", True, ignored)
        report.check(f"{way.name}: the configuration disk does", "2", run.seen.get("vcpus"))
    report.check(f"{way.name}: L1's QEMU ends well", 0, run.exit_status)
