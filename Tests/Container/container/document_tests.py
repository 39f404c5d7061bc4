"""linuxkit.yml, linuxkit-debug.yml and compose.yaml as documents; nothing is built or started."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from harness.report import Report

from . import compose, documents, rules, schema
from .documents import LINUXKIT, section
from .image import NAME

#: Every variable of compose.yaml that has no default.
VARIABLES = {"MACOS_DISK": "/dev/sdb", "OPENCORE": "/opencore.img"}
Edit = Callable[[dict[str, Any]], object]


def run(report: Report) -> None:
    for name in LINUXKIT:
        text = documents.text(name)
        document = documents.parse(text)
        report.check(f"{name}: linuxkit's schema takes it", [], schema.problems(document))
        report.check(f"{name}: what the schema does not see is right as well", [], rules.problems(document))
        report.check(f"{name}: YAML 1.1 and 1.2 read the same in it", document, documents.parse_old(text))
    _mutations(report)
    _stages(report)
    _compose(report)


def _mutations(report: Report) -> None:
    """Each check is given a file that it must refuse, to show that it can."""
    for complaint, edit in _SCHEMA_MUTATIONS.items():
        report.check(
            f"schema refuses: {complaint}", 1, sum(complaint in one for one in schema.problems(_edited(edit)))
        )
    for complaint, edit in _RULE_MUTATIONS.items():
        report.check(f"rules refuse: {complaint}", 1, sum(complaint in one for one in rules.problems(_edited(edit))))
    report.check(
        "a trap of YAML 1.1 is seen", True, documents.parse("[off, yes]") != documents.parse_old("[off, yes]")
    )


def _edited(edit: Edit) -> dict[str, Any]:
    document = copy.deepcopy(documents.linuxkit())
    edit(document)
    return document


def _boot(document: dict[str, Any]) -> dict[str, Any]:
    return section(document, "boot")


_SCHEMA_MUTATIONS: dict[str, Edit] = {
    "there is no key 'privileged'": lambda d: _boot(d).update(privileged=True),
    "there is no key 'restart'": lambda d: d.update(restart="no"),
    "command[0]: 5 has the wrong type": lambda d: _boot(d).update(command=[5]),
    "env[0]: True has the wrong type": lambda d: _boot(d).update(env=[True]),
    "oomScoreAdj: True has the wrong type": lambda d: _boot(d).update(oomScoreAdj=True),
    "devices[0].major: '10' has the wrong type": lambda d: _boot(d)["devices"][0].update(major="10"),
    "devices[1].mode: 384 has the wrong type": lambda d: _boot(d)["devices"][1].update(mode=0o600),
    "binds: '/dev:/dev' is no list": lambda d: _boot(d).update(binds="/dev:/dev"),
    "runtime: 'x' is no object": lambda d: _boot(d).update(runtime="x"),
    "onboot: image is missing": lambda d: _boot(d).pop("image"),
}
_RULE_MUTATIONS: dict[str, Edit] = {
    "unknown capability: CAP_BOGUS": lambda d: _boot(d)["capabilities"].append("CAP_BOGUS"),
    "unknown capability: NET_ADMIN": lambda d: _boot(d)["capabilities"].append("NET_ADMIN"),
    "capability given twice: CAP_KILL": lambda d: _boot(d)["capabilities"].append("CAP_KILL"),
    "device /dev/kvm: the mode is octal": lambda d: _boot(d)["devices"][1].pop("mode"),
    "device /dev/kvm: without numbers": lambda d: _boot(d)["devices"][1].pop("minor"),
    "device all: the type is b or c": lambda d: _boot(d)["devices"][0].pop("type"),
    "/dev is bound and no device opened": lambda d: _boot(d).pop("devices"),
    "bind dev:/dev: SOURCE:DESTINATION": lambda d: _boot(d)["binds"].__setitem__(0, "dev:/dev"),
    "boot: nothing makes /srv, which it binds": lambda d: _boot(d)["binds"].append("/srv:/srv"),
    "boot: nothing makes /run/config": lambda d: _boot(d).pop("runtime"),
    "boot: nothing makes /macos": lambda d: d.pop("files"),
    "debian: not pinned": lambda d: _boot(d).update(image="debian"),
    "a/b:latest: not pinned": lambda d: _boot(d).update(image="a/b:latest"),
    "a/b@sha256:12: not pinned": lambda d: _boot(d).update(image="a/b@sha256:12"),
    "linuxkit/init:v1: not the hash": lambda d: d["init"].append("linuxkit/init:v1"),
    "init: linuxkit/runc is missing": lambda d: d["init"].pop(1),
    "init: linuxkit/containerd is missing": lambda d: (d["init"].pop(2), d.update(services=d["onboot"][:1])),
    "services: dhcpcd is there 2 times": lambda d: d.update(services=[d["onboot"][0]] * 2),
    "file macos/bootloader.img: 2 kinds": lambda d: d["files"][0].update(contents="x"),
    "file macos/bootloader.img: the mode": lambda d: d["files"][0].update(mode="rw"),
}


def _stages(report: Report) -> None:
    first, debug = (documents.linuxkit(name) for name in LINUXKIT)
    # boot runs as long as the guest, and linuxkit starts the next onboot container afterwards: that must be the power-off.
    report.check(
        "linuxkit.yml: the order of the stages",
        ["dhcpcd", "metadata", "boot", "poweroff"],
        [one["name"] for one in first["onboot"]],
    )
    report.check("linuxkit.yml: no services, which would never start", None, first.get("services"))
    report.check(
        "linuxkit.yml: boot is heard while it runs",
        True,
        "linuxkit.runc_console=1" in first["kernel"]["cmdline"].split(),
    )
    report.check(
        "linuxkit.yml: as little memory for Linux as in the image of mklinux",
        {"swiotlb=8192", "sysctl.vm.min_free_kbytes=8192"},
        {word for word in first["kernel"]["cmdline"].split() if word.startswith(("swiotlb=", "sysctl."))},
    )
    report.check(
        "debug: ways in beside boot",
        ["acpid", "boot", "getty", "sshd"],
        sorted(one["name"] for one in debug["services"]),
    )
    report.check(
        "debug: the guest is shut down before the services end",
        [["/usr/bin/boot", "stop", "--wait", "160"]],
        [one["command"] for one in debug["onshutdown"]],
    )
    report.check(
        "debug: the same kernel and init",
        (first["kernel"]["image"], first["init"]),
        (debug["kernel"]["image"], debug["init"]),
    )
    for name, document in zip(LINUXKIT, (first, debug), strict=True):
        # The guest writes its own disk: a file system there must not configure the machine.
        metadata = next(one for one in document["onboot"] if one["name"] == "metadata")
        opened = [(one["path"], one["type"], one["major"]) for one in metadata["devices"]]
        report.check(f"{name}: a configuration comes from the CD alone", [("/dev/sr0", "b", 11)], opened)
        report.check(f"{name}: the image that docker build makes", NAME, _boot(document)["image"])


def _compose(report: Report) -> None:
    text = documents.text(documents.COMPOSE)
    document = documents.parse(text)
    service = compose.substitute(document["services"]["macos"], VARIABLES)
    report.check("compose.yaml: YAML 1.1 and 1.2 read the same in it", document, documents.parse_old(text))
    report.check("compose.yaml: the image that it builds", NAME, service["image"])
    given = {"CAP_" + name for name in service["cap_add"]}
    wanted = set(_boot(documents.linuxkit())["capabilities"]) - {"CAP_SYS_MODULE", "CAP_MKNOD"}
    report.check("compose.yaml: linuxkit.yml's capabilities, without modules and nodes", sorted(wanted), sorted(given))
    opened = {one["path"] for one in _boot(documents.linuxkit())["devices"]} - {"all"} | {VARIABLES["MACOS_DISK"]}
    # The power button of a machine that you have is not the container's.
    opened = {path for path in opened if not path.startswith("/dev/input/")}
    report.check(
        "compose.yaml: linuxkit.yml's devices without the power button, and one disk",
        sorted(opened),
        sorted(service["devices"]),
    )
    # The stages of a stop: docs/supervision.md.
    report.check("compose.yaml: docker waits for the stages of a stop", "160s", service["stop_grace_period"])
    report.check("compose.yaml: not privileged", False, "privileged" in service)
    for name in VARIABLES:
        try:
            compose.substitute(document, {key: value for key, value in VARIABLES.items() if key != name})
            report.check(f"compose.yaml: {name} has to be named", "an error", "none")
        except KeyError as error:
            report.check(f"compose.yaml: {name} has to be named", name, error.args[0])
