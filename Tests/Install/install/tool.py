"""macos-virt, as it was built last, and a directory in which it installs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.disk import make_fat
from harness.process import Process
from harness.programs import Ended, execute, macos_virt
from harness.waiting import wait_until

from . import disks

VERSION, BUILD_NUMBER = "15.6", "24G84"

IDENTITY = {
    "model": "iMac19,1", "serial": "C02D1ABCPN5T", "boardSerial": "C029403109BGPF7AW", "uuid": "5A1C9F1E-4B0D-4E65-9D2C-7F6D2A0B1C3D",
    "mac": "52:54:00:12:34:56",
}  # fmt: skip


@dataclass
class Bench:
    """A user's directory with an installer disk and an OpenCore disk."""

    root: Path
    #: A directory with a program in QEMU's place; None for the real one.
    programs: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def output(self) -> Path:
        return self.root / "macos.img"

    @property
    def work(self) -> Path:
        return self.root / "macos.img.install"

    @property
    def installer(self) -> Path:
        return self.root / "installer.img"

    @property
    def transcript_directory(self) -> Path:
        return self.work / "transcript"

    def prepare(self, startosinstall: str = "", loader: bytes = b"stand-in") -> None:
        """Makes the disks. `loader` is what UEFI starts from the OpenCore disk."""
        opencore = self.root / "opencore.img"
        with opencore.open("wb") as disk:
            disk.truncate(64 << 20)
        make_fat(str(opencore), 64 << 20, "OPENCORE", {"EFI/BOOT/BOOTX64.EFI": loader}, "-F")
        (self.root / "opencore.identity.json").write_text(json.dumps(IDENTITY))
        disks.write_installer(self.installer, BUILD_NUMBER, VERSION, startosinstall)

    def words(self, *more: str | Path) -> list[str]:
        return [
            str(macos_virt()), "mkimage", str(self.installer), str(self.output), "--accept-apple-license", "--emulate", "--size", f"{disks.SIZE >> 20}M",
            "--opencore", str(self.root / "opencore.img"), "--memory", "768M", "--vcpus", "1", *(str(word) for word in more),
        ]  # fmt: skip

    def settings(self) -> dict[str, str]:
        path = os.environ.get("PATH", "")
        if self.programs is not None:
            path = f"{self.programs}:{path}"
        return {"PATH": path, "TMPDIR": str(self.root), **self.environment}

    def mkimage(self, *more: str | Path, seconds: float = 120) -> Ended:
        """Runs it to its end."""
        program, *rest = self.words(*more)
        return execute(program, *rest, cwd=self.root, environment=self.settings(), seconds=seconds)

    def begin(self, *more: str | Path) -> Process:
        """Runs it beside the test; what it says is in begun.log."""
        log = (self.root / "begun.log").open("wb")
        return Process(self.words(*more), self.settings(), stdout=log, stderr=log)

    def tool(self, *words: str | Path) -> Ended:
        return execute(macos_virt(), *words, cwd=self.root, environment=self.settings(), seconds=60)

    def state(self) -> str:
        path = self.work / "state.json"
        return json.loads(path.read_text())["step"] if path.exists() else ""

    def transcript(self) -> list[dict[str, Any]]:
        path = self.transcript_directory / "transcript.jsonl"
        if not path.exists():
            return []
        found = []
        for line in path.read_text().splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                # Its end is being written.
                break
        return found

    def wait_for(self, name: str, text: str = "", seconds: float = 30) -> bool:
        """Waits for an entry of the transcript."""
        return wait_until(lambda: any(entry["name"] == name and text in entry.get("text", "") for entry in self.transcript()), seconds)

    def qemus(self) -> list[int]:
        """Processes that have macOS's disk on their command line: none may be left."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if f"{self.work}/disk.img".encode() in words:
                    found.append(int(entry.name))
        return found
