"""Installers of macOS with the structure of Apple's, and nothing of Apple's in them."""

from __future__ import annotations

import hashlib
import plistlib
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.hfs_plus import hfs_plus

from .formats import chunklist, cpio, gpt_disk, pbzx, replacement_patch, stored_zip, udif, xar
from .pki import Authority

#: Pieces of integrity data. Apple's have 10 MB.
PIECE = 100_000


@dataclass(frozen=True)
class System:
    """A macOS that is offered."""

    version: str
    build: str
    title: str
    product: str

    @property
    def app(self) -> str:
        return f"Install {self.title}.app"


def noise(name: str, size: int) -> bytes:
    """Bytes that no codec makes smaller, the same every time."""
    return random.Random(name).randbytes(size)


def base_system(system: System) -> bytes:
    """BaseSystem.dmg: a disk with an HFS+ volume."""
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place)
        services = tree / "System/Library/CoreServices"
        services.mkdir(parents=True)
        keys = {"ProductName": "macOS", "ProductVersion": system.version, "ProductBuildVersion": system.build}
        (services / "SystemVersion.plist").write_bytes(plistlib.dumps(keys))
        (services / "boot.efi").write_bytes(noise(system.build, 300_000))
        app = tree / system.app / "Contents"
        (app / "MacOS").mkdir(parents=True)
        (app / "Info.plist").write_bytes(plistlib.dumps({"CFBundleIdentifier": "com.example.InstallAssistant"}))
        (app / "MacOS/InstallAssistant").write_bytes(noise("app", 50_000))
        (app / "MacOS/InstallAssistant").chmod(0o755)
        return udif(gpt_disk(hfs_plus(tree, "macOS Base System")))


def integrity(content: bytes) -> bytes:
    return chunklist(content, PIECE)


def signed_chunklist(content: bytes, authority: Authority) -> bytes:
    return chunklist(content, PIECE, lambda head: authority.sign(head, "chunklist", "sha256"))


def package(
    files: dict[str, bytes], authority: Authority, signer: str = "signer", issuer: str = "authority", key: str | None = None
) -> bytes:
    """A signed package. `key` is another one than the signer's: a forgery that shows the signer's certificates."""
    chain = authority.chain(signer, issuer, "root")
    return xar(files, chain, lambda toc: authority.sign(toc, key or signer, "sha1"))


def install_assistant(system: System, authority: Authority, recovery: bytes, **signing: str) -> bytes:
    """InstallAssistant.pkg of macOS 11 and newer. Since 13, the recovery is in a patch."""
    if int(system.version.split(".")[0]) >= 13:
        image = {"AssetData/payloadv2/basesystem_patches/x86_64BaseSystem.dmg": replacement_patch(recovery)}
    else:
        image = {"AssetData/Restore/BaseSystem.dmg": recovery}
    update = stored_zip(
        {
            "AssetData/boot/Other.bin": noise("other", 10_000),
            **image,
            "AssetData/payloadv2/payload.000": noise("payload", 700_000),
        }
    )
    with tempfile.TemporaryDirectory() as place:
        assets = Path(place) / "com_apple_MobileAsset_MacSoftwareUpdate"
        assets.mkdir()
        (assets / f"{hashlib.sha1(update).hexdigest()}.zip").write_bytes(update)
        (assets / "com_apple_MobileAsset_MacSoftwareUpdate.xml").write_bytes(plistlib.dumps({"Assets": []}))
        shared_support = udif(gpt_disk(hfs_plus(Path(place), "Shared Support")))
    app = f"./Applications/{system.app}"
    files = [
        (".", 0o40755, b""),
        ("./Applications", 0o40775, b""),
        (app, 0o40755, b""),
        (f"{app}/Contents", 0o40755, b""),
        (f"{app}/Contents/Info.plist", 0o100644, plistlib.dumps({"CFBundleIdentifier": "com.example.InstallAssistant"})),
        (f"{app}/Contents/MacOS", 0o40755, b""),
        (f"{app}/Contents/MacOS/InstallAssistant", 0o100755, noise("app", 70_000)),
        (f"{app}/Contents/Resources", 0o40755, b""),
        (f"{app}/Contents/Resources/startosinstall", 0o100755, b"#!/bin/sh\n"),
        (f"{app}/Contents/Resources/Base.lproj", 0o120755, b"en.lproj"),
        (f"{app}/Contents/Resources/U\u0308ber.txt", 0o100644, "ü".encode()),
    ]
    contents = {
        "Bom": noise("bom", 2000),
        "Payload": pbzx(cpio(files)),
        "Scripts": noise("scripts", 3000),
        "PackageInfo": b"<pkg-info/>",
        # The last bytes of the package are the disk image's trailer.
        "SharedSupport.dmg": shared_support,
    }
    return package(contents, authority, **signing)


def separate_files(system: System, authority: Authority, recovery: bytes) -> dict[str, bytes]:
    """The files of macOS 10.13 to 10.15."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "Packages").mkdir()
        (Path(place) / "Packages/Core.pkg").write_bytes(noise("core", 400_000))
        esd = udif(gpt_disk(hfs_plus(Path(place), "InstallESD")))
    diagnostics = udif(noise("diagnostics", 64 * 1024))
    information = {
        "System Image Info": {"version": system.version, "id": "com.apple.dmg.InstallESD"},
        "Payload Image Info": {
            "URL": "InstallESDDmg.pkg",
            "id": "com.apple.pkg.InstallESDDmg",
            "chunklistURL": "InstallESDDmg.chunklist",
            "chunklistid": "com.apple.chunklist.InstallESDDmg",
            "version": system.version,
        },
    }
    return {
        "BaseSystem.dmg": recovery,
        "BaseSystem.chunklist": signed_chunklist(recovery, authority),
        "InstallESDDmg.pkg": package({"Bom": noise("bom", 2000), "PackageInfo": b"<pkg-info/>", "InstallESD.dmg": esd}, authority),
        "InstallInfo.plist": plistlib.dumps(information),
        "AppleDiagnostics.dmg": diagnostics,
        "AppleDiagnostics.chunklist": signed_chunklist(diagnostics, authority),
    }
