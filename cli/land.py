"""The verbs of the land account: `askergeo areal` and what belongs to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import emissions
from .analyses import run_and_write
from .options import Common, Data, GroupData, Out, given, with_common

__all__ = ["register"]


def register(app: typer.Typer, command: type, group: type) -> None:
    """Add the group ``areal`` to the command line."""
    land = typer.Typer(cls=group, rich_markup_mode=None, invoke_without_command=True)
    land.callback()(account)
    land.command("reserve", cls=command)(reserve)
    emissions.register(land, command)
    app.add_typer(land, name="areal")


@with_common
def account(
    ctx: typer.Context,
    data: GroupData = None,
    out: Out = Path("arealregnskap"),
    *,
    with_sea: Annotated[
        bool, typer.Option("--med-sjo", help="Regn med sjøen i kommunen, ikke bare land.")
    ] = False,
    cover: Annotated[
        str | None,
        typer.Option(
            "--grunnlag",
            metavar="LAG",
            help="Arealdekket: ar5, grunnkart eller arealdekke. Uten brukes det beste som er der.",
        ),
    ] = None,
    plan: Annotated[
        list[str] | None,
        typer.Option(
            "--plan",
            metavar="PLANID",
            help="Bare denne reguleringsplanen, til saksframlegget; kan gis flere ganger.",
        ),
    ] = None,
    areas: Annotated[
        str | None,
        typer.Option(
            "--inndeling",
            metavar="LAG",
            help="Områdene tallene deles på: grunnkrets, tettsted, skolekrets, markagrense eller "
            "egne områder i laget inndeling.",
        ),
    ] = None,
    common: Common,
) -> None:
    """Arealregnskap: hva kommunen består av, hva planen legger ut, og hva forslaget endrer.

    $ askergeo areal --data asker --ut arealregnskap
    $ askergeo areal --data asker --ut med-sjo --med-sjo
    $ askergeo areal --data asker --ut sak --plan 2023005
    $ askergeo areal --data asker --ut tettsteder --inndeling tettsted

    Hvert regnskap slutter med en linje som viser at kommunens areal går opp. Går det ikke opp, står
    det at tallene ikke må brukes, og kommandoen slutter med 1.
    """
    if ctx.invoked_subcommand is not None:
        return
    if data is None:
        ctx.fail("Missing option '--data'.")
    chosen = {
        "grense": "med_sjo" if with_sea else None,
        "grunnlag": cover or None,
        "plan": plan,
        "inndeling": _division(areas, data) if areas else None,
    }
    run_and_write("areal", data, out, common, given(chosen, common.parameter))


@with_common
def reserve(
    data: Data,
    out: Out = Path("arealreserve"),
    *,
    plan: Annotated[
        str | None,
        typer.Option("--plan", metavar="PLAN", help="gjeldende (uten valg) eller forslag."),
    ] = None,
    common: Common,
) -> None:
    """Arealreserven: utbyggingsareal i planene som ikke er bygd, og hva det ligger på.

    $ askergeo areal reserve --data asker --ut arealreserve
    $ askergeo areal reserve --data asker --ut forslag --plan forslag
    $ askergeo areal reserve --data asker --ut tett --parameter hovedbygg_buffer_m=5

    Viser hva hver regel tar bort, konflikter med jordvern, natur og fare, plass til boliger, og
    hva et planforslag tar ut av reserven.
    """
    run_and_write(
        "arealreserve", data, out, common, given({"plan": plan or None}, common.parameter)
    )


def _division(text: str, data: Path) -> str:
    """Take the name of a layer; a file must be a layer first, so that the answer can be repeated.

    Raises
    ------
    askergeo.errors.ParameterError
        When it is a file.
    """
    from askergeo.errors import ParameterError

    if Path(text).suffix and Path(text).exists():
        raise ParameterError(
            f"{text} er en fil. Områdene må være et lag i datapakken, så svaret kan gjentas.",
            remedy=f"Skriv «askergeo data legg-til {data} inndeling {text}», og så "
            "«--inndeling inndeling».",
        )
    return text
