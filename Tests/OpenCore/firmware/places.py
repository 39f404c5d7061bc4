"""Where things are, and what is made."""

from __future__ import annotations

from pathlib import Path

SUITE = Path(__file__).resolve().parent.parent
ROOT = SUITE.parent.parent
STAND_IN = SUITE / "stand-in"
#: Everything that is made; `make clean` removes it.
WORK = ROOT / "build" / "opencore-test"
