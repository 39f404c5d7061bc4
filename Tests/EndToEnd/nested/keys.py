"""Keys for ssh to the test's guest. They give access to nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.cache import cached
from harness.programs import run


@dataclass(frozen=True)
class Keys:
    #: The private key that `ssh -i` takes.
    client: Path
    #: The guest's host key in dropbear's form.
    host: Path

    @property
    def authorized(self) -> str:
        return self.client.with_suffix(".pub").read_text()

    @staticmethod
    def get() -> Keys:
        place = cached("keys", "ed25519", _make)
        return Keys(place / "client", place / "host")


def _make(draft: Path) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "macos-virt test", "-f", draft / "client")
    run("dropbearkey", "-t", "ed25519", "-f", draft / "host")
