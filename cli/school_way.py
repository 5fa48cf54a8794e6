"""The verb of the ways to school, and the one way that is explained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .analyses import run_and_tell, run_and_write
from .console import text_table
from .options import Common, Data, given, pairs, with_common

if TYPE_CHECKING:
    from askergeo.result import Result

__all__ = ["register"]

_FOLDER = Path("skoleveg")


def register(school: typer.Typer, command: type) -> None:
    """Add the verb to the group ``skole``."""
    school.command("veg", cls=command)(ways)


@with_common
def ways(
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option(
            "--ut",
            metavar="MAPPE",
            help="Mappen som resultatet skrives i: «skoleveg» uten valg. For én adresse skrives "
            "det bare til skjermen når mappen ikke er oppgitt.",
        ),
    ] = None,
    *,
    address: Annotated[
        str | None,
        typer.Option(
            "--adresse",
            metavar="ADRESSE",
            help="Forklar vegen fra denne adressen steg for steg: adresse-id eller adressetekst.",
        ),
    ] = None,
    school: Annotated[
        str | None,
        typer.Option(
            "--skole",
            metavar="SKOLE_ID",
            help="Skolen som adressen måles til. Uten brukes skolen som kretsen hører til.",
        ),
    ] = None,
    grade: Annotated[
        int | None,
        typer.Option("--trinn", metavar="TALL", help="Trinnet, 1 til 10. Uten brukes 1."),
    ] = None,
    common: Common,
) -> None:
    """Skolevegen: avstand fra dør til dør, rett til skoleskyss og usikre strekninger.

    $ askergeo skole veg --data asker --ut skoleveg
    $ askergeo skole veg --data asker --adresse "Furulia 8"
    $ askergeo skole veg --data asker --adresse A100629 --skole 974568098 --trinn 5 --ut furulia

    Teller elever med rett etter avstand i hver krets (2 km på 1. trinn, 4 km på 2.–10. trinn) og
    viser hvilke strekninger som må vurderes. Med --adresse forklares én veg så den kan etterprøves.
    """
    from askergeo.errors import ParameterError

    asked = {
        "skoleveg_adresse": address,
        "skoleveg_skole": school,
        "skoleveg_trinn": None if grade is None else str(grade),
    }
    chosen = given(asked, common.parameter)
    if not pairs(chosen).get("skoleveg_adresse"):
        if school is not None or grade is not None:
            raise ParameterError(
                "--skole og --trinn gjelder vegen fra én adresse.",
                remedy="Oppgi adressen med --adresse.",
            )
        run_and_write("skoleveg", data, out or _FOLDER, common, chosen)
        return
    run_and_tell("skoleveg", data, out, common, chosen, text=_text, record=_data)


def _text(result: Result) -> str:
    """Write the steps and what follows from them as plain text."""
    from askergeo.numbers import format_number

    lines = [result.sentence, ""]
    tables = [one for one in result.tables if one.name == "steg"]
    if tables:
        frame = tables[0].frame
        rows = [
            [
                str(row["nr"]),
                str(row["hva"]),
                ", ".join(text for text in (row["vegtype"], row["vegkategori"]) if text),
                _speed(row["vegtype"], row["fartsgrense"]),
                format_number(row["meter"], 1),
                format_number(row["sum_m"], 1),
                str(row["merknad"]),
            ]
            for row in frame.to_dict("records")
        ]
        header = ["Steg", "Langs", "Type", "Km/t", "Meter", "Til sammen", "Må vurderes"]
        lines += [text_table(header, rows), ""]
    return "\n".join([*lines, *result.reading]).rstrip()


def _speed(kind: str, value: float | None) -> str:
    """Write a speed limit; only of a road for cars is it a lack that it is not known."""
    from askergeo.numbers import UNKNOWN, format_number

    text = format_number(value)
    return "" if text == UNKNOWN and kind != "Bilveg" else text


def _data(result: Result) -> dict[str, object]:
    """Return the same as data for JSON."""
    tables = [one for one in result.tables if one.name == "steg"]
    steps: list[Any] = []
    if tables:
        frame = tables[0].frame.astype(object)
        steps = frame.where(frame.notna(), None).to_dict("records")
    facts = {name: fact.value for name, fact in result.facts.items()}
    return {**facts, "steg": steps, "forklaring": list(result.reading)}
