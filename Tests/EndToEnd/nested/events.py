"""What happens in the nested machines, as one stream that a single loop reads."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A line of L1's console, which shows L2's too."""

    text: str


@dataclass(frozen=True)
class Fact:
    """What L1 reported to the harness."""

    key: str
    value: str


@dataclass(frozen=True)
class Page:
    """A request that the guest made to this machine."""

    path: str


@dataclass(frozen=True)
class Exit:
    """L1 is gone: its QEMU's exit status."""

    status: int


Event = Line | Fact | Page | Exit


class Events:
    """A queue that any thread may write and that the test's loop reads."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Event] = queue.Queue()
        self.start = time.monotonic()

    def put(self, event: Event) -> None:
        self._queue.put(event)

    def next(self, deadline: float | None) -> Event | None:
        """The next event; None when the deadline passes first."""
        try:
            return self._queue.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.start
