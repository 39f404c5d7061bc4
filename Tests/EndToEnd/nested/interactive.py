"""`make run`: a nested boot by `macos-virt run` for a person, who is told how to reach the guest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.kernel import Kernel
from harness.paths import ROOT
from harness.programs import HarnessError
from harness.report import say, show_tail

from . import guest
from .guest_image import guest_loader
from .keys import Keys
from .local_image import LocalImage
from .local_session import LocalSession, OwnDisks
from .machine import SCREEN_SHARING, SSH
from .places import WORK
from .session import Hung
from .timeline import show_stage

#: The port of L1 where boot shows the guest's screen.
_SCREEN = 5900


def interactive(options: argparse.Namespace) -> int:
    """Runs until Ctrl-C, or until the guest powers off. Without a terminal it ends when the guest was reached."""
    WORK.mkdir(parents=True, exist_ok=True)
    macos_virt: Path = options.macos_virt.resolve()
    loader = guest_loader(Kernel.fetch(), Keys.get())
    image = LocalImage.prepare(macos_virt, options.boot.resolve(), options.accelerator, loader)
    own = OwnDisks(options.opencore, options.macos) if options.macos else None
    if own is not None and not image.accelerated:
        say("# without nested KVM macOS takes hours, if it starts at all; the test's own guest takes half a minute")
    with LocalSession(macos_virt, image, own or loader, show_stage, options.vcpus, options.memory) as session:
        try:
            return _serve(session, own)
        except Hung as hang:
            show_tail(session.log)
            raise HarnessError(f"{hang}\n  emulated nesting hangs now and then: try again") from hang


def _serve(session: LocalSession, own: OwnDisks | None) -> int:
    if not session.wait_for("exec" if own else "up"):
        show_tail(session.log)
        raise HarnessError("the guest did not start: see above")
    _tell(session, own)
    if sys.stdin.isatty():
        try:
            session.wait_for("off", patient=True)
            return _ended(session)
        except KeyboardInterrupt:
            say("\npressing the power button; Ctrl-C again ends at once")
    elif not _reach(session, own):
        return 0
    session.run.press_power_button()
    session.wait_for("off", patient=own is not None)
    return _ended(session)


def _ended(session: LocalSession) -> int:
    """Succeeds only after an orderly shutdown: a QEMU that is gone may have crashed, or have been killed."""
    if session.has_reached("over") and session.exit_status == 0:
        return 0
    show_tail(session.log)
    raise HarnessError(f"the guest was not shut down: macos-virt run ended with {session.exit_status}, see above")


def _reach(session: LocalSession, own: OwnDisks | None) -> bool:
    """Without a terminal: checks that the guest answers. Returns whether it can be asked to shut down."""
    if own is not None:
        found = guest.greeting(session.run.port(_SCREEN), 15 * session.patience)
        if not found.startswith("RFB"):
            raise HarnessError(f"the guest's screen does not answer: {found}")
        say(f"# not a terminal: the screen answers {found!r}, ending")
        return False
    system = guest.ssh("uname -sr", 15 * session.patience)
    if system is None:
        raise HarnessError("the guest is up but not reached by ssh")
    say(f"# not a terminal: reached the guest by ssh ({system.strip()}), shutting down")
    return True


def _tell(session: LocalSession, own: OwnDisks | None) -> None:
    run = session.run
    say()
    say("The guest is running." if own else "The guest is up.")
    say(f"  its screen         vnc://127.0.0.1:{run.port(_SCREEN)}, password {run.password}")
    if own is None:
        say(f"  a shell in it      ssh -F {guest.SSH_CONFIG.relative_to(ROOT)} guest")
    else:
        say(f"  Remote Login       ssh -p {run.port(SSH)} USER@127.0.0.1, once it is enabled in macOS")
        say(f"  Screen Sharing     vnc://127.0.0.1:{run.port(SCREEN_SHARING)}, once it is enabled in macOS")
    say(f"  L1's console       tail -f {session.log.relative_to(ROOT)}")
    say("Ctrl-C presses its power button and ends everything." if sys.stdin.isatty() else "")
