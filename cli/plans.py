"""The verb that reviews plans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from .console import Console
from .options import Json, Overwrite, Parameter, Quiet, pairs
from .plan_many import check_each
from .plan_options import (
    Configs,
    Crs,
    Data,
    Each,
    EachReport,
    Form,
    FormOption,
    Limit,
    Old,
    Out,
    Plans,
    ProvisionsFile,
    Rules,
    Scenario,
    Threshold,
    ThresholdOption,
    Workers,
)
from .plan_text import list_rules, review_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.plan.job import Job, Opened
    from askergeo.plan.review import Found, Review

__all__ = ["register"]


def register(app: typer.Typer, command: type, _group: type) -> None:
    """Add the verb to the command line."""
    app.command("plansjekk", cls=command)(check)


def check(
    ctx: typer.Context,
    plan: Plans = None,
    data: Data = None,
    *,
    out: Out = None,
    old: Old = None,
    scenario: Scenario = None,
    parameter: Parameter = None,
    threshold: ThresholdOption = Threshold.UNMAPPED,
    form: FormOption = Form.JSON,
    configs: Configs = None,
    provisions: ProvisionsFile = None,
    crs: Crs = None,
    each: Each = False,
    report: EachReport = False,
    workers: Workers = None,
    limit: Limit = None,
    rules: Rules = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Se hva som er galt med en reguleringsplan, og hva den kolliderer med på kartet.

    $ askergeo plansjekk plan.gml --data asker
    $ askergeo plansjekk plan.gml --data asker --ut plansjekk --mot forrige.gml
    $ askergeo plansjekk planer --hver --data asker --ut resultater
    $ askergeo plansjekk --regler

    Det som ikke er kartlagt eller ikke kunne kontrolleres, står for seg: en plan er aldri i orden
    fordi ingen vet. Sluttkode 1 når noe er på eller over terskelen.
    """
    # A form for other programs is JSON, said or not.
    console = Console(as_json=as_json or form is not Form.JSON, quiet=quiet)
    if rules:
        list_rules(console)
        return
    only_each = {"--rapport": report, "--prosesser": workers, "--tidsgrense": limit}
    one = {"--mot": old, "--bestemmelser": provisions, "--format": form is not Form.JSON}
    _require_fit(ctx, each=each, only_each=only_each, only_one=one, out=out, plan=plan)
    needs = {"--scenario": scenario, "--dok": configs, "--format dok": form is Form.DOK}
    _require_data(ctx, data, needs | ({"--rapport": report} if each else {"--ut": out}))
    from askergeo.plan.job import Job

    # «--format dok» asks the national datasets by itself, and answers in their own form.
    besides = None if form is Form.DOK else configs
    job = Job(
        data=data, scenario=scenario, crs=crs, parameters=pairs(parameter), configs=besides,
        provisions=provisions,
    )  # fmt: skip
    if each and out is not None:
        check_each(
            plan or [], job, out, console, report=report, threshold=threshold.value,
            workers=workers, limit=limit, overwrite=overwrite,
        )  # fmt: skip
        return
    _check_one(
        plan or [], job, out, console, old=old or [], form=form, configs=configs,
        threshold=threshold.value, overwrite=overwrite,
    )  # fmt: skip


def _check_one(
    plan: list[Path],
    job: Job,
    out: Path | None,
    console: Console,
    *,
    old: list[Path],
    form: Form,
    configs: Path | None,
    threshold: str,
    overwrite: bool,
) -> None:
    """Review a plan, say what has changed since an older version, and end by what was found."""
    from askergeo.outputs.write import check_free
    from askergeo.plan.filed import FILED_HTML, FILED_PDF
    from askergeo.plan.review import changed

    _require_files([*plan, *old])
    if out is not None:
        check_free(out, overwrite=overwrite, more=(FILED_HTML, FILED_PDF))
    opened = job.open()
    found = opened.review(plan)
    if found.unplaced is not None and (out is not None or form is Form.DOK):
        raise found.unplaced
    changes = changed(opened.review(old), found) if old else None
    if out is not None:
        console.note(_write(found, opened, plan, out, changes, overwrite=overwrite))
    written = _form(form, found, changes, opened, plan, configs) if console.as_json else {}
    console.result(review_text(found, changes), written)
    if found.reached(threshold):
        raise typer.Exit(1)


