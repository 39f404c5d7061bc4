"""The command line of Tests/EndToEnd/run."""

from __future__ import annotations

import argparse
import signal
import time
from pathlib import Path

from .assertions import judge
from .image_boot import LinuxImages, image_boot
from .image_late import judge_late
from .image_structure import judge_structure
from .images import Images
from .interactive import interactive
from .linux_image import linux_image
from .nested_boot import nested_boot
from .options_image import options_image
from .paths import BOOT, LOGS, MACOS_VIRT, WORK, HarnessError
from .report import Report, say, show_tail


def main(words: list[str]) -> int:
    options = _parse(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(options)
    except HarnessError as error:
        say(f"end-to-end: {error}")
        return 2
    except KeyboardInterrupt:
        say("end-to-end: interrupted")
        return 130


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Tests/EndToEnd/run",
        description="boot for real, in a Linux VM that this machine runs, with a guest inside.",
    )
    parser.add_argument("--boot", type=Path, default=BOOT, help="the static binary (default: build/boot)")
    parser.add_argument("--accelerator", choices=["auto", "kvm", "emulation"], default="auto", help="how L1 runs")
    parser.add_argument(
        "--interactive", action="store_true", help="no test: leave the guest running and tell how to reach it"
    )
    parser.add_argument(
        "--image", type=Path, metavar="MACOS-VIRT", help="test the Linux image that this macos-virt makes, every way it boots"
    )
    own = parser.add_argument_group("with --interactive")
    own.add_argument(
        "--macos-virt", type=Path, default=MACOS_VIRT, help="the tool that makes and runs the image (default: build/macos-virt)"
    )
    own.add_argument(
        "--macos", type=Path, metavar="DISK", help="this disk image, raw or qcow2, instead of the test's guest"
    )
    own.add_argument("--opencore", type=Path, metavar="IMAGE", help="the OpenCore disk image to start it by")
    own.add_argument("--vcpus", type=int, help="of L1 (default: all with KVM, 1 in emulation)")
    own.add_argument(
        "--memory", type=int, metavar="MIB", help="of L1 (default: 3/4 of what is free with KVM, 6656 in emulation)"
    )
    options = parser.parse_args(words)
    if not options.interactive and (options.macos or options.opencore or options.vcpus or options.memory):
        parser.error("--macos, --opencore, --vcpus and --memory need --interactive")
    if options.interactive and not options.macos_virt.exists():
        parser.error(f"{options.macos_virt} does not exist: make host")
    if options.opencore and not options.macos:
        parser.error("--opencore starts a macOS disk: name it with --macos")
    for image in (options.boot, options.image, options.macos, options.opencore):
        if image is not None and not image.exists():
            parser.error(f"{image} does not exist")
    return options


def _run(options: argparse.Namespace) -> int:
    if options.interactive:
        return interactive(options)
    start = time.monotonic()
    images, remarks = Images.prepare(options.boot, options.accelerator)
    for remark in remarks:
        say(f"# {remark}")
    say(f"# images ready after {time.monotonic() - start:.1f} s; L1 runs by {images.accelerator.name}")
    if options.image:
        macos_virt, boot = options.image.resolve(), options.boot.resolve()
        made = LinuxImages(macos_virt, WORK / "linux", WORK / "options")
        linux_image(made.plain, macos_virt, boot, images, "--format", "raw", "--format", "qcow2")
        options_image(made.open, macos_virt, boot, images)
        say(f"# Linux images ready after {time.monotonic() - start:.1f} s")
        report = Report()
        judge_structure(macos_virt, boot, made.plain, report)
        judge_late(made.plain, images.accelerator, report)
        image_boot(images, made, report)
        return report.summary()
    evidence, log = nested_boot(images)
    evidence.save(LOGS)
    report = Report()
    judge(evidence, report)
    status = report.summary()
    if status != 0:
        show_tail(log)
    return status
