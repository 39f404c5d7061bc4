"""The command line of Tests/EndToEnd/run."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from harness.paths import BOOT, MACOS_VIRT
from harness.report import Report, guarded, say, show_tail

from .assertions import judge
from .firmware_disk import FirmwareDisk
from .image_boot import LinuxImages, image_boot
from .image_late import judge_late
from .image_state import judge_state
from .image_structure import judge_structure
from .images import Images
from .interactive import interactive
from .linux_image import linux_image
from .nested_boot import nested_boot
from .options_image import options_image
from .places import LOGS, WORK

#: For the last line.
_SUITE = "end-to-end"


def main(words: list[str]) -> int:
    options = _parse(words)
    return guarded(_SUITE, lambda: _run(options))


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Tests/EndToEnd/run",
        description="boot for real, in a Linux VM that this machine runs, with a guest inside.",
    )
    parser.add_argument("--boot", type=Path, default=BOOT, help="the static binary (default: build/boot)")
    parser.add_argument("--accelerator", choices=["auto", "kvm", "emulation"], default="auto", help="how L1 runs")
    parser.add_argument(
        "--interactive", action="store_true", help="no test: leave the guest running, and print how to reach it"
    )
    parser.add_argument(
        "--image", type=Path, metavar="MACOS-VIRT", help="test the Linux image that this macos-virt makes, in every way that it boots"
    )
    parser.add_argument("--opencore", type=Path, metavar="IMAGE", help="the OpenCore disk image that starts the guest's system")
    parser.add_argument("--boot-toml", type=Path, metavar="FILE", help="what mkopencore --boot-toml wrote for it, in the test")
    own = parser.add_argument_group("with --interactive")
    own.add_argument(
        "--macos-virt", type=Path, default=MACOS_VIRT, help="the tool that makes and runs the image (default: build/macos-virt)"
    )
    own.add_argument(
        "--macos", type=Path, metavar="DISK", help="this disk image, raw or qcow2, instead of the test's guest"
    )
    own.add_argument("--vcpus", type=int, help="of L1 (default: all with KVM, 1 in emulation)")
    own.add_argument(
        "--memory", type=int, metavar="MIB", help="of L1 (default: 3/4 of what is free with KVM, 6656 in emulation)"
    )
    options = parser.parse_args(words)
    if not options.interactive and (options.macos or options.vcpus or options.memory):
        parser.error("--macos, --vcpus and --memory need --interactive")
    if options.interactive and not options.macos_virt.exists():
        parser.error(f"{options.macos_virt} does not exist: make host")
    if options.interactive and options.opencore and not options.macos:
        parser.error("--opencore starts a macOS disk: name it with --macos")
    if (options.image or options.interactive) and options.boot_toml or options.image and options.opencore:
        parser.error("--opencore with --boot-toml is for the test of the nested boot")
    if not options.interactive and (options.opencore is None) != (options.boot_toml is None):
        parser.error("the test with an OpenCore disk needs both --opencore and --boot-toml")
    for image in (options.boot, options.image, options.macos, options.opencore, options.boot_toml):
        if image is not None and not image.exists():
            parser.error(f"{image} does not exist")
    return options


def _run(options: argparse.Namespace) -> int:
    if options.interactive:
        return interactive(options)
    start = time.monotonic()
    disk = FirmwareDisk(options.opencore, options.boot_toml) if options.opencore else None
    images, remarks = Images.prepare(options.boot, options.accelerator, disk)
    for remark in remarks:
        say(f"# {remark}")
    say(f"# images ready after {time.monotonic() - start:.1f} s; L1 runs by {images.accelerator.name}")
    if options.image:
        macos_virt, boot = options.image.resolve(), options.boot.resolve()
        made = LinuxImages(macos_virt, WORK / "linux", WORK / "options")
        linux_image(made.plain, macos_virt, boot, images, "--format", "raw", "--format", "qcow2")
        options_image(made.open, macos_virt, boot, images)
        say(f"# Linux images ready after {time.monotonic() - start:.1f} s")
        report = Report(_SUITE)
        judge_structure(macos_virt, boot, made.plain, report)
        judge_late(made.plain, images.accelerator, report)
        judge_state(made.plain, images, report)
        image_boot(images, made, report)
        return report.summary()
    evidence, log = nested_boot(images)
    evidence.save(LOGS)
    report = Report(_SUITE)
    judge(evidence, report)
    status = report.summary()
    if status != 0:
        show_tail(log)
    return status
