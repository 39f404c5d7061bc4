"""The script that runs in the recovery, with stand-ins of macOS's programs: by dash and bash."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from harness.paths import ROOT, scratch_directory
from harness.programs import execute, tool
from harness.report import Report

SCRIPT = ROOT / "Sources/MediaInstall/Recovery/r.sh"
#: Without busybox, whose shell takes its own applets in place of the stand-ins.
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"]}
SIZE, SERIAL = 68719476736, "macos-virt"

#: In place of macOS's programs; DISKS is a list "name size serial".
PROGRAMS = {
    "df": 'echo "Filesystem 512-blocks Used Available Capacity Mounted"; echo "$TOP/dev/disk5s1 1 1 1 1% $2"',
    "sw_vers": 'case $1 in -productVersion) echo 15.6 ;; *) echo 24G84 ;; esac',
    "sleep": "exec /bin/sleep 0.05",
    "diskutil": """
        case "$1 $2" in
        "info -plist")
            while read -r name size serial; do
                [ "$name" = "$3" ] || continue
                printf '<dict>\\n\\t<key>DeviceIdentifier</key>\\n\\t<string>%s</string>\\n\\t<key>TotalSize</key>\\n\\t<integer>%s</integer>\\n</dict>\\n' "$name" "$size"
            done <"$TOP/disks" ;;
        eraseDisk*)
            echo "$*" >>"$TOP/erased"
            [ ! -e "$TOP/no-erase" ] || { echo "Error: -69877: Couldn't open device"; exit 1; }
            mkdir -p "$TOP/Volumes/$3" ;;
        esac""",
    "ioreg": """
        while read -r name size serial; do
            printf '+-o AppleVirtIOStorageDevice  <class IOBlockStorageDevice, id 0x1>\\n'
            printf '  |   "Device Characteristics" = {"Serial Number"="%s","Medium Type"="Solid State"}\\n' "$serial"
            printf '  | +-o Media  <class IOMedia, id 0x2>\\n  |       "BSD Name" = "%s"\\n' "$name"
            printf '  |   +-o Part  <class IOMedia, id 0x3>\\n  |         "BSD Name" = "%ss1"\\n' "$name"
        done <"$TOP/disks" """,
}

GOOD = """
    echo "$*" >>"$TOP/started"
    echo "Preparing to run macOS Installer..."
    for percent in 0.0 12.5 50.0 99.9; do printf 'Preparing: %s%%\\r' $percent; /bin/sleep 0.3; done
    echo; echo "Restarting"; /bin/sleep 0.3"""


class Recovery:
    """A directory with a volume P, disks and an installer, as the script sees them."""

    def __init__(self, top: Path, disks: str, settings: str = "", startosinstall: str | None = GOOD) -> None:
        self.top = top
        for name in ("dev", "bin", "tmp", "Volumes/P", "Volumes/Installer"):
            (top / name).mkdir(parents=True)
        (top / "Volumes/P/r").write_bytes(SCRIPT.read_bytes())
        (top / "Volumes/P/settings").write_text(
            f"bytes={SIZE}\nserial='{SERIAL}'\nname='macOS'\npackage=''\nbeat=1\npatience=3\n{settings}"
        )
        (top / "disks").write_text(disks)
        for line in disks.splitlines():
            (top / "dev" / line.split()[0]).touch()
        for name in ("disk5", "disk5s1", "disk5s2", "rdisk5", "null"):
            (top / "dev" / name).touch()
        (top / "dev/rdisk5s2").write_bytes(bytes(1 << 20))
        for name, body in PROGRAMS.items():
            self._program(top / "bin" / name, body)
        if startosinstall is not None:
            place = top / "Volumes/Installer/Install macOS Sequoia.app/Contents/Resources"
            place.mkdir(parents=True)
            self._program(place / "startosinstall", startosinstall)

    @staticmethod
    def _program(path: Path, body: str) -> None:
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def run(self, shell: list[str], seconds: float = 60) -> list[str]:
        """The messages that are in the mailbox afterwards, in their order."""
        environment = {"TOP": str(self.top), "TMPDIR": str(self.top / "tmp"), "PATH": f"{self.top}/bin:{os.environ['PATH']}"}
        execute(tool(shell[0]), *shell[1:], self.top / "Volumes/P/r", environment=environment, seconds=seconds)
        ring, found = (self.top / "dev/rdisk5s2").read_bytes(), {}
        for start in range(0, len(ring), 4096):
            words = ring[start : start + 4096].decode().split(" ", 4)
            if len(words) == 5 and words[0] == "macos-virt":
                text = words[4][: int(words[2])]
                # Another program's checksum: zlib's.
                if zlib.adler32(f"{words[1]} {text}".encode()) == int(words[3]):
                    found[int(words[1])] = text
        return [found[number] for number in sorted(found)]


def check(report: Report) -> None:
    linted = execute("shellcheck", "--shell", "sh", SCRIPT)
    report.check("shellcheck finds nothing", (0, ""), (linted.status, linted.output))
    ours = f"disk0 500000 other\ndisk1 {SIZE} {SERIAL}\ndisk10 {SIZE + 512} x\n"
    for name, shell in SHELLS.items():
        _whole(report, name, shell, ours)
    shell = SHELLS["dash"]
    _fault(report, "no disk of that size", shell, f"failed no-disk of {SIZE} bytes among disk0=500000", disks="disk0 500000 x\n")
    _fault(
        report, "a disk of that size with another serial number", shell, f"failed no-disk of {SIZE} bytes among disk1={SIZE}",
        disks=f"disk1 {SIZE} other\n",
    )  # fmt: skip
    same = f"disk1 {SIZE} {SERIAL}\ndisk2 {SIZE} {SERIAL}\n"
    _fault(report, "two disks of that size", shell, f"failed several-disks of {SIZE} bytes among disk1={SIZE} disk2={SIZE}", disks=same)
    _fault(report, "no installer", shell, "failed no-installer", startosinstall=None)
    _fault(
        report, "not enough space", shell, "failed no-space There is not enough free space on macOS",
        startosinstall='echo "There is not enough free space on macOS"; exit 1',
    )  # fmt: skip
    _fault(report, "another failure", shell, "failed startosinstall Error: eh?", startosinstall="printf 'Error: eh\\001'; exit 3")
    _fault(report, "a disk that cannot be erased", shell, "failed erase Error: -69877: Couldn't open device", files=["no-erase"])
    with scratch_directory() as place:
        crash = 'echo x >>"$TOP/tries"; [ "$(wc -l <"$TOP/tries")" -ge 3 ] || { echo "The helper tool crashed"; exit 1; }' + GOOD
        said = Recovery(place / "m", ours, startosinstall=crash).run(shell)
        again = [line for line in said if line.startswith("again")]
        report.check("a helper that crashes is tried again", ["again 1 The helper tool crashed", "again 2 The helper tool crashed"], again)
        report.check("until it works", True, "restarting" in said)
    _fault(
        report, "but not without an end", shell, "failed helper Error: The helper tool crashed",
        startosinstall='echo "Error: The helper tool crashed"; exit 1',
    )  # fmt: skip
    with scratch_directory() as place:
        recovery = Recovery(place / "m", f"disk1 {SIZE} {SERIAL}\n", settings="package=setup.pkg\n")
        recovery.run(shell)
        started = (recovery.top / "started").read_text().strip()
        report.contains("a package is passed on", f"--installpackage {recovery.top}/Volumes/P/setup.pkg", started)
        report.check("a second typed line does nothing", [], Recovery.run(recovery, shell)[len(started) :])
    with scratch_directory() as place:
        slow = 'echo "Preparing: 1.0%"; /bin/sleep 1; echo Restarting'
        said = Recovery(place / "m", f"disk1 {SIZE} {SERIAL}\n", startosinstall=slow).run(shell)
        report.check("the script says that it is alive", True, said.count("alive") >= 2)


def _whole(report: Report, name: str, shell: list[str], disks: str) -> None:
    with scratch_directory() as place:
        recovery = Recovery(place / "m", disks)
        said = recovery.run(shell)
        # What comes between the percentages depends on the time.
        expected = [
            "hello 15.6 24G84", "disk disk1", "erasing", "preparing /Volumes/Installer/Install macOS Sequoia.app/Contents/Resources/startosinstall",
        ]  # fmt: skip
        report.check(f"{name}: what comes first", expected, said[:4])
        percents = [line for line in said if line.startswith("percent")]
        report.check(f"{name}: the percentages", True, len(percents) >= 2 and percents == sorted(percents, key=lambda line: float(line[8:])))
        words = [line for line in said if line != "alive"]
        report.check(f"{name}: one word of the restart, as the last", ("restarting", 1), (words[-1], words.count("restarting")))
        erased = (recovery.top / "erased").read_text().splitlines()
        report.check(f"{name}: our disk is erased, once", ["eraseDisk APFS macOS disk1"], erased)
        started = (recovery.top / "started").read_text().splitlines()
        report.check(
            f"{name}: startosinstall's options", [f"--agreetolicense --nointeraction --volume {recovery.top}/Volumes/macOS"], started
        )


def _fault(
    report: Report, title: str, shell: list[str], expected: str, *, disks: str = f"disk1 {SIZE} {SERIAL}\n", startosinstall: str | None = GOOD,
    files: list[str] | None = None,
) -> None:  # fmt: skip
    with scratch_directory() as place:
        recovery = Recovery(place / "m", disks, startosinstall=startosinstall)
        for name in files or []:
            (recovery.top / name).touch()
        said = recovery.run(shell)
        report.check(title, True, bool(said) and said[-1].startswith(expected), holds=bool(said) and said[-1].startswith(expected))
        if not said or not said[-1].startswith(expected):
            report.check(f"{title}: its last word", expected, said[-1:])
        if expected.startswith(("failed no-disk", "failed several", "failed no-installer")):
            report.check(f"{title}: nothing is erased", False, (recovery.top / "erased").exists())
