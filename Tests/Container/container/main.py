"""The command line of Tests/Container/run."""

from __future__ import annotations

import argparse
import os
import time

from harness.programs import HarnessError
from harness.report import Report, guarded, say

from . import base, container_tests, document_tests, image_tests
from .image import Image
from .paths import WORK


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="Tests/Container/run",
        description="The Dockerfile, built; linuxkit.yml and compose.yaml, checked and started by runc.",
    )
    parser.add_argument("--documents", action="store_true", help="only look at the YAML files; seconds, no root")
    options = parser.parse_args(words)
    report = Report("container")

    def body() -> int:
        document_tests.run(report)
        if not options.documents:
            _with_image(report)
        return report.summary()

    return guarded(report.suite, body)


def _with_image(report: Report) -> None:
    if os.geteuid() != 0:
        raise HarnessError(
            "building and starting containers needs root\n  use make test-container, or --documents for the YAML files alone"
        )
    WORK.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    base.prepare()
    say(f"# base images ready after {time.monotonic() - start:.0f} s")
    image = Image.build()
    say(f"# image built after {time.monotonic() - start:.0f} s; its log is in build/container/logs")
    try:
        image_tests.run(report, image)
        container_tests.run(report, image)
    finally:
        image.remove()
