"""The verb of travel times, and the ways from one address that are explained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .analyses import run_and_tell, run_and_write
from .console import text_table
from .options import Common, Data, given, pairs, with_common

if TYPE_CHECKING:
    from askergeo.result import Result

__all__ = ["register"]

_FOLDER = Path("reisetid")


def register(growth: typer.Typer, command: type) -> None:
    """Add the verb to the group ``nullvekst``."""
    growth.command("reisetid", cls=command)(times)


@with_common
def times(
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option(
            "--ut",
            metavar="MAPPE",
            help="Mappen som resultatet skrives i: «reisetid» uten valg. For én adresse skrives "
            "det bare til skjermen når mappen ikke er oppgitt.",
        ),
    ] = None,
    *,
    address: Annotated[
        str | None,
        typer.Option(
            "--adresse",
            metavar="ADRESSE",
            help="Forklar reisen fra denne adressen: adresse-id eller adressetekst.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--mal",
            metavar="STED",
            help="Senteret, stasjonen eller tyngdepunktet som adressen regnes til: navn eller id. "
            "Uten brukes kommunesenteret.",
        ),
    ] = None,
    departure: Annotated[
        str | None,
        typer.Option(
            "--avreise",
            metavar="KLOKKESLETT",
            help="Tidligste avreise fra adressen. [07:30]",
        ),
    ] = None,
    common: Common,
) -> None:
    """Reisetid med kollektivtransport, sykkel og gange mot bil, fra hver adresse og plan.

    $ askergeo nullvekst reisetid --data asker --ut reisetid
    $ askergeo nullvekst reisetid --data asker --adresse "Furulia 8" --mal Heggedal
    $ askergeo nullvekst reisetid --data asker --ut dobbel --scenario doble-avganger

    Regner fra dør til dør til kommunesenteret, og til nærmeste lokalsenter, stasjon og tyngdepunkt
    for arbeidsplasser. Med --adresse forklares én reise etappe for etappe.
    """
    from askergeo.errors import ParameterError

    asked = {"reisetid_adresse": address, "reisetid_mal": target, "reisetid_avreise": departure}
    chosen = given(asked, common.parameter)
    if not pairs(chosen).get("reisetid_adresse"):
        if target is not None or departure is not None:
            raise ParameterError(
                "--mal og --avreise gjelder reisen fra én adresse.",
                remedy="Oppgi adressen med --adresse.",
            )
        run_and_write("reisetid", data, out or _FOLDER, common, chosen)
        return
    run_and_tell("reisetid", data, out, common, chosen, text=_text, record=_data)


def _text(result: Result) -> str:
    """Write the modes, the legs and what follows as plain text."""
    from askergeo.numbers import UNKNOWN, format_number

    lines = [result.sentence, ""]
    for table in result.tables:
        rows = [
            [
                value if isinstance(value, str) else format_number(value, column.decimals or 0)
                for column, value in zip(table.columns.values(), row, strict=True)
            ]
            for row in table.frame.itertuples(index=False)
        ]
        header = [column.header for column in table.columns.values()]
        rows = [["–" if cell == UNKNOWN else cell for cell in row] for row in rows]
        lines += [text_table(header, rows), ""]
    return "\n".join([*lines, *result.reading]).rstrip()


def _data(result: Result) -> dict[str, object]:
    """Return the same as data for JSON."""
    tables = {}
    for table in result.tables:
        frame = table.frame.astype(object)
        tables[table.name] = frame.where(frame.notna(), None).to_dict("records")
    facts = {name: fact.value for name, fact in result.facts.items()}
    return {**facts, **tables, "forklaring": list(result.reading)}
