"""The project's YAML files, read as linuxkit and docker read them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from harness.paths import ROOT

#: The two forms of linuxkit's file.
LINUXKIT = ("linuxkit.yml", "linuxkit-debug.yml")
COMPOSE = "compose.yaml"


class _CoreLoader(yaml.SafeLoader):
    """YAML 1.2, as Go's yaml.v3: no, off, on and yes are words. PyYAML follows YAML 1.1, where they are booleans."""


_CoreLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_CoreLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def parse(text: str) -> Any:
    return yaml.load(text, Loader=_CoreLoader)


def parse_old(text: str) -> Any:
    """As a reader of YAML 1.1 understands the same text."""
    return yaml.safe_load(text)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def linuxkit(name: str = LINUXKIT[0]) -> dict[str, Any]:
    document: dict[str, Any] = parse(text(name))
    return document


def section(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The container of this name, in whichever stage it is."""
    stages = ("onboot", "services", "onshutdown")
    return next(entry for stage in stages for entry in document.get(stage, []) if entry["name"] == name)


def dockerfile() -> Path:
    return ROOT / "Dockerfile"
