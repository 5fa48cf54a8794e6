"""How long pipes of each material live, and what their lives say of events and of renewal.

Events follow a Weibull process (a Poisson process whose intensity grows as a power of the age):
``e·(a/M)^(k−1)`` a km and year for a pipe of age ``a``, where ``M`` is the expected life of the
material and ``e`` the events at that age. The life itself is Weibull distributed with the median
``M``, so that half of what was laid has reached its end at the expected life.

References
----------
Herz (1996), «Ageing processes and rehabilitation needs of drinking water distribution networks»;
Rigdon and Basu (2000), «Statistical Methods for the Reliability of Repairable Systems» (the power
law process); Scheidegger, Leitão and Scholten (2015), «Statistical failure models for water
distribution pipes».
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = [
    "LINED",
    "LONG",
    "MIDDLE",
    "SHORT",
    "Lives",
    "events",
    "failing",
    "load_lives",
    "material_rows",
]

#: Places of the alternatives: short, middle and long lives.
SHORT, MIDDLE, LONG = range(3)
#: The material of pipes that were lined.
LINED: Final = "STRØMPE"
# What owners write when they do not know.
_NOTHING: Final = frozenset({"", "UKJENT", "UKJ", "UKJENTMATERIALE", "ANNET", "ANNEN", "NAN", "UK"})
_PIECES: Final = re.compile(r"[^0-9A-ZÆØÅ]+")
_DIGITS: Final = re.compile(r"\d+$")


@dataclass(frozen=True, eq=False)
class Lives:
    """Expected lives of ``k`` materials and periods.

    Parameters
    ----------
    frame
        The table as it is shipped: material, period, life, events, source and confidence.
    materials
        The materials, (m,).
    names
        Name in bokmål of each material.
    codes
        Place in ``materials`` of each code that owners use, folded.
    material, first, last
        Place of the material, and the period of laying (both years included), (k,).
    years
        Short, middle and long life, (3, k), years.
    rate
        Events per km and year at the middle life, (k,).
    """

    frame: pd.DataFrame
    materials: tuple[str, ...]
    names: Mapping[str, str]
    codes: Mapping[str, int]
    material: Whole
    first: Whole
    last: Whole
    years: Numbers
    rate: Numbers

    def rows(self, material: Whole, laid: Whole) -> Whole:
        """Row of the table for materials laid in some years, (n,)."""
        found = np.full(len(material), -1, dtype=np.int64)
        for row in range(len(self.material)):
            mine = (material == self.material[row]) & (laid >= self.first[row])
            found[mine & (laid <= self.last[row])] = row
        return found

    def title(self, row: int) -> str:
        """Name of a row for people: the material, and its period when it has several."""
        name = self.names[self.materials[self.material[row]]]
        same = self.material == self.material[row]
        if same.sum() == 1:
            return name
        if self.first[row] == self.first[same].min():
            return f"{name} til {self.last[row]}"
        return f"{name} fra {self.first[row]}"


@cache
def load_lives() -> Lives:
    """Read the shipped table of lives."""
    path = files("askergeo") / "data" / "va" / "levetid.csv"
    with path.open(encoding="utf-8") as stream:
        frame = pd.read_csv(stream, sep=";", comment="#", dtype={"koder": str})
    materials = tuple(dict.fromkeys(frame["materiale"]))
    codes = {
        _fold(code): materials.index(str(row.materiale))
        for row in frame.itertuples()
        if isinstance(row.koder, str)
        for code in row.koder.split("|")
    }
    return Lives(
        frame,
        materials,
        dict(zip(frame["materiale"], frame["navn"], strict=True)),
        codes,
        np.array([materials.index(one) for one in frame["materiale"]], dtype=np.int64),
        frame["fra"].to_numpy(dtype=np.int64),
        frame["til"].to_numpy(dtype=np.int64),
        frame[["lav", "middels", "hoy"]].to_numpy(dtype=np.float64).T.copy(),
        frame["hendelser_km_aar"].to_numpy(dtype=np.float64),
    )


def material_rows(values: Iterable[object], table: Lives) -> tuple[Whole, tuple[str, ...]]:
    """Tell which material each text of an owner is.

    Parameters
    ----------
    values
        Texts; missing ones allowed.
    table
        The lives.

    Returns
    -------
    Place in ``table.materials``, −1 unknown, (n,); and the texts that no code fits.

    Examples
    --------
    >>> found, strange = material_rows(["PVC", "pe 100", "Eternitt", None, "XYZ"], load_lives())
    >>> [load_lives().materials[one] if one >= 0 else "" for one in found], strange
    (['PVC', 'PE', 'AC', '', ''], ('XYZ',))
    """
    codes, texts = pd.factorize(pd.Series(values, dtype=object))
    found = np.array([_find(str(text), table.codes) for text in texts] + [-1], dtype=np.int64)
    strange = tuple(
        str(text)
        for text, place in zip(texts, found[:-1], strict=True)
        if place < 0 and _fold(str(text)) not in _NOTHING
    )
    return found[codes], strange


def _find(text: str, codes: Mapping[str, int]) -> int:
    """Find a code: the whole text, its first word, and that without the class that ends it."""
    words = [word for word in _PIECES.split(text.upper()) if word]
    if not words:
        return -1
    for tried in ("".join(words), words[0], _DIGITS.sub("", words[0])):
        if tried in codes:
            return codes[tried]
    return -1


def _fold(text: str) -> str:
    return _PIECES.sub("", text.upper())


def events(age: Numbers, years: float, life: Numbers, rate: Numbers, shape: float) -> Numbers:
    """Events a km that are expected from an age on, for some years.

    The integral of ``rate·(a/life)^(shape−1)`` from ``age`` to ``age + years``; ages below 0 are
    taken as 0.

    Examples
    --------
    >>> events(np.array([0.0, 50.0]), 1.0, np.array([50.0]), np.array([0.5]), 1.0).round(9).tolist()
    [0.5, 0.5]
    """
    start = np.maximum(age, 0.0) / life
    end = np.maximum(age + years, 0.0) / life
    return np.asarray(rate * life / shape * (end**shape - start**shape), dtype=np.float64)


def failing(age: Numbers, years: float, life: Numbers, shape: float) -> Numbers:
    """Share of what stands at an age that reaches the end of its life within some years.

    ``1 − S(age + years) / S(age)`` with ``S(a) = 2^(−(a/life)^shape)``.

    Examples
    --------
    >>> failing(np.array([0.0]), 60.0, np.array([60.0]), 4.0).tolist()
    [0.5]
    """
    start = (np.maximum(age, 0.0) / life) ** shape
    end = (np.maximum(age + years, 0.0) / life) ** shape
    return np.asarray(-np.expm1(np.log(2.0) * (start - end)), dtype=np.float64)
