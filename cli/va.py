"""The verbs of water and sewage: `askergeo va` and what belongs to it."""

from __future__ import annotations

from pathlib import Path

import typer

from . import va_fire, va_growth, va_hydraulics, va_leak, va_loss, va_renewal, va_topology, va_trace
from .analyses import run_and_write
from .options import Common, GroupData, Out, with_common

__all__ = ["register"]


def register(app: typer.Typer, command: type, group: type) -> None:
    """Add the group ``va`` to the command line."""
    water = typer.Typer(cls=group, rich_markup_mode=None, invoke_without_command=True)
    water.callback()(state)
    # The verbs under it, each in its own module.
    va_topology.register(water, command)
    va_trace.register(water, command)
    va_loss.register(water, command)
    va_renewal.register(water, command)
    va_growth.register(water, command)
    va_fire.register(water, command)
    va_hydraulics.register(water, command)
    va_leak.register(water, command)
    app.add_typer(water, name="va")


@with_common
def state(
    ctx: typer.Context, data: GroupData = None, out: Out = Path("va"), *, common: Common
) -> None:
    """Vann og avløp: hva ledningskartet vet, hva det mangler, og hva det kan svare på.

    $ askergeo va --data asker --ut va

    Begynn her. Første tabell er andelen som mangler av hver egenskap. Tabellen «Hva disse dataene
    kan svare på» sier hvilke av kommandoene under som gir et svar.
    """
    if ctx.invoked_subcommand is not None:
        return
    if data is None:
        ctx.fail("Missing option '--data'.")
    run_and_write("va", data, out, common)
