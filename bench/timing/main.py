"""The command line of bench/run."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from harness.paths import BOOT, BUILD
from harness.programs import HarnessError, tool

from .answers import answers
from .host import Host
from .race import race
from .report import report
from .variants import variants

# Set for the second start of this program, which is in its own namespaces.
INSIDE = "BENCH_INSIDE"


def main(words: list[str]) -> int:
    options = _parse(words)
    if os.geteuid() != 0:
        print("bench: needs root, for a network namespace and a loop device", file=sys.stderr)
        return 2
    if INSIDE not in os.environ:
        unshare = tool("unshare")
        os.execve(unshare, [unshare, "--net", "--mount", "--", sys.executable, sys.argv[0], *words], {**os.environ, INSIDE: "1"})
    try:
        with Host(options.boot, options.stand_in) as host:
            Path(f"{host.qemu}.answers").write_bytes(answers())
            contenders = variants(host, options.boot, options.earlier)
            runs = race(contenders, options.repetitions)
        report(runs)
        return 0
    except HarnessError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description=sys.modules["__main__"].__doc__)
    parser.add_argument("--boot", type=Path, default=BOOT, help="the static binary (default: build/boot)")
    parser.add_argument("--earlier", type=Path, metavar="BOOT", help="another build of boot, to compare with in the same run")
    parser.add_argument("--stand-in", type=Path, default=BUILD / "bench/stand-in", help="bench/stand-in.c, compiled")
    parser.add_argument("--repetitions", type=int, default=60, metavar="N", help="of each contender (default: 60)")
    return parser.parse_args(words)
