"""OVMF for the guest: Debian's as it is, or a copy that starts faster in emulation.

Two waits are shortened, which does not change what the firmware does. In an emulated guest's guest, Debian's OVMF takes
40 s, the copy 9 to 13 s.
"""

from __future__ import annotations

import lzma
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from harness.cache import cached, digest
from harness.process import run_with_serial_file
from harness.programs import HarnessError, existing
from harness.qemu import OVMF_CODE, OVMF_VARIABLES, headless, uefi

from .places import LOGS

#: LZMA_CUSTOM_DECOMPRESS_GUID ee4e5898-3914-4259-9d6e-dc7bd79403cf (edk2, MdeModulePkg).
_LZMA_SECTION = bytes.fromhex("98584eee1439594 29d6edc7bd79403cf".replace(" ", ""))
#: EFI_SECTION_GUID_DEFINED (PI specification, volume 3).
_GUID_DEFINED = 2
#: TIS_TIMEOUT_A of edk2's Tpm12DeviceLib and Tpm2DeviceLib in microseconds. Where no TPM answers, each of them polls for
#: this time in steps of 30 us, and each poll leaves the guest three times.
_TPM_WAIT, _SHORT_WAIT = 750_000, 30


@dataclass(frozen=True)
class Firmware:
    code: Path
    variables: Path

    @staticmethod
    def installed() -> Firmware:
        return Firmware(existing(OVMF_CODE), existing(OVMF_VARIABLES))

    @staticmethod
    def tuned(disk: Path) -> Firmware:
        """The copy for emulation. `disk` is any disk that UEFI can start from."""
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
    """The "alone" format with the size in its header, which edk2's decoder needs and Python does not write."""
    rest, lc = divmod(header[0], 9)
    pb, lp = divmod(rest, 5)
    (dictionary,) = struct.unpack_from("<I", header, 1)
    settings = {
        "id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": lc, "lp": lp, "pb": pb,
        "mode": lzma.MODE_NORMAL, "nice_len": 273, "mf": lzma.MF_BT4, "depth": 1000,
    }  # fmt: skip
    return header[:5] + struct.pack("<Q", len(data)) + lzma.compress(data, lzma.FORMAT_RAW, filters=[settings])


def _warm(firmware: Firmware, disk: Path, draft: Path) -> None:
    """Has OVMF fill its variables once without nesting. It writes byte by byte, and each byte leaves the guest twice."""
    serial, starting = LOGS / "firmware.serial", "BdsDxe: starting"
    argv = [
        *headless(), "-accel", "tcg", "-cpu", "Haswell-noTSX", "-m", "512", *uefi(draft / "variables.fd", firmware.code),
        "-drive", f"if=none,id=d,format=raw,snapshot=on,file={disk}", "-device", "virtio-blk-pci,drive=d,bootindex=0",
        "-device", "VGA", "-serial", f"file:{serial}",
    ]  # fmt: skip
    if starting not in run_with_serial_file(argv, serial, until=starting, seconds=120):
        raise HarnessError(f"OVMF did not start {disk}: see {serial}")
