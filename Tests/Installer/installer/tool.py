"""macos-virt, as it was built last."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.paths import ROOT
from harness.process import Process
from harness.programs import Ended, HarnessError, execute, macos_virt
from harness.waiting import wait_until


@dataclass
class Fake:
    """A running server in Apple's place, and a user's directory."""

    root: Path
    url: str
    web_root: str

    @property
    def home(self) -> Path:
        return self.root / "home"

    def environment(self) -> dict[str, str]:
        # curl(1): the certificates that it trusts.
        return {"CURL_CA_BUNDLE": self.web_root, "XDG_CACHE_HOME": str(self.root / "cache"), "no_proxy": "*"}

    def macos_virt(self, *words: str | Path, **more: Any) -> Ended:  # noqa: ANN401
        """Runs it in the user's directory."""
        self.home.mkdir(exist_ok=True)
        environment = self.environment() | more.pop("environment", {})
        return execute(macos_virt(), *words, cwd=self.home, environment=environment, seconds=120, **more)

    def mkinstaller(self, *words: str | Path, **more: Any) -> Ended:  # noqa: ANN401
        mirror = ("--mirror", self.url) if words and words[0] != "list" else ()
        if words and words[0] == "list":
            words = (*words, "--mirror", self.url)
        return self.macos_virt("mkinstaller", *words, *mirror, **more)

    def at_a_terminal(self, typed: str, *words: str) -> tuple[int, str]:
        """Runs mkinstaller with a terminal, at which something is typed. Returns the exit status and what the terminal shows."""
        self.home.mkdir(exist_ok=True)
        control, terminal = pty.openpty()
        process = subprocess.Popen(
            [str(macos_virt()), "mkinstaller", *words, "--mirror", self.url], cwd=self.home, env={**os.environ, **self.environment()},
            stdin=terminal, stdout=terminal, stderr=terminal,
        )  # fmt: skip
        os.close(terminal)
        os.write(control, typed.encode())
        shown = b""
        try:
            while part := os.read(control, 4096):
                shown += part
        except OSError:
            # The terminal is closed when the process ends.
            pass
        os.close(control)
        return process.wait(60), shown.decode("utf-8", "replace")

    def start(self, *words: str) -> Process:
        """Runs mkinstaller in the background."""
        self.home.mkdir(exist_ok=True)
        command = ["env", f"--chdir={self.home}", str(macos_virt()), "mkinstaller", *words, "--mirror", self.url]
        return Process(command, self.environment())

    def fail(self, faults: list[dict[str, Any]]) -> None:
        (self.root / "faults.json").write_text(json.dumps(faults))

    @property
    def requests(self) -> list[str]:
        path = self.root / "requests"
        return path.read_text().splitlines() if path.exists() else []

    def results(self) -> list[str]:
        """Everything in the user's directory, below work too."""
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file())


@contextmanager
def fake(root: Path) -> Iterator[Fake]:
    """A server over https for as long as the block runs."""
    with (root / "server.log").open("wb") as log:
        process = Process([sys.executable, str(ROOT / "Tests/Installer/serve"), str(root), "--https"], stdout=log, stderr=log)
        try:
            if not wait_until(lambda: (root / "ready.json").exists() or not process.runs, 60) or not process.runs:
                raise HarnessError(f"the server did not start\n{(root / 'server.log').read_text()}")
            ready = json.loads((root / "ready.json").read_text())
            yield Fake(root, ready["url"], ready["web_root"])
        finally:
            process.stop()
