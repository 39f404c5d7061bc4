"""The command line of Tests/Installer/run."""

from __future__ import annotations

import json
import signal

from harness.paths import BUILD, scratch_directory
from harness.programs import execute, macos_virt, run
from harness.report import Report, guarded
from harness.waiting import wait_until

from .tool import Fake, fake

WORK = BUILD / "installer-test"


def main() -> int:
    return guarded("installer", _run)


def _run() -> int:
    report = Report("installer")
    with scratch_directory(WORK) as place, fake(place) as apple:
        lists(report, apple)
        choices(report, apple)
        refusals(report, apple)
        own_files(report, apple)
        the_cache(report, apple)
        interruptions(report, apple)
    return report.summary()


def lists(report: Report, apple: Fake) -> None:
    done = apple.mkinstaller("list")
    report.check("list: succeeds", 0, done.status)
    lines = done.output.splitlines()
    report.check("list: the newest first", ["15.6.1", "15.5", "13.7.8", "10.13.6"], [line.split()[0] for line in lines[1:]])
    report.contains("list: what cannot be read is counted", "4 products of the catalog could not be read", done.errors)
    document = json.loads(apple.mkinstaller("list", "--json", "--all").output)
    usable = {row["build"]: row["usable"] for row in document["installers"]}
    report.check(
        "list --all --json: also what is not usable",
        {"24G90": True, "24F74": True, "22H730": True, "19H15": False, "17G66": True}, usable,
    )  # fmt: skip
    seed = json.loads(apple.mkinstaller("list", "--json", "--seed", "developer").output)
    report.check("list --seed developer: betas", "25B5042k", seed["installers"][0]["build"])
    before = len(apple.requests)
    again = apple.mkinstaller("list")
    report.check("list again: the same", done.output, again.output)
    report.check("list again: no more requests than before", True, len(apple.requests) - before <= before)
    apple.fail([{"path": "index-26-15", "status": 403}])
    refused = apple.mkinstaller("list")
    report.check("list, refused by the server: EX_UNAVAILABLE", 69, refused.status)
    report.contains("list, refused by the server: says so", "HTTP 403", refused.errors)
    apple.fail([])
    broken = apple.macos_virt("mkinstaller", "list", "--mirror", apple.url, environment={"CURL_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"})
    report.check("list, from a server with an unknown certificate: EX_UNAVAILABLE", 69, broken.status)
    report.contains("list, from a server with an unknown certificate: says so", "certificate", broken.errors)
    plain = apple.macos_virt("mkinstaller", "list", "--mirror", apple.url.replace("https", "http"))
    report.check("list, from a server without https: refused", True, plain.status in (64, 69))


def choices(report: Report, apple: Fake) -> None:
    done = apple.mkinstaller("--version", "15", "--dry-run")
    report.check("--dry-run: succeeds", 0, done.status)
    report.contains("--dry-run: the newest of 15", "macOS 15.6.1 (24G90)", done.output)
    report.check("--dry-run: nothing is made", [], apple.results())
    report.contains("--build", "macOS 10.13.6 (17G66)", apple.mkinstaller("--build", "17G66", "--dry-run").output)
    absent = apple.mkinstaller("--version", "12", "--dry-run")
    report.check("a version that is not offered: EX_UNAVAILABLE", 69, absent.status)
    for words in (("--version", "x"), ("--build", "x"), (), ("--recovery",), ("--version", "15", "--build", "24G90"), ("--layout", "opencore")):
        report.check(f"{' '.join(words) or 'nothing'}: EX_USAGE", 64, apple.mkinstaller(*words).status)
    license = apple.mkinstaller("--version", "15")
    report.check("without a yes to the license: EX_USAGE", 64, license.status)
    report.contains("without a yes to the license: says how", "--accept-apple-license", license.errors)
    fetched = [line for line in apple.requests if "InstallAssistant.pkg" in line]
    report.check("without a yes to the license: nothing is fetched", [], fetched)
    status, shown = apple.at_a_terminal("2\n", "--dry-run")
    report.check("a choice at the terminal: succeeds", 0, status)
    report.contains("a choice at the terminal: is what was chosen", "macOS 15.5 (24F74)", shown)
    status, shown = apple.at_a_terminal("no\n", "--version", "15")
    report.check("no to the license at the terminal: EX_USAGE", 64, status)
    report.contains("no to the license at the terminal: the question", "Do you accept it?", shown)


def refusals(report: Report, apple: Fake) -> None:
    """The program trusts Apple's keys alone: whatever a server that is not Apple's has, nothing is made."""
    done = apple.mkinstaller("--version", "15", "--accept-apple-license")
    report.check("a package that Apple did not sign: EX_DATAERR", 65, done.status)
    report.contains("a package that Apple did not sign: says so", "do not end at Apple's root certificate", done.errors)
    done = apple.mkinstaller("--recovery", "--version", "14", "--accept-apple-license")
    report.check("a recovery that Apple did not sign: EX_DATAERR", 65, done.status)
    report.contains("a recovery that Apple did not sign: says so", "not by Apple's key", done.errors)
    status, _ = apple.at_a_terminal("yes\n", "--recovery", "--version", "13")
    report.check("yes to the license at the terminal: it goes on to the signature", 65, status)
    done = apple.mkinstaller("--recovery", "--version", "10.12", "--accept-apple-license")
    report.check("a release without a board: EX_UNAVAILABLE", 69, done.status)
    report.check("nothing is left", [], apple.results())


