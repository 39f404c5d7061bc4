"""The stages of a nested boot, with the time at which each was reached."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.report import say
from harness.waiting import Event, Exit, Line

from .events import Page


@dataclass(frozen=True)
class Stage:
    name: str
    title: str
    reached: Callable[[Event], bool]


def _console(pattern: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Line) and re.search(pattern, event.text) is not None


_GUEST = [
    Stage("firmware", "L2: the firmware starts the system disk", _console(r"BdsDxe: starting")),
    Stage("l2", "L2: the guest's system is up", _console(r"^L2: userspace")),
    Stage("address", "L2: has an address by DHCP", _console(r"^L2: address \d")),
    Stage("page", "L2: reached L0 through the NAT", lambda event: isinstance(event, Page)),
    Stage("up", "L2: everything is up", _console(r"^L2: up")),
    Stage("button", "L2: its power button is pressed", _console(r"^L2: power button")),
]

STAGES = [
    Stage("l1", "L1: Linux is up", _console(r"^L1: userspace")),
    Stage("network", "L1: disks and uplink are there", _console(r"^L1: network")),
    Stage("plan", "L1: boot plans", _console(r"^L1: boot plan")),
    Stage("run", "L1: boot runs", _console(r"^L1: boot run")),
    Stage("exec", "L1: boot has become QEMU", _console(r"L1: QEMU runs$")),
    *_GUEST,
    Stage("over", "L1: QEMU has ended", _console(r"^L1: boot is over")),
    Stage("off", "L1: is off", lambda event: isinstance(event, Exit)),
]

#: Of the Linux image, which reports on its console only.
IMAGE_STAGES = [
    # The guest's firmware prints the same line later.
    Stage("start", "L1: the firmware starts the image", _console(r"BdsDxe: starting")),
    Stage("run", "L1: Linux is up, boot runs", _console(r"^\[1/\d+\] probe")),
    Stage("kvm", "L1: boot has asked KVM", _console(r"ask KVM, look again \.\.\. ok")),
    Stage("exec", "L1: boot has become QEMU", _console(r"^macos-virt: QEMU runs after")),
    *_GUEST,
    Stage("over", "L1: the guest is off", _console(r"^macos-virt: the guest is off")),
    Stage("off", "L1: is off", lambda event: isinstance(event, Exit)),
]


def show_stage(stage: Stage, elapsed: float) -> None:
    say(f"{elapsed:7.1f} s  {stage.title}")


@dataclass
class Timeline:
    stages: list[Stage] = field(default_factory=lambda: STAGES)
    reached: dict[str, float] = field(default_factory=dict)

    def note(self, event: Event, elapsed: float) -> Stage | None:
        """The stage that this event is the first sign of; None when there is none."""
        for stage in self.stages:
            if stage.name not in self.reached and stage.reached(event):
                self.reached[stage.name] = elapsed
                return stage
        return None

    @property
    def latest(self) -> str:
        """The last stage passed, for the message about a hang."""
        titles = [stage.title for stage in self.stages if stage.name in self.reached]
        return titles[-1] if titles else "nothing"
