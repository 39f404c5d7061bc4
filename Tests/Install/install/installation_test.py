"""A whole installation: OVMF, a small Linux in macOS's place, the real script, and the real QEMU."""

from __future__ import annotations

import json
import time
from pathlib import Path

from harness.initramfs import Initramfs
from harness.kernel import Kernel
from harness.paths import BUILD, scratch_directory
from harness.programs import execute, run, tool
from harness.report import Report, show_tail
from harness.unified_kernel import unified_kernel

from . import disks
from .tool import BUILD_NUMBER, VERSION, Bench

#: The cloud flavour of Debian's kernel has neither hfsplus nor USB keyboards.
KERNEL = "linux-image-amd64"
#: Ctrl-F2 (60), four times right (106), three times down (108), return (28): the first way of macOS 13 to 26.
MENU = "60 106 106 106 106 108 108 108 28"
MODULES = ["virtio_pci", "virtio_blk", "xhci_pci", "usbhid", "hid_generic", "evdev", "nls_utf8", "hfsplus", "button"]

#: The way of macOS 13 to 26 with shorter pauses.
KEYS = """[[way]]
name = "menu bar, fifth menu, third entry"
keys = ["ctrl-f2", "pause 0.5", "right 4", "down 3", "ret", "pause 1.5", "command", "ret"]
"""

#: In place of macOS's programs; what they print has the form of the real ones.
PROGRAMS = {
    "sw_vers": f'case $1 in -productVersion) echo {VERSION} ;; *) echo {BUILD_NUMBER} ;; esac',
    "diskutil": """
        name=$(readlink /dev/$3)
        case $1 in
        info) printf '<dict>\\n<key>TotalSize</key>\\n<integer>%s</integer>\\n</dict>\\n' $(($(cat /sys/block/$name/size) * 512)) ;;
        eraseDisk) mkdir -p /Volumes/$3; echo "$4" >/tmp/target ;;
        esac""",
    "ioreg": """
        for path in /tmp/serial-disk*; do
            echo '+-o Disk  <class IOBlockStorageDevice, id 0x1>'
            echo "  | \\"Device Characteristics\\" = {\\"Serial Number\\"=\\"$(cat "$path")\\"}"
            echo "  | +-o Media"
            echo "  |     \\"BSD Name\\" = \\"${path#/tmp/serial-}\\""
        done""",
}

#: On the installer disk: writes macOS's disk, block by block, and restarts.
STARTOSINSTALL = """#!/bin/sh
if [ ! -e /tmp/crashed ]; then touch /tmp/crashed; echo "The helper tool crashed"; exit 1; fi
echo "Preparing to run macOS Installer..."
disk=/dev/$(readlink /dev/$(cat /tmp/target))
index=0
while read -r block; do
    dd if=/blocks of=$disk bs=4096 skip=$index seek=$block count=1 conv=notrunc 2>/dev/null
    index=$((index + 1))
    case $index in *5) echo "Preparing: $index.0%"; sleep 3 ;; esac
done </numbers
printf P | dd of=$disk bs=1 seek=2097152 conv=notrunc 2>/dev/null
sync
echo "Preparing: 99.0%"
sleep 3
echo Restarting
sleep 3
reboot -f
"""


def guest(menu: str = MENU, slash: str = "53", delay: str = "6") -> bytes:
    """The program that UEFI starts: kernel, initramfs and command line."""
    kernel, root = Kernel.fetch(KERNEL), Initramfs()
    here = Path(__file__).parent
    for name in ("proc", "sys", "dev", "tmp"):
        root.directory(name)
    root.program(tool("busybox"))
    for name in ("init", "terminal"):
        text = (here / f"guest-{name}").read_text()
        values = f"MENU='{menu}' SLASH={slash} DELAY={delay} SIZE={disks.SIZE}\nexport MENU SLASH DELAY SIZE\n"
        first, _, rest = text.partition("\n")
        root.file(name, f"{first}\n{values}{rest}", 0o755)
    for name, body in PROGRAMS.items():
        root.file(f"stand-ins/{name}", f"#!/bin/sh\n{body}\n", 0o755)
    with scratch_directory() as place:
        system = place / "system"
        # Not sealed: fsapfsinfo does not read sealed volumes.
        disks.write_system(system, BUILD_NUMBER, VERSION, sealed=False)
        blocks = disks.blocks(system)
    root.file("numbers", "".join(f"{number}\n" for number, _ in blocks))
    root.file("blocks", b"".join(block.ljust(4096, b"\0") for _, block in blocks))
    kernel.add_modules(root, MODULES)
    return unified_kernel(kernel.image, root.encoded(), "console=tty0 console=ttyS0 quiet panic=-1 mitigations=off")


