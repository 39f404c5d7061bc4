"""Runs all contenders in turn, again and again, so that a change of the machine's speed affects all."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field

from harness.programs import HarnessError

from .variants import Variant

# Not counted: they fill the page cache.
WARM_UP = 3
STEP = re.compile(r"^\[\d+/\d+\] (?P<title>.*?) \.\.\. .*?(?P<milliseconds>[\d.]+) ms$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """Milliseconds, from the start of a contender to the first line of what it executes in the end."""

    wall: float
    # Processor time, user and system, of the contender's own process, and of the children that it waited for.
    own: float
    children: float
    steps: dict[str, float] = field(default_factory=dict)

    @property
    def cpu(self) -> float:
        return self.own + self.children


def race(variants: list[Variant], repetitions: int) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {variant.name: [] for variant in variants}
    for repetition in range(WARM_UP + repetitions):
        # The order rotates, so that nobody always runs after the same contender.
        for variant in variants[repetition % len(variants) :] + variants[: repetition % len(variants)]:
            variant.before()
            run = _run(variant)
            variant.after()
            if repetition >= WARM_UP:
                runs[variant.name].append(run)
    return runs


def _run(variant: Variant) -> Run:
    output, errors = (os.memfd_create(name) for name in ("output", "errors"))
    null = os.open("/dev/null", os.O_RDONLY)
    duplicates = [(os.POSIX_SPAWN_DUP2, source, target) for source, target in ((null, 0), (output, 1), (errors, 2))]
    start = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    identifier = os.posix_spawn(variant.words[0], variant.words, os.environ, file_actions=duplicates)
    _, status = os.waitpid(identifier, 0)
    said, progress = (os.pread(file, 1 << 20, 0).decode() for file in (output, errors))
    for file in (output, errors, null):
        os.close(file)
    if status != 0:
        raise HarnessError(f"{variant.name}: status {os.waitstatus_to_exitcode(status)}\n{progress}")
    now, *used = map(int, said.split())
    steps: dict[str, float] = {}
    for step in STEP.finditer(progress):
        steps[step["title"]] = steps.get(step["title"], 0) + float(step["milliseconds"])
    return Run(wall=(now - start) / 1e6, own=(used[0] + used[1]) / 1000, children=(used[2] + used[3]) / 1000, steps=steps)
