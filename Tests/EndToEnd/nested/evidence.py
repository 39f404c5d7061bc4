"""Everything that one run found out. `assertions` judges it."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Evidence:
    #: "emulation" or "KVM".
    accelerator: str
    #: A random word, so that nothing of an earlier run is taken for this one's.
    token: str
    disk_bytes: int
    #: The identity of the OpenCore disk; empty without one.
    identity: dict[str, str] = field(default_factory=dict)
    #: What L1 reported, by key.
    facts: dict[str, str] = field(default_factory=dict)
    console: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    #: What the guest reported over ssh.
    guest: dict[str, str] = field(default_factory=dict)
    screen: str = ""
    screen_sharing: str = ""
    #: What the guest wrote to its disk, read from the file on this machine.
    answer: str = ""
    #: The exit status of L1's QEMU; None while it runs.
    exit_status: int | None = None

    @property
    def plan(self) -> dict[str, Any]:
        """What `boot plan --json` printed before anything was done."""
        return self._plan("plan.cold")

    @property
    def warm_plan(self) -> dict[str, Any]:
        """The same after the run, with the modules loaded: what was assumed before is now known."""
        return self._plan("plan.warm")

    @property
    def argv(self) -> list[str]:
        """The arguments of the process that was `boot`."""
        return self._arguments("argv")

    @property
    def argv_with_key(self) -> list[str]:
        """The arguments of the start with a key for the SMC."""
        return self._arguments("key.argv")

    def save(self, folder: Path) -> None:
        """Writes evidence.json, for people who look into a failure."""
        (folder / "evidence.json").write_text(json.dumps(asdict(self), indent=1))

    def words(self, key: str) -> set[str]:
        return set(self.facts.get(key, "").split())

    def _arguments(self, key: str) -> list[str]:
        return self._blob(key).decode("utf-8", "replace").split("\0")[:-1]

    def _plan(self, key: str) -> dict[str, Any]:
        """Empty when the fact is not a plan."""
        try:
            plan = json.loads(self._blob(key))
        except ValueError:
            return {}
        return plan if isinstance(plan, dict) else {}

    def _blob(self, key: str) -> bytes:
        try:
            return base64.b64decode(self.facts.get(key, ""), validate=True)
        except binascii.Error:
            return b""
