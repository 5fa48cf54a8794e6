"""The verb that reviews plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from .console import Console
from .options import Json, Overwrite, Parameter, Quiet, Scenario, pairs
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
    Rules,
    Threshold,
    ThresholdOption,
    Workers,
)
from .plan_text import list_rules, review_text

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
    console = Console(as_json=as_json, quiet=quiet)
    if rules:
        list_rules(console)
        return
    only_each = {"--rapport": report, "--prosesser": workers, "--tidsgrense": limit}
    _require_fit(ctx, each=each, only_each=only_each, form=form, old=old, out=out, plan=plan)
    needs = {"--scenario": scenario, "--dok": configs, "--format dok": form is Form.DOK}
    needs |= {"--rapport": report} if each else {"--ut": out}
    _require_data(ctx, data, needs)
    asked = Asked(
        plan or [], data, scenario, out, old or [], pairs(parameter), configs, crs, form,
        threshold.value, overwrite=overwrite,
    )  # fmt: skip
    if each:
        check_each(asked, console, report=report, workers=workers, limit=limit)
    else:
        _check_one(asked, console)


def _require_fit(
    ctx: typer.Context,
    *,
    each: bool,
    only_each: dict[str, Any],
    form: Form,
    old: list[Path] | None,
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
    for name, given in {"--mot": old, "--format": form is not Form.JSON}.items():
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


def _check_one(asked: Asked, console: Console) -> None:
    from askergeo.outputs.write import check_free
    from askergeo.plan.basis import basis_of
    from askergeo.plan.forms import as_json, as_sarif
    from askergeo.plan.read import read_plans
    from askergeo.plan.review import changed, review

    _require_files(asked.plans)
    if asked.out is not None:
        check_free(asked.out, overwrite=asked.overwrite)
    package, laid_over, view = asked.open()
    parameters = asked.values()
    configs = () if asked.form is Form.DOK else asked.datasets()
    found = review(
        read_plans(asked.plans, crs=asked.crs), view, parameters=parameters, configs=configs
    )
    changes = None
    if asked.old:
        before = read_plans(asked.old, crs=asked.crs)
        changes = changed(review(before, view, parameters=parameters, configs=configs), found)
    if asked.out is not None:
        _write(found, view, asked, changes)
        console.note(f"Rapporten er i {asked.out}.")
    if asked.form is Form.DOK:
        written = _national(found, view, asked)
    elif asked.form is Form.SARIF:
        written = as_sarif(found, asked.plans)
    else:
        basis = basis_of(asked.plans, package, laid_over, options=asked.options())
        written = as_json(found, changes, basis)
    console.result(review_text(found, changes), written)
    if found.reached(asked.threshold):
        raise typer.Exit(1)
