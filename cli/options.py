"""The options that are alike for every verb, defined once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "Common",
    "Data",
    "GroupData",
    "Json",
    "Language",
    "Out",
    "Overwrite",
    "Parameter",
    "Printed",
    "Quiet",
    "Scenario",
    "Tongue",
    "given",
    "pairs",
    "with_common",
]


class Tongue(StrEnum):
    """Languages of pages; the same as :data:`askergeo.messages.LANGUAGES`."""

    NB = "nb"
    NN = "nn"
    EN = "en"


def _printed(asked: bool) -> bool:
    """Refuse at once what cannot be made: the analyses take minutes."""
    if asked:
        from askergeo.outputs.pdf import require_pdf

        require_pdf()
    return asked


Data = Annotated[Path, typer.Option("--data", metavar="MAPPE", help="Datapakken.")]
# A verb that is a group too must let its own verbs ask for theirs.
GroupData = Annotated[
    Path | None, typer.Option("--data", metavar="MAPPE", help="Datapakken. [må oppgis]")
]
Out = Annotated[
    Path, typer.Option("--ut", metavar="MAPPE", help="Mappen som resultatet skrives i.")
]
Overwrite = Annotated[bool, typer.Option("--overskriv", help="Skriv over det som finnes fra før.")]
Json = Annotated[bool, typer.Option("--json", help="Skriv svaret som JSON til stdout.")]
Quiet = Annotated[bool, typer.Option("--stille", help="Ingen framdrift og merknader.")]
Language = Annotated[
    Tongue,
    typer.Option("--språk", metavar="SPRÅK", help="Språket på sidene: nb, nn eller en (engelsk)."),
]
Printed = Annotated[
    bool, typer.Option("--trykk", help="Skriv også PDF og bilder.", callback=_printed)
]
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


@dataclass(frozen=True, kw_only=True)
class Common:
    """The options that every analysis has, as they were given."""

    scenario: Path | None = None
    parameter: list[str] | None = None
    language: Tongue = Tongue.NB
    printed: bool = False
    overwrite: bool = False
    as_json: bool = False
    quiet: bool = False


_TYPES: dict[str, Any] = {
    "scenario": Scenario,
    "parameter": Parameter,
    "language": Language,
    "printed": Printed,
    "overwrite": Overwrite,
    "as_json": Json,
    "quiet": Quiet,
}


def with_common(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options that every analysis has; it takes them as one, ``common``."""
    asked = inspect.signature(verb, eval_str=True)
    own = [one for one in asked.parameters.values() if one.name != "common"]
    shared = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=getattr(Common, name),
            annotation=annotation,
        )
        for name, annotation in _TYPES.items()
    ]

    @wraps(verb)
    def call(*arguments: Any, **options: Any) -> None:  # noqa: ANN401  (whatever the verb takes)
        common = Common(**{name: options.pop(name) for name in _TYPES if name in options})
        verb(*arguments, **options, common=common)

    # What typer makes the options from.
    told: Any = call
    told.__signature__ = asked.replace(parameters=[*own, *shared])
    told.__annotations__ = {one.name: one.annotation for one in (*own, *shared)}
    return call


def given(options: Mapping[str, object], parameter: list[str] | None = None) -> list[str]:
    """Write options as ``NAVN=VERDI``, those that were not given left out, before the parameters.

    Examples
    --------
    >>> given({"plan": "forslag", "antall": None, "profiler": ["barn", "eldre"]}, ["belte_m=50"])
    ['plan=forslag', 'profiler=barn,eldre', 'belte_m=50']
    """
    texts = {
        name: ",".join(value) if isinstance(value, list) else value
        for name, value in options.items()
        if value not in (None, [])
    }
    return [f"{name}={value}" for name, value in texts.items()] + (parameter or [])


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
