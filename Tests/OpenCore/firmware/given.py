"""The real OpenCore that a user gives to the test."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Given:
    """ZIPs or directories, named by environment variables."""

    opencore: Path
    lilu: Path | None
    virtualsmc: Path | None
    legacy_boot: Path | None
    version: str | None

    @staticmethod
    def from_environment() -> Given | None:
        """None when OPENCORE_ZIP is not set."""

        def path(name: str) -> Path | None:
            value = os.environ.get(name)
            return Path(value).absolute() if value else None

        opencore = path("OPENCORE_ZIP")
        if opencore is None:
            return None
        return Given(
            opencore, path("LILU_ZIP"), path("VIRTUALSMC_ZIP"), path("LEGACY_BOOT"), os.environ.get("OPENCORE_VERSION")
        )

    def words(self) -> list[str]:
        """The options of mkopencore."""
        words = ["--opencore", str(self.opencore)]
        if self.lilu and self.virtualsmc:
            words += ["--lilu", str(self.lilu), "--virtualsmc", str(self.virtualsmc)]
        else:
            words += ["--without-virtualsmc"]
        if self.legacy_boot:
            words += ["--legacy-boot", str(self.legacy_boot)]
        if self.version:
            words += ["--opencore-version", self.version]
        return words