def check(report: Report) -> None:
    with scratch_directory() as root:
        bench = Bench(root)
        bench.prepare(STARTOSINSTALL, guest())
        (root / "keys.toml").write_text(KEYS)
        began = time.monotonic()
        # The first keys come before the recovery is ready, and are lost. The power button is pressed when the last start is over.
        ended = bench.mkimage(
            "--json", "--transcript", root / "kept", "--keys", root / "keys.toml", "--policy=recovery=8", "--policy=attempt=25",
            "--policy=look=2", "--policy=quietLooks=12", "--policy=leastRestarts=3", "--policy=button=60", seconds=540,
        )  # fmt: skip
        took = time.monotonic() - began
        report.check("a stand-in macOS is installed", 0, ended.status)
        if ended.status != 0:
            report.check("what it said", "", ended.errors[-2000:])
            log = BUILD / "mkimage/transcript.jsonl"
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_bytes((root / "kept/transcript.jsonl").read_bytes())
            show_tail(log)
            return
        print(f"# {took:.0f} s", flush=True)
        _check_course(report, root / "kept", ended.output)
        _check_image(report, bench)


def _check_course(report: Report, directory: Path, output: str) -> None:
    entries = [json.loads(line) for line in (directory / "transcript.jsonl").read_text().splitlines()]
    said = [entry["text"] for entry in entries if entry["kind"] == "event" and entry["name"] == "mailbox"]
    report.check("the script spoke first of the recovery", f"hello {VERSION} {BUILD_NUMBER}", said[0])
    presses = [entry for entry in entries if entry["kind"] == "action" and entry["name"] == "press"]
    report.check("keys were pressed again", True, len(presses) >= 2)
    report.check("the helper that crashed was tried again", True, any(text.startswith("again 1") for text in said))
    report.check("percentages came", True, len([text for text in said if text.startswith("percent")]) >= 3)
    launches = [entry["text"] for entry in entries if entry["name"] == "launch"]
    report.check("one recovery, then the system", ["recovery", "system"], launches)
    resets = [entry for entry in entries if entry["kind"] == "event" and entry["name"] == "reset"]
    report.check("two further restarts were followed", 2, len(resets))
    arguments = [entry["text"] for entry in entries if entry["name"] == "qemu"]
    report.check("the installer is gone after the first restart", [True, False], ["installer.img" in text for text in arguments])
    report.check("and the script's disk", [True, False], ["script.img" in text for text in arguments])
    pictures = list(directory.glob("*.png"))
    report.check("pictures are PNG", True, bool(pictures) and all(file.read_bytes()[:4] == b"\x89PNG" for file in pictures))
    numbers = sorted({json.loads(line)["number"] for line in output.splitlines()})
    report.check("every stage was shown", list(range(1, 9)), numbers)


def _check_image(report: Report, bench: Bench) -> None:
    image = bench.output
    verified = bench.tool("mkimage", "verify", "--json", image)
    told = json.loads(verified.output) if verified.status == 0 else {}
    report.check("verify: version and build", (VERSION, BUILD_NUMBER), (told.get("version"), told.get("build")))
    roles = sorted(volume.get("role", "") for volume in told.get("volumes", []))
    report.check("verify: volumes and roles", ["Data", "Preboot", "Recovery", "System"], roles)
    table = run("sgdisk", "-v", image)
    report.contains("sgdisk finds no problem", "No problems found", table)
    listed = execute("fsapfsinfo", "-o", str(disks.CONTAINER), "-H", image)
    report.contains("fsapfsinfo reads the container", "SystemVersion.plist", listed.output)
    with scratch_directory() as place:
        container = place / "container.apfs"
        with image.open("rb") as disk:
            disk.seek(disks.CONTAINER)
            container.write_bytes(disk.read(disks.CONTAINER_SIZE))
        run("7zz", "x", "-y", f"-o{place}", container)
        found = list(place.rglob("SystemVersion.plist"))
        report.check("7zz extracts the version", [disks.system_version(BUILD_NUMBER, VERSION)], [file.read_bytes() for file in found])
    manifest = json.loads((bench.root / "macos.manifest.json").read_text())
    report.check("the manifest", (BUILD_NUMBER, "orderly", "tcg"), (manifest["build"], manifest["powerOff"], manifest["machine"]["accelerator"]))
