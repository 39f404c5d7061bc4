"""Where this suite puts what it makes."""

from __future__ import annotations

from harness.paths import BUILD

#: Everything that is made or downloaded; `make clean` removes it.
WORK = BUILD / "container"
LOGS = WORK / "logs"
