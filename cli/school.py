"""The verbs of schools: `askergeo skole` and what belongs to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import kindergartens, school_districts, school_forecast, school_way
from .analyses import run_and_write
from .options import Common, Data, GroupData, Out, given, with_common

__all__ = ["register"]


def register(app: typer.Typer, command: type, group: type) -> None:
    """Add the group ``skole`` to the command line."""
    school = typer.Typer(cls=group, rich_markup_mode=None, invoke_without_command=True)
    school.callback()(balance)
    school.command("kapasitet", cls=command)(capacity)
    school.command("nedlegg", cls=command)(closing)
    school_forecast.register(school, command)
    school_way.register(school, command)
    kindergartens.register(school, command)
    school_districts.register(school, command)
    app.add_typer(school, name="skole")


@with_common
def balance(
    ctx: typer.Context, data: GroupData = None, out: Out = Path("skole"), *, common: Common
) -> None:
    """Skolebalansen: elever og plasser ved hver skole, år for år, og hvorfor det endrer seg.

    $ askergeo skole --data asker --ut skole
    $ askergeo skole --data asker --ut planlagt --parameter tiltak_status=vedtatt,planlagt
    $ askergeo skole --data asker --ut ny-skole --scenario ny-skole

    Viser over- og underdekning for barnetrinn og ungdomstrinn, første år over 100 %, og hva hvert
    tiltak gir.
    """
    if ctx.invoked_subcommand is not None:
        return
    if data is None:
        ctx.fail("Missing option '--data'.")
    run_and_write("skole", data, out, common)


@with_common
def capacity(data: Data, out: Out = Path("skole-kapasitet"), *, common: Common) -> None:
    """Plassene ved hver skole år for år: bygget, paviljongene og tiltakene.

    $ askergeo skole kapasitet --data asker --ut kapasitet
    $ askergeo skole kapasitet --data asker --ut planlagt --parameter tiltak_status=vedtatt,planlagt
    $ askergeo skole kapasitet --data asker --ut små --parameter gruppe_barnetrinn=25

    Plasser er paralleller × trinn × gruppestørrelse, om kommunen ikke selv har oppgitt dem.
    """
    run_and_write("skole_kapasitet", data, out, common)


@with_common
def closing(
    data: Data,
    out: Out = Path("nedlegging"),
    *,
    schools: Annotated[
        list[str] | None,
        typer.Option(
            "--skole", metavar="SKOLE_ID", help="Skolen som legges ned; kan gis flere ganger."
        ),
    ] = None,
    merged: Annotated[
        list[str] | None,
        typer.Option(
            "--slå-sammen",
            metavar="A+B",
            help="Legg ned skole A og flytt alle elevene til B (skole_id); kan gis flere ganger.",
        ),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(
            "--fra", metavar="ÅR", help="Høsten skolen er borte fra. Uten er det neste skoleår."
        ),
    ] = None,
    common: Common,
) -> None:
    """Legg ned eller slå sammen skoler: hvor elevene går, skolevegen, skyssen og plassene.

    $ askergeo skole nedlegg --data asker --skole 974568098 --ut nedlegging
    $ askergeo skole nedlegg --data asker --skole 974568098 --fra 2028 --ut fra-2028
    $ askergeo skole nedlegg --data asker --slå-sammen 974568098+974568101 --ut sammen

    Elevene i hver grunnkrets går til den nærmeste åpne skolen til fots. Svaret viser hvem som da
    blir full.
    """
    chosen = {"nedlegg": schools, "slaa_sammen": merged, "nedlegg_fra": year}
    run_and_write("skole_nedlegging", data, out, common, given(chosen, common.parameter))
