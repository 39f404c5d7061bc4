"""The test's output: one line a stage, one line an assertion (https://testanything.org), and a summary."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from .paths import ROOT
from .timeline import Stage

_TAIL = 60


def say(text: str = "") -> None:
    print(text, flush=True)


def show_stage(stage: Stage, elapsed: float) -> None:
    say(f"{elapsed:7.1f} s  {stage.title}")


def show_tail(log: Path) -> None:
    """The end of a log, as comments."""
    say(f"# the end of {log.relative_to(ROOT)}:")
    for line in log.read_text(encoding="utf-8").splitlines()[-_TAIL:]:
        say(f"#   {line}")


@dataclass
class Report:
    #: The test's name, for the last line.
    test: str = "end-to-end"
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: int = 0

    def check(self, name: str, expected: object, found: object, holds: bool | None = None) -> None:
        """An assertion: equality, unless `holds` says what was found out."""
        if expected == found if holds is None else holds:
            self.passed += 1
            say(f"ok {self._count} - {name}")
            return
        self.failed.append(name)
        say(f"not ok {self._count} - {name}")
        say(f"  # expected {expected!r}")
        say(f"  # found    {found!r}")

    def contains(self, name: str, expected: str, found: str) -> None:
        """An assertion: a text that is part of another."""
        self.check(name, expected, found, expected in found)

    def skip(self, name: str, why: str) -> None:
        self.skipped += 1
        say(f"ok {self._count} - {name} # SKIP {why}")

    def summary(self) -> int:
        """Prints the last line; the exit code."""
        say(f"1..{self._count}")
        say(f"{self.test}: {self.passed} passed, {len(self.failed)} failed, {self.skipped} skipped")
        sys.stdout.flush()
        return 1 if self.failed or not self.passed else 0

    @property
    def _count(self) -> int:
        return self.passed + len(self.failed) + self.skipped
