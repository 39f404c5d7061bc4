"""The command line of bench/soak."""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from harness.paths import BOOT
from harness.programs import HarnessError, run, tool
from timing.answers import answers
from timing.host import UPLINK, Host

# Set for the second start of this program, which is in its own namespaces.
_INSIDE = "SOAK_INSIDE"
#: What a busy day has: somebody looks every minute, the guest says a line every ten seconds and restarts every hour, the uplink's
#: address changes every half hour, the name servers every two, the guest renews its lease every hour and powers itself off three times.
_DAY = {"looks": 1440, "lines": 8640, "reboots": 24, "addresses": 48, "servers": 12, "leases": 24, "power-offs": 3}
#: Seconds without any event, in which wake-ups are counted.
_IDLE = 20
#: The bars: MiB resident, wake-ups a second.
_RESIDENT, _WAKEUPS = 16, 1
#: KiB of its own that a second day may add to the first: pages that the allocator keeps.
_GROWTH = 256


@dataclass(frozen=True)
class Figures:
    """Of /proc/PID, in KiB."""

    resident: int
    own: int
    descriptors: int
    wakeups: int

    @staticmethod
    def of(process: int) -> Figures:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
        number = {key: int(status[key].split()[0]) for key in ("VmRSS", "RssAnon", "voluntary_ctxt_switches")}
        descriptors = len(os.listdir(f"/proc/{process}/fd"))
        return Figures(number["VmRSS"], number["RssAnon"], descriptors, number["voluntary_ctxt_switches"])


class Supervised:
    """A supervising boot, with a stand-in for QEMU."""

    def __init__(self, boot: Path, host: Host) -> None:
        self._boot, self._host = boot, host
        self._log = (host.directory / "log").open("wb")
        words = ["run", "--supervise", "--set", "guest.on_poweroff=restart", "--set", "network.wait=0"]
        words += ["--set", "guest.ready_port=0"]
        self.process = subprocess.Popen([boot, *words], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        self._orders = host.qemu.with_suffix(".orders")

    def status(self) -> dict:
        """By the socket that `boot status` uses: what the clients cost is not measured."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self._host.run / "boot.sock"))
            client.sendall(b"status\n")
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        return json.loads(answer)

    def wait(self, phase: str, starts: int = 1) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                status = self.status()
                if status["phase"] == phase and status["starts"] >= starts:
                    return
            except (OSError, ValueError):
                pass  # It does not listen yet.
            time.sleep(0.05)
        raise HarnessError(f"no {phase} after 30 s\n" + (self._host.directory / "log").read_text()[-3000:])

    def lease(self) -> None:
        """As dnsmasq writes it: a guest that asks makes it ready, and a ready guest is looked at less often."""
        guest = self.status()["guest"]
        line = f"{int(time.time()) + 43200} {guest['mac']} {guest['address']} macos *\n"
        (self._host.run / "dnsmasq.leases").write_text(line)

    def order(self, words: str) -> None:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self._orders))
            client.sendall(words.encode() + b"\n")
            client.recv(1)

    def stop(self) -> int:
        run(self._boot, "stop", "--wait", "60")
        return self.process.wait(60)


def _day(guest: Supervised) -> None:
    resolver = Path("/etc/resolv.conf")
    turns = _DAY["looks"]

    def now(turn: int, name: str) -> bool:
        """Whether one of a day's events of this name falls into this minute."""
        return turn * _DAY[name] // turns != (turn + 1) * _DAY[name] // turns

    starts, changed = guest.status()["starts"], False
    for turn in range(turns):
        guest.status()
        guest.order(f"say {_DAY['lines'] // turns}")
        if now(turn, "reboots"):
            guest.order("reboot")
        if now(turn, "leases"):
            guest.lease()
        if now(turn, "addresses"):
            changed = not changed
            run("ip", "address", "add" if changed else "delete", "203.0.113.3/24", "dev", UPLINK)
            run("ip", "link", "set", UPLINK, "mtu", "1400" if changed else "1500")
            time.sleep(0.4)
        if now(turn, "servers"):
            resolver.write_text(f"nameserver 203.0.113.{turn % 200 + 10}\n")
            time.sleep(0.4)
        if now(turn, "power-offs"):
            starts += 1
            guest.order("poweroff")
            guest.wait("running", starts)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench/soak", description=sys.modules["__main__"].__doc__)
    parser.add_argument("--boot", type=Path, default=BOOT, help="the static binary (default: build/boot)")
    parser.add_argument("--days", type=int, default=3, metavar="N", help="after the first, which fills the buffers (default: 3)")
    options = parser.parse_args(words)
    if os.geteuid() != 0:
        print("soak: needs root, for a network namespace and a loop device", file=sys.stderr)
        return 2
    if _INSIDE not in os.environ:
        unshare = tool("unshare")
        os.execve(unshare, [unshare, "--net", "--mount", "--", sys.executable, sys.argv[0], *words], {**os.environ, _INSIDE: "1"})
    try:
        with Host(options.boot, Path(__file__).with_name("qemu")) as host:
            Path(f"{host.qemu}.answers").write_bytes(answers())
            own = host.directory / "resolv.conf"
            own.write_text("nameserver 203.0.113.9\n")
            run("mount", "--bind", own, "/etc/resolv.conf")
            return _soak(options.boot, options.days, host)
    except HarnessError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 2


def _soak(boot: Path, days: int, host: Host) -> int:
    guest = Supervised(boot, host)
    try:
        return _measure(guest, days)
    finally:
        # After a failure: QEMU ends at the second signal.
        for _ in range(4):
            if guest.process.poll() is None:
                guest.process.terminate()
                time.sleep(0.5)


def _measure(guest: Supervised, days: int) -> int:
    guest.wait("running")
    guest.lease()
    time.sleep(3)
    seen = [Figures.of(guest.process.pid)]
    time.sleep(_IDLE)
    rate = (Figures.of(guest.process.pid).wakeups - seen[0].wakeups) / _IDLE
    print(f"idle: {rate:.2f} wake-ups a second, {seen[0].resident / 1024:.1f} MiB resident, {seen[0].own} KiB of its own")
    print("| day | minutes | resident KiB | of its own KiB | descriptors | events kept | starts of QEMU |\n|---|---|---|---|---|---|---|")
    status = guest.status()
    for day in range(days + 1):
        began = time.monotonic()
        _day(guest)
        # What follows the last event.
        time.sleep(1)
        seen.append(Figures.of(guest.process.pid))
        status = guest.status()
        print(
            f"| {day + 1} | {(time.monotonic() - began) / 60:.1f} | {seen[-1].resident} | {seen[-1].own} | {seen[-1].descriptors} "
            f"| {len(status['events'])} | {status['starts']} |",
            flush=True,
        )
    code = guest.stop()
    first, last = seen[1], seen[-1]
    bars = {
        f"at most {_RESIDENT} MiB resident": max(one.resident for one in seen) <= _RESIDENT * 1024,
        f"at most {_WAKEUPS} wake-up a second when idle": rate <= _WAKEUPS,
        f"at most {_GROWTH} KiB more of its own than after the first day": last.own - first.own <= _GROWTH,
        "as many descriptors as after the first day": last.descriptors == first.descriptors,
        "at most 64 events kept": len(status["events"]) <= 64,
        "an orderly end": code == 0,
    }
    for bar, holds in bars.items():
        print(f"{'ok' if holds else 'NOT MET'}: {bar}")
    return 0 if all(bars.values()) else 1
