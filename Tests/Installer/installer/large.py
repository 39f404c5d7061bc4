"""A package of macOS 11 and newer that is as large as Apple's: made through files, not in memory.

    Tests/Installer/large DIRECTORY GIGABYTES

makes `InstallAssistant.pkg`, and `ready.json` with what to trust in the place of Apple's keys.
"""

from __future__ import annotations

import hashlib
import json
import os
import plistlib
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

from harness.programs import run

from . import eras, fake, formats
from .pki import Authority

_STEP = 1 << 24


def main(words: list[str]) -> None:
    root, size = Path(words[0]), int(float(words[1]) * 1e9)
    authority = Authority(root / "keys")
    tree = root / "tree"
    assets = tree / "com_apple_MobileAsset_MacSoftwareUpdate"
    assets.mkdir(parents=True)
    with zipfile.ZipFile(assets / "update.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("AssetData/Restore/BaseSystem.dmg", eras.base_system(fake.SEQUOIA))
        with archive.open("AssetData/payloadv2/payload", "w", force_zip64=True) as payload:
            for _ in range(size // _STEP):
                payload.write(os.urandom(_STEP))
    hybrid = root / "hybrid"
    run("xorriso", "-as", "mkisofs", "-quiet", "-iso-level", "3", "-hfsplus", "-V", "Shared Support", "-o", hybrid, tree)
    shutil.rmtree(tree)
    image = root / "SharedSupport.dmg"
    _volume(hybrid, image)
    hybrid.unlink()
    _append_trailer(image)
    app = f"./Applications/{fake.SEQUOIA.app}"
    payload = formats.pbzx(formats.cpio([("./Applications", 0o40775, b""), (app, 0o40755, b""), (f"{app}/Info.plist", 0o100644, b"x")]))
    chain = authority.chain("signer", "authority", "root")
    _package(root / "InstallAssistant.pkg", payload, image, chain, authority)
    image.unlink()
    (root / "ready.json").write_text(
        json.dumps({"url": "https://127.0.0.1", "root": authority.root_digest(), "modulus": authority.chunklist_modulus()})
    )


def _volume(hybrid: Path, volume: Path) -> None:
    """Copies the HFS+ partition that xorriso made."""
    head = hybrid.open("rb").read(64 * 512)
    for block in range(1, 63):
        entry = head[block * 512 : block * 512 + 512]
        if entry[:2] == b"PM" and entry[48:58] == b"Apple_HFS\0":
            start, count = struct.unpack(">II", entry[8:16])
            run(
                "dd", f"if={hybrid}", f"of={volume}", "bs=1M", "iflag=skip_bytes,count_bytes", f"skip={start * 512}", f"count={count * 512}",
                "status=none",
            )  # fmt: skip
            return
    raise ValueError("xorriso made no HFS+ volume")


def _append_trailer(image: Path) -> None:
    """Makes a disk image of a disk: one raw run, without checksums."""
    size = image.stat().st_size
    runs = struct.pack(">IIQQQQ", 1, 0, 0, size // 512, 0, size) + struct.pack(">IIQQQQ", 0xFFFFFFFF, 0, size // 512, 0, size, 0)
    table = struct.pack(">4sIQQQII24x", b"mish", 1, 0, size // 512, 0, 520, 0) + bytes(136) + struct.pack(">I", 2) + runs
    xml = plistlib.dumps({"resource-fork": {"blkx": [{"Attributes": "0x0050", "Data": table, "ID": "0", "Name": "whole disk"}]}})
    trailer = struct.pack(">4sIIIQQQQQII16s", b"koly", 4, 512, 1, 0, 0, size, 0, 0, 1, 1, bytes(16)) + bytes(136)
    trailer += struct.pack(">QQ", size, len(xml)) + bytes(120) + bytes(136) + struct.pack(">IQ", 1, size // 512)
    with image.open("ab") as out:
        out.write(xml + trailer.ljust(512, b"\0"))


def _package(path: Path, payload: bytes, image: Path, chain: list[str], authority: Authority) -> None:
    """As `formats.xar`, with a last entry that is too large for memory."""
    digest = hashlib.sha1()
    with image.open("rb") as file:
        while part := file.read(_STEP):
            digest.update(part)
    placeholder = b"the disk image"
    whole = formats.xar({"Payload": payload, "SharedSupport.dmg": placeholder}, chain, None)
    packed = struct.unpack(">Q", whole[8:16])[0]
    toc = zlib.decompress(whole[28 : 28 + packed]).decode()
    size = image.stat().st_size
    toc = toc.replace(f"<length>{len(placeholder)}</length><size>{len(placeholder)}</size>", f"<length>{size}</length><size>{size}</size>")
    toc = toc.replace(hashlib.sha1(placeholder).hexdigest(), digest.hexdigest())
    keys = "".join(f"<X509Certificate>{certificate}</X509Certificate>" for certificate in chain)
    signature = f'<signature style="RSA"><offset>20</offset><size>256</size><KeyInfo><X509Data>{keys}</X509Data></KeyInfo></signature>'
    compressed = zlib.compress(toc.replace("</checksum>", f"</checksum>{signature}", 1).encode())
    length = len(zlib.decompress(compressed))
    with path.open("wb") as out:
        out.write(struct.pack(">4sHHQQI", b"xar!", 28, 1, len(compressed), length, 1) + compressed)
        out.write(hashlib.sha1(compressed).digest() + authority.sign(compressed, "signer", "sha1") + payload)
        with image.open("rb") as file:
            shutil.copyfileobj(file, out, _STEP)

