"""The verb `askergeo skrivebord`: the analyses in a browser on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import Console

if TYPE_CHECKING:
    from typer import Typer

__all__ = ["register"]


def register(app: Typer, command: type, _group: type) -> None:
    """Add the verb to the command line."""
    app.command("skrivebord", cls=command)(desk)


def desk(
    folder: Annotated[
        Path, typer.Argument(metavar="MAPPE", help="Mappen som datapakkene ligger i.")
    ],
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="TALL", min=0, max=65535, help="Porten; 0 er en som er ledig."
        ),
    ] = 0,
    *,
    stay: Annotated[
        bool, typer.Option("--ikke-åpne", "--ikke-apne", help="Ikke åpne nettleseren.")
    ] = False,
) -> None:
    """Åpne et skrivebord i nettleseren: velg datapakke og analyse, kjør og se svaret.

    $ askergeo skrivebord kommune
    $ askergeo skrivebord kommune --ikke-åpne --port 8765

    Skrivebordet svarer bare på denne maskinen, og bare den som har adressen. Resultatene ligger i
    MAPPE/resultater. Avslutt med Ctrl-C; da stanses også kjøringer som ikke er ferdige.
    """
    from askergeo.errors import SourceError

    try:
        from askergeo.desk.app import serve
    except ModuleNotFoundError as error:
        # A module of our own that is missing is a fault of the program.
        if (error.name or "").startswith("askergeo"):
            raise
        raise SourceError(
            f"Skrivebordet trenger pakken «{error.name}», som ikke er installert.",
            remedy='Installer den med: pip install "askergeo[skrivebord]"',
        ) from error
    console = Console()

    def told(address: str) -> None:
        console.result(f"Skrivebordet er åpent: {address}", {"adresse": address})
        console.note("Adressen virker bare på denne maskinen. Avslutt med Ctrl-C.")
        sys.stdout.flush()

    serve(folder, port=port, open_browser=not stay, told=told)
    console.note("Skrivebordet er lukket.")
