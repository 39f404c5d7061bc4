"""`make run`: the same nested boot for a person, who gets the guest and the ways into it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import guest
from .images import Images
from .machine import SCREEN, SCREEN_SHARING, SSH, Specification
from .paths import ROOT, HarnessError
from .report import say, show_stage, show_tail
from .session import Hung, OwnDisks, Session


def interactive(images: Images, own: OwnDisks | None, vcpus: int | None, memory_mib: int | None) -> int:
    """Until Ctrl-C, or until the guest switches itself off; without a terminal, until the guest was reached."""
    accelerated = images.accelerator.name == "KVM"
    if own is not None and not accelerated:
        say("# without nested KVM macOS takes hours, if it starts at all; the test's own guest takes half a minute")
    session = Session(
        images, "run", show_stage, own,
        vcpus=vcpus or (os.cpu_count() or 1 if accelerated else 1),
        memory_mib=memory_mib or (_most_of_the_memory() if accelerated else Specification.memory_mib),
    )  # fmt: skip
    with session:
        try:
            return _serve(session, own)
        except Hung as hang:
            show_tail(session.log)
            raise HarnessError(f"{hang}\n  emulated nesting hangs now and then: try again") from hang


def _serve(session: Session, own: OwnDisks | None) -> int:
    if not session.wait_for("exec" if own else "up"):
        show_tail(session.log)
        raise HarnessError("the guest did not start: see above")
    _tell(session, own)
    if sys.stdin.isatty():
        try:
            session.wait_for("off", patient=True)
            return 0
        except KeyboardInterrupt:
            say("\npressing the power button; Ctrl-C again ends at once")
    else:
        _reach(session, own)
    session.machine.order("powerdown")
    session.wait_for("off", patient=own is not None)
    return 0


def _reach(session: Session, own: OwnDisks | None) -> None:
    """For a pipe or a CI job: that the guest is there is all that can be shown."""
    if own is not None:
        found = guest.greeting(session.forwards[SCREEN], 15 * session.patience)
        if not found.startswith("RFB"):
            raise HarnessError(f"the guest's screen does not answer: {found}")
        say(f"# not a terminal: the screen answers {found!r}, ending")
        session.machine.stop()
        return
    system = guest.ssh("uname -sr", 15 * session.patience)
    if system is None:
        raise HarnessError("the guest is up but not reached by ssh")
    say(f"# not a terminal: reached the guest by ssh ({system.strip()}), shutting down")


def _tell(session: Session, own: OwnDisks | None) -> None:
    ports = session.forwards
    say()
    say("The guest is running." if own else "The guest is up.")
    say(f"  its screen         a VNC viewer at 127.0.0.1:{ports[SCREEN]}")
    if own is None:
        say(f"  a shell in it      ssh -F {guest.SSH_CONFIG.relative_to(ROOT)} guest")
    else:
        say(f"  Remote Login       ssh -p {ports[SSH]} USER@127.0.0.1, once macOS has it switched on")
        say(f"  Screen Sharing     vnc://127.0.0.1:{ports[SCREEN_SHARING]}, likewise")
    say(f"  L1's console       tail -f {session.log.relative_to(ROOT)}")
    say("Ctrl-C presses its power button and ends everything." if sys.stdin.isatty() else "")


def _most_of_the_memory() -> int:
    """Three quarters of what is available, in MiB, and no less than macOS and L1 need."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return max(Specification.memory_mib, int(line.split()[1]) * 3 // 4 >> 10)
    return Specification.memory_mib
