"""The main job: run every analysis that the layers of a package allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from askergeo.analyses import ANALYSES
from askergeo.errors import LayerError
from askergeo.outputs.report import NotRun
from askergeo.result import Missing
from askergeo.run import require_whole, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from askergeo.analyses import Analysis
    from askergeo.datapackage import DataPackage
    from askergeo.result import Result

__all__ = ["NotRun", "Report", "run_all", "run_with_scenario"]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What every analysis gave, and which could not run."""

    results: tuple[Result, ...]
    not_run: tuple[NotRun, ...]


def run_all(
    package: DataPackage,
    *,
    scenario: DataPackage | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Report:
    """Run every analysis whose layers are there.

    Parameters
    ----------
    package
        The data package.
    scenario
        A scenario to lay over it: each analysis then gives base, scenario and difference.
    progress
        Called with the share done (0–1) and what is under way.

    Raises
    ------
    PackageError
        When the package is a scenario without its base, or a file of it has changed.
    """
    require_whole(package if scenario is None else scenario.over(package))
    results: list[Result] = []
    not_run = []
    for number, analysis in enumerate(ANALYSES.values()):
        if progress:
            progress(number / len(ANALYSES), analysis.title)
        view = package if scenario is None else scenario.over(package)
        absent = analysis.absent(view)
        if absent:
            not_run.append(_not_run(analysis, absent, package))
            continue
        try:
            results.extend(run_with_scenario(analysis.id, package, scenario))
        except LayerError as error:
            # The layers are there but do not allow it: a column or a part of the area is missing.
            not_run.append(NotRun(analysis=analysis.id, title=analysis.title, reason=error.message))
    return Report(results=tuple(results), not_run=tuple(not_run))


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
