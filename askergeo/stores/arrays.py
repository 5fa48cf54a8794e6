"""Arrays that are kept for the next run: a file is whole, or it is not there."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["write_arrays"]


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays to an ``.npz`` beside its place, and put it there in one step.

    Raises
    ------
    OSError
        When the disk is full or may not be written; nothing is left behind.
    """
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".skrives-{secrets.token_hex(8)}.npz")
    try:
        with temporary.open("wb") as target:
            np.savez(target, allow_pickle=False, **arrays)
        os.replace(temporary, path)  # noqa: PTH105  (one call to the system, named alike everywhere)
    finally:
        temporary.unlink(missing_ok=True)
