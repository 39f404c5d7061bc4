"""A suite's output: one line an assertion (https://testanything.org), a summary, and the exit status."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .paths import ROOT
from .programs import HarnessError

#: Lines of a log that are shown.
_TAIL = 60
_SUMMARY = re.compile(r"^\S.*: (\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)


def say(text: str = "") -> None:
    """A line of output. It is written at once, so that it is in order with the output of other programs."""
    print(text, flush=True)


def show_tail(log: Path) -> None:
    """The end of a log, as comments."""
    say(f"# the end of {log.relative_to(ROOT)}:")
    for line in log.read_text(encoding="utf-8").splitlines()[-_TAIL:]:
        say(f"#   {line}")


def guarded(suite: str, body: Callable[[], int]) -> int:
    """The exit status of a command line: that of `body`, 2 when the test could not be carried out, 130 on Ctrl-C.

    SIGTERM is handled like Ctrl-C, so that everything that was started is ended.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return body()
    except HarnessError as error:
        say(f"{suite}: {error}")
        return 2
    except KeyboardInterrupt:
        say(f"{suite}: interrupted")
        return 130


@dataclass
class Report:
    """Counts assertions, and prints each when it is made."""

    #: The suite's name, for the last line.
    suite: str
    passed: int = 0
    #: The names of the assertions that did not hold.
    failed: list[str] = field(default_factory=list)
    #: Name and reason of each assertion that could not be tried.
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def check(self, name: str, expected: object, found: object, holds: bool | None = None) -> None:
        """Asserts that both are equal. `holds` overrides the comparison; both are then shown for the reader only."""
        if expected == found if holds is None else holds:
            self.passed += 1
            say(f"ok {self._count} - {name}")
            return
        self.failed.append(name)
        say(f"not ok {self._count} - {name}")
        say(f"  # expected {expected!r}")
        say(f"  # found    {found!r}")

    def contains(self, name: str, expected: str, found: str) -> None:
        """Asserts that one text is a part of another."""
        self.check(name, expected, found, expected in found)

    def skip(self, name: str, why: str) -> None:
        """Counts an assertion that cannot be tried here."""
        self.skipped.append((name, why))
        say(f"ok {self._count} - {name} # SKIP {why}")

    def add(self, part: str, output: str) -> None:
        """Adds the counts of another suite, by the summary in its output. Raises HarnessError when it has none."""
        found = _SUMMARY.findall(output)
        if not found:
            raise HarnessError(f"{part} ended without a summary: see above")
        passed, failed, skipped = (int(number) for number in found[-1])
        self.passed += passed
        self.failed += [f"{part}: see above"] * failed
        self.skipped += [(part, "see above")] * skipped

    def summary(self) -> int:
        """Prints what failed, what was skipped and why, and the counts. Returns the exit status."""
        say(f"1..{self._count}")
        for name in self.failed:
            say(f"# failed: {name}")
        for name, why in self.skipped:
            say(f"# skipped: {name}: {why}")
        say(f"{self.suite}: {self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped")
        return 1 if self.failed or not self.passed else 0

    @property
    def _count(self) -> int:
        return self.passed + len(self.failed) + len(self.skipped)
