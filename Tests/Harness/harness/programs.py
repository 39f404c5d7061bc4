"""Running the programs of installed packages: to their end, with a failure that ends the test or that is looked at."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .paths import BUILD, ROOT

#: Lines of a failed program's output that an error shows.
_TAIL = 15


class HarnessError(Exception):
    """The test could not be carried out: what is wrong, and on further lines what to do about it."""


@dataclass(frozen=True)
class Ended:
    """A program that has ended."""

    #: Its exit status; negative for a signal.
    status: int
    output: str
    errors: str


def tool(name: str) -> str:
    """The path of a program, searched in PATH and in the administrator's directories. Raises HarnessError."""
    search = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    found = shutil.which(name, path=search)
    if found is None:
        raise HarnessError(f"{name} is not installed\n  install the packages that this suite's packages.txt lists")
    return found


def existing(path: str | Path) -> Path:
    """The path of a file that an installed package has. Raises HarnessError when it is missing."""
    path = Path(path)
    if not path.exists():
        raise HarnessError(f"{path} is missing\n  install the packages that this suite's packages.txt lists")
    return path


def execute(
    *argv: str | Path, cwd: Path | None = None, input: str | None = None, environment: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> Ended:  # fmt: skip
    """Runs a program to its end, however that is.

    A first word without a slash is looked up by `tool`. `environment` is added to this process's own. Without `input`
    the program reads from /dev/null. Raises HarnessError when the program is not installed, and
    subprocess.TimeoutExpired when it has not ended after `seconds`.
    """
    done = subprocess.run(
        command_line(*argv), cwd=cwd, env={**os.environ, **(environment or {})}, text=True, timeout=seconds, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **_standard_input(input),
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


def run(*argv: str | Path, cwd: Path | None = None, input: str | None = None, log: Path | None = None) -> str:
    """The standard output of a program that succeeds. Raises HarnessError with the program's own words when it fails.

    With `log`, everything that the program says is written to that file, and the result is empty.
    """
    words = command_line(*argv)
    done = subprocess.run(
        words, cwd=cwd, text=True, check=False, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if log is None else subprocess.STDOUT, **_standard_input(input),
    )  # fmt: skip
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(done.stdout, encoding="utf-8")
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-_TAIL:]
        raise HarnessError("\n    ".join([f"{' '.join(words)}: exit status {done.returncode}", *said]))
    return "" if log else done.stdout


def command_line(*argv: str | Path) -> list[str]:
    """The words with the program's full path. A Path and a word with a slash stay as they are."""
    program, *rest = (str(word) for word in argv)
    return [program if "/" in program else tool(program), *rest]


def _standard_input(text: str | None) -> dict[str, str | int]:
    return {"stdin": subprocess.DEVNULL} if text is None else {"input": text}


def macos_virt() -> Path:
    """The program that was built last, for debugging or for release. Raises HarnessError when there is none."""
    found = [path for path in (BUILD / "macos-virt", ROOT / ".build/debug/macos-virt") if path.exists()]
    if not found:
        raise HarnessError("macos-virt is not built\n  swift build --product macos-virt")
    return max(found, key=lambda path: path.stat().st_mtime)
