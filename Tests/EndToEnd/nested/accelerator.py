"""How L1 runs: by nested KVM where this machine truly has it, else emulated."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .events import Events, Exit, Fact

if TYPE_CHECKING:
    from .machine import Specification


@dataclass(frozen=True)
class Accelerator:
    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    #: How much longer than with KVM everything takes.
    patience: float = 1.0


#: An AMD CPU, because QEMU emulates SVM and not VMX, with the AVX2 that a recent macOS needs. Of "max" OVMF hangs.
EMULATED_CPU = "Haswell-noTSX,vendor=AuthenticAMD,+svm,+npt"


def emulation(modules: Path) -> Accelerator:
    return Accelerator(
        "emulation",
        ("-accel", "tcg,thread=multi", "-cpu", EMULATED_CPU),
        {"QEMU_MODULE_DIR": str(modules)},
        patience=4.0,
    )


def nested_kvm() -> Accelerator:
    return Accelerator("KVM", ("-accel", "kvm", "-cpu", "host"))


def nested_kvm_parameter() -> str | None:
    """The parameter that allows guests of guests, as the kernel has it: "kvm_amd.nested=1"."""
    for module in ("kvm_intel", "kvm_amd"):
        try:
            value = Path(f"/sys/module/{module}/parameters/nested").read_text().strip()
        except OSError:
            continue
        if value in ("1", "Y"):
            return f"{module}.nested={value}"
    return None


def why_not_kvm(trial: Specification, seconds: float = 30.0) -> str | None:
    """None where KVM can be used; else the reason.

    The node alone says little: a software PVM opens too, yet runs no firmware. So L1 is started for a moment, and has
    to find virtualization in its own CPU.
    """
    from .machine import Machine

    if nested_kvm_parameter() is None:
        return "no kvm_intel or kvm_amd that allows nesting"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "/dev/kvm may not be opened"
    events = Events()
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(trial, Path(folder), Path(folder) / "log", events)
        flags = ""
        try:
            deadline = time.monotonic() + seconds
            while (event := events.next(deadline)) is not None and not isinstance(event, Exit):
                if isinstance(event, Fact) and event.key == "cpu":
                    flags = event.value
        finally:
            machine.stop()
    if not flags:
        return "L1 does not come up with KVM"
    return None if {"vmx", "svm"} & set(flags.split()) else "L1 has no vmx and no svm with KVM"
