"""What the elements of a model are made of, whichever program it is for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.sources._inp_text import Line
    from askergeo.sources._inp_units import Units

__all__ = ["FAULT_COLUMNS", "Element", "Faults", "Model", "Value", "number_of"]

FAULT_COLUMNS: Final = ("linje", "seksjon", "regel", "tekst", "avvist")

# A fault tells so much of a line that is endless.
_TOLD: Final = 300


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an element in the package's units, and where in the text it stands.

    ``value`` = the word as a number · ``scale`` + ``offset``. ``line`` is the line's number and
    ``word`` its position there; ``word`` −1 is a value that cannot be written back alone. ``words``
    turns a value that is no number into the model's word.
    """

    value: float | int | str | None
    line: int = 0
    word: int = -1
    scale: float = 1.0
    offset: float = 0.0
    words: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """A node or link of the model.

    ``layer`` is ``va_node`` or ``va_ledning``; ``section`` where it is defined; ``ends`` the two
    nodes of a link. ``columns`` has the values by column of the layer.
    """

    layer: str
    section: str
    id: str
    line: int
    columns: dict[str, Value]
    ends: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model as it was read: its text, elements, places, and what is odd in it.

    Parameters
    ----------
    id, program
        Name of the model, and ``epanet`` or ``swmm``.
    lines
        Every line of the file, as it stands.
    encoding, newline
        How the file was written.
    units
        The model's units.
    elements
        Nodes first, then links, in the file's order.
    plants
        Rows for ``va_anlegg``.
    places
        Coordinates of the nodes, in the model's own system.
    bends
        Vertices of the links, in order.
    faults
        What is told and not refused; columns :data:`FAULT_COLUMNS`.
    """

    id: str
    program: str
    lines: tuple[Line, ...]
    encoding: str
    newline: str
    units: Units
    elements: tuple[Element, ...]
    plants: tuple[dict[str, object], ...]
    places: Mapping[str, tuple[float, float]]
    bends: Mapping[str, Sequence[tuple[float, float]]]
    faults: pd.DataFrame


@dataclass
class Faults:
    """What is wrong with a file, in the order in which it was found."""

    rows: list[tuple[int, str, str, str, bool]] = field(default_factory=list)

    def refuse(self, line: Line | None, rule: str, text: str) -> None:
        """Note what the program itself would refuse."""
        self._add(line, rule, text, refused=True)

    def tell(self, line: Line | None, rule: str, text: str) -> None:
        """Note what the program takes, but the reader should know."""
        self._add(line, rule, text, refused=False)

    def _add(self, line: Line | None, rule: str, text: str, *, refused: bool) -> None:
        number, section = (line.number, line.section) if line is not None else (0, "")
        told = text if len(text) <= _TOLD else f"{text[:_TOLD]} …"
        self.rows.append((number, section, rule, told, refused))

    def frame(self, *, refused: bool) -> pd.DataFrame:
        """Return the faults as a table, by line."""
        rows = sorted((row for row in self.rows if row[4] is refused), key=lambda row: row[0])
        return pd.DataFrame(rows, columns=list(FAULT_COLUMNS))

    def number(
        self,
        line: Line,
        position: int,
        what: str,
        *,
        least: float | None = None,
        above: float | None = None,
    ) -> float | None:
        """Read a word as a number, and refuse what is none or out of range."""
        if position >= len(line.words):
            return None
        word = line.words[position]
        value = number_of(word)
        if value is None:
            self.refuse(line, "ugyldig_tall", f"{what} er «{word}», som ikke er et tall.")
        elif above is not None and value <= above:
            self.refuse(line, "ugyldig_verdi", f"{what} er {word}; den må være over {above:g}.")
        elif least is not None and value < least:
            self.refuse(
                line, "ugyldig_verdi", f"{what} er {word}; den kan ikke være under {least:g}."
            )
        else:
            return value
        return None


def number_of(word: str) -> float | None:
    """Read a word as a finite number; ``None`` when it is none («nan» and «inf» are no measure).

    Examples
    --------
    >>> number_of("1.5e3"), number_of("1_000"), number_of("nan"), number_of(".5")
    (1500.0, None, None, 0.5)
    """
    try:
        value = float(word)
    except ValueError:
        return None
    # Python takes digits of every script, blanks around them and «1_000»; the programs do not.
    plain = word.isascii() and "_" not in word and not (word[0].isspace() or word[-1].isspace())
    return value if plain and math.isfinite(value) else None
