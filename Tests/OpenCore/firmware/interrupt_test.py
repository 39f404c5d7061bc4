"""Ctrl-C and SIGTERM at random moments of a verb: it ends with 130, and leaves neither files nor processes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from harness.disk import write_disk
from harness.paths import ROOT
from harness.programs import macos_virt
from harness.report import Report, say

from .places import WORK

#: How many of each verb; more for a soak test.
_COUNT = int(os.environ.get("INTERRUPTS", "30"))


@dataclass(frozen=True)
class _Verb:
    """A verb, started in an empty directory that is its temporary directory too."""

    name: str
    words: list[str | Path]
    #: Its files after it was not interrupted.
    files: list[str] = field(default_factory=list)
    #: Exit codes beside 130 of one that was interrupted late.
    others: tuple[int, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    #: How long it takes where it does not end by itself.
    seconds: float | None = None


def interrupt_test(report: Report, tree: Path) -> None:
    place = WORK / "interrupts"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for verb in _verbs(tree, place):
        _interrupt(report, verb, place / verb.name)


def _verbs(tree: Path, place: Path) -> list[_Verb]:
    make: list[str | Path] = ["mkopencore", "--opencore", tree, "--without-virtualsmc", "-o"]
    image = place / "image/opencore.img"
    image.parent.mkdir()
    subprocess.run([macos_virt(), *make, image], check=True, stderr=subprocess.DEVNULL)
    disk = place / "image/macos.img"
    write_disk(disk, b"x", "")
    run: list[str | Path] = ["run", "--linux", disk, "--macos", disk, "--snapshot", "--firmware", "bios", "--memory", "2048"]
    run += ["--accelerator", "emulation", "--set", "firmware.type=bios"]
    stand_in = ROOT / "Tests/LinuxVMTests/Fixtures"
    return [
        _Verb("mkopencore", [*make, "out.img"], files=["out.identity.json", "out.img"]),
        _Verb("inspect", ["mkopencore", "inspect", image]),
        # The stand-in for QEMU ends with 9 when its power button is pressed.
        _Verb("run", run, others=(70,), environment={"PATH": f"{stand_in}:{os.environ['PATH']}"}, seconds=1.5),
    ]


def _interrupt(report: Report, verb: _Verb, place: Path) -> None:
    place.mkdir()
    start = time.monotonic()
    whole = verb.seconds
    if whole is None:
        status, _, _ = _run(verb, place, None, signal.SIGINT)
        whole = time.monotonic() - start
        report.check(f"interrupts of {verb.name}: without one, it succeeds", (0, verb.files), (status, _names(place)))
    seed = random.randrange(1 << 32)
    say(f"interrupts of {verb.name}: seed {seed}, {whole:.2f} s without one")
    generator = random.Random(seed)
    bad: list[str] = []
    for number in range(_COUNT):
        directory = place / str(number)
        directory.mkdir()
        moment = generator.uniform(0, whole * 1.1)
        number_of_signal = generator.choice([signal.SIGINT, signal.SIGINT, signal.SIGTERM])
        status, errors, left = _run(verb, directory, moment, number_of_signal)
        files = _names(directory)
        # Before it has handlers, the signal itself ends it: a shell reports 130 too.
        ended = status in (130, -number_of_signal, *verb.others) and files == []
        finished = status == 0 and files == verb.files
        if not (ended or finished) or left:
            bad.append(f"{number_of_signal.name} after {moment:.3f} s: status {status}, files {files}, processes {left}: {errors[-200:]}")
        shutil.rmtree(directory)
    report.check(f"interrupts of {verb.name}: {_COUNT} at random moments, exit code 130 and nothing left", [], bad)


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def _run(verb: _Verb, directory: Path, moment: float | None, number: signal.Signals) -> tuple[int, str, list[str]]:
    """Its status, its messages, and the processes of its session that it has left."""
    process = subprocess.Popen(
        [macos_virt().resolve(), *verb.words],
        cwd=directory,
        env={**os.environ, "TMPDIR": str(directory), **verb.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
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
