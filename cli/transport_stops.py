"""The verb `askergeo nullvekst kollektiv`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, given, with_common

if TYPE_CHECKING:
    from typer import Typer

__all__ = ["register"]


def register(growth: Typer, command: type) -> None:
    """Add the verb to the group."""
    growth.command("kollektiv", cls=command)(stops)


@with_common
def stops(
    data: Data,
    out: Out = Path("kollektiv"),
    *,
    date: Annotated[
        str | None,
        typer.Option("--dato", metavar="ÅÅÅÅ-MM-DD", help="Hverdagen som avgangene telles for."),
    ] = None,
    common: Common,
) -> None:
    """Tilgang til kollektivtransport: avganger ved hver holdeplass, og hvem som bor nær dem.

    $ askergeo nullvekst kollektiv --data asker --ut kollektiv
    $ askergeo nullvekst kollektiv --data asker --dato 2026-03-17 --ut mars
    $ askergeo nullvekst kollektiv --data asker --ut oftere --scenario doble-avganger

    Adressene får reisevaneundersøkelsens klasser etter gangavstand og avganger i timen. Uten
    rutetabell vises bare avstander.
    """
    run_and_write("kollektiv", data, out, common, given({"kollektiv_dato": date}, common.parameter))
