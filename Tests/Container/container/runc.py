"""Starting containers by runc."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nested.paths import HarnessError, tool

from .image import Ended, Image
from .oci import Container
from .paths import WORK

#: A start takes half a second, and the answers of QEMU one more when it has to be asked.
_PATIENCE = 60.0


def runc_version() -> tuple[int, ...]:
    words = subprocess.run([tool("runc"), "--version"], capture_output=True, text=True, check=True).stdout.split()
    return tuple(int(part) for part in re.findall(r"\d+", words[2])[:2])


@dataclass(frozen=True)
class Program:
    """A process of a container, seen from outside."""

    name: str
    arguments: list[str]
    status: dict[str, str]
    oom_score: int
    pid_namespace: str


class Runc:
    """Containers of one image. Each starts without what an earlier one wrote into it."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._bundle = WORK / "bundle"
        self._number = 0

    def run(self, container: Container, *arguments: str) -> Ended:
        """To its end."""
        command = self._command(container, arguments)
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE)
        except subprocess.TimeoutExpired as error:
            words = " ".join([*container.arguments, *arguments])
            raise HarnessError(f"the container did not end within {_PATIENCE:.0f} s: {words}") from error
        finally:
            # Nothing is left of one that has ended; of one whose runc was killed, all.
            self._runc("delete", "--force", self._id)
        return Ended(done.returncode, done.stdout, done.stderr)

    def become(self, container: Container, ready: Callable[[Program], bool], look: Callable[[Program], None]) -> Ended:
        """Until its process is what `ready` waits for: then `look` at it, and end it by SIGTERM."""
        command = self._command(container, ())
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            deadline = time.monotonic() + _PATIENCE
            while process.poll() is None:
                program = self._program()
                if program and ready(program):
                    look(program)
                    break
                if time.monotonic() > deadline:
                    raise HarnessError(f"the container did not get so far within {_PATIENCE:.0f} s: {program}")
                time.sleep(0.05)
            if process.poll() is None:
                self._runc("kill", self._id, "TERM")
            output, errors = process.communicate(timeout=_PATIENCE)
        finally:
            if process.poll() is None:
                self._runc("kill", self._id, "KILL")
                process.communicate()
        return Ended(process.returncode, output, errors)

    @property
    def _id(self) -> str:
        return f"macos-virt-test-{os.getpid()}-{self._number}"

    def _command(self, container: Container, arguments: tuple[str, ...]) -> list[str]:
        self._number += 1
        for written in ("run/macos-virt", "var/lib/macos-virt", "macos"):
            shutil.rmtree(self._image.rootfs / written, ignore_errors=True)
        self._bundle.mkdir(parents=True, exist_ok=True)
        config = container.config(str(self._image.rootfs), list(arguments))
        (self._bundle / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
        return [tool("runc"), "run", "--bundle", str(self._bundle), self._id]

    def _program(self) -> Program | None:
        state = self._runc("state", self._id)
        if state.returncode != 0 or json.loads(state.stdout)["status"] != "running":
            return None
        process = Path("/proc") / str(json.loads(state.stdout)["pid"])
        try:
            lines = (process / "status").read_text(encoding="utf-8").splitlines()
            status = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
            arguments = (process / "cmdline").read_text(encoding="utf-8").split("\0")[:-1]
            name = Path(os.readlink(process / "exe")).name
            score = int((process / "oom_score_adj").read_text(encoding="utf-8"))
            return Program(name, arguments, status, score, os.readlink(process / "ns/pid"))
        except OSError:
            # It has ended meanwhile.
            return None

    def _runc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([tool("runc"), *arguments], capture_output=True, text=True)
