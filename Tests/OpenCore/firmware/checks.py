"""What was expected and what was seen, line by line."""

from __future__ import annotations

from nested.report import Report


class Checks:
    def __init__(self) -> None:
        self._passed = self._failed = self._skipped = 0

    def equal(self, what: str, seen: object, expected: object) -> None:
        if seen == expected:
            self._passed += 1
            print(f"ok   {what}", flush=True)
        else:
            self._failed += 1
            print(f"FAIL {what}\n     expected {expected!r}\n     seen     {seen!r}", flush=True)

    def skip(self, what: str, why: str) -> None:
        self._skipped += 1
        print(f"SKIP {what}: {why}", flush=True)

    def add(self, report: Report) -> None:
        """What the end-to-end test found."""
        self._passed += report.passed
        self._failed += len(report.failed)
        self._skipped += report.skipped

    def summary(self) -> int:
        """The exit code."""
        print(f"{self._passed} passed, {self._failed} failed, {self._skipped} skipped", flush=True)
        return 1 if self._failed else 0
