"""What the Linux image must be before anything boots from it, as other programs read it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

from .command import run
from .paths import WORK, tool
from .report import Report

_FORMATS = ("raw", "qcow2", "vmdk", "vhd")
#: Bytes: the most that linux.img may have.
_BUDGET = 80_000_000


def judge_structure(macos_virt: Path, boot: Path, image: Path, report: Report) -> None:
    disk = image / "linux.img"
    verdict = run(tool("sgdisk"), "--verify", disk)
    report.check("image: sgdisk finds no problem in its GPT", True, "No problems found" in verdict)
    table = json.loads(run(tool("sfdisk"), "--json", disk))["partitiontable"]
    names = [partition["name"].rsplit("-", 1)[0] for partition in table["partitions"][2:]]
    report.check("image: it has a root and a state partition", ["macos-virt-root", "macos-virt-state"], names)
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        for partition, checker in zip(table["partitions"][1:], (("fsck.fat", "-n"), ("fsck.erofs",), ("fsck.fat", "-n"))):
            part = Path(name) / "partition"
            run(
                tool("dd"), f"if={disk}", f"of={part}", "bs=512", "status=none", f"skip={partition['start']}",
                f"count={partition['size']}",
            )  # fmt: skip
            done = subprocess.run([tool(checker[0]), *checker[1:], part], capture_output=True, text=True, check=False)
            report.check(f"image: {checker[0]} accepts {partition['name']}", 0, done.returncode)
    size = disk.stat().st_size
    report.check(f"image: linux.img has at most {_BUDGET} bytes", True, size <= _BUDGET)
    manifest = json.loads((image / "manifest.json").read_text())
    sums = {file["name"]: file["sha256"] for file in manifest["files"]}
    report.check("image: the manifest has its sums", _sums(image, sums), sums)
    _same_again(macos_virt, boot, image, report)
    _refusals(macos_virt, boot, report)


def _same_again(macos_virt: Path, boot: Path, image: Path, report: Report) -> None:
    """The same inputs, in other directories and with the versions of a manifest: the same bytes, in every format."""
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        formats = [word for format in _FORMATS for word in ("--format", format)]
        made = []
        for number in ("one", "two"):
            place = Path(name) / number
            run(
                str(macos_virt), "mklinux", "--output", place, "--boot", boot, "--packages", image / "manifest.json", *formats
            )  # fmt: skip
            made.append(_sums(place, {path.name: "" for path in sorted(place.iterdir())}))
        report.check("image: six files and a manifest", 7, len(made[0]))
        report.check("image: two builds give the same bytes", made[0], made[1])


def _refusals(macos_virt: Path, boot: Path, report: Report) -> None:
    """Bad input: a named error with its exit code, and nothing left behind."""
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        place = Path(name) / "out"
        cases = [
            ("an unreachable mirror", 69, ["--mirror", "http://127.0.0.1:9/debian", "--cache", name + "/cache"], "mirror"),
            ("no boot", 66, ["--boot", name + "/nothing"], "nothing"),
            ("a manifest that is none", 65, ["--packages", str(boot)], "manifest"),
            ("an addition without a place", 64, ["--add", "file"], "FILE:/PATH"),
            ("a kernel that does not exist", 64, ["--kernel", "newest"], "newest"),
        ]
        for title, status, words, said in cases:
            given = [] if "--boot" in words else ["--boot", str(boot)]
            done = subprocess.run(
                [macos_virt, "mklinux", "--output", place, *given, *words], capture_output=True, text=True, check=False
            )
            report.check(f"image: {title} ends with {status}", status, done.returncode)
            report.check(f"image: {title} is named", True, said in done.stderr)
            left = sorted(path.name for path in place.rglob("*")) if place.exists() else []
            report.check(f"image: {title} leaves nothing", [], left)


def _sums(place: Path, names: dict[str, str]) -> dict[str, str]:
    return {name: hashlib.sha256((place / name).read_bytes()).hexdigest() for name in names}
