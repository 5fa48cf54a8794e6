"""Traces on the network: `askergeo va spor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, given, with_common

__all__ = ["register"]

_MEDIA = {"vann": "vann", "avløp": "avlop", "avlop": "avlop", "overvann": "overvann"}


def register(water: typer.Typer, command: type) -> None:
    """Add the verb to the group ``va``."""
    water.command("spor", cls=command)(trace)


def _medium(told: str) -> str:
    """Return the medium as the parameter has it.

    Raises
    ------
    askergeo.errors.ParameterError
        When it is none that can be followed.
    """
    from askergeo.errors import ParameterError

    found = _MEDIA.get(told.strip().casefold())
    if found is None:
        raise ParameterError(
            f"--medium {told}: mediet kan ikke spores.", remedy="Velg vann, avløp eller overvann."
        )
    return found


@with_common
def trace(
    data: Data,
    out: Out = Path("va-spor"),
    *,
    start: Annotated[
        str,
        typer.Option(
            "--fra",
            metavar="STED",
            help="Hvor sporet begynner: x,y i pakkens koordinatsystem, en adresse, eller id-en "
            "til en ledning, en node eller et anlegg.",
        ),
    ],
    direction: Annotated[
        str | None,
        typer.Option(
            "--retning",
            metavar="RETNING",
            help="opp (mot kilden, eller alt som renner hit) eller ned. Uten er det ned.",
        ),
    ] = None,
    medium: Annotated[
        str | None,
        typer.Option(
            "--medium",
            metavar="MEDIUM",
            help="vann, avløp eller overvann. Uten er det ledningens eget, eller avløp.",
        ),
    ] = None,
    common: Common,
) -> None:
    """Spor opp eller ned fra et punkt, en adresse, en ledning eller et anlegg.

    $ askergeo va spor --data asker --fra V00770 --retning opp --ut spor
    $ askergeo va spor --data asker --fra "Furulia 8" --medium vann --retning opp --ut spor
    $ askergeo va spor --data asker --fra 561554,6601153 --retning ned --medium avløp --ut spor

    Viser ledningene, hvor sporet ender, og hvem som er knyttet til på vegen. Retningen i et
    vannett med sløyfer er et anslag, og det sies.
    """
    chosen = {
        "va_spor_fra": start,
        "va_spor_retning": direction,
        "va_spor_medium": None if medium is None else _medium(medium),
    }
    run_and_write("va_spor", data, out, common, given(chosen, common.parameter))
