"""The test: a nested boot from L1's start to its end, which collects the evidence."""

from __future__ import annotations

from pathlib import Path

from harness.programs import HarnessError
from harness.report import say, show_tail

from . import guest
from .evidence import Evidence
from .images import Images
from .machine import SCREEN, SCREEN_SHARING
from .places import LOGS
from .session import Hung, Session
from .timeline import show_stage

#: Emulated nesting hangs now and then, which says nothing about the product. Two hangs in a row do.
_ATTEMPTS = 2


def nested_boot(images: Images) -> tuple[Evidence, Path]:
    """What a run found out, and its log."""
    for number in range(1, _ATTEMPTS + 1):
        with Session(images, f"attempt-{number}", show_stage) as session:
            try:
                return _to_the_end(session), session.log
            except Hung as hang:
                session.evidence.save(LOGS)
                say(f"# attempt {number} hung: {hang}")
                show_tail(session.log)
    raise HarnessError(f"hung {_ATTEMPTS} times in a row: see above")


def _to_the_end(session: Session) -> Evidence:
    evidence = session.evidence
    if session.wait_for("up"):
        _look_around(session)
        _power_off(session)
    session.wait_for("off")
    evidence.answer = session.answer()
    return evidence


def _power_off(session: Session) -> None:
    """An order without effect is an error of the product, not a hang: L1 is ended, and the assertions fail."""
    session.machine.order("powerdown")
    try:
        session.wait_for("button")
    except Hung:
        session.machine.stop()


def _look_around(session: Session) -> None:
    """Collects what this machine sees while the guest runs."""
    evidence, seconds = session.evidence, 15 * session.patience
    answer = guest.ssh("facts", seconds) or ""
    for line in answer.splitlines():
        key, _, value = line.partition("=")
        evidence.guest[key] = value
    evidence.screen_sharing = guest.greeting(session.forwards[SCREEN_SHARING], seconds)
    evidence.screen = guest.greeting(session.forwards[SCREEN], seconds)
