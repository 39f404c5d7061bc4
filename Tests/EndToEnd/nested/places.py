"""Where this suite's files are: what it brings, and what it makes."""

from __future__ import annotations

from pathlib import Path

from harness.paths import BUILD

#: The scripts that run inside of the machines.
SCRIPTS = Path(__file__).resolve().parent.parent / "images"
#: Everything that is made; `make clean` removes it.
WORK = BUILD / "e2e"
LOGS = WORK / "logs"
