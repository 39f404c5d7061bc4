"""Where things are."""

from __future__ import annotations

from nested.paths import ROOT

#: Everything that is made or downloaded; `make clean` removes it.
WORK = ROOT / "build" / "container"
LOGS = WORK / "logs"
