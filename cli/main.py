"""The command ``askergeo``: its verbs, and what happens when something goes wrong.

Exit codes: 0 done (a checking verb: nothing at or above the threshold), 1 findings, 2 wrong use
or input. ``demo`` and ``rapport`` end with 0 whatever they find, all verbs with 1 when the numbers
must not be published.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from askergeo import __version__

from . import (
    analyses,
    data,
    desk,
    hazards,
    land,
    plans,
    remarks,
    report,
    school,
    show,
    transport,
    va,
)
from .help import Command, Group
from .usage import usage_message

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EXIT_DONE", "EXIT_FINDINGS", "EXIT_INPUT", "app", "run"]

EXIT_DONE, EXIT_FINDINGS, EXIT_INPUT = 0, 1, 2
_EXIT_INTERRUPTED = 130
_INTERRUPTED = "Avbrutt. Ingenting halvferdig er lagret."

app = typer.Typer(
    name="askergeo",
    cls=Group,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--hjelp", "--help", "-h"]},
    epilog=(
        "Sluttkoder: 0 ferdig, eller ingen funn på eller over terskelen; 1 funn, eller tall som "
        "ikke må publiseres; 2 feil bruk eller feil i det som ble gitt inn. «demo» og «rapport» "
        "slutter med 0 uansett hva de finner, unntatt tall som ikke må publiseres."
    ),
)


def _show_version(value: bool) -> None:
    if value:
        from askergeo.versions import software_versions

        names = software_versions()
        typer.echo(f"askergeo {__version__}")
        typer.echo("\n".join(f"{name} {version}" for name, version in names.items()))
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Vis versjoner og avslutt."
        ),
    ] = False,
) -> None:
    """Svar på spørsmål om steder i en norsk kommune, med kart, tabell og kilder.

    $ askergeo demo --ut eksempel
    $ askergeo data ny asker --kommune 3203
    $ askergeo rapport asker --ut rapport
    """


for module in (
    report,
    data,
    analyses,
    land,
    hazards,
    school,
    transport,
    va,
    plans,
    remarks,
    desk,
    show,
):
    module.register(app, Command, Group)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code; never a trace back for the user's errors.

    Set ``ASKERGEO_FEILSOK=1`` to see the trace back of an error all the same.
    """
    from typer.exceptions import TyperException

    from askergeo.errors import AskergeoError

    try:
        code: Any = app(list(arguments), prog_name="askergeo", standalone_mode=False)
    except TyperException as error:
        _say(usage_message(error))
        return EXIT_INPUT
    except (typer.Abort, KeyboardInterrupt):
        _say(_INTERRUPTED)
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout (head, less) went away; that is no fault.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except (AskergeoError, OSError, MemoryError) as error:
        if os.environ.get("ASKERGEO_FEILSOK"):
            raise
        _say(_message(error))
        return EXIT_INPUT
    # Ctrl-C comes as this code when a verb was under way.
    if code == _EXIT_INTERRUPTED:
        _say(_INTERRUPTED)
    return int(code or 0)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _message(error: Exception) -> str:
    from askergeo.errors import AskergeoError

    if isinstance(error, AskergeoError):
        return f"Feil: {error.message}" + (f"\n{error.remedy}" if error.remedy else "")
    if isinstance(error, MemoryError):
        return (
            "Feil: maskinen har ikke nok minne til dette.\n"
            "Lukk andre programmer, eller del opp området. Ingenting halvferdig er lagret."
        )
    name = getattr(error, "filename", None) or ""
    reasons = {
        FileNotFoundError: "finnes ikke",
        PermissionError: "kan ikke leses eller skrives: ingen tilgang",
        IsADirectoryError: "er en mappe, ikke en fil",
        NotADirectoryError: "er en fil, ikke en mappe",
    }
    reason = next((text for kind, text in reasons.items() if isinstance(error, kind)), str(error))
    return f"Feil: «{name}» {reason}." if name else f"Feil: {reason}."
