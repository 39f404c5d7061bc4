"""The nested boot of the end-to-end test, with a real OpenCore between the firmware and the guest's system."""

from __future__ import annotations

from nested.assertions import judge
from nested.firmware_disk import FirmwareDisk
from nested.images import Images
from nested.nested_boot import nested_boot
from nested.paths import BOOT, LOGS, existing
from nested.report import Report, say, show_tail

from .checks import Checks
from .given import Given
from .places import WORK
from .tool import mkopencore


def nested_test(checks: Checks, given: Given, debug: bool) -> None:
    """L1 with the disk where `boot` looks for one, and told which Mac it is: as `--boot-toml` says it."""
    disk = FirmwareDisk(WORK / "nested.img", WORK / "nested.toml")
    build = ["--debug"] if debug else []
    # The menu is hidden: what starts is what OpenCore takes for the default.
    mkopencore(*given.words(), *build, "--boot-toml", disk.configuration, "-o", disk.image)
    images, remarks = Images.prepare(existing(BOOT), "auto", disk)
    for remark in remarks:
        say(f"# {remark}")
    evidence, log = nested_boot(images)
    evidence.save(LOGS)
    report = Report("the nested boot through OpenCore")
    judge(evidence, report)
    if report.summary() != 0:
        show_tail(log)
    checks.add(report)
