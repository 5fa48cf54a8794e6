"""5-minute settlements of the large example, the whole command as one types it."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from typing import TYPE_CHECKING

from benchmarks import asker
from benchmarks.case import Case, run_command

if TYPE_CHECKING:
    from pathlib import Path

_KEPT = "mellomlager"


def cases() -> list[Case]:
    """Return the cases: everything cold, and with the graph and the kernels of an earlier run."""
    work = "askergeo tettsted, asker size, three profiles, {}"
    return [
        Case(
            name="tettsted",
            work=work.format("cold (limit 60 s)"),
            ours=partial(_command, True),
            prepare=_prepare,
            rounds=0,
        ),
        Case(
            name="tettsted-warm",
            work=work.format("warm"),
            ours=partial(_command, False),
            prepare=_prepare,
            rounds=1,
        ),
    ]


def _prepare(folder: Path) -> None:
    """Put a copy of the package in the folder, for a cold run takes the graph away from it."""
    asker.prepare(folder)
    source = (folder / asker.NAME).resolve()
    shutil.copytree(source, folder / "kopi", ignore=shutil.ignore_patterns(_KEPT))


def _command(cold: bool, folder: Path) -> None:
    package, out, cache = folder / "kopi", folder / "ut", folder / "numba"
    shutil.rmtree(out, ignore_errors=True)
    if cold:
        shutil.rmtree(package / _KEPT, ignore_errors=True)
        shutil.rmtree(cache, ignore_errors=True)
    run_command(
        [sys.executable, "-m", "askergeo", "tettsted", "--data", str(package), "--ut", str(out)],
        NUMBA_CACHE_DIR=str(cache),
    )
