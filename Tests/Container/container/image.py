"""The image that the Dockerfile makes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.paths import ROOT
from harness.programs import Ended, execute

from . import toolchain
from .buildah import ISOLATION, buildah, words
from .documents import dockerfile
from .paths import LOGS

#: Its name in linuxkit.yml and compose.yaml.
NAME = "localhost/macos-virt/boot:local"
VERSION = "v0.0-container-test"


@dataclass(frozen=True)
class Image:
    """The image, and a container of it whose files are looked at and started."""

    settings: dict[str, Any]
    container: str
    rootfs: Path

    @classmethod
    def build(cls) -> Image:
        volumes = [word for mount in toolchain.mounts() for word in ("--volume", mount)]
        arguments = (
            "--pull-never",
            "--format",
            "docker",
            "--build-arg",
            f"VERSION={VERSION}",
            "--tag",
            NAME,
            "--file",
            dockerfile(),
        )
        buildah("bud", *ISOLATION, *volumes, *arguments, ROOT, log=LOGS / "build.log")
        settings = json.loads(buildah("inspect", "--type", "image", NAME))["Docker"]["config"]
        container = buildah("from", "--pull-never", NAME)
        return cls(settings, container, Path(buildah("mount", container)))

    def remove(self) -> None:
        """Removes the container, and images that a later build replaced."""
        buildah("rm", self.container)
        buildah("rmi", "--prune", "--force")

    @property
    def entrypoint(self) -> list[str]:
        return [*(self.settings.get("Entrypoint") or []), *(self.settings.get("Cmd") or [])]

    @property
    def environment(self) -> list[str]:
        return list(self.settings["Env"])

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.settings["Labels"])

    @property
    def linuxkit_label(self) -> dict[str, Any]:
        return dict(json.loads(self.labels["org.mobyproject.config"]))

    def run(self, *arguments: str) -> Ended:
        """Runs a command in the container by buildah, with this machine's network and few capabilities."""
        return execute(*words("run", *ISOLATION, self.container, "--", *arguments))
