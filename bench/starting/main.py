"""The command line of bench/image."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.accelerator import Accelerator
from harness.image_machine import MEMORY_MIB
from harness.paths import BOOT, BUILD
from harness.report import guarded, say

from .contenders import BIOS, contenders
from .measured_image import BARE_WORDS, empty_image, measured_image
from .report import report
from .start import WORK, Start, start

#: The memory of L1 in the table of what macOS gets.
SIZES_GIB = (4, 8, 16, 64)


def main(words: list[str]) -> int:
    options = _parse(words)
    return guarded("bench/image", lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    accelerator, remarks = Accelerator.choose("auto")
    for remark in remarks:
        say(f"# {remark}")
    WORK.mkdir(parents=True, exist_ok=True)
    place = WORK / "image"
    measured_image(options.macos_virt.resolve(), options.boot.resolve(), options.mark, place)
    empty = empty_image(options.mark, place, WORK / "empty")
    bare = empty_image(options.mark, place, WORK / "bare", BARE_WORDS)
    everyone = contenders(place, empty, bare)
    runs: dict[str, list[Start]] = {contender.name: [] for contender in everyone}
    for repetition in range(options.repetitions):
        # In turn, so that a change of the machine's speed affects all.
        for contender in everyone:
            result = start(contender, accelerator, MEMORY_MIB)
            say(f"# {repetition + 1}/{options.repetitions} {contender.name}: {result.seconds:.2f} s, {result.used_mib:.0f} MiB")
            runs[contender.name].append(result)
    by_bios = next(contender for contender in everyone if contender.name == BIOS)
    sizes: dict[int, Start] = {}
    for size in SIZES_GIB:
        sizes[size] = start(by_bios, accelerator, size << 10)
        say(f"# {size} GiB: the guest gets {sizes[size].guest_mib} MiB")
    report(runs, sizes, place / "linux.img")
    return 0


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/image", description=sys.modules["__main__"].__doc__)
    parser.add_argument("--boot", type=Path, default=BOOT, help="the static binary (default: build/boot)")
    parser.add_argument("--macos-virt", type=Path, required=True, help="the tool that makes the image")
    parser.add_argument("--mark", type=Path, default=BUILD / "bench/mark", help="bench/mark.c, compiled")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N", help="of each start (default: 5)")
    return parser.parse_args(words)
