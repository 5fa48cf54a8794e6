"""The verb of the faults of the map of pipes."""

from __future__ import annotations

from pathlib import Path

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, with_common

__all__ = ["register"]


def register(water: typer.Typer, command: type) -> None:
    """Add the verb to the group ``va``."""
    water.command("topologi", cls=command)(faults)


@with_common
def faults(data: Data, out: Out = Path("va-topologi"), *, common: Common) -> None:
    """Feil i ledningskartet: løse ender, glipper, krysninger, motfall, dobler og løse deler.

    $ askergeo va topologi --data asker --ut topologi
    $ askergeo va topologi --data asker --ut vid --parameter va_nett_toleranse_m=1

    Hver feil har sted, grunn, hva nettet gjør med den, og hvor sikker den er. Ingenting endres i
    kilden.
    """
    run_and_write("va_topologi", data, out, common)
