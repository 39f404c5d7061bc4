"""Everything that can go wrong, played by a stand-in of QEMU: each ends in its own error, and --resume goes on."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.hfs_plus import hfs_plus
from harness.paths import scratch_directory
from harness.process import Process
from harness.programs import Ended, execute, run
from harness.report import Report
from harness.waiting import wait_until

from . import disks
from .tool import BUILD_NUMBER, VERSION, Bench

#: Seconds and numbers that are short enough for a test.
POLICY = {
    "answer": 20, "recovery": 0.3, "attempt": 1, "script": 3, "erase": 3, "silence": 3, "restart": 3, "look": 0.2, "button": 2,
    "secondPress": 1, "closing": 5, "quit": 3, "terminate": 2, "kill": 2, "connection": 3, "attempts": 3, "quietLooks": 3, "looks": 40,
    "restarts": 4, "unchanged": 8,
}  # fmt: skip

HELLO = f"say hello {VERSION} {BUILD_NUMBER}"
PREPARED = f"""keys 1
{HELLO}
say disk disk0
say erasing
say preparing /Volumes/Installer/startosinstall
say percent 12.5
wait 0.5
say percent 99.0
install
say restarting
shutdown guest-reset
"""
INSTALLED = """wait 0.1
reset
command system_powerdown
shutdown guest-shutdown
"""
#: One way with few keys, so that an attempt is short.
KEYS = '[[way]]\nname = "a short one"\nkeys = ["ctrl-f2", "command", "ret"]\n'


class Scenario:
    """A bench whose QEMU is the stand-in."""

    def __init__(self, root: Path, template: Path) -> None:
        self.place = root / "scenario"
        self.place.mkdir()
        programs = root / "programs"
        programs.mkdir()
        shutil.copyfile(Path(__file__).with_name("fake_qemu.py"), programs / "qemu-system-x86_64")
        (programs / "qemu-system-x86_64").chmod(0o755)
        self.bench = Bench(root, programs, {"SCENARIO": str(self.place), "PYTHONDONTWRITEBYTECODE": "1"})
        for name in ("installer.img", "opencore.img", "opencore.identity.json"):
            shutil.copyfile(template / name, root / name)
        (self.place / "system.img").symlink_to(template / "system.img")
        (root / "keys.toml").write_text(KEYS)
        self.play(PREPARED, INSTALLED)

    def play(self, recovery: str, system: str = INSTALLED, **more: str) -> None:
        for name, text in {"recovery": recovery, "system": system, **more}.items():
            (self.place / name).write_text(text)

    def options(self, **policy: float) -> list[str]:
        return ["--keys", str(self.bench.root / "keys.toml"), *(f"--policy={name}={number}" for name, number in (POLICY | policy).items())]

    def mkimage(self, *more: str, **policy: float) -> Ended:
        return self.bench.mkimage(*self.options(**policy), *more)

    def begin(self, *more: str, **policy: float) -> Process:
        return self.bench.begin(*self.options(**policy), *more)

    def starts(self) -> list[str]:
        path = self.place / "starts"
        return path.read_text().split() if path.exists() else []


@contextmanager
def template() -> Iterator[Path]:
    """The disks, made once."""
    with scratch_directory() as root:
        Bench(root).prepare()
        disks.write_system(root / "system.img", BUILD_NUMBER, VERSION)
        yield root


def check(report: Report) -> None:
    with template() as made:

        @contextmanager
        def scenario() -> Iterator[Scenario]:
            with scratch_directory() as root:
                one = Scenario(root, made)
                yield one
                left = wait_until(lambda: not one.bench.qemus(), 5)
                if not left:
                    report.check("no QEMU is left", [], one.bench.qemus())

        _good(report, scenario, made)
        _provisioned(report, scenario)
        _from_image(report)
        _failures(report, scenario)
        _resume(report, scenario)
        _beginnings(report, scenario)


def _good(report: Report, scenario, made: Path) -> None:  # noqa: ANN001
    with scenario() as one:
        ended = one.mkimage("--json", "--transcript", "kept")
        report.check("a vanilla installation ends well", (0, ["recovery", "system"]), (ended.status, one.starts()))
        if ended.status != 0:
            report.check("what it said", "", ended.errors + ended.output)
            return
        lines = [json.loads(line) for line in ended.output.splitlines()]
        report.check("lines of JSON have all stages", list(range(1, 9)), sorted({line["number"] for line in lines}))
        report.check("and the percentage", True, any(line.get("percent") == 99.0 for line in lines))
        same = execute("cmp", one.bench.output, made / "system.img")
        report.check("the image is the disk that was installed", (0, ""), (same.status, same.output + same.errors))
        manifest = json.loads((one.bench.root / "macos.manifest.json").read_text())
        report.check("its manifest", (BUILD_NUMBER, VERSION, "orderly"), tuple(manifest[key] for key in ("build", "version", "powerOff")))
        report.check("nothing else is left", False, one.bench.work.exists())
        text = (one.bench.root / "kept/transcript.jsonl").read_text()
        report.check("the transcript names no serial number", [], [word for word in ("5a1c9f1e", "12:34:56", "C02D1ABC") if word in text])
        report.check("and has pictures", True, len(list((one.bench.root / "kept").glob("*.png"))) >= 3)
        told = one.bench.tool("mkimage", "explain", "kept")
        report.check("explain: it was completed", (0, True), (told.status, "it was completed" in told.output))
        verified = one.bench.tool("mkimage", "verify", one.bench.output)
        report.check("verify agrees", (0, True), (verified.status, f"macOS {VERSION} ({BUILD_NUMBER})" in verified.output))
        again = one.mkimage()
        report.check("an image is replaced", (0, True), (again.status, one.bench.output.exists()))
    with scenario() as one:
        one.play(PREPARED, "wait 0.1\nreset\nwait 30\n")
        ended = one.mkimage(button=0.5, secondPress=0.5)
        manifest = json.loads((one.bench.root / "macos.manifest.json").read_text()) if ended.status == 0 else {}
        report.check("a guest that does not power off is ended by QEMU", (0, "forced"), (ended.status, manifest.get("powerOff")))
    with scenario() as one:
        ended = one.mkimage("--format", "qcow2", "--compress", "-q")
        head = b""
        if ended.status == 0:
            with one.bench.output.open("rb") as image:
                head = image.read(4)
        report.check("a qcow2 image, quietly", (0, b"QFI\xfb", ""), (ended.status, head, ended.output + ended.errors))


def _provisioned(report: Report, scenario) -> None:  # noqa: ANN001
    with scenario() as one:
        one.play("silence\n")
        one.mkimage("--host-name", "ci-1")
        with scratch_directory() as place:
            run("7zz", "x", "-y", f"-o{place}", one.bench.work / "script.img")
            (volume,) = place.glob("0.*")
            listed = run("7zz", "l", volume)
            run("7zz", "x", "-y", f"-o{place}", volume)
            (settings,) = place.rglob("settings")
            report.contains("additions: the package is on the script's disk", "setup.pkg", listed)
            report.contains("and the script knows it", "package='setup.pkg'", settings.read_text())
        one.play(PREPARED, "wait 0.3\nshutdown guest-shutdown\n")
        other = one.mkimage("--resume", "--host-name", "ci-2")
        report.check("other additions do not continue it", (64, True), (other.status, "with other settings" in other.errors))
        ended = one.mkimage("--resume", "--host-name", "ci-1")
        manifest = json.loads((one.bench.root / "macos.manifest.json").read_text()) if ended.status == 0 else {}
        report.check("a provisioned macOS ends by powering off", (0, 64), (ended.status, len(manifest.get("provisioning", ""))))
    with scenario() as one:
        one.play(PREPARED, "reset\nsilence\n")
        ended = one.mkimage("--host-name", "ci-1", looks=5)
        report.check("or fails when it never does", (75, True), (ended.status, "did not power itself off" in ended.errors))


def _from_image(report: Report) -> None:
    """A volume and a disk that a user has, as a raw disk."""
    with scratch_directory() as root:
        bench, tree = Bench(root), root / "tree"
        file = tree / "System/Library/CoreServices/SystemVersion.plist"
        file.parent.mkdir(parents=True)
        file.write_bytes(disks.system_version(BUILD_NUMBER, "10.13.6"))
        volume, disk = root / "volume.img", root / "disk.img"
        volume.write_bytes(hfs_plus(tree, "High Sierra"))
        made = bench.tool("mkimage", "--from-dmg", volume, disk)
        report.check("--from-dmg: a volume", (0, True), (made.status, "the volume in a partition" in made.errors))
        report.contains("sgdisk finds no problem", "No problems found", run("sgdisk", "-v", disk))
        content = disk.read_bytes()[1 << 20 :][: volume.stat().st_size]
        report.check("the volume is in its partition", True, content == volume.read_bytes())
        verified = bench.tool("mkimage", "verify", disk)
        report.check("verify reads it", (0, True), (verified.status, f"macOS 10.13.6 ({BUILD_NUMBER})" in verified.output))
        again = root / "again.img"
        made = bench.tool("mkimage", "--from-dmg", disk, again)
        same = again.exists() and again.read_bytes() == disk.read_bytes()
        report.check("--from-dmg: a disk stays as it is", (0, True), (made.status, same))
        (root / "empty").write_bytes(bytes(1 << 20))
        refused = bench.tool("mkimage", "--from-dmg", root / "empty", root / "none.img")
        report.check("a file that is neither", (65, False), (refused.status, (root / "none.img").exists()))
        refused = bench.tool("mkimage", "verify", root / "empty")
        report.check("verify: a disk without macOS", (65, True), (refused.status, "it has no GPT" in refused.errors))


def _failures(report: Report, scenario) -> None:  # noqa: ANN001
    def fault(title: str, recovery: str, expected: str, status: int, system: str = INSTALLED, *more: str, **policy: float) -> None:
        with scenario() as one:
            one.play(recovery, system)
            began = time.monotonic()
            ended = one.mkimage(*more, **policy)
            took = time.monotonic() - began
            good = ended.status == status and expected in ended.errors
            report.check(title, (status, expected), (ended.status, ended.errors[-600:]), holds=good)
            report.check(f"{title}: within its time, and nothing under the image's name", True, took < 60 and not one.bench.output.exists())
            told = one.bench.tool("mkimage", "explain", one.bench.transcript_directory)
            report.check(f"{title}: explain says so", True, told.status == 0 and expected in told.output and "to try:" in told.output)

    fault("lost keys", "silence\n", "keys were pressed 3 times, and the recovery never ran the script", 75)
    fault("another language", "silence\n", "add --language", 75)
    fault("a recovery of another build", f"keys 1\nsay hello {VERSION} 24X1\nsilence\n", "the recovery that started is build 24X1", 65)
    fault("a disk that the recovery does not see", f"{_begun()}say failed no-disk of 5 bytes\nsilence\n", "does not see macOS's disk", 70)
    fault("a helper that crashes always", f"{_erased()}say failed helper it crashed\nsilence\n", "helper crashed again and again", 69)
    fault("silence before erasing", f"{_begun()}silence\n", "no word for 3 s (erase the disk)", 75)
    fault("silence while macOS is prepared", f"{_erased()}say percent 5\nsilence\n", "no word for 3 s (prepare macOS)", 75)
    stuck = _erased() + "say alive\nwait 0.3\n" * 12 + "silence\n"
    fault("a preparation that stays where it is", stuck, "startosinstall stays at 0.0 %", 75)
    fault("a recovery that restarts again and again", "wait 0.1\nshutdown guest-reset\n", "the recovery restarted 3 times", 75)
    fault("restarts without an end", PREPARED, "macOS restarted 5 times without an end", 75, "reset\n" * 5 + "silence\n")
    fault("a macOS that restarts too rarely", PREPARED, "macOS restarted 1 times, and 99 are needed", 75, "silence\n", leastRestarts=99)
    # A quiet disk is not waited for long enough.
    fault("a macOS that never gets quiet", PREPARED, "macOS writes to its disk without an end", 75, "silence\n", leastRestarts=1, quietLooks=999)
    fault("a macOS that powers itself off early", PREPARED, "the guest powered itself off too early", 69, "shutdown guest-shutdown\n")
    fault("a panic", PREPARED, "the guest panicked", 69, 'event GUEST_PANICKED {"action": "pause"}\nsilence\n')
    full = '{"device": "system-drive", "operation": "write", "action": "stop", "nospace": true, "reason": "No space left on device"}'
    fault("a full disk", PREPARED, "No space left on device", 73, f"event BLOCK_IO_ERROR {full}\nsilence\n")
    fault("a QEMU that dies", PREPARED, "QEMU ended with signal 11", 70, "wait 0.2\ndie SIGSEGV\n")
    fault("a QEMU that somebody ends", PREPARED, "QEMU ended with exit status 3", 70, "wait 0.2\nexit 3\n")
    fault("another macOS on the disk", PREPARED.replace("install\n", ""), "verify disk.img: it has no GPT", 65)


def _begun() -> str:
    return f"keys 1\n{HELLO}\n"


def _erased() -> str:
    return f"{_begun()}say disk disk0\nsay erasing\nsay preparing x\n"


def _resume(report: Report, scenario) -> None:  # noqa: ANN001
    #: What has been completed when the transcript has this entry, and what --resume starts.
    moments = [
        ("the recovery starts", "ready", "", "nothing", ["recovery", "recovery", "system"]),
        ("keys are pressed", "press", "", "nothing", ["recovery", "recovery", "system"]),
        ("macOS is prepared", "mailbox", "percent 12.5", "nothing", ["recovery", "recovery", "system"]),
        ("macOS installs itself", "event", "reset", "restarted", ["recovery", "system", "system"]),
        ("the button is pressed", "power-button", "", "restarted", ["recovery", "system", "system"]),
    ]
    slow_recovery = PREPARED.replace("wait 0.5", "once slow-recovery")
    slow_system = "wait 0.1\nreset\nonce slow-system\ncommand system_powerdown\nshutdown guest-shutdown\n"
    for title, name, text, state, starts in moments:
        for number in (signal.SIGINT, signal.SIGKILL):
            with scenario() as one:
                more = {"slow-recovery": "silence\n", "slow-system": "silence\n"}
                one.play(slow_recovery if "prepared" in title else PREPARED, slow_system if state == "restarted" else INSTALLED, **more)
                begun = one.begin(**({"recovery": 3} if name == "ready" else {"button": 20}))
                if name == "event":
                    seen = one.bench.wait_for("reset")
                else:
                    seen = one.bench.wait_for(name, text)
                begun.send(number)
                status = begun.wait(20)
                expected = 130 if number == signal.SIGINT else -number
                what = f"{number.name} while {title}"
                report.check(what, (True, expected, state), (seen, status, one.bench.state()))
                report.check(f"{what}: no QEMU outlives it", True, wait_until(lambda one=one: not one.bench.qemus(), 5))
                report.check(f"{what}: no half image", False, one.bench.output.exists())
                refused = one.mkimage()
                report.check(f"{what}: an accident does not begin anew", (73, True), (refused.status, "--resume" in refused.errors))
                ended = one.mkimage("--resume")
                report.check(f"{what}: --resume", (0, starts, True), (ended.status, one.starts(), one.bench.output.exists()))
                if ended.status:
                    report.check(f"{what}: its words", "", ended.errors)
    with scenario() as one:
        one.play(PREPARED.replace("install\n", ""))
        one.mkimage()
        report.check("a verification that fails leaves what was installed", "installed", one.bench.state())
        run("cp", "--sparse=always", one.place / "system.img", one.bench.work / "disk.img")
        ended = one.mkimage("--resume")
        report.check("and --resume verifies again", (0, ["recovery", "system"]), (ended.status, one.starts()))
    with scenario() as one:
        one.play("silence\n")
        one.mkimage()
        one.play(PREPARED)
        ended = one.mkimage("--restart")
        report.check("--restart forgets what was begun", (0, ["recovery", "recovery", "system"]), (ended.status, one.starts()))


def _beginnings(report: Report, scenario) -> None:  # noqa: ANN001
    def refused(title: str, ended: Ended, status: int, text: str) -> None:
        report.check(title, (status, text), (ended.status, ended.errors[-400:]), holds=ended.status == status and text in ended.errors)

    with scenario() as one:
        refused("--resume without a beginning", one.mkimage("--resume"), 66, "there is nothing to continue")
        (one.place / "refuses").touch()
        refused("a QEMU that refuses its arguments", one.mkimage(), 70, "-device: no such thing")
        (one.place / "refuses").unlink()
        (one.bench.root / "installer.manifest.json").write_text(json.dumps({"version": VERSION, "build": "24A1"}))
        refused("an installer that its manifest does not describe", one.mkimage("--restart"), 65, "not 15.6 (24A1)")
        (one.bench.root / "installer.manifest.json").unlink()
        other = one.bench.mkimage(*one.options(), "--resume", "--size", f"{(disks.SIZE >> 20) + 1}M")
        refused("--resume with another size", other, 64, f"its disk has {disks.SIZE} bytes")
        same = one.bench.mkimage(*one.options(), "--restart", "--size", "64M")
        refused("two disks of one size", same, 64, "could not tell them apart")
        table = one.bench.mkimage(*one.options(), "--restart", "--language", "xx", "--keys", "/dev/null")
        refused("a table of keys that is none", table, 66, "it is a character device")
        (one.bench.root / "opencore.identity.json").unlink()
        refused("an OpenCore disk without its identity", one.mkimage("--restart"), 66, "there is no identity file beside it")
    with scenario() as one:
        one.play("silence\n")
        begun = one.begin(recovery=30)
        one.bench.wait_for("ready")
        refused("a target in use", one.mkimage("--resume"), 75, "another macos-virt mkimage is making it")
        begun.send(signal.SIGINT)
        begun.wait(20)
        disks.write_installer(one.bench.installer, "24G90", VERSION, "")
        refused("--resume with an installer of another build", one.mkimage("--resume"), 64, "it was begun with build 24G84")
