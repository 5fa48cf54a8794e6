"""`askergeo va lekkasje`: the share of the water that is lost, by zone and year."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, given, with_common

__all__ = ["register"]


def register(water: typer.Typer, command: type) -> None:
    """Add the verb to the group ``va``."""
    water.command("lekkasje", cls=command)(leaks)


@with_common
def leaks(
    data: Data,
    out: Out = Path("va-lekkasje"),
    *,
    pressure: Annotated[
        float | None,
        typer.Option(
            "--trykk",
            metavar="METER",
            help="Gjennomsnittlig trykk i meter vannsøyle, for lekkasjeindeksen. Uten regnes den "
            "ikke.",
        ),
    ] = None,
    common: Common,
) -> None:
    """Lekkasje i hver sone, år for år, fra målt vann inn og målt forbruk.

    $ askergeo va lekkasje --data asker --ut va-lekkasje
    $ askergeo va lekkasje --data asker --ut va-lekkasje --trykk 55

    Negativ lekkasje er målerfeil, og det sies fra om den. Et tall som mangler, er ukjent, ikke
    null.
    """
    chosen = given({"va_lekkasje_trykk_m": pressure}, common.parameter)
    run_and_write("va_lekkasje", data, out, common, chosen)
