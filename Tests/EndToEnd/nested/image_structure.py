"""The assertions about the Linux image's files, as other programs read them, and about how mklinux fails."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from harness.paths import scratch_directory
from harness.programs import execute, run, tool
from harness.report import Report

from .image_drivers import judge_drivers
from .mirror import COMPLETE, LACKING, Mirror, downloaded_packages
from .places import WORK

_FORMATS = ("raw", "qcow2", "vmdk", "vhd")
#: The package that the mirror of the test lacks.
_MISSING = "dnsmasq-base"
#: Bytes: the most that linux.img may have.
_BUDGET = 80_000_000


def judge_structure(macos_virt: Path, boot: Path, image: Path, report: Report) -> None:
    disk = image / "linux.img"
    verdict = run("sgdisk", "--verify", disk)
    report.check("image: sgdisk finds no problem in its GPT", True, "No problems found" in verdict)
    table = json.loads(run("sfdisk", "--json", disk))["partitiontable"]
    names = [partition["name"].rsplit("-", 1)[0] for partition in table["partitions"][2:]]
    report.check("image: it has a root and a state partition", ["macos-virt-root", "macos-virt-state"], names)
    with scratch_directory(WORK) as folder:
        for partition, checker in zip(table["partitions"][1:], (("fsck.fat", "-n"), ("fsck.erofs",), ("fsck.fat", "-n"))):
            part = folder / partition["name"]
            run(
                "dd", f"if={disk}", f"of={part}", "bs=512", "status=none", f"skip={partition['start']}",
                f"count={partition['size']}",
            )  # fmt: skip
            report.check(f"image: {checker[0]} accepts {partition['name']}", 0, execute(*checker, part).status)
        judge_drivers(disk, folder / table["partitions"][2]["name"], folder, report)
    size = disk.stat().st_size
    report.check(f"image: linux.img has at most {_BUDGET} bytes", True, size <= _BUDGET)
    manifest = json.loads((image / "manifest.json").read_text())
    sums = {file["name"]: file["sha256"] for file in manifest["files"]}
    report.check("image: the manifest has its sums", _sums(image, sums), sums)
    with scratch_directory(WORK) as folder, _mirror(folder, manifest) as mirror:
        _same_again(macos_virt, boot, image, mirror, report)
        _refusals(macos_virt, boot, image / "manifest.json", mirror, report)
    _interrupted(macos_virt, boot, image, report)
    _full_disk(macos_virt, boot, image, report)


def _mirror(folder: Path, manifest: dict[str, Any]) -> Mirror:
    """A mirror with the packages that the image was made of."""
    cache = downloaded_packages()
    files = []
    for package in manifest["packages"] + manifest["lonePackages"]:
        (file,) = cache.glob(f"{package['name']}_{package['version'].replace(':', '%3a')}_*.deb")
        files.append(file)
    return Mirror(folder, files, _MISSING)


def _same_again(macos_virt: Path, boot: Path, image: Path, mirror: Mirror, report: Report) -> None:
    """Two builds from the same inputs, in different directories and from different mirrors, give the same bytes in every format."""
    with scratch_directory(WORK) as folder:
        common = ["--boot", str(boot), "--packages", str(image / "manifest.json")]
        common += [word for format in _FORMATS for word in ("--format", format)]
        made = []
        for number, more in (("one", []), ("two", [*mirror.options(COMPLETE), "--cache", f"{folder}/cache"])):
            place = folder / number
            run(macos_virt, "mklinux", "--output", place, *common, *more)
            made.append(_sums(place, {path.name: "" for path in sorted(place.iterdir())}))
        report.check("image: six files and a manifest", 7, len(made[0]))
        report.check("image: two builds, one of them from --mirror, give the same bytes", made[0], made[1])


def _refusals(macos_virt: Path, boot: Path, manifest: Path, mirror: Mirror, report: Report) -> None:
    """Bad input gives a clear error with its exit code, and leaves nothing behind."""
    with scratch_directory(WORK) as folder:
        place, empty = folder / "out", folder / "empty"
        empty.touch()
        fresh = ["--cache", f"{folder}/cache"]
        cases = [
            ("an unreachable mirror", 69, ["--mirror", "http://127.0.0.1:9/debian", "--security-mirror", "none", *fresh], "127.0.0.1:9"),
            ("a mirror with somebody else's key", 69, ["--mirror", mirror.url, "--suite", COMPLETE, "--security-mirror", "none", *fresh], "NO_PUBKEY"),
            ("a mirror without a kernel", 69, [*mirror.options(COMPLETE), *fresh], "linux-image-amd64"),
            ("a package that is missing", 69, [*mirror.options(LACKING), *fresh, "--packages", str(manifest)], _MISSING),
            ("a boot loader of no bytes", 65, ["--opencore", str(empty)], "it is empty"),
            ("a boot loader that is no disk", 65, ["--opencore", str(boot)], "no signature"),
            ("keys that are none", 65, ["--ssh-key", str(empty)], "public key"),
            ("keys that are not there", 66, ["--ssh-key", f"{folder}/id.pub"], "id.pub"),
            ("no boot", 66, ["--boot", f"{folder}/nothing"], "nothing"),
            ("a manifest that is none", 65, ["--packages", str(boot)], "manifest"),
            ("an addition without a place", 64, ["--add", "file"], "FILE:/PATH"),
            ("an addition to memory", 64, ["--add", f"{boot}:/etc/macos-virt/boot.toml"], "--config"),
            ("an addition in a directory's place", 73, ["--add", f"{boot}:/usr"], "directory"),
            ("a boot that is not static", 65, ["--boot", "/bin/sh"], "static"),
            ("a manifest of another kernel", 78, ["--kernel", "cloud", "--packages", str(manifest)], "cloud"),
            ("a kernel that does not exist", 64, ["--kernel", "newest"], "newest"),
        ]
        for title, status, words, said in cases:
            given = [] if "--boot" in words else ["--boot", str(boot)]
            done = execute(macos_virt, "mklinux", "--output", place, *given, *words)
            report.check(f"image: {title} ends with {status}", status, done.status)
            report.check(f"image: {title} is named", True, said in done.errors)
            left = sorted(path.name for path in place.rglob("*")) if place.exists() else []
            report.check(f"image: {title} leaves nothing", [], left)


def _interrupted(macos_virt: Path, boot: Path, image: Path, report: Report) -> None:
    """Ctrl-C in the middle: the previous image stays, and nothing else does.

    INTERRUPTS is the number for the verbs that end in a second; of this one, a sixth.
    """
    generator = random.Random()
    # Where the time goes: each moment is behind the beginning of one of these.
    stages = ("fetch packages", "unpack packages", "prepare the kernel", "make the root", "make the initrd")
    bad: list[str] = []
    count = max(1, int(os.environ.get("INTERRUPTS", "30")) // 6)
    for number in range(count):
        stage, moment = stages[number % len(stages)], generator.uniform(0, 1)
        with scratch_directory(WORK) as place:
            (place / "linux.img").write_text("of yesterday")
            process = subprocess.Popen(
                # A shell has background jobs ignore Ctrl-C, and macos-virt would inherit that.
                [
                    tool("env"), "--default-signal=INT",
                    macos_virt, "mklinux", "--output", place, "--boot", boot, "--packages", image / "manifest.json",
                ],
                stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert process.stderr is not None
            for line in process.stderr:
                if stage in line:
                    break
            time.sleep(moment)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[1]
            left = {path.name: path.read_text() for path in place.iterdir() if path.stat().st_size < 1 << 20}
            if process.returncode != 130 or "interrupted" not in said or left != {"linux.img": "of yesterday"}:
                bad.append(f"{moment:.3f} s after '{stage}': status {process.returncode}, files {sorted(left)}: {said[-200:]}")
    report.check(f"image: {count} builds that are interrupted end with 130 and leave the image of before alone", [], bad)


def _full_disk(macos_virt: Path, boot: Path, image: Path, report: Report) -> None:
    """In a file system that has room for half of the image."""
    if os.getuid() != 0:
        report.skip("image: a full disk", "only root may mount a small file system")
        return
    script = 'mount -t tmpfs -o size=300m none "$1" && shift && "$@"; status=$?; ls -A "$DIRECTORY"; exit $status'
    with scratch_directory(WORK) as folder:
        packages = str(image / "manifest.json")
        command = [str(macos_virt), "mklinux", "--output", str(folder), "--boot", str(boot), "--packages", packages]
        done = execute(
            "unshare", "--mount", "sh", "-c", script, "-", folder, *command, environment={"DIRECTORY": str(folder)}
        )
        report.check("image: a full disk ends with 73", 73, done.status)
        report.check("image: it is named", True, "No space left on device" in done.errors)
        report.check("image: and left empty", "", done.output)


def _sums(place: Path, names: dict[str, str]) -> dict[str, str]:
    return {name: hashlib.sha256((place / name).read_bytes()).hexdigest() for name in names}
