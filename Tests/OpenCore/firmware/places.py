"""Where this suite's files are: what it brings, and what it makes."""

from __future__ import annotations

from pathlib import Path

from harness.paths import BUILD

SUITE = Path(__file__).resolve().parent.parent
STAND_IN = SUITE / "stand-in"
#: Everything that is made; `make clean` removes it.
WORK = BUILD / "opencore-test"
