"""Mistakes that linuxkit's schema accepts and that make the build or the machine fail."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

#: Names without CAP_, in the order of linux/capability.h.
_CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT "
    "SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE "
    "AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ "
    "PERFMON BPF CHECKPOINT_RESTORE"
)
CAPABILITIES = frozenset("CAP_" + name for name in _CAPABILITIES.split())
_STAGES = ("onboot", "onshutdown", "services")
#: What linuxkit's init mounts or makes before the first container starts.
_PRESENT = ("/dev", "/sys", "/proc", "/run", "/var", "/tmp", "/lib/modules", "/etc/resolv.conf", "/etc/ssl/certs")


def problems(document: dict[str, Any]) -> list[str]:
    """The mistakes in a whole file."""
    containers = [(stage, entry) for stage in _STAGES for entry in document.get(stage, [])]
    found = [problem for _, entry in containers for problem in container_problems(entry, entry["name"])]
    found += (
        list(_pins(document, containers))
        + list(_init(document))
        + bind_problems(document, [entry for _, entry in containers])
        + list(_files(document))
    )
    names = Counter(entry["name"] for entry in document.get("services", []))
    found += [f"services: {name} is there {count} times" for name, count in names.items() if count > 1]
    return found


def container_problems(entry: dict[str, Any], name: str) -> list[str]:
    """The mistakes in one container, or in an image's label."""
    return [f"{name}: {problem}" for problem in [*_capabilities(entry), *_devices(entry), *_binds(entry)]]


def _capabilities(entry: dict[str, Any]) -> Iterator[str]:
    for key in ("capabilities", "capabilities.add", "ambient"):
        names = entry.get(key, [])
        if len(names) == 1 and names[0].lower() in ("all", "none"):
            continue
        yield from (f"unknown capability: {one}" for one in names if one not in CAPABILITIES)
        yield from (f"capability given twice: {one}" for one, count in Counter(names).items() if count > 1)


def _devices(entry: dict[str, Any]) -> Iterator[str]:
    for device in entry.get("devices", []):
        path = device.get("path", "")
        if device.get("type") not in ("a", "b", "c"):
            yield f"device {path}: the type is b or c"
        if path == "all":
            continue
        if not re.fullmatch("[0-7]{3,4}", device.get("mode", "")):
            yield f"device {path}: the mode is octal, and compulsory"
        if "major" not in device or "minor" not in device:
            yield f"device {path}: without numbers it is device 0:0"


def _binds(entry: dict[str, Any]) -> Iterator[str]:
    binds = [bind for key in ("binds", "binds.add") for bind in entry.get(key, [])]
    for bind in binds:
        if not re.fullmatch("/[^:]*:/[^:]*(:[a-z,]+)?", bind):
            yield f"bind {bind}: SOURCE:DESTINATION or SOURCE:DESTINATION:OPTIONS, absolute"
    # The rules may also be in the image's label. Without any, every open(2) fails.
    if "binds" in entry and any(bind.startswith("/dev:") for bind in binds) and not entry.get("devices"):
        yield "/dev is bound and no device opened: its nodes are there and cannot be used"


def _pins(document: dict[str, Any], containers: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    images = [
        document.get("kernel", {}).get("image", ""),
        *document.get("init", []),
        *(entry["image"] for _, entry in containers),
    ]
    for image in images:
        name, _, digest = image.partition("@")
        tag = name.rsplit("/", 1)[-1].partition(":")[2]
        if not re.fullmatch("sha256:[0-9a-f]{64}", digest) and (digest or tag in ("", "latest")):
            yield f"{image}: not pinned by a tag or a digest"
        # linuxkit tags its packages by the hash of their source.
        elif (
            name.startswith("linuxkit/")
            and not name.startswith("linuxkit/kernel:")
            and not re.fullmatch("[0-9a-f]{40}", tag)
        ):
            yield f"{image}: not the hash of a source"


def _init(document: dict[str, Any]) -> Iterator[str]:
    """Without these programs init skips the stage, silently."""
    programs = {image.split(":")[0] for image in document.get("init", [])}
    for program, stages in {"linuxkit/runc": ("onboot", "services"), "linuxkit/containerd": ("services",)}.items():
        if program not in programs and any(document.get(stage) for stage in stages):
            yield f"init: {program} is missing"


def bind_problems(document: dict[str, Any], containers: list[dict[str, Any]]) -> list[str]:
    """Binds whose source does not exist, so that the container does not start. The containers must list all their binds."""
    files = ["/" + file["path"].lstrip("/") for file in document.get("files", [])]
    found = []
    for entry in containers:
        made = entry.get("runtime", {}).get("mkdir", [])
        for bind in [*entry.get("binds", []), *entry.get("binds.add", [])]:
            source = bind.split(":")[0]
            if source not in (*_PRESENT, *made) and not any(file.startswith(source + "/") for file in files):
                found.append(f"{entry['name']}: nothing makes {source}, which it binds")
    return found


def _files(document: dict[str, Any]) -> Iterator[str]:
    for file in document.get("files", []):
        kinds = [key for key in ("directory", "symlink", "contents", "source", "metadata") if key in file]
        if len(kinds) != 1:
            yield f"file {file.get('path')}: {len(kinds)} kinds of content"
        if "mode" in file and not re.fullmatch("[0-7]{3,4}", file["mode"]):
            yield f"file {file.get('path')}: the mode is octal"
