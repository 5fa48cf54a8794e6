"""The verbs of transport: `askergeo nullvekst` and what belongs to it."""

from __future__ import annotations

from pathlib import Path

import typer

from . import (
    transport_export,
    transport_ledger,
    transport_measures,
    transport_plan,
    transport_stops,
    transport_times,
)
from .analyses import run_and_write
from .options import Common, GroupData, Out, with_common

__all__ = ["register"]


def register(app: typer.Typer, command: type, group: type) -> None:
    """Add the group ``nullvekst`` to the command line."""
    growth = typer.Typer(cls=group, rich_markup_mode=None, invoke_without_command=True)
    growth.callback()(zones)
    # The verbs under it, each in its own module: transport_x.register(growth, command).
    transport_stops.register(growth, command)
    transport_ledger.register(growth, command)
    transport_plan.register(growth, command)
    transport_times.register(growth, command)
    transport_measures.register(growth, command)
    transport_export.register(growth, command)
    app.add_typer(growth, name="nullvekst")


@with_common
def zones(
    ctx: typer.Context, data: GroupData = None, out: Out = Path("nullvekst"), *, common: Common
) -> None:
    """Transportsonene: bosatte, boliger og arbeidsplasser nord og sør for nullvekstlinjen.

    $ askergeo nullvekst --data asker --ut nullvekst
    $ askergeo nullvekst --data asker --ut ny-linje --scenario ny-linje

    Linjen er kommunens egen. Svaret viser også planer, kretser og ruter som linjen deler, og hvor
    mange som bor så nær at svaret avhenger av hvordan linjen er tegnet.
    """
    if ctx.invoked_subcommand is not None:
        return
    if data is None:
        ctx.fail("Missing option '--data'.")
    run_and_write("nullvekst", data, out, common)
