"""The test of the Linux image: it boots in every way, until the guest is up, and is powered off."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.disk import read_answer, write_disk
from harness.image_machine import ImageMachine
from harness.paths import scratch_directory
from harness.programs import run
from harness.qemu import free_ports
from harness.report import Report, say, show_tail
from harness.waiting import Event, Events, Exit, Line

from . import guest, linux_access
from .disks import disguise
from .events import Page
from .image_judge import Boot, judge
from .images import Images
from .local_run import LocalMachine, LocalRun
from .machine import SSH
from .places import LOGS, WORK
from .ways import WAYS, Way, attached
from .web import SEEN_FROM_INSIDE, Web

#: Seconds from one stage to the next, with KVM. The nested guest's firmware takes the longest.
_STAGE = 30.0
_DEADLY = ("Kernel panic - not syncing", "tcg_handle_interrupt: assertion failed", "macos-virt: boot failed with")


def _console(pattern: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Line) and re.search(pattern, event.text) is not None


_GUEST_FIRMWARE = "the firmware starts the guest's disk"
#: A shell on the console may print its prompt before any of these.
_STAGES: list[tuple[str, Callable[[Event], bool]]] = [
    ("boot runs", _console(r"\[1/\d+\] probe")),
    ("QEMU runs", _console(r"macos-virt: QEMU runs after")),
    (_GUEST_FIRMWARE, _console(r"BdsDxe: starting")),
    ("the guest has an address by DHCP", _console(r"L2: address \d")),
    ("it reached L0 through the NAT", lambda event: isinstance(event, Page)),
    ("everything is up", _console(r"L2: up$")),
    ("its power button is pressed", _console(r"L2: power button")),
    ("L1 sees it off", _console(r"macos-virt: the guest is off \(0\)")),
    ("L1 is off", lambda event: isinstance(event, Exit)),
]


#: The port of L1 where boot shows the guest's screen.
_SCREEN = 5900


@dataclass(frozen=True)
class LinuxImages:
    """What mklinux made, and macos-virt itself."""

    macos_virt: Path
    #: Made with defaults, as users get it.
    plain: Path
    #: Made with options.
    open: Path


def image_boot(images: Images, made: LinuxImages, report: Report) -> None:
    for way in WAYS:
        say(f"# {way.name}")
        log = LOGS / f"image-{way.name.replace(', ', '-').replace(' ', '-')}.log"
        boot = _attempt(way, images, made, log)
        if boot.hung is not None:
            say(f"# hung, trying once more: {boot.hung}")
            boot = _attempt(way, images, made, log)
        before = len(report.failed)
        judge(way, boot, [title for title, _ in _STAGES], report)
        if len(report.failed) != before:
            show_tail(log)


def _attempt(way: Way, images: Images, made: LinuxImages, log: Path) -> Boot:
    LOGS.mkdir(parents=True, exist_ok=True)
    events, boot = Events(), Boot(secrets.token_hex(8))
    web = Web(events)
    with scratch_directory(WORK) as folder:
        system = folder / "system.img"
        write_disk(system, images.loader, f"host={SEEN_FROM_INSIDE}\nport={web.port}\ntoken={boot.token}\n")
        if way.hostile:
            disguise(system, _root_name(made.plain))
        machine, ports = _start(way, images, made, folder, log, events)
        guest.write_ssh_config(ports[SSH], images.keys.client)
        try:
            _follow(boot, machine, ports, events, images.accelerator.patience)
        finally:
            machine.end()
            web.stop()
        boot.answer = read_answer(system)
    return boot


def _start(
    way: Way, images: Images, made: LinuxImages, folder: Path, log: Path, events: Events
) -> tuple[ImageMachine | LocalRun, dict[int, int]]:
    """The machine, and this machine's ports by those of L1."""
    system, accelerator = folder / "system.img", images.accelerator
    if not way.local:
        ports = free_ports(SSH, linux_access.PORT)
        image = made.open if way.options else made.plain
        disks, more = attached(way, image, system)
        machine = ImageMachine(way.start, image, disks, accelerator, folder, log, events, ports, more=more)
        return machine, ports
    # A copy: the guest's UEFI variables are written to it.
    linux = folder / "linux.img"
    shutil.copyfile(made.plain / "linux.img", linux)
    wanted = LocalMachine(made.macos_virt, linux, system, accelerator.is_kvm, environment=accelerator.environment)
    local = LocalRun(wanted, log, events)
    return local, {port: local.port(port) for port in (SSH, _SCREEN)}


def _root_name(image: Path) -> str:
    """The name of the image's root partition."""
    table = json.loads(run("sfdisk", "--json", image / "linux.img"))["partitiontable"]
    return str(table["partitions"][2]["name"])


def _follow(
    boot: Boot, machine: ImageMachine | LocalRun, ports: dict[int, int], events: Events, patience: float
) -> None:
    last = time.monotonic()
    while boot.exit_status is None:
        event = events.next(last + _STAGE * patience)
        if event is None:
            boot.hung = f'no progress after "{list(boot.reached)[-1] if boot.reached else "nothing"}"'
            return
        for title, sign in _STAGES:
            # L1's own firmware prints the same line earlier.
            if title == _GUEST_FIRMWARE and "QEMU runs" not in boot.reached:
                continue
            if title not in boot.reached and sign(event):
                boot.reached[title] = events.elapsed
                say(f"{events.elapsed:7.1f} s  {title}")
                last = time.monotonic()
                if title == "everything is up":
                    _look_around(boot, machine, ports, patience)
        match event:
            case Line(text):
                boot.lines.append(text)
                if any(words in text for words in _DEADLY):
                    boot.hung = text
                    return
            case Page(path):
                boot.pages.append(path)
            case Exit(status):
                boot.exit_status = status


def _look_around(boot: Boot, machine: ImageMachine | LocalRun, ports: dict[int, int], patience: float) -> None:
    for line in (guest.ssh("facts", 15 * patience) or "").splitlines():
        key, _, value = line.partition("=")
        boot.seen[key] = value
    if isinstance(machine, ImageMachine):
        machine.type(linux_access.TYPED)
        boot.access = linux_access.look_at(ports[linux_access.PORT], patience)
    else:
        boot.screen = guest.greeting(ports[_SCREEN], 5 * patience)
    # The power button of L1, which presses the guest's.
    machine.press_power_button()
