"""The options that are alike for every verb, defined once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Data", "Json", "Out", "Overwrite", "Parameter", "Quiet", "Scenario", "pairs"]

Data = Annotated[Path, typer.Option("--data", metavar="MAPPE", help="Datapakken.")]
Out = Annotated[
    Path, typer.Option("--ut", metavar="MAPPE", help="Mappen som resultatet skrives i.")
]
Overwrite = Annotated[bool, typer.Option("--overskriv", help="Skriv over det som finnes fra før.")]
Json = Annotated[bool, typer.Option("--json", help="Skriv svaret som JSON til stdout.")]
Quiet = Annotated[bool, typer.Option("--stille", help="Ingen framdrift og merknader.")]
Scenario = Annotated[
    Path | None,
    typer.Option(
        "--scenario", metavar="MAPPE", help="Regn også med et scenario, og vis forskjellen."
    ),
]
Parameter = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter",
        metavar="NAVN=VERDI",
        help="Endre en parameter; kan gis flere ganger. «askergeo parametre» viser navnene.",
    ),
]


def pairs(values: list[str] | None) -> dict[str, str]:
    """Read ``NAVN=VERDI`` arguments.

    Raises
    ------
    askergeo.errors.ParameterError
        When an argument has no ``=``.

    Examples
    --------
    >>> pairs(["belte_m=50"])
    {'belte_m': '50'}
    """
    from askergeo.errors import ParameterError

    result = {}
    for value in values or []:
        name, separator, text = value.partition("=")
        if not separator or not name.strip():
            raise ParameterError(
                f"«--parameter {value}» er ikke på formen NAVN=VERDI.",
                remedy="Skriv for eksempel «--parameter belte_m=50».",
            )
        result[name.strip()] = text.strip()
    return result
