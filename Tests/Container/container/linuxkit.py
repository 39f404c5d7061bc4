"""The container that linuxkit makes of an entry in its file and the label of the image."""

from __future__ import annotations

from typing import Any

from . import oci
from .image import Image
from .oci import Container, Host


def merge(label: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """An entry's keys replace the label's; keys that end in .add add to the label's."""
    merged = {**label, **{key: value for key, value in entry.items() if not key.endswith(".add")}}
    for key, added in entry.items():
        base = key.removesuffix(".add")
        if key != base and base not in entry:
            merged[base] = [*label.get(base, []), *(one for one in added if one not in label.get(base, []))]
    return merged


def container(settings: dict[str, Any], image: Image, host: Host) -> Container:
    """No capability, no device and the machine's network, unless the settings say otherwise."""
    names = settings.get("capabilities", [])
    devices = settings.get("devices", [])
    mounts = {one["destination"]: one for one in _standard_mounts()}
    for bind in settings.get("binds", []):
        source, destination, *options = bind.split(":")
        words = [*options[0].split(","), "rbind"] if options else ["rw", "rbind", "rshared"]
        mounts[destination] = oci.mount(destination, "bind", host.source(source), words)
    # A namespace that is not named is the machine's own: here it has a stand-in for the network.
    namespaces = [{"type": "mount"}, {"type": "network", "path": host.netns}]
    if settings.get("pid", "new") != "host":
        namespaces.append({"type": "pid"})
    nodes = [one for one in devices if one["path"] != "all"]
    return Container(
        arguments=settings.get("command", image.entrypoint),
        environment=settings.get("env", image.environment),
        capabilities=names,
        mounts=list(mounts.values()),
        devices=[
            oci.device(one["path"], one["type"], one["major"], one["minor"], int(one["mode"], 8)) for one in nodes
        ],
        rules=[
            oci.rule(one["type"]) if one["path"] == "all" else oci.rule(one["type"], one["major"], one["minor"])
            for one in devices
        ],
        namespaces=namespaces,
        oom_score=settings.get("oomScoreAdj"),
    )


def _standard_mounts() -> list[dict[str, Any]]:
    """The mounts of every linuxkit container. Its /dev is nearly empty."""
    return [
        oci.mount("/proc", "proc", "proc", ["nosuid", "nodev", "noexec", "relatime"]),
        oci.mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        oci.mount("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
        oci.mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev"]),
        oci.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
    ]
