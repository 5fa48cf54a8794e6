"""The main job: run every analysis that the layers of a package allow."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

from askergeo.analyses import ANALYSES
from askergeo.errors import LayerError
from askergeo.outputs.report import NotRun
from askergeo.result import Missing
from askergeo.run import require_whole, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Executor

    from askergeo.analyses import Analysis
    from askergeo.datapackage import DataPackage
    from askergeo.result import Result

__all__ = ["NotRun", "Report", "processes", "run_all", "run_with_scenario"]


# Processes that many analyses are shared between: each needs up to 1 GB.
_WORKERS: Final = 2
# Fewer analyses than this are done before another process has started.
_MANY = 4


@dataclass(frozen=True, kw_only=True)
class Report:
    """What every analysis gave, and which could not run."""

    results: tuple[Result, ...]
    not_run: tuple[NotRun, ...]


def run_all(
    package: DataPackage,
    *,
    scenario: DataPackage | None = None,
    pool: Executor | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Report:
    """Run every analysis whose layers are there.

    Parameters
    ----------
    package
        The data package.
    scenario
        A scenario to lay over it: each analysis then gives base, scenario and difference.
    pool
        Processes to share the analyses between, when they are many; see `processes`.
    progress
        Called with the share done (0–1) and what is under way.

    Raises
    ------
    PackageError
        When the package is a scenario without its base, or a file of it has changed.
    """
    view = package if scenario is None else scenario.over(package)
    require_whole(view)
    absent = {one.id: one.absent(view) for one in ANALYSES.values()}
    runnable = [one for one in ANALYSES.values() if not absent[one.id]]
    not_run = {one: _not_run(ANALYSES[one], absent[one], package) for one in absent if absent[one]}
    step = progress or (lambda _share, _text: None)
    many = pool is not None and len(runnable) >= _MANY
    run_each = partial(_shared, pool) if pool is not None and many else _in_turn
    results: dict[str, tuple[Result, ...]] = {}
    for name, found in run_each(runnable, package, scenario, step):
        if isinstance(found, NotRun):
            not_run[name] = found
        else:
            results[name] = found
    order = list(ANALYSES)
    return Report(
        results=tuple(one for name in order for one in results.get(name, ())),
        not_run=tuple(not_run[name] for name in order if name in not_run),
    )


def _in_turn(
    analyses: list[Analysis],
    package: DataPackage,
    scenario: DataPackage | None,
    step: Callable[[float, str], None],
) -> Iterator[tuple[str, tuple[Result, ...] | NotRun]]:
    for number, analysis in enumerate(analyses):
        step(number / len(analyses), analysis.title)
        yield analysis.id, _answer(analysis.id, package, scenario)


def _shared(
    pool: Executor,
    analyses: list[Analysis],
    package: DataPackage,
    scenario: DataPackage | None,
    step: Callable[[float, str], None],
) -> Iterator[tuple[str, tuple[Result, ...] | NotRun]]:
    """Share the analyses between processes: threads would wait for each other's Python."""
    step(0.0, "Regner")
    # A long one that is begun last would be waited for alone.
    longest = sorted(analyses, key=lambda one: -one.seconds)
    begun = {pool.submit(_answer, one.id, package, scenario): one for one in longest}
    for number, future in enumerate(as_completed(begun), start=1):
        yield begun[future].id, future.result()
        step(number / len(analyses), begun[future].title)


@contextmanager
def processes() -> Iterator[Executor]:
    """Start the processes that `run_all` shares the analyses between, and end them.

    They compile the kernels of overlays while the caller makes ready. A script that uses this must
    be guarded by ``if __name__ == "__main__"``: each process reads it anew.
    """
    # Started anew, not forked: libraries that have threads do not survive a fork.
    pool = ProcessPoolExecutor(_WORKERS, mp_context=get_context("spawn"))
    pool.submit(_warm)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _warm() -> None:
    from askergeo.overlay.warm import warm  # noqa: PLC0415  (brings the compiled kernels)

    warm()


def _answer(
    analysis: str, package: DataPackage, scenario: DataPackage | None
) -> tuple[Result, ...] | NotRun:
    try:
        return run_with_scenario(analysis, package, scenario)
    except LayerError as error:
        # The layers are there but do not allow it: a column or a part of the area is missing.
        return NotRun(analysis=analysis, title=ANALYSES[analysis].title, reason=error.message)


def _not_run(analysis: Analysis, absent: tuple[str, ...], package: DataPackage) -> NotRun:
    layers = [package.catalogue[layer] for layer in absent]
    missing = tuple(
        Missing(layer=layer.id, title=layer.title, consequence=layer.allows) for layer in layers
    )
    return NotRun(analysis=analysis.id, title=analysis.title, missing=missing)


def run_with_scenario(
    analysis: str,
    package: DataPackage,
    scenario: DataPackage | None = None,
    *,
    overrides: Mapping[str, Any] | None = None,
) -> tuple[Result, ...]:
    """Run one analysis; with a scenario also on the changed package, and the difference.

    Returns
    -------
    tuple of Result
        The result alone, or base, scenario and difference.
    """
    base = run(analysis, package, overrides=overrides)
    if scenario is None:
        return (base,)
    changed = run(analysis, scenario.over(package), overrides=overrides)
    return base, changed, base.compare(changed)
