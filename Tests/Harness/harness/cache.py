"""Results that take long to make, kept under a name that changes with what they were made from."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from .paths import CACHE


def digest(*inputs: bytes | str | Path) -> str:
    """A short name that stands for these texts and for the contents of these files."""
    total = hashlib.sha256()
    for item in inputs:
        data = item.read_bytes() if isinstance(item, Path) else item.encode() if isinstance(item, str) else item
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()[:16]


def cached(name: str, key: str, make: Callable[[Path], None]) -> Path:
    """The directory that `make` fills; that of an earlier run when the key is the same.

    `make` gets a draft, which gets its name only when it is complete. Results with other keys are removed.
    """
    place = CACHE / name
    result = place / key
    if result.is_dir():
        return result
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        shutil.rmtree(old)
    draft = place / f".{key}"
    draft.mkdir()
    make(draft)
    draft.rename(result)
    return result
