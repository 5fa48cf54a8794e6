"""The verbs of water and sewage: `askergeo va` and what belongs to it."""

from __future__ import annotations

from pathlib import Path

import typer

from .analyses import run_and_write
from .options import Common, GroupData, Out, with_common

__all__ = ["register"]


def register(app: typer.Typer, command: type, group: type) -> None:  # noqa: ARG001
    """Add the group ``va`` to the command line."""
    water = typer.Typer(cls=group, rich_markup_mode=None, invoke_without_command=True)
    water.callback()(state)
    app.add_typer(water, name="va")


@with_common
def state(
    ctx: typer.Context, data: GroupData = None, out: Out = Path("va"), *, common: Common
) -> None:
    """Vann og avløp: hva ledningskartet vet, og hvordan nettet er.

    $ askergeo va --data asker --ut va
    """
    if ctx.invoked_subcommand is not None:
        return
    if data is None:
        ctx.fail("Missing option '--data'.")
    run_and_write("va", data, out, common)
