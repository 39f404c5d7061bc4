"""A second Linux image, made with the options that put something into it, and what overrules them afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.paths import scratch_directory
from harness.programs import run

from .disks import write_boot_disk
from .guest_image import guest_loader
from .images import Images
from .linux_image import linux_image

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
    """Makes the image, in the formats that the other one is not booted from."""
    with scratch_directory() as folder:
        loader, configuration = folder / "opencore.img", folder / "boot.toml"
        write_boot_disk(loader, guest_loader(images.kernel, images.keys, STARTED_BY))
        configuration.write_text(_toml(INSIDE) + f'memory = "{MEMORY}M"\n')
        linux_image(
            place, macos_virt, boot, images, "--kernel", "cloud", "--format", "vmdk", "--format", "vhd", "--console",
            "--ssh-key", images.keys.client.with_suffix(".pub"), "--opencore", loader, "--config", configuration,
        )  # fmt: skip


def write_cd(path: Path) -> None:
    """A CD as cloud-init's tools make one. It does not set the memory, and replaces the image's configuration, which does."""
    with scratch_directory() as folder:
        (folder / "boot.toml").write_text(_toml(ON_CD))
        run("xorriso", "-as", "mkisofs", "-quiet", "-V", "cidata", "-J", "-R", "-o", path, folder)


def add_words(disk: Path) -> None:
    """Adds to the kernel command line, as the README says. The disk is raw, or a fixed VHD, which is raw with a footer."""
    where, file = f"{disk}{_GRUB[0]}", _GRUB[1]
    text = run("mtype", "-i", where, file)
    words = f'set words="boot.guest.uuid={ON_COMMAND_LINE.uuid}"'
    with scratch_directory() as folder:
        changed = folder / "grub.cfg"
        changed.write_text(text.replace('set words=""', words))
        run("mcopy", "-o", "-i", where, changed, file)


def _toml(identity: Identity) -> str:
    return f'[guest]\nmac = "{identity.mac}"\nuuid = "{identity.uuid}"\n'
