"""The verbs of natural hazards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .analyses import run_and_write
from .options import Common, Data, Out, with_common

if TYPE_CHECKING:
    import typer

__all__ = ["register"]


def register(app: typer.Typer, command: type, _group: type) -> None:
    """Add the verbs to the command line."""
    app.command("kvikkleire", cls=command)(quick_clay)


@with_common
def quick_clay(data: Data, out: Out = Path("kvikkleire"), *, common: Common) -> None:
    """Kvikkleire: hvor terrenget er høyt og bratt nok til at et skred kan løsne.

    $ askergeo kvikkleire --data asker --ut kvikkleire
    $ askergeo kvikkleire --data asker --ut nve --parameter helning=15 --parameter lengde_faktor=15

    Følger terrengkriteriene i NVE veileder 1/2019 og holder dem mot NGUs kart over marin leire.
    Det er en grovsiling: en geotekniker avgjør.
    """
    run_and_write("kvikkleire", data, out, common)