def _require_fit(
    ctx: typer.Context,
    *,
    each: bool,
    only_each: dict[str, Any],
    only_one: dict[str, Any],
    out: Path | None,
    plan: list[Path] | None,
) -> None:
    """Refuse options that do not go together."""
    if not plan:
        ctx.fail("argumentet «PLAN» mangler.")
    if not each:
        if wrong := [name for name, value in only_each.items() if value]:
            ctx.fail(f"«{wrong[0]}» gjelder bare sammen med «--hver».")
        return
    if out is None:
        ctx.fail("«--hver» trenger «--ut MAPPE»: der får hver plan sitt resultat.")
    for name, given in only_one.items():
        if given:
            ctx.fail(f"«{name}» gjelder én plan, og kan ikke brukes med «--hver».")


def _require_data(ctx: typer.Context, data: Path | None, needs: dict[str, Any]) -> None:
    """Refuse options about the map without one, and a plan in the place of the data package."""
    from askergeo.errors import MissingFileError

    if data is None:
        if wrong := [name for name, value in needs.items() if value]:
            ctx.fail(f"«{wrong[0]}» trenger «--data MAPPE»: det handler om kartet.")
    elif data.is_file():
        raise MissingFileError(
            f"«{data}» er en fil, ikke en datapakke.",
            remedy="Skriv planen først, og mappen med datapakken etter --data.",
        )


def _require_files(plans: list[Path]) -> None:
    """Refuse folders in the place of a plan.

    Raises
    ------
    askergeo.errors.SourceError
        When one is a data package, or a folder of plans.
    """
    from askergeo.errors import SourceError
    from askergeo.stores.lockfile import LOCK_NAME

    for path in plans:
        if (path / LOCK_NAME).exists():
            raise SourceError(
                f"{path} er en datapakke, ikke en plan.",
                remedy=f"Skriv planen først, og så «--data {path}».",
            )
        if path.is_dir() and path.suffix.lower() != ".gdb":
            raise SourceError(
                f"{path} er en mappe, ikke en plan.",
                remedy="Oppgi filene til planen, eller bruk --hver: da er hver fil i mappen en "
                "plan.",
            )


def _write(
    found: Review,
    opened: Opened,
    plan: list[Path],
    out: Path,
    changes: Mapping[str, Sequence[Found]] | None,
    *,
    overwrite: bool,
) -> str:
    """Write the report; say where it is, and what is not in it."""
    from askergeo.outputs.pdf import NO_PDF
    from askergeo.plan.filed import FILED_PDF, write_review

    package: Any = opened.view
    paths = write_review(
        found, package, plan, out, changes, parameters=opened.parameters, job=opened.job,
        overwrite=overwrite,
    )  # fmt: skip
    return f"Rapporten er i {out}.{'' if FILED_PDF in paths else f' {NO_PDF}'}"


def _form(
    form: Form,
    found: Review,
    changes: Mapping[str, Sequence[Found]] | None,
    opened: Opened,
    plan: list[Path],
    configs: Path | None,
) -> dict[str, Any]:
    """Write a review for other programs."""
    from askergeo.plan.forms import as_json, as_sarif

    if form is Form.DOK:
        return _national(found, opened, configs)
    if form is Form.SARIF:
        return as_sarif(found, plan)
    return as_json(found, changes, opened.basis(plan))


def _national(found: Review, opened: Opened, configs: Path | None) -> dict[str, Any]:
    """Answer as the national DOK analysis, in its own form."""
    from askergeo.dok import check_area, configs_of, read_configs, to_national

    package: Any = opened.view
    asked = configs_of(package.catalogue) if configs is None else read_configs(configs)
    area = found.place.outline if found.place else None
    return to_national(check_area(area, package, configs=asked), area, package)
