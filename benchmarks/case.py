"""What one measurement is.

A module of cases has a function ``cases() -> list[Case]`` and its name in
``benchmarks.__main__.MODULES``.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Case", "ExtraMemory", "Told", "peak_memory", "run_command"]


@dataclass(frozen=True)
class Told:
    """A figure that a case tells itself, with more of the same run to print beneath it."""

    figure: float
    more: Mapping[str, float]

    def __float__(self) -> float:
        """Return the figure that is judged."""
        return self.figure


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
    most_apart
        A larger difference than this, and the case is refused: the two did not do the same.
    needs
        Modules that the peer needs; a peer that is absent is named in the table.
    rounds
        Timed rounds in one process, after one to warm up; 0 times the first and only round, for
        work that is long or whose cold start is the point.
    group
        Another name that it is run by, together with the others of that group.
    inputs
        Puts what our work starts from in memory; what the work takes beyond that is told as well.
    load_peer
        Loads and indexes the peer's input, outside the peer's time; told beside it.
    why_absent
        Says why the peer cannot be run; empty when it can.
    size
        How much there is; a group with sizes gets the exponent by which the time grows.
    invocations
        Processes that measure.
    tells
        ``ours`` and ``run_peer`` return the figure themselves, in ``unit``: what a browser's own
        clock says, or a size; as `Told` when there are more than one.
    unit
        Unit of the figures in the table.
    """

    name: str
    work: str
    ours: Callable[[Path], Any]
    peer: str = "none"
    run_peer: Callable[[Path], Any] | None = None
    prepare: Callable[[Path], None] = _nothing
    difference: Callable[[Any, Any], float] | None = None
    most_apart: float | None = None
    needs: tuple[str, ...] = ()
    rounds: int = 5
    group: str = ""
    inputs: Callable[[Path], Any] | None = None
    load_peer: Callable[[Path], Any] | None = None
    why_absent: Callable[[], str] | None = None
    size: float = 0.0
    invocations: int = 3
    tells: bool = False
    unit: str = "s"

    def absent_peer(self) -> str:
        """Say why the peer cannot be run: what is not installed; empty when it can."""
        absent = next((one for one in self.needs if importlib.util.find_spec(one) is None), "")
        if absent:
            return f"not installed: {absent}"
        return self.why_absent() if self.why_absent else ""


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


class ExtraMemory:
    """Peak resident memory from now on beyond what is resident now, MiB; Linux only."""

    def __init__(self) -> None:
        self._before = _status("VmRSS")
        if self._before is not None:
            # 5 sets the peak to what is resident now (proc(5)).
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def taken(self) -> float | None:
        """Tell it, MiB; ``None`` where the system does not."""
        peak = _status("VmHWM")
        return None if peak is None or self._before is None else peak - self._before


def _status(name: str) -> float | None:
    file = Path("/proc/self/status")
    if not file.is_file():
        return None
    lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    found = next((line for line in lines if line.startswith(f"{name}:")), "")
    return float(found.split()[1]) / 1024 if found else None
