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

from harness.programs import Ended, HarnessError, execute, run, tool

from .image import Image
from .oci import Container
from .paths import WORK

#: Seconds. A start takes half a second, and one more when QEMU has to be asked for its answers.
_PATIENCE = 60.0


def runc_version() -> tuple[int, ...]:
    words = run("runc", "--version").split()
    return tuple(int(part) for part in re.findall(r"\d+", words[2])[:2])


@dataclass(frozen=True)
class Program:
    """A process of a container, seen from outside."""

    name: str
    arguments: list[str]
    status: dict[str, str]
    oom_score: int
    pid_namespace: str


#: boot's exit code when a guest that does not see its power button is stopped in a hurry: docs/exit-codes.md.
ENDED_BY_QUIT = 80


def _is_qemu(process: Path) -> bool:
    return os.readlink(process / "exe").endswith("/qemu-system-x86_64")


class Runc:
    """Containers of one image. Each starts without the files that an earlier one wrote."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._bundle = WORK / "bundle"
        self._number = 0

    def run(self, container: Container, *arguments: str) -> Ended:
        """Runs a container to its end."""
        command = self._command(container, arguments)
        try:
            return execute(*command, seconds=_PATIENCE)
        except subprocess.TimeoutExpired as error:
            words = " ".join([*container.arguments, *arguments])
            raise HarnessError(f"the container did not end within {_PATIENCE:.0f} s: {words}") from error
        finally:
            # Only a container whose runc was killed is still there.
            self._runc("delete", "--force", self._id)

    def become(self, container: Container, ready: Callable[[Program], bool], look: Callable[[Program], None]) -> Ended:
        """Runs a container until its guest is what `ready` waits for; then calls `look`, and ends it by two SIGTERM.

        The first one presses the power button of a guest that does not see it, the second one hurries.
        """
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
            for _ in range(2):
                if process.poll() is None:
                    self._runc("kill", self._id, "TERM")
                    # Two signals that wait are one.
                    time.sleep(0.5)
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
        if state.status != 0 or json.loads(state.output)["status"] != "running":
            return None
        first = Path("/proc") / str(json.loads(state.output)["pid"])
        try:
            # boot, or the QEMU that it supervises.
            children = (first / "task" / first.name / "children").read_text(encoding="ascii").split()
            process = next((Path("/proc") / child for child in children if _is_qemu(Path("/proc") / child)), first)
            lines = (process / "status").read_text(encoding="utf-8").splitlines()
            status = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
            arguments = (process / "cmdline").read_text(encoding="utf-8").split("\0")[:-1]
            name = Path(os.readlink(process / "exe")).name
            score = int((process / "oom_score_adj").read_text(encoding="utf-8"))
            return Program(name, arguments, status, score, os.readlink(process / "ns/pid"))
        except OSError:
            # The process has ended in the meantime.
            return None

    def _runc(self, *arguments: str) -> Ended:
        return execute("runc", *arguments)
