"""One verb for each analysis: read the package, run, write, state the finding."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from . import siting
from .console import Console
from .options import Common, Data, GroupData, Out, given, pairs, with_common

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from askergeo.outputs.write import Extra
    from askergeo.result import Result

__all__ = ["register", "run_and_tell", "run_and_write", "say_found"]

# Share of the work that is done when the files are written.
_WRITES: Final = 0.8


def register(app: typer.Typer, command: type, group: type) -> None:
    """Add the verbs to the command line."""
    app.command("oversikt", cls=command)(overview)
    app.command("strandsone", cls=command)(shore)
    settlement = typer.Typer(cls=group, rich_markup_mode=None, invoke_without_command=True)
    settlement.callback()(five_minutes)
    settlement.command("avgrens", cls=command)(settlements)
    siting.register(settlement, command)
    app.add_typer(settlement, name="tettsted")


@with_common
def overview(data: Data, out: Out = Path("oversikt"), *, common: Common) -> None:
    """Oversikt over kommunen: areal, kyst, arealdekke, sentre, skoler, veger og lag.

    $ askergeo oversikt --data asker --ut oversikt

    Trenger bare kommunegrensen og bruker alle andre lag som er der.
    """
    run_and_write("oversikt", data, out, common)


@with_common
def shore(data: Data, out: Out = Path("strandsone"), *, common: Common) -> None:
    """Strandsonen: 100-metersbeltet, bygg i beltet og tilgjengelig andel.

    $ askergeo strandsone --data asker --ut strandsone
    $ askergeo strandsone --data asker --ut smalt --parameter belte_m=50

    Beltet måles fra den virkelige strandlinjen på land og øyer (pbl § 1-8) og avgrenses av
    byggegrenser i plan. Andelen som er tilgjengelig, følger SSBs regel.
    """
    run_and_write("strandsone", data, out, common)


@with_common
def five_minutes(
    ctx: typer.Context,
    data: GroupData = None,
    out: Out = Path("5-minutter"),
    *,
    profile: Annotated[
        list[str] | None,
        typer.Option(
            "--profil",
            metavar="PROFIL",
            help="Hvem som går: voksen, voksen_4_8, eldre, rullator eller barn; kan gis flere "
            "ganger. Uten regnes voksen, eldre og rullator.",
        ),
    ] = None,
    winter: Annotated[
        bool, typer.Option("--vinter", help="Regn med veger som ikke brøytes om vinteren.")
    ] = False,
    common: Common,
) -> None:
    """5-minutterstettsteder: hvem når hverdag, helse og sosiale arenaer til fots.

    $ askergeo tettsted --data asker --ut 5-minutter
    $ askergeo tettsted --data asker --ut vinter --profil rullator --vinter
    $ askergeo tettsted --data asker --ut ny-snarveg --scenario snarveg

    Folk telles på gangnettet, etter alder der alderen er kjent. Svaret viser også hva som mangler
    hvor, og hvilke snarveger som ville hjelpe flest.
    """
    if ctx.invoked_subcommand is not None:
        return
    if data is None:
        ctx.fail("Missing option '--data'.")
    chosen = given({"profiler": profile, "aarstid": "vinter" if winter else None}, common.parameter)
    run_and_write("tettsted", data, out, common, chosen)


@with_common
def settlements(data: Data, out: Out = Path("tettsteder"), *, common: Common) -> None:
    """Avgrens tettsteder fra bygninger og bosatte etter SSBs metode.

    $ askergeo tettsted avgrens --data asker --ut tettsteder

    Gir bosatte per km² tettstedsareal, indikatoren som kommunen rapporterer.
    """
    run_and_write("tettsted_avgrens", data, out, common)


def run_and_write(
    analysis: str,
    data: Path,
    out: Path,
    common: Common,
    parameters: list[str] | None = None,
    *,
    more: Mapping[str, Extra] | None = None,
) -> None:
    """Run one analysis, write its result to a folder, and say what it found.

    ``parameters`` take the place of those in ``common`` when the verb has options for some, and
    ``more`` are files beside those of every answer (:func:`askergeo.outputs.write.write_all`).
    With a scenario the folder holds three results: base, scenario and difference. When the numbers
    must not be published, that is said first, and the command ends with 1.
    """
    from askergeo._progress import progress_to
    from askergeo.background import background_of
    from askergeo.datapackage import DataPackage
    from askergeo.outputs.write import check_free, write_all
    from askergeo.privacy import suppress_all
    from askergeo.report import run_with_scenario

    console = Console(as_json=common.as_json, quiet=common.quiet)
    check_free(out, overwrite=common.overwrite, more=more or ())
    package = DataPackage.open(data)
    change = None if common.scenario is None else DataPackage.open(common.scenario)
    with (
        console.progress(analysis) as step,
        progress_to(lambda share, text: step(_WRITES * share, text)),
    ):
        step(0.0, "Regner")
        # What is said on the screen leaves too.
        results = suppress_all(
            run_with_scenario(
                analysis,
                package,
                change,
                overrides=pairs(common.parameter if parameters is None else parameters),
            )
        )
        step(_WRITES, "Skriver")
        paths = write_all(
            results,
            out,
            title=package.name,
            overwrite=common.overwrite,
            more=more,
            background=background_of(package),
            language=common.language,
            printed=common.printed,
        )
    say_found(console, results, paths)


def say_found(console: Console, results: Sequence[Result], paths: Mapping[str, Path]) -> None:
    """Say the warnings, what must not be published, the sentences and the files written."""
    from askergeo.outputs.report import split_warnings, stop_lines, unsure_text

    plain, unsure = split_warnings(
        list(dict.fromkeys(text for result in results for text in result.warnings))
    )
    for warning in plain:
        console.note(f"Merk: {warning}")
    if unsure:
        console.note(
            f"Merk: {unsure_text(len(unsure))}. «Parametre» på siden sier hvilke, og hvorfor."
        )
    stops = stop_lines(results)
    console.paths(paths, heading="\n".join([*stops, *(one.sentence for one in results)]))
    console.stop(stops)


def run_and_tell(
    analysis: str,
    data: Path,
    out: Path | None,
    common: Common,
    parameters: list[str],
    *,
    text: Callable[[Result], str],
    record: Callable[[Result], Any],
) -> None:
    """Run one analysis and explain its answer on stdout; write it too when a folder is given.

    ``text`` writes a result for people, ``record`` for ``--json``. With a scenario the answers
    without and with it are told.
    """
    from askergeo.background import background_of
    from askergeo.datapackage import DataPackage
    from askergeo.outputs.write import check_free, write_all
    from askergeo.privacy import suppress_all
    from askergeo.report import run_with_scenario

    console = Console(as_json=common.as_json, quiet=common.quiet)
    if out is not None:
        check_free(out, overwrite=common.overwrite)
    package = DataPackage.open(data)
    change = None if common.scenario is None else DataPackage.open(common.scenario)
    with console.progress(analysis) as step:
        step(0.0, "Regner")
        results = suppress_all(
            run_with_scenario(analysis, package, change, overrides=pairs(parameters))
        )
        paths = (
            {}
            if out is None
            else write_all(
                results,
                out,
                title=package.name,
                overwrite=common.overwrite,
                background=background_of(package),
                language=common.language,
                printed=common.printed,
            )
        )
    told = "\n\n".join(text(one) for one in results[: 1 if change is None else 2])
    files = {name: str(path) for name, path in paths.items()}
    console.result(
        "\n".join([told, *files.values()]), {"svar": [record(one) for one in results], **files}
    )
