"""Ctrl-C and SIGTERM at random moments of mkopencore: it ends with 130, and leaves neither files nor processes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

from harness.report import Report, say

from .places import WORK
from .tool import binary

#: How many; more for a soak test.
_COUNT = int(os.environ.get("INTERRUPTS", "30"))


def interrupt_test(report: Report, tree: Path) -> None:
    place = WORK / "interrupts"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    start = time.monotonic()
    status, _, _ = _run(tree, place / "whole.img", None, signal.SIGINT)
    whole = time.monotonic() - start
    report.check("interrupts: without one, there is an image", 0, status)
    seed = random.randrange(1 << 32)
    say(f"interrupts: seed {seed}, {whole:.2f} s without one")
    generator = random.Random(seed)
    bad: list[str] = []
    for number in range(_COUNT):
        directory = place / str(number)
        directory.mkdir()
        moment = generator.uniform(0, whole * 1.1)
        number_of_signal = generator.choice([signal.SIGINT, signal.SIGINT, signal.SIGTERM])
        status, errors, left = _run(tree, directory / "out.img", moment, number_of_signal)
        files = sorted(path.name for path in directory.iterdir())
        # Before it has handlers, the signal itself ends it: a shell reports 130 too.
        ended = status in (130, -number_of_signal) and files == []
        finished = status == 0 and files == ["out.identity.json", "out.img"]
        if not (ended or finished) or left:
            bad.append(f"{number_of_signal.name} after {moment:.3f} s: status {status}, files {files}, processes {left}: {errors[-200:]}")
    report.check(f"interrupts: {_COUNT} at random moments, exit code 130 and nothing left", [], bad)


def _run(tree: Path, image: Path, moment: float | None, number: signal.Signals) -> tuple[int, str, list[str]]:
    """Its status, its messages, and the processes of its session that it has left."""
    words = [binary(), "mkopencore", "--opencore", tree, "--without-virtualsmc", "-o", image]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    if moment is not None:
        time.sleep(moment)
        try:
            # Ctrl-C goes to the process group of the terminal, kill(1) to the process.
            os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        except ProcessLookupError:
            pass
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors, _session(process.pid)


def _session(leader: int) -> list[str]:
    """What is alive in a session. Field 4 behind the name is the session: proc(5)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        name, _, rest = text.partition("(")[2].rpartition(")")
        fields = rest.split()
        if fields[3] == str(leader) and fields[0] != "Z":
            found.append(name)
    return found
