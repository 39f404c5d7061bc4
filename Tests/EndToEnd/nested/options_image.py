"""A second Linux image: with the options that put something into it, and what overrules them in an image that is there."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from .command import run
from .disk import write_boot_disk
from .guest_image import guest_loader
from .images import Images
from .linux_image import linux_image
from .paths import tool

#: On the kernel command line of a guest that was started from the OpenCore disk.
STARTED_BY = "started.by=opencore"
#: MiB that the image's own configuration gives to the guest.
MEMORY = 3072
#: Where BootLoader puts GRUB's configuration: on the second partition, which begins at 1 MiB.
_GRUB = ("@@1M", "::/macos-virt/grub.cfg")


@dataclass(frozen=True)
class Identity:
    """What the guest sees of its configuration."""

    mac: str
    uuid: str


def _identity(number: int) -> Identity:
    return Identity(f"00:16:3e:00:00:{number:02}", f"00000000-0000-4000-8000-{number:012}")


INSIDE, ON_CD, ON_COMMAND_LINE = _identity(1), _identity(2), _identity(3)


def options_image(place: Path, macos_virt: Path, boot: Path, images: Images) -> None:
    """In the formats that the other image is not booted from."""
    with tempfile.TemporaryDirectory() as name:
        loader, configuration = Path(name) / "opencore.img", Path(name) / "boot.toml"
        write_boot_disk(loader, guest_loader(images.kernel, images.keys, STARTED_BY))
        configuration.write_text(_toml(INSIDE) + f'memory = "{MEMORY}M"\n')
        linux_image(
            place, macos_virt, boot, images, "--kernel", "cloud", "--format", "vmdk", "--format", "vhd", "--console",
            "--ssh-key", images.keys.client.with_suffix(".pub"), "--opencore", loader, "--config", configuration,
        )  # fmt: skip


def write_cd(path: Path) -> None:
    """As cloud-init's tools make one. It says nothing of memory, and what the image says about it is gone too."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "boot.toml").write_text(_toml(ON_CD))
        run(tool("xorriso"), "-as", "mkisofs", "-quiet", "-V", "cidata", "-J", "-R", "-o", path, name)


def add_words(disk: Path) -> None:
    """To the kernel command line of a raw image or a fixed VHD, which is one with a footer: as the README says."""
    where, file = f"{disk}{_GRUB[0]}", _GRUB[1]
    text = run(tool("mtype"), "-i", where, file)
    words = f'set words="boot.guest.uuid={ON_COMMAND_LINE.uuid}"'
    with tempfile.NamedTemporaryFile("w") as changed:
        changed.write(text.replace('set words=""', words))
        changed.flush()
        run(tool("mcopy"), "-o", "-i", where, changed.name, file)


def _toml(identity: Identity) -> str:
    return f'[guest]\nmac = "{identity.mac}"\nuuid = "{identity.uuid}"\n'
