"""Apple's software update catalog, with the gaps and variants that it was seen with."""

from __future__ import annotations

import datetime
import plistlib
from typing import Any

from .eras import System

SWCDN = "http://swcdn.apple.com/content/downloads"
SWDIST = "https://swdist.apple.com/content/downloads"

_CHAIN = (
    "26-15-14-13-12-10.16-10.15-10.14-10.13-10.12-10.11-10.10-10.9-mountainlion-lion-snowleopard-leopard.merged-1.sucatalog"
)


def catalog_path(seed: str = "") -> str:
    """The path on swscan.apple.com; `seed` is "26seed-" and the like."""
    return f"content/catalogs/others/index-{seed}{_CHAIN}"


def date(day: int) -> datetime.datetime:
    return datetime.datetime(2025, 9, day, 17, 0, 0)


def product(system: System, files: dict[str, bytes], integrity: set[str], day: int, *, metadata: bool = False) -> dict[str, Any]:
    """A product whose files are below its name. Those in `integrity` have integrity data beside them."""
    folder = f"{SWCDN}/{system.product}"
    packages = []
    for name, content in files.items():
        package: dict[str, Any] = {"URL": f"{folder}/{name}", "Size": len(content), "Digest": "0" * 40}
        if name in integrity:
            package |= {"IntegrityDataURL": f"{folder}/{name}.integrityDataV1", "IntegrityDataSize": 100}
        packages.append(package)
    if "InstallAssistant.pkg" in files:
        identifiers = {"SharedSupport": "com.apple.pkg.InstallAssistant.macOSTest", "InfoPackage": "x"}
    else:
        identifiers = {"OSInstall": "com.apple.mpkg.OSInstall"}
    found = {
        "PostDate": date(day),
        "Distributions": {"English": f"{SWDIST}/{system.product}.English.dist", "fr": "https://swdist.apple.com/fr.dist"},
        "Packages": packages,
        "ExtendedMetaInfo": {"InstallAssistantPackageIdentifiers": identifiers},
    }
    if metadata:
        found["ServerMetadataURL"] = f"{SWCDN}/{system.product}/InstallAssistantAuto.smd"
    return found


def distribution(system: System, variant: int = 0) -> bytes:
    """An XML file for Apple's Installer. 0: the new keys in a dictionary; 1: the old ones without; 2: without a usable title."""
    keys = ("macOSProductBuildVersion", "macOSProductVersion") if variant == 0 else ("BUILD", "VERSION")
    pairs = f"<key>{keys[0]}</key>\n<string>{system.build}</string><key>{keys[1]}</key><string>{system.version}</string>"
    information = f"<auxinfo>{f'<dict>{pairs}</dict>' if variant == 0 else pairs}</auxinfo>"
    group = "" if variant == 2 else f'suDisabledGroupID="Install {system.title}"'
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<installer-gui-script minSpecVersion="2">
<title>SU_TITLE</title><options hostArchitectures="x86_64" customize="never" {group}/>
<script>
var boardIDs = ['Mac-7BA5B2D9E42DDD94', "Mac-CFF7D910A743CAAF"];
if (1 < 2 && system.compareVersions("a", "b")) {{ }}
</script>
{information}
</installer-gui-script>""".encode()


def metadata(system: System) -> bytes:
    """InstallAssistantAuto.smd"""
    return plistlib.dumps(
        {"CFBundleShortVersionString": system.version, "localization": {"English": {"title": system.title, "description": "..."}}}
    )


def gaps() -> dict[str, Any]:
    """Products that cannot be read, and products that are no installers."""
    claims = {"InstallAssistantPackageIdentifiers": {"SharedSupport": "com.apple.pkg.InstallAssistant.macOSGap"}}
    return {
        "": {"ExtendedMetaInfo": claims},
        "001-00001": {"ExtendedMetaInfo": claims, "PostDate": date(1)},
        "001-00002": {"ExtendedMetaInfo": claims, "PostDate": "yesterday", "Packages": "none"},
        "001-00003": "a text",
        "001-00004": {"PostDate": date(1), "Packages": [{"URL": f"{SWCDN}/Safari.pkg", "Size": 1}]},
        # Its distribution is not there.
        "001-00005": {
            "ExtendedMetaInfo": claims, "PostDate": date(1), "Distributions": {"English": f"{SWDIST}/gone.dist"},
            "Packages": [{"URL": f"{SWCDN}/InstallAssistant.pkg", "Size": 1}],
        },
    }  # fmt: skip


def catalog(products: dict[str, Any]) -> bytes:
    return plistlib.dumps({"CatalogVersion": 2, "ApplePostURL": "http://swcdn.apple.com/post", "Products": products})
