"""The verb of kindergartens: `askergeo skole barnehager`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, given, with_common

__all__ = ["register"]


def register(school: typer.Typer, command: type) -> None:
    """Add the verb to the group ``skole``."""
    school.command("barnehager", cls=command)(kindergartens)


@with_common
def kindergartens(
    data: Data,
    out: Out = Path("barnehager"),
    *,
    areas: Annotated[
        str | None,
        typer.Option(
            "--inndeling",
            metavar="OMRÅDER",
            help="Områdene: barnekrets (uten valg), ungdomskrets eller enhet (grunnkrets).",
        ),
    ] = None,
    common: Common,
) -> None:
    """Barnehageplasser mot barn på 1–5 år, i hvert område og år.

    $ askergeo skole barnehager --data asker --ut barnehager
    $ askergeo skole barnehager --data asker --ut store --inndeling ungdomskrets
    $ askergeo skole barnehager --data asker --ut flere --parameter barnehage_andel_1=80

    Barna er framskrevet med samme modell som elevene. Viser første år med flere barn enn plasser,
    og barnehager med ukjent antall plasser.
    """
    options = {"barnehage_omraade": areas or None}
    run_and_write("barnehager", data, out, common, given(options, common.parameter))
