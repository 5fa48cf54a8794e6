"""The verb `askergeo skole prognose`: the forecast of a package, or a back-test on SSB's files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write, say_found
from .console import Console
from .options import Common, Out, given, pairs, with_common

__all__ = ["register"]


def register(school: typer.Typer, command: type) -> None:
    """Add the verb to the group ``skole``."""
    school.command(
        "prognose", cls=command, options_metavar="--data MAPPE | --folketall FIL [VALG]"
    )(forecast)


@with_common
def forecast(
    ctx: typer.Context,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="MAPPE", help="Datapakken.")
    ] = None,
    out: Out = Path("prognose"),
    *,
    until: Annotated[
        int | None,
        typer.Option(
            "--etterprøv",
            metavar="ÅR",
            help="Framskriv fra dette året, og vis hvor mye det bommet mot det som skjedde.",
        ),
    ] = None,
    population: Annotated[
        list[Path] | None,
        typer.Option(
            "--folketall",
            metavar="FIL",
            help="Etterprøv på SSBs folketall etter kommune og ettårig alder (tabell 07459) i "
            "stedet for en datapakke: CSV, JSON-stat2, PX eller en mappe; kan gis flere ganger.",
        ),
    ] = None,
    municipality: Annotated[
        str | None,
        typer.Option(
            "--kommune",
            metavar="NR",
            help="Kommunen som etterprøves med --folketall, også dem den er slått sammen av: "
            "3203, eller 0220+0627+0628.",
        ),
    ] = None,
    common: Common,
) -> None:
    """Framskriv barn og andre bosatte i hver skolekrets, eller prøv metoden på år som har vært.

    $ askergeo skole prognose --data asker --ut prognose
    $ askergeo skole prognose --data asker --ut prøvd --etterprøv 2020
    $ askergeo skole prognose --etterprøv 2015 --folketall Personer.csv --kommune 3203 --ut prøvd

    Viser bosatte etter alder, år og krets i tre alternativer, hva som er født, døde, flyttinger og
    nye boliger, og hva som er antatt. Etterprøvingen holdes mot å gjette på samme tall som i fjor
    og mot en rett linje.
    """
    if data is not None and population:
        ctx.fail("«--data» og «--folketall» kan ikke brukes sammen.")
    if data is not None:
        if municipality is not None:
            ctx.fail("«--kommune» gjelder bare sammen med «--folketall».")
        chosen = given({"etterprov": until}, common.parameter)
        run_and_write("skole_prognose", data, out, common, chosen)
        return
    if not population:
        ctx.fail("Missing option '--data'.")
    if until is None:
        ctx.fail("«--folketall» trenger «--etterprøv ÅR».")
    if municipality is None:
        ctx.fail("«--folketall» trenger «--kommune NR».")
    if common.scenario is not None:
        ctx.fail("«--scenario» trenger «--data MAPPE».")
    _on_files(population, municipality, until, out, common)


def _on_files(
    population: list[Path], municipality: str, until: int, out: Path, common: Common
) -> None:
    """Test on SSB's files, write the result, and say what it found."""
    from askergeo.outputs.write import check_free, write_all
    from askergeo.ssb_backtest import backtest_files

    console = Console(as_json=common.as_json, quiet=common.quiet)
    check_free(out, overwrite=common.overwrite)
    numbers = [one.strip() for one in municipality.replace(",", "+").split("+") if one.strip()]
    with console.progress("skole prognose") as step:
        step(0.0, "Leser og etterprøver")
        result = backtest_files(population, numbers, until, overrides=pairs(common.parameter))
        step(0.8, "Skriver")
        paths = write_all(
            [result],
            out,
            overwrite=common.overwrite,
            language=common.language,
            printed=common.printed,
        )
    say_found(console, [result], paths)
