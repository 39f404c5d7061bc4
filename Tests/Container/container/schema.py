"""linuxkit's schema: the keys and their types. As in linuxkit, every other key is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: In this table a dictionary is an object with these keys, a list with one element a list of such, a tuple a choice of types.
_STRINGS = [str]
_ID = (str, int)
_MOUNT = {"destination": str, "type": str, "source": str, "options": _STRINGS}
_DEVICE = {"path": str, "type": str, "major": int, "minor": int, "mode": str}
_MAPPING = {"hostID": int, "containerID": int, "size": int}
_RUNTIME = {
    "cgroups": _STRINGS,
    "mounts": [_MOUNT],
    "mkdir": _STRINGS,
    "interfaces": [{"name": str, "add": str, "peer": str, "createInRoot": bool}],
    "bindNS": dict.fromkeys(("cgroup", "ipc", "mnt", "net", "pid", "user", "uts"), str),
    "namespace": str,
}
CONTAINER: dict[str, Any] = {
    **dict.fromkeys(
        ("name", "image", "cwd", "net", "pid", "ipc", "uts", "userns", "hostname", "rootfsPropagation", "cgroupsPath"),
        str,
    ),
    **dict.fromkeys(
        (
            "capabilities",
            "capabilities.add",
            "ambient",
            "binds",
            "binds.add",
            "tmpfs",
            "command",
            "env",
            "maskedPaths",
            "readonlyPaths",
            "rlimits",
        ),
        _STRINGS,
    ),
    "readonly": bool,
    "noNewPrivileges": bool,
    "oomScoreAdj": int,
    "uid": _ID,
    "gid": _ID,
    "additionalGids": [_ID],
    "mounts": [_MOUNT],
    "devices": [_DEVICE],
    "resources": dict,
    "sysctl": dict,
    "annotations": dict,
    "uidMappings": [_MAPPING],
    "gidMappings": [_MAPPING],
    "runtime": _RUNTIME,
}
_FILE = {
    **dict.fromkeys(("path", "symlink", "contents", "source", "metadata", "mode"), str),
    "directory": bool,
    "optional": bool,
    "uid": _ID,
    "gid": _ID,
}
DOCUMENT: dict[str, Any] = {
    "kernel": dict.fromkeys(("image", "cmdline", "binary", "tar", "ucode"), str),
    "init": _STRINGS,
    "onboot": [CONTAINER],
    "onshutdown": [CONTAINER],
    "services": [CONTAINER],
    "files": [_FILE],
    "volumes": [{"name": str, "image": str, "readonly": bool, "format": str, "platforms": _STRINGS}],
    "trust": {"image": _STRINGS, "org": _STRINGS},
}
_STAGES = ("onboot", "onshutdown", "services")


def problems(document: Any) -> list[str]:
    """What linuxkit's schema refuses in a file."""
    found = list(_differences(document, DOCUMENT, ""))
    if isinstance(document, dict):
        found += [
            f"{stage}: {key} is missing"
            for stage in _STAGES
            for entry in document.get(stage) or []
            for key in ("name", "image")
            if isinstance(entry, dict) and key not in entry
        ]
    return found


def label_problems(label: Any) -> list[str]:
    """What it refuses in an image's label, which has neither a name nor an image."""
    found = list(_differences(label, CONTAINER, "label"))
    return found + [f"label: {key} cannot be set in it" for key in ("name", "image") if key in label]


def _differences(value: Any, shape: Any, path: str) -> Iterator[str]:
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{path or 'the file'}: {value!r} is no object"
            return
        for key, inner in value.items():
            if key in shape:
                yield from _differences(inner, shape[key], f"{path}.{key}".lstrip("."))
            else:
                yield f"{path or 'the file'}: there is no key {key!r}"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for index, inner in enumerate(value):
            yield from _differences(inner, shape[0], f"{path}[{index}]")
    elif not _is_a(value, shape if isinstance(shape, tuple) else (shape,)):
        yield f"{path}: {value!r} has the wrong type"


def _is_a(value: Any, types: tuple[type, ...]) -> bool:
    # In Python, True is an integer.
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))
