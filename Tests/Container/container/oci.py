"""A container as runc is told of it: https://github.com/opencontainers/runtime-spec/blob/main/config.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.programs import execute


@dataclass(frozen=True)
class Host:
    """The parts of the container's machine that are not this machine's."""

    #: The stand-in for each path, such as /dev and /run/config.
    sources: dict[str, str]
    #: The network namespace in place of its network.
    netns: str

    def source(self, path: str) -> str:
        return self.sources.get(path, path)


def mount(destination: str, kind: str, source: str, options: list[str]) -> dict[str, Any]:
    return {"destination": destination, "type": kind, "source": source, "options": options}


def device(path: str, kind: str, major: int, minor: int, mode: int = 0o600) -> dict[str, Any]:
    return {"path": path, "type": kind, "major": major, "minor": minor, "fileMode": mode, "uid": 0, "gid": 0}


def rule(kind: str, major: int | None = None, minor: int | None = None) -> dict[str, Any]:
    """A rule of the devices cgroup, which allows a device; without numbers, all of this type."""
    numbers = {} if major is None else {"major": major, "minor": minor}
    return {"allow": True, "type": kind, "access": "rwm", **numbers}


def capabilities(names: list[str]) -> dict[str, list[str]]:
    return {kind: names for kind in ("bounding", "effective", "permitted", "inheritable")}


@cache
def can_favour() -> bool:
    """Whether this machine lets a process lower its OOM score: it needs CAP_SYS_RESOURCE."""
    return execute("sh", "-c", "echo -900 >/proc/self/oom_score_adj").status == 0


@dataclass
class Container:
    """A container as linuxkit or docker describes it to runc."""

    arguments: list[str]
    environment: list[str]
    capabilities: list[str]
    mounts: list[dict[str, Any]]
    devices: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    namespaces: list[dict[str, str]]
    oom_score: int | None = None
    sysctls: dict[str, str] | None = None
    masked: tuple[str, ...] = ()
    readonly: tuple[str, ...] = ()

    def config(self, rootfs: str, arguments: list[str]) -> dict[str, Any]:
        process: dict[str, Any] = {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": [*self.arguments, *arguments],
            "env": self.environment,
            "cwd": "/",
            "capabilities": capabilities(self.capabilities),
        }
        if self.oom_score is not None and can_favour():
            process["oomScoreAdj"] = self.oom_score
        return {
            "ociVersion": "1.0.2",
            "process": process,
            "root": {"path": rootfs, "readonly": False},
            "mounts": sorted(self.mounts, key=lambda one: one["destination"]),
            "linux": {
                "namespaces": self.namespaces,
                "devices": self.devices,
                "resources": {"devices": self.rules},
                "sysctl": self.sysctls or {},
                "maskedPaths": list(self.masked),
                "readonlyPaths": list(self.readonly),
            },
        }