def interruptions(report: Report, apple: Fake) -> None:
    """Ctrl-C, another process meanwhile, proxies, a full disk."""
    before_all = apple.results()
    apple.fail([{"path": "InstallAssistant.pkg", "stall": 50_000}])
    download = apple.start("--version", "15.5", "--accept-apple-license", "--connections", "1")
    partial = apple.root / "cache/macos-virt/partial"
    arrived = wait_until(lambda: any(path.stat().st_blocks for path in partial.glob("*")), 20)
    report.check("a download that stalls: what arrived is there", True, bool(arrived))
    kinds = [item["kind"] for item in json.loads(apple.macos_virt("cache", "list", "--json").output)]
    report.check("cache list: a download that goes on", True, "partial" in kinds)
    apple.macos_virt("cache", "clean", "--partial")
    report.check("cache clean: leaves a download that goes on", True, any(partial.glob("*")))
    download.send(signal.SIGINT)
    report.check("Ctrl-C: exit code 130", 130, download.wait(20))
    report.check("Ctrl-C: the part that arrived is kept", True, any(path.suffix != ".lock" for path in partial.glob("*")))
    apple.fail([])
    before = len(apple.requests)
    done = apple.mkinstaller("--version", "15.5", "--accept-apple-license")
    report.check("the next command goes on, up to the signature", 65, done.status)
    ranges = [line for line in apple.requests[before:] if "InstallAssistant.pkg" in line and "integrity" not in line]
    report.check("the next command asks for parts", True, bool(ranges) and all("bytes=" in line for line in ranges))
    proxy = {"https_proxy": "http://127.0.0.1:1", "no_proxy": ""}
    done = apple.mkinstaller("list", environment=proxy)
    report.check("a proxy that is not there: EX_UNAVAILABLE", 69, done.status)
    apple.macos_virt("cache", "clean")
    small = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", 'mount -t tmpfs -o size=512K small "$1"; shift; exec "$@"', "-")
    cache = apple.root / "cache"
    words = (macos_virt(), "mkinstaller", "--version", "15", "--accept-apple-license", "--mirror", apple.url)
    done = execute(*small, cache, *words, cwd=apple.home, environment=apple.environment(), seconds=60)
    report.check("a full disk: EX_CANTCREAT", 73, done.status)
    report.contains("a full disk: says so", "No space left on device", done.errors)
    report.check("nothing is left after all this", before_all, apple.results())


def own_files(report: Report, apple: Fake) -> None:
    image = apple.root / "hosts/oscdn.apple.com/content/sonoma/BaseSystem.dmg"
    signed = apple.mkinstaller("--from", image)
    report.check("--from an image with a chunklist that is not Apple's: EX_DATAERR", 65, signed.status)
    alone = apple.root / "BaseSystem.dmg"
    alone.write_bytes(image.read_bytes())
    report.check("--from an image alone: EX_NOINPUT", 66, apple.mkinstaller("--from", alone).status)
    done = apple.mkinstaller("--from", alone, "--unsigned")
    report.check("--from --unsigned: succeeds", 0, done.status)
    name = "work/Recovery_macOS_14.6.1-23G93"
    report.check("--from --unsigned: disk and manifest", [f"{name}.img", f"{name}.manifest.json"], apple.results())
    disk = apple.home / f"{name}.img"
    report.contains("--from --unsigned: the table", "No problems found", run("sgdisk", "-v", disk))
    report.check("--from --unsigned: sparse", True, disk.stat().st_blocks * 512 <= disk.stat().st_size)
    manifest = json.loads((apple.home / f"{name}.manifest.json").read_text())
    report.check("--from --unsigned: the manifest", ("14.6.1", "23G93"), (manifest["version"], manifest["build"]))
    report.contains("--from --unsigned: the manifest says that it is not signed", "not signed", manifest["sources"][0]["checks"][0])
    before = disk.read_bytes()
    damaged = bytearray(alone.read_bytes())
    damaged[1000] ^= 1
    alone.write_bytes(damaged)
    done = apple.mkinstaller("--from", alone, "--unsigned")
    report.check("--from a damaged image: EX_DATAERR", 65, done.status)
    report.check("--from a damaged image: the disk is still the good one", before, disk.read_bytes(), disk.read_bytes() == before)
    drafts = [path for path in apple.home.rglob(".macos-virt-draft*")]
    report.check("no drafts are left", [], drafts)


def the_cache(report: Report, apple: Fake) -> None:
    done = apple.macos_virt("cache", "list", "--json")
    kinds = {item["kind"] for item in json.loads(done.output)}
    report.check("cache list: what was fetched", {"file", "list"}, kinds)
    names = {item["name"] for item in json.loads(done.output)}
    report.check("cache list: the package", True, "InstallAssistant.pkg" in names)
    report.contains("cache list: the sum", str(apple.root / "cache/macos-virt"), apple.macos_virt("cache", "list").output)
    report.contains("cache clean --dry-run", "would free", apple.macos_virt("cache", "clean", "--dry-run").output)
    report.check("cache clean --partial --older-than: nothing to do", 0, apple.macos_virt("cache", "clean", "--partial", "--older-than", "1").status)
    report.check("cache clean --dry-run: removes nothing", done.output, apple.macos_virt("cache", "list", "--json").output)
    report.check("cache clean: succeeds", 0, apple.macos_virt("cache", "clean").status)
    report.check("cache clean: nothing is left", [], json.loads(apple.macos_virt("cache", "list", "--json").output))
