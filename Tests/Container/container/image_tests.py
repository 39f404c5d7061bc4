"""The image that the Dockerfile makes, and `boot` in it, started by buildah."""

from __future__ import annotations

import json

from harness.report import Report, say

from . import base, documents, linuxkit, rules, schema
from .documents import LINUXKIT, section
from .image import VERSION, Image

_BAKED = "usr/share/macos-virt/qemu.json"


def run(report: Report, image: Image) -> None:
    _labels(report, image)
    _contents(report, image)
    _answers(report, image)
    _started(report, image)


def _labels(report: Report, image: Image) -> None:
    labels = image.labels
    report.check("the label's version", VERSION, labels.get("org.opencontainers.image.version"))
    report.check("the label's base", base.argument("DEBIAN_IMAGE"), labels.get("org.opencontainers.image.base.name"))
    report.check(
        "a title and a description",
        True,
        all(labels.get(f"org.opencontainers.image.{one}") for one in ("title", "description")),
    )
    report.check("the container is boot", ["/usr/bin/boot"], image.entrypoint)
    label = image.linuxkit_label
    report.check("linuxkit's schema takes the label", [], schema.label_problems(label))
    report.check("what the schema does not see is right in it", [], rules.container_problems(label, "label"))
    # Only the file says which image, under which name, and where the OpenCore disk is.
    entry = {
        key: value for key, value in section(documents.linuxkit(), "boot").items() if key not in ("name", "image")
    }
    entry["binds"] = [bind for bind in entry["binds"] if not bind.startswith("/macos:")]
    report.check("the label says the same as linuxkit.yml", entry, label)
    for name in LINUXKIT:
        document = documents.linuxkit(name)
        merged = linuxkit.merge(label, section(document, "boot"))
        report.check(
            f"{name}: with the label, nothing is bound that is not made", [], rules.bind_problems(document, [merged])
        )


def _contents(report: Report, image: Image) -> None:
    lists = [path for path in (image.rootfs / "var/lib/apt/lists").rglob("*") if path.is_file()]
    report.check("no package lists are left", [], lists)
    report.check(
        "nothing of the build is left",
        [],
        [path for path in ("src", "build", "root/.cache") if (image.rootfs / path).exists()],
    )
    useless = ("var/cache/apt/pkgcache.bin", "var/cache/apt/srcpkgcache.bin", "usr/share/man", "usr/share/locale")
    report.check("nothing that only takes memory", [], [path for path in useless if (image.rootfs / path).exists()])
    report.check("the licences are there", True, (image.rootfs / "usr/share/doc/qemu-system-x86/copyright").is_file())
    installed = set(image.run("dpkg-query", "--show", "--showformat", "${Package}\n").output.split())
    wanted = {"qemu-system-x86", "ovmf", "dnsmasq-base", "seabios"}
    report.check("the packages that boot calls", wanted, installed & wanted)
    report.check("no compiler", set(), installed & {"gcc-12", "binutils", "make", "libc6-dev"})
    size = sum(path.lstat().st_size for path in image.rootfs.rglob("*") if path.is_file() and not path.is_symlink())
    say(f"# the image has {size >> 20} MiB of files")


def _answers(report: Report, image: Image) -> None:
    """QEMU's answers, written when the image was built, are used as they are: they have no time stamp."""
    baked = image.rootfs / _BAKED
    report.check("QEMU's answers are in the image", True, baked.is_file())
    report.check("with the answers, QEMU is not asked", (True, False), _asks(image))
    aside = baked.rename(baked.with_suffix(".aside"))
    report.check("without them it is", (True, True), _asks(image))
    aside.rename(baked)


def _asks(image: Image) -> tuple[bool, bool]:
    """Whether probe knows QEMU's machines, and whether it had to ask."""
    facts = json.loads(image.run("boot", "probe", "--json", "--accel", "tcg").output)["qemu"]
    return any(name.startswith("pc-q35-") for name in facts["machines"]), facts.get("isNew", False)


def _started(report: Report, image: Image) -> None:
    report.check("boot --version", VERSION, image.run("boot", "--version").output.strip())
    # buildah gives no CAP_NET_ADMIN, and no disk is named: boot doctor reports exactly these two.
    doctor = image.run("boot", "doctor", "--accel", "tcg", "--disk", "/dev/none")
    failures = [line.split(":")[0].split()[-1] for line in doctor.output.splitlines() if line.startswith("FAILURE")]
    report.check("boot doctor: what is missing", ["privileges", "disk"], failures)
    report.contains("boot doctor: root without the capability", "root without CAP_NET_ADMIN", doctor.output)
    report.contains("boot doctor: QEMU is there", "ok       qemu: /usr/bin/qemu-system-x86_64 is QEMU", doctor.output)
    report.contains("boot doctor: OVMF is there", "/usr/share/OVMF/OVMF_CODE_4M.fd and", doctor.output)
    plan = image.run("boot", "plan", "--accel", "tcg", "--disk", "/dev/none")
    report.contains("boot plan: dnsmasq is there", "start /usr/sbin/dnsmasq", plan.output)
    report.contains("boot plan: QEMU's machine", "machine pc-q35-", plan.output)
    report.contains("boot needs no library", "not a dynamic executable", image.run("ldd", "/usr/bin/boot").errors)
