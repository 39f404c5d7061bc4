"""OVMF for the guest: Debian's as it is, or the same with two waits shortened, for emulation only.

Neither changes what the firmware does. Unchanged it takes 40 s in a guest's guest, tuned 9 to 13 s.
"""

from __future__ import annotations

import lzma
import re
import shutil
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .cache import cached, digest
from .paths import WORK, HarnessError, existing, tool

_CODE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
_VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
#: LZMA_CUSTOM_DECOMPRESS_GUID ee4e5898-3914-4259-9d6e-dc7bd79403cf (edk2, MdeModulePkg).
_LZMA_SECTION = bytes.fromhex("98584eee1439594 29d6edc7bd79403cf".replace(" ", ""))
#: EFI_SECTION_GUID_DEFINED (PI specification, volume 3).
_GUID_DEFINED = 2
#: TIS_TIMEOUT_A of edk2's Tpm12DeviceLib and Tpm2DeviceLib in microseconds: polled in steps of 30 us, twice, where no
#: TPM answers. Every poll leaves the guest three times.
_TPM_WAIT, _SHORT_WAIT = 750_000, 30


@dataclass(frozen=True)
class Firmware:
    code: Path
    variables: Path

    @staticmethod
    def installed() -> Firmware:
        return Firmware(existing(_CODE), existing(_VARIABLES))

    @staticmethod
    def tuned(disk: Path) -> Firmware:
        """Faster to start in emulation; the disk is any that it can start from."""
        own = Firmware.installed()
        source = Path(__file__)
        code = cached(
            "ovmf-code", digest(own.code, source), lambda draft: _shorten_tpm_wait(own.code, draft / "code.fd")
        )
        tuned = Firmware(code / "code.fd", own.variables)
        warm = cached(
            "ovmf-variables", digest(tuned.code, own.variables, source), lambda draft: _warm(tuned, disk, draft)
        )
        return Firmware(tuned.code, warm / "variables.fd")


def _shorten_tpm_wait(original: Path, result: Path) -> None:
    image = bytearray(original.read_bytes())
    start, packed = _compressed_volumes(image)
    volumes = bytearray(lzma.decompress(packed, lzma.FORMAT_ALONE))
    constant = struct.pack("<I", _TPM_WAIT)
    changed = 0
    for match in re.finditer(re.escape(constant), bytes(volumes)):
        at = match.start()
        # push imm32; mov ecx, imm32; mov dword [rsp], imm32
        if volumes[at - 1] in (0x68, 0xB9) or volumes[at - 3 : at] == b"\xc7\x04\x24":
            volumes[at : at + 4] = struct.pack("<I", _SHORT_WAIT)
            changed += 1
    if changed == 0:
        raise HarnessError(f"{original}: the TPM driver's wait of {_TPM_WAIT} us is not in it")
    again = _compress(bytes(volumes), packed[:13])
    if len(again) > len(packed):
        raise HarnessError(f"{original}: the changed volumes are {len(again)} bytes, there is room for {len(packed)}")
    image[start : start + len(packed)] = again.ljust(len(packed), b"\0")
    result.write_bytes(image)


def _compressed_volumes(image: bytearray) -> tuple[int, bytes]:
    """Where the section with the drivers begins, and its LZMA stream."""
    for match in re.finditer(re.escape(_LZMA_SECTION), bytes(image)):
        guid = match.start()
        # A section of 16 MiB and more has a longer header; OVMF's has the short one: size (24 bits), type.
        if image[guid - 1] != _GUID_DEFINED:
            continue
        section = guid - 4
        size = int.from_bytes(image[section : section + 3], "little")
        (offset,) = struct.unpack_from("<H", image, guid + 16)
        return section + offset, bytes(image[section + offset : section + size])
    raise HarnessError("OVMF: no LZMA section in it")


def _compress(data: bytes, header: bytes) -> bytes:
    """The "alone" form with the known size in its header, as edk2's decoder wants it: Python leaves the size open."""
    rest, lc = divmod(header[0], 9)
    pb, lp = divmod(rest, 5)
    (dictionary,) = struct.unpack_from("<I", header, 1)
    settings = {
        "id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": lc, "lp": lp, "pb": pb,
        "mode": lzma.MODE_NORMAL, "nice_len": 273, "mf": lzma.MF_BT4, "depth": 1000,
    }  # fmt: skip
    return header[:5] + struct.pack("<Q", len(data)) + lzma.compress(data, lzma.FORMAT_RAW, filters=[settings])


def _warm(firmware: Firmware, disk: Path, draft: Path) -> None:
    """Lets OVMF fill its variables once without nesting: byte for byte, they cost two exits each in the guest."""
    variables, serial = draft / "variables.fd", WORK / "logs" / "firmware.log"
    shutil.copyfile(firmware.variables, variables)
    serial.parent.mkdir(parents=True, exist_ok=True)
    serial.write_bytes(b"")
    # fmt: off
    argv = [
        tool("qemu-system-x86_64"), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-machine", "q35", "-accel", "tcg", "-cpu", "Haswell-noTSX", "-m", "512",
        "-drive", f"if=pflash,format=raw,readonly=on,file={firmware.code}",
        "-drive", f"if=pflash,format=raw,file={variables}",
        "-drive", f"if=none,id=d,format=raw,snapshot=on,file={disk}", "-device", "virtio-blk-pci,drive=d,bootindex=0",
        "-device", "VGA", "-serial", f"file:{serial}", "-monitor", "none",
    ]
    # fmt: on
    machine = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    try:
        while b"BdsDxe: starting" not in serial.read_bytes():
            if machine.poll() is not None or time.monotonic() > deadline:
                raise HarnessError(f"OVMF did not start {disk}: see {serial}")
            time.sleep(0.1)
    finally:
        machine.terminate()
        machine.communicate()
