"""The main job on the example municipality, as one types it."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.case import Case, run_command

if TYPE_CHECKING:
    from pathlib import Path


def cases() -> list[Case]:
    """Return the cases: the demo at both sizes, with a cold numba cache."""
    return [
        Case(
            name=f"demo-{size}",
            work=f"askergeo demo --størrelse {size}, cold numba cache{limit}",
            ours=partial(_demo, size),
            rounds=0,
        )
        for size, limit in (("liten", " (limit 60 s)"), ("asker", ""))
    ]


def _demo(size: str, folder: Path) -> None:
    out, cache = folder / "demo", folder / "numba"
    for old in (out, cache):
        shutil.rmtree(old, ignore_errors=True)
    run_command(
        [
            sys.executable,
            "-m",
            "askergeo",
            "demo",
            "--ut",
            str(out),
            "--størrelse",
            size,
            "--stille",
        ],
        NUMBA_CACHE_DIR=str(cache),
    )
