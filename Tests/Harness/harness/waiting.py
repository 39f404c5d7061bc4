"""Waiting with a limit: for a condition, and for the next event of machines that run in the background."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_Found = TypeVar("_Found")


def wait_until(condition: Callable[[], _Found], seconds: float, pause: float = 0.1) -> _Found:
    """Asks again and again, until the answer counts as true or the time is over. Returns the last answer."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(pause)
    return found


class Event:
    """Something that happened. Suites derive events of their own from it."""


@dataclass(frozen=True)
class Line(Event):
    """A line of a machine's console."""

    text: str


@dataclass(frozen=True)
class Exit(Event):
    """The process has ended, with this exit status."""

    status: int


class Events:
    """A queue that any thread may write to and that the test's loop reads."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Event] = queue.Queue()
        self._start = time.monotonic()

    def put(self, event: Event) -> None:
        self._queue.put(event)

    def next(self, deadline: float | None) -> Event | None:
        """The next event; None when the deadline, a time of time.monotonic(), passes first."""
        try:
            return self._queue.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    def wait_for(self, condition: Callable[[Event], bool], seconds: float) -> Event | None:
        """The first event that meets the condition; None when the process ends or the time is over before."""
        deadline = time.monotonic() + seconds
        while (event := self.next(deadline)) is not None:
            if condition(event):
                return event
            if isinstance(event, Exit):
                return None
        return None

    @property
    def elapsed(self) -> float:
        """Seconds since this queue was made."""
        return time.monotonic() - self._start
