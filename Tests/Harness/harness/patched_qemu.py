"""A private copy of QEMU's TCG module that skips one assertion.

When QEMU emulates SVM and the nested guest writes CR8, it raises a virtual interrupt without the lock that
tcg_handle_interrupt() asserts (target/i386/tcg/sysemu/misc_helper.c, helper_write_crN, case 8). OVMF writes CR8, and
QEMU aborts: seen with 7.2 and 10.0. The installed QEMU is not changed.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .cache import cached, digest
from .programs import HarnessError, run

MODULES = Path("/usr/lib/x86_64-linux-gnu/qemu")
_MODULE = "accel-tcg-x86_64.so"
_PATTERN = re.compile(
    rb"\x55\x89\xf5\x53\x48\x89\xfb\x48\x83\xec\x08"  # push rbp; mov ebp, esi; push rbx; mov rbx, rdi; sub rsp, 8
    rb"\xe8....\x84\xc0"  # call qemu_mutex_iothread_locked; test al, al
    rb"(\x75)",  # jne past the assertion's failure
    re.DOTALL,
)
_JMP = b"\xeb"


def patched_modules() -> Path:
    """A directory for QEMU_MODULE_DIR: QEMU's modules, with one byte of the TCG module changed."""
    original = MODULES / _MODULE
    if not original.exists():
        version = run("qemu-system-x86_64", "--version").splitlines()[0]
        raise HarnessError(
            f"{version}: its TCG is no module ({original}), so the assertion that nesting runs into cannot be skipped\n"
            "  use a machine with nested KVM, or Debian 12, whose QEMU 7.2 has the module"
        )
    return cached("qemu-modules", digest(original, str(_PATTERN.pattern)), _make)


def _make(draft: Path) -> None:
    for module in MODULES.glob("*.so"):
        shutil.copyfile(module, draft / module.name)
    code = (draft / _MODULE).read_bytes()
    found = list(_PATTERN.finditer(code))
    if len(found) != 1:
        version = run("qemu-system-x86_64", "--version").splitlines()[0]
        raise HarnessError(
            f"{version}: {_MODULE} has the start of tcg_handle_interrupt() {len(found)} times instead of once, so its"
            " assertion cannot be skipped\n"
            "  QEMU would abort as soon as OVMF runs in the guest. Adapt _PATTERN in Tests/Harness/harness/patched_qemu.py"
            " to this build\n"
            f"  (objdump -d {MODULES / _MODULE}, function tcg_handle_interrupt), use a machine with nested KVM, or"
            " install Debian 12's qemu-system-x86"
        )
    at = found[0].start(1)
    (draft / _MODULE).write_bytes(code[:at] + _JMP + code[at + 1 :])
