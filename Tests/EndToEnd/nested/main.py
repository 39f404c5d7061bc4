"""The command line of Tests/EndToEnd/run."""

from __future__ import annotations

import argparse
import json
import signal
import time
from dataclasses import asdict
from pathlib import Path

from .assertions import judge
from .attempt import Attempt, Hung
from .evidence import Evidence
from .images import Images
from .paths import BOOT, LOGS, ROOT, HarnessError
from .report import Report, say
from .timeline import Stage

_TAIL = 60


def main(words: list[str]) -> int:
    options = _parse(words)
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        return _test(options)
    except HarnessError as error:
        say(f"end-to-end: {error}")
        return 2
    except KeyboardInterrupt:
        say("end-to-end: interrupted")
        return 130


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Tests/EndToEnd/run", description=__doc__)
    parser.add_argument("--boot", type=Path, default=BOOT, help="the static binary (default: build/boot)")
    parser.add_argument("--accelerator", choices=["auto", "kvm", "emulation"], default="auto", help="how L1 runs")
    return parser.parse_args(words)


def _show(stage: Stage, elapsed: float) -> None:
    say(f"{elapsed:7.1f} s  {stage.title}")


def _test(options: argparse.Namespace) -> int:
    start = time.monotonic()
    images, remarks = Images.prepare(options.boot, options.accelerator, {})
    for remark in remarks:
        say(f"# {remark}")
    say(f"# images ready after {time.monotonic() - start:.1f} s; L1 runs by {images.accelerator.name}")
    evidence, log = _with_one_retry(images)
    (LOGS / "evidence.json").write_text(json.dumps(asdict(evidence), indent=1))
    report = Report()
    judge(evidence, report)
    status = report.summary()
    if status != 0:
        _show_tail(log)
    return status


def _with_one_retry(images: Images) -> tuple[Evidence, Path]:
    for number in (1, 2):
        with Attempt(images, number, _show) as attempt:
            try:
                return attempt.run_to_the_end(), attempt.log
            except Hung as hang:
                say(f"# attempt {number} hung: {hang}")
                _show_tail(attempt.log)
                last = hang
    raise HarnessError(f"hung twice: {last}")


def _show_tail(log: Path) -> None:
    say(f"# the end of {log.relative_to(ROOT)}:")
    for line in log.read_text(encoding="utf-8").splitlines()[-_TAIL:]:
        say(f"#   {line}")
