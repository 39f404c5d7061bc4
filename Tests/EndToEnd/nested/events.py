"""The events of this suite, beside the lines of a console and the end of a process."""

from __future__ import annotations

from dataclasses import dataclass

from harness.waiting import Event


@dataclass(frozen=True)
class Fact(Event):
    """What L1 reported to the harness on its second serial port."""

    key: str
    value: str


@dataclass(frozen=True)
class Page(Event):
    """A request that the guest made to this machine's web server."""

    path: str
