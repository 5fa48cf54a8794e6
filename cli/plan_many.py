"""`askergeo plansjekk --hver`: many plans in one call."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .plan_text import many_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.plan.job import Job

    from .console import Console

__all__ = ["check_each"]


def check_each(
    plans: Sequence[Path],
    job: Job,
    out: Path,
    console: Console,
    *,
    report: bool,
    threshold: str,
    workers: int | None,
    limit: float | None,
    overwrite: bool,
) -> None:
    """Review every plan on its own, and end by what was found.

    Raises
    ------
    typer.Exit
        With 1 when a plan is at or above the threshold, 2 when no plan could be read.
    """
    from askergeo.plan.find import find_plans
    from askergeo.plan.many import LIMIT, check_place, review_many
    from askergeo.plan.overview import FILES, document_of
    from askergeo.plan.review import THRESHOLDS

    check_place(out, overwrite=overwrite)
    with tempfile.TemporaryDirectory(prefix="askergeo-") as unpacked:
        found = find_plans(plans, Path(unpacked), leave_out=out)
        count = "1 plan" if len(found) == 1 else f"{len(found)} planer"
        with console.progress(f"Kontrollerer {count}") as step:
            rows = review_many(
                found,
                job,
                out,
                report=report,
                workers=workers or 0,
                limit=limit or LIMIT,
                fresh=overwrite,
                progress=step,
            )
    paths = {key: out / name for key, name in FILES.items()}
    console.result(many_text(rows, paths), document_of(rows))
    if all(one.feil for one in rows):
        raise typer.Exit(2)
    if any(one.status in THRESHOLDS[threshold] for one in rows):
        raise typer.Exit(1)
