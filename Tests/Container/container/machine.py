"""The container on a stand-in for its machine, with settings that the tests vary."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from harness.programs import Ended

from . import linuxkit
from .image import Image
from .oci import Container
from .runc import Program, Runc
from .stand_in import StandIn

Settings = dict[str, Any]


class Machine:
    """Starts boot as linuxkit does."""

    def __init__(self, image: Image, stand_in: StandIn, settings: Settings) -> None:
        self._image = image
        self._runc = Runc(image)
        self.stand_in = stand_in
        #: The label and the file's entry, merged.
        self.settings = settings

    def changed(self, edit: Callable[[Settings], object]) -> Machine:
        """The same with other settings."""
        settings = copy.deepcopy(self.settings)
        edit(settings)
        return Machine(self._image, self.stand_in, settings)

    def without_capability(self, name: str) -> Machine:
        return self.changed(lambda settings: settings["capabilities"].remove(name))

    def without_device(self, path: str) -> Machine:
        return self.changed(
            lambda settings: settings.update(devices=[one for one in settings["devices"] if one["path"] != path])
        )

    def without_bind(self, source: str) -> Machine:
        return self.changed(
            lambda settings: settings.update(
                binds=[one for one in settings["binds"] if not one.startswith(source + ":")]
            )
        )

    @property
    def container(self) -> Container:
        return linuxkit.container(self.settings, self._image, self.stand_in.host)

    def boot(self, *arguments: str) -> Ended:
        return self._runc.run(self.container, *arguments)

    def shell(self, script: str) -> Ended:
        """Runs a script in a container that differs only in its command."""
        container = self.container
        container.arguments = ["/bin/sh", "-c", script]
        return self._runc.run(container)

    def boot_run(self) -> tuple[Ended, Program | None]:
        """Runs `boot` without arguments until QEMU has dropped root, the last thing that it does before it runs the guest."""
        return start(self._runc, self.container)


def start(runc: Runc, container: Container) -> tuple[Ended, Program | None]:
    seen: list[Program] = []
    ended = runc.become(container, is_guest, seen.append)
    return ended, seen[0] if seen else None


def is_guest(program: Program) -> bool:
    return program.name == "qemu-system-x86_64" and program.status["Uid"].split()[1] != "0"
