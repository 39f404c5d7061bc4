"""How the Linux VM (L1) runs: by KVM where this machine has nested virtualization, else in emulation."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from .initramfs import Initramfs
from .kernel import Kernel
from .patched_qemu import patched_modules
from .paths import scratch_directory
from .process import ConsoleProcess
from .programs import tool
from .qemu import headless
from .waiting import Events, Line

#: An AMD CPU, because QEMU emulates SVM but not VMX, with the AVX2 that a recent macOS needs. With "max", OVMF hangs.
_EMULATED_CPU = "Haswell-noTSX,vendor=AuthenticAMD,+svm,+npt"
#: Seconds that the trial of KVM gets. It takes one.
_TRIAL = 30.0
_FLAGS = "trial: flags "


@dataclass(frozen=True)
class Accelerator:
    name: str
    #: QEMU's options.
    arguments: tuple[str, ...]
    #: What QEMU's environment needs beside the test's own.
    environment: dict[str, str] = field(default_factory=dict)
    #: The factor for timeouts: how much longer than with KVM everything takes.
    patience: float = 1.0

    @property
    def is_kvm(self) -> bool:
        return not self.environment

    @staticmethod
    def kvm() -> Accelerator:
        return Accelerator("KVM", ("-accel", "kvm", "-cpu", "host"))

    @staticmethod
    def emulation() -> Accelerator:
        return Accelerator(
            "emulation", ("-accel", "tcg,thread=multi", "-cpu", _EMULATED_CPU), {"QEMU_MODULE_DIR": str(patched_modules())},
            patience=4.0,
        )  # fmt: skip

    @staticmethod
    def choose(want: str) -> tuple[Accelerator, list[str]]:
        """The accelerator and remarks about the choice, for people. `want` is auto, kvm or emulation."""
        if want == "kvm":
            return Accelerator.kvm(), []
        if want == "emulation":
            return Accelerator.emulation(), []
        reason = why_not_kvm()
        if reason is None:
            return Accelerator.kvm(), []
        return Accelerator.emulation(), [f"no nested KVM here ({reason}): L1 is emulated"]


def why_not_kvm() -> str | None:
    """None where a machine that runs by KVM can use KVM itself; else the reason why not.

    That /dev/kvm can be opened proves little: the KVM of a software hypervisor may run no firmware, and offer no
    nesting. So a Linux is started for a moment, and has to find virtualization in its own CPU.
    """
    if not _nesting_allowed():
        return "no kvm_intel or kvm_amd that allows nesting"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "/dev/kvm may not be opened"
    flags = cpu_flags(Accelerator.kvm())
    if not flags:
        return "L1 does not come up with KVM"
    return None if {"vmx", "svm"} & flags else "L1 has no vmx and no svm with KVM"


def cpu_flags(accelerator: Accelerator) -> set[str]:
    """The flags of the CPU that a Linux finds in a machine with this accelerator. Empty when it does not start."""
    kernel, root = Kernel.fetch(), Initramfs()
    root.directory("proc")
    root.file("usr/bin/busybox", Path(tool("busybox")).read_bytes(), 0o755)
    root.file(
        "init",
        "#!/bin/busybox sh\n/bin/busybox mount -t proc proc /proc\n"
        f'echo "{_FLAGS}$(/bin/busybox sed -n "s/^flags.*: //p" /proc/cpuinfo)"\n/bin/busybox poweroff -f\n',
        0o755,
    )
    with scratch_directory() as folder:
        initrd, events = folder / "initrd", Events()
        initrd.write_bytes(root.encoded())
        argv = [
            *headless(), *accelerator.arguments, "-m", "512", "-kernel", str(kernel.image), "-initrd", str(initrd),
            "-append", "console=ttyS0 quiet", "-serial", "stdio",
        ]  # fmt: skip
        machine = ConsoleProcess(argv, accelerator.environment, folder / "log", events)
        try:
            found = events.wait_for(
                lambda event: isinstance(event, Line) and event.text.startswith(_FLAGS), _TRIAL * accelerator.patience
            )
        finally:
            machine.stop()
    return set(found.text.removeprefix(_FLAGS).split()) if isinstance(found, Line) else set()


def _nesting_allowed() -> bool:
    """As the parameter of the module says: "nested" is Y with Intel, 1 with AMD."""
    for module in ("kvm_intel", "kvm_amd"):
        try:
            if Path(f"/sys/module/{module}/parameters/nested").read_text().strip() in ("1", "Y"):
                return True
        except OSError:
            continue
    return False
