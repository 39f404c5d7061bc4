"""The container that docker makes of the service in compose.yaml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from . import oci
from .image import Image
from .node import numbers
from .oci import Container, Host

#: What docker hides of /proc and /sys from a container without --privileged.
_MASKED = (
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
)
_READONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


def substitute(value: Any, variables: dict[str, str]) -> Any:
    """${NAME}, ${NAME:-default} and ${NAME:?message} in every string. KeyError without value and default."""
    if isinstance(value, dict):
        return {key: substitute(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [substitute(inner, variables) for inner in value]
    if not isinstance(value, str):
        return value

    def one(match: re.Match[str]) -> str:
        if match["name"] in variables:
            return variables[match["name"]]
        if match["default"] is not None:
            return match["default"]
        raise KeyError(match["name"])

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}", one, value)


def container(service: dict[str, Any], image: Image, host: Host) -> Container:
    """`service` without variables; all its capabilities are named, none is docker's default."""
    assert service["cap_drop"] == ["ALL"]
    nodes = [(path, *numbers(Path(host.source("/dev")) / path.removeprefix("/dev/"))) for path in service["devices"]]
    mounts = [
        oci.mount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        oci.mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        oci.mount(
            "/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]
        ),
        oci.mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
        oci.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["ro", "nosuid", "noexec", "nodev"]),
        oci.mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        oci.mount("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=67108864"]),
    ]
    for volume in service["volumes"]:
        source, destination, *options = volume.split(":")
        mounts.append(oci.mount(destination, "bind", host.source(source), ["rbind", "rprivate", *(options or ["rw"])]))
    return Container(
        arguments=image.entrypoint,
        environment=[*image.environment, *(f"{name}={value}" for name, value in service["environment"].items())],
        capabilities=["CAP_" + name for name in service["cap_add"]],
        mounts=mounts,
        devices=[oci.device(*node) for node in nodes],
        rules=[oci.rule(*node[1:]) for node in nodes],
        namespaces=[{"type": kind} for kind in ("mount", "pid", "ipc", "uts")]
        + [{"type": "network", "path": host.netns}],
        oom_score=service["oom_score_adj"],
        sysctls=service.get("sysctls", {}),
        masked=_MASKED,
        readonly=_READONLY,
    )
