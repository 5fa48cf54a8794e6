"""What one measurement is.

A module of cases has a function ``cases() -> list[Case]`` and its name in
``benchmarks.__main__.MODULES``.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["Case", "peak_memory", "run_command"]


def _nothing(_folder: Path) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One piece of work, done by us and by a peer.

    Parameters
    ----------
    name
        What one types: ``python -m benchmarks NAME``.
    work
        The work in a line, with its size.
    ours, run_peer
        The work, in a folder that ``prepare`` has filled; ``run_peer`` is ``None`` when no peer
        does this work.
    peer
        The peer's name and, where it matters, its options.
    prepare
        Makes the input, once, outside the time.
    difference
        Largest difference between the two answers.
    needs
        Modules that the peer needs; a peer that is absent is named in the table.
    rounds
        Timed rounds in one process, after one to warm up; 0 times the first and only round, for
        work that is long or whose cold start is the point.
    """

    name: str
    work: str
    ours: Callable[[Path], Any]
    peer: str = "none"
    run_peer: Callable[[Path], Any] | None = None
    prepare: Callable[[Path], None] = _nothing
    difference: Callable[[Any, Any], float] | None = None
    needs: tuple[str, ...] = ()
    rounds: int = 5

    def absent_peer(self) -> str:
        """Name the first module of the peer that is not installed; empty when all are."""
        absent = (name for name in self.needs if importlib.util.find_spec(name) is None)
        return next(absent, "")


def run_command(command: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a whole command as a user would, outside the checkout's folder."""
    return subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def peak_memory() -> float:
    """Peak resident memory in MiB of this process or of the largest process that it started."""
    import resource  # noqa: PLC0415  (not on Windows)

    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, children) / 1024
