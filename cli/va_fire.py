"""`askergeo va brannvann`: which buildings have fire water."""

from __future__ import annotations

from pathlib import Path

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, with_common

__all__ = ["register"]


def register(water: typer.Typer, command: type) -> None:
    """Add the verb to the group ``va``."""
    water.command("brannvann", cls=command)(fire)


@with_common
def fire(data: Data, out: Out = Path("brannvann"), *, common: Common) -> None:
    """Brannvann: bygninger uten uttak nær nok, eller med for lite vann.

    $ askergeo va brannvann --data asker --ut brannvann
    $ askergeo va brannvann --data asker --ut brannvann --parameter va_brannvann_avstand_m=100

    Småhus skal ha ett uttak innenfor 50 m med 20 l/s, annen bebyggelse to uttak med til sammen
    50 l/s. Er uttaket ikke målt, er det vurdert etter dimensjonen på ledningen, og det står.
    """
    run_and_write("va_brannvann", data, out, common)
