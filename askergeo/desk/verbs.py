"""The verbs that the desk offers: those of the command line that read a package and write a report.

They are found, not listed: a verb with the options of data and of a folder to write to is one. What
it asks and needs comes from the analysis behind it, when there is one.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin

from askergeo.analyses import ANALYSES, ON_REQUEST, Analysis
from askergeo.messages import messages
from askergeo.run import verb_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Option", "Verb", "verbs"]

# What the desk decides itself: data, folder and the form of what is said.
_OWN: Final = {"ctx", "data", "out", "overwrite", "as_json", "quiet", "parameter", "help", "hjelp"}
_SCENARIO: Final = "scenario"
_FOLDER: Final = "MAPPE"
_EXIT_CODE: Final = re.compile(r"Sluttkode \d[^.]*\.")


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option or argument of a verb.

    Parameters
    ----------
    name
        Its name in the code: that of the form's field too.
    kind
        ``scenario``, ``fil``, ``mappe``, ``ja``, ``valg``, ``tall`` or ``tekst``.
    many
        Whether it may be given several times.
    """

    name: str
    flag: str
    kind: str
    many: bool
    required: bool
    metavar: str
    help: str
    default: str
    choices: tuple[str, ...]
    parameter: Any

    @property
    def argument(self) -> bool:
        """Whether it is an argument, without a name on the command line."""
        return not self.flag

    @property
    def title(self) -> str:
        """What the form calls it.

        Examples
        --------
        >>> option = dict(name="x", kind="tall", many=False, required=False, metavar="", help="",
        ...     default="", choices=(), parameter=None)
        >>> Option(flag="--takt-vann", **option).title
        'Takt vann'
        """
        words = self.flag.removeprefix("--").replace("-", " ") or self.metavar.lower()
        return words[:1].upper() + words[1:]


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One verb: its words, what it answers, and its options."""

    words: tuple[str, ...]
    command: Any
    analysis: Analysis | None
    options: tuple[Option, ...]
    parameters: str

    @property
    def id(self) -> str:
        """Its name in addresses and folders."""
        return "-".join(self.words)

    @property
    def title(self) -> str:
        """What it is called."""
        return self.analysis.title if self.analysis else _first_line(self.command.help or "")

    @property
    def question(self) -> str:
        """The question that it answers; for a verb without an analysis what its help says."""
        return self.analysis.question if self.analysis else ""

    @property
    def about(self) -> tuple[str, ...]:
        """The paragraphs of its help, without the examples."""
        text = inspect.cleandoc(self.command.help or "")
        lines = [line for line in text.splitlines() if not line.startswith("$")]
        paragraphs = [" ".join(one.split()) for one in "\n".join(lines).split("\n\n")]
        # The desk tells in words how a run ended.
        told = [_EXIT_CODE.sub("", one).strip() for one in paragraphs[1:]]
        return tuple(one for one in told if one)

    @property
    def theme(self) -> str:
        """The heading that it stands under."""
        texts = messages("nb").under("skrivebord.tema")
        return texts.get(self.words[0], texts["andre"])

    @property
    def data_flag(self) -> str:
        """The option that takes the package; empty when that is an argument."""
        one = next(one for one in self.command.params if one.name == "data")
        return "" if one.param_type_name == "argument" else str(one.opts[0])


@cache
def verbs() -> dict[str, Verb]:
    """Return the verbs by their ids, in the command line's order."""
    from typer.main import get_command  # noqa: PLC0415  (start-up stays quick)

    from askergeo.cli.main import app  # noqa: PLC0415  (it imports this package's verb)

    by_words = {verb_of(one.id): one for one in (ANALYSES | ON_REQUEST).values()}
    found = [
        _verb(words, command, by_words.get(words)) for words, command in _walk(get_command(app), ())
    ]
    return {one.id: one for one in found}


def _walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401  (typer's own types are private)
    """Yield every verb that reads a package and writes a report."""
    under = getattr(command, "commands", {})
    if {"data", "out"} <= {one.name for one in command.params}:
        yield words, command
    for name, one in under.items():
        yield from _walk(one, (*words, name))


def _verb(words: tuple[str, ...], command: Any, analysis: Analysis | None) -> Verb:  # noqa: ANN401  (typer's own types are private)
    takes = {one.name for one in command.params}
    name = analysis.parameters if analysis else "-".join(words)
    shipped = files("askergeo") / "data" / "parameters" / f"{name}.yml"
    known = analysis is not None or shipped.is_file()
    return Verb(
        words=words,
        command=command,
        analysis=analysis,
        options=tuple(_option(one) for one in command.params if _shown(one)),
        parameters=name if known and "parameter" in takes else "",
    )


def _shown(parameter: Any) -> bool:  # noqa: ANN401  (typer's own types are private)
    """Leave out what the desk decides itself, and files that are written elsewhere."""
    declared = parameter.type_descriptor.parameter_info
    if getattr(parameter, "hidden", False) or getattr(declared, "writable", False):
        return False
    return parameter.name not in _OWN


def _option(parameter: Any) -> Option:  # noqa: ANN401  (typer's own types are private)
    annotation, many = _plain(parameter.type_descriptor.annotation)
    default = parameter.default
    choices: tuple[str, ...] = ()
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        choices = tuple(str(one.value) for one in annotation)
    argument = parameter.param_type_name == "argument"
    return Option(
        name=parameter.name,
        flag="" if argument else parameter.opts[0],
        kind=_kind(parameter, annotation),
        many=many or parameter.multiple if not argument else many,
        required=bool(parameter.required),
        metavar=parameter.metavar or "",
        help=getattr(parameter, "help", "") or "",
        default="" if default in (None, False) else str(getattr(default, "value", default)),
        choices=choices,
        parameter=parameter,
    )


def _plain(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401  (typer's own types are private)
    """Return the type of one value, and whether there may be many."""
    if get_origin(annotation) in {Union, UnionType}:
        annotation = next(one for one in get_args(annotation) if one is not NoneType)
    if get_origin(annotation) in {list, tuple}:
        return get_args(annotation)[0], True
    return annotation, False


def _kind(parameter: Any, annotation: Any) -> str:  # noqa: ANN401  (typer's own types are private)
    if parameter.name == _SCENARIO:
        return "scenario"
    if annotation is Path:
        return "mappe" if parameter.metavar == _FOLDER else "fil"
    if annotation is bool:
        return "ja"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "valg"
    return "tall" if annotation in {int, float} else "tekst"


def _first_line(text: str) -> str:
    return inspect.cleandoc(text).split("\n", 1)[0].rstrip(".")
