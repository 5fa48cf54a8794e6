"""The verb that screens plans against the aim of no growth in driving north of the line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, given, with_common

__all__ = ["register"]

# Parameters that say what is screened, as the command of a result has them.
_SUBJECTS = ("trafikk_planfil=", "trafikk_planid=", "trafikk_prosjekt=")


class Dwelling(StrEnum):
    """Types of dwelling."""

    BY_PURPOSE = "etter_formaal"
    HOUSE = "enebolig"
    SMALL_HOUSE = "smaahus"
    LARGE_FLAT = "leilighet_stor"
    SMALL_FLAT = "leilighet_liten"


def register(growth: typer.Typer, command: type) -> None:
    """Add the verb to the group ``nullvekst``."""
    growth.command("plan", cls=command)(screen)


@with_common
def screen(
    ctx: typer.Context,
    data: Data,
    plan: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PLAN",
            help="Planen: GML, SOSI, GeoPackage eller GeoJSON, eller en flate. Flere filer er én "
            "plan.",
        ),
    ] = None,
    out: Out = Path("nullvekst-plan"),
    *,
    plan_id: Annotated[
        str | None,
        typer.Option("--planid", metavar="PLANID", help="En reguleringsplan i datapakken."),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            "--prosjekt",
            metavar="ID",
            help="Et prosjekt i boligprogrammet eller næringsprogrammet.",
        ),
    ] = None,
    each: Annotated[
        bool,
        typer.Option("--hver", help="Alle prosjektene i programmene, med minst bilkjøring først."),
    ] = False,
    dwellings: Annotated[
        float | None, typer.Option("--boliger", metavar="TALL", min=0, help="Boliger i planen.")
    ] = None,
    dwelling: Annotated[
        Dwelling | None,
        typer.Option("--boligtype", metavar="TYPE", help="Boligtypen; uten følger den formålet."),
    ] = None,
    work: Annotated[
        list[str] | None,
        typer.Option(
            "--naering",
            metavar="NÆRING=M2",
            help="Nytt næringsareal: industri, handel, kontor, offentlig eller annet, som "
            "«kontor=5000»; kan gis flere ganger.",
        ),
    ] = None,
    torn: Annotated[
        float | None,
        typer.Option("--riv-boliger", metavar="TALL", min=0, help="Boliger som rives; 0 er ingen."),
    ] = None,
    torn_work: Annotated[
        list[str] | None,
        typer.Option("--riv-naering", metavar="NÆRING=M2", help="Næringsareal som rives."),
    ] = None,
    measures: Annotated[
        list[str] | None,
        typer.Option(
            "--tiltak",
            metavar="NAVN=KM",
            help="Tiltak i planen, og km bilkjøring i døgnet som det tar bort; kan gis flere "
            "ganger.",
        ),
    ] = None,
    common: Common,
) -> None:
    """Sil en plan mot nullvekst: reiser, bilkjøring, tiltak og svar med begrunnelse.

    $ askergeo nullvekst plan plan.gml --data asker --boliger 120 --naering kontor=5000
    $ askergeo nullvekst plan --planid 2023005 --data asker --boliger 60 --tiltak "Sambruk=150"
    $ askergeo nullvekst plan --prosjekt P012 --data asker --ut p012
    $ askergeo nullvekst plan --hver --data asker --ut prosjekter

    Svaret er rødt, gult eller grønt, med hva som avgjør og hva som skal til for grønt. Det er en
    grov siling med lavt, middels og høyt anslag, ikke en transportmodell.
    """
    named = {"PLAN": plan, "--planid": plan_id, "--prosjekt": project, "--hver": each}
    chosen = [name for name, value in named.items() if value]
    told = any(one.startswith(_SUBJECTS) for one in common.parameter or [])
    if len(chosen) + told != 1:
        ctx.fail(
            f"{' og '.join(chosen)} kan ikke brukes sammen med noe annet som vurderes."
            if chosen
            else "Oppgi en planfil, --planid, --prosjekt eller --hver."
        )
    asked = {
        "trafikk_planfil": [str(one) for one in plan or []],
        "trafikk_planid": plan_id,
        "trafikk_prosjekt": project,
        "boliger": None if dwellings is None else f"{dwellings:g}",
        "boligtype": None if dwelling is None else dwelling.value,
        "trafikk_naering": _pairs(work),
        "trafikk_riv_boliger": None if torn is None else f"{torn:g}",
        "trafikk_riv_naering": _pairs(torn_work),
        "trafikk_tiltak": _pairs(measures),
    }
    run_and_write("nullvekst_plan", data, out, common, given(asked, common.parameter))


def _pairs(values: list[str] | None) -> list[str] | None:
    """Write ``NAVN=TALL`` as the parameters have it; a comma in them is of a number or a name."""
    return None if values is None else [_pair(one) for one in values]


def _pair(text: str) -> str:
    name, mark, number = text.rpartition("=")
    return f"{name.replace(',', ' ')}:{number.replace(',', '.')}" if mark else text
