"""The nested boot of the end-to-end test, with a real OpenCore between the firmware and the guest's system."""

from __future__ import annotations

from harness.paths import BOOT, ROOT
from harness.process import run_and_show
from harness.programs import existing
from harness.report import Report

from .given import Given
from .places import WORK
from .tool import mkopencore


def nested_test(report: Report, given: Given, debug: bool) -> None:
    """Runs that test as a program. Its L1 gets the disk, and a boot.toml that tells `boot` which Mac the disk makes."""
    image, configuration = WORK / "nested.img", WORK / "nested.toml"
    build = ["--debug"] if debug else []
    # The menu is hidden: OpenCore starts its default entry.
    mkopencore(*given.words(), *build, "--boot-toml", configuration, "-o", image)
    words = ["--boot", existing(BOOT), "--opencore", image, "--boot-toml", configuration]
    report.add("the nested boot through OpenCore", run_and_show(ROOT / "Tests/EndToEnd/run", *words))
