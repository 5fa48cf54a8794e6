"""Counts of persons by place and age, and what a reader can compute from those that are shown.

Who is reached within 5 minutes is also reached within 10, whoever manages with a rollator manages
without, and a small catchment may lie inside a larger one. The difference between two such counts
is a count of persons too, although no table shows it. A :class:`Family` therefore remembers every
set of places that a table counts, finds those that lie inside one another, and writes it all down
as one table that is never shown (``Result.unshown``), so that the one suppression of askergeo
protects the differences as it protects what is shown.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from askergeo.privacy import THRESHOLD
from askergeo.result import Column, ColumnSum, RowSum, Table

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._reach_people import People

__all__ = ["Family"]

# Columns of the table: the groups that are shown, the parts that differences of them give, and
# the parts (columns of the persons) that each is made of.
_COLUMNS: dict[str, tuple[int, ...]] = {
    "alle": (0, 1, 2, 3, 4),
    "barn": (0,),
    "voksne": (1,),
    "eldre": (2, 3),
    "yngre_eldre": (2,),
    "eldst": (3,),
    "ukjent_alder": (4,),
}
_SUMS = (
    ColumnSum("alle", ("barn", "voksne", "eldre", "ukjent_alder")),
    ColumnSum("eldre", ("yngre_eldre", "eldst")),
)
_PERSONS = Column(title="Personer", unit="personer", decimals=0, persons=True)
# Sets are compared this many places at a time.
_CHUNK = 8192


class Family:
    """The sets of places that the tables of one run count persons in.

    Parameters
    ----------
    people
        Who lives where.
    name
        Name of the table that is never shown.
    """

    def __init__(self, people: People, name: str = "mengder") -> None:
        self.name = name
        self.by_age = people.by_age
        # One more place holds those whose address has none.
        self.persons = np.vstack([people.persons, people.unplaced[None]])
        self.labels: list[str] = []
        self.members: list[NDArray[np.bool_]] = []
        self.cells: dict[tuple[Hashable, str], tuple[str, Hashable, str]] = {}
        self.chains: list[tuple[str, ...]] = []

    def count(
        self,
        label: str,
        members: NDArray[np.bool_],
        *,
        unplaced: bool = False,
        cells: Mapping[str, tuple[str, Hashable, str]] | None = None,
    ) -> dict[str, float]:
        """Count the persons of a set, and remember where that is shown.

        Parameters
        ----------
        label
            Name of the set, unique in the family.
        members
            Places in it, (r,).
        unplaced
            Whether those without a place are in it.
        cells
            For each age group that is shown: table, row and column.

        Returns
        -------
        dict
            Persons by age group; NaN where ages are unknown.
        """
        inside = np.append(members, unplaced)
        self.labels.append(label)
        self.members.append(inside)
        shown = {"alle"} if not self.by_age else set(_COLUMNS)
        for age, cell in (cells or {}).items():
            if age in shown:
                self.cells[label, age] = cell
        parts = self.persons[inside].sum(axis=0)
        return {
            age: float(parts[list(columns)].sum()) if age in shown else np.nan
            for age, columns in _COLUMNS.items()
        }

    def chain(self, labels: Sequence[str]) -> None:
        """Say that each of these sets is meant to lie in the next."""
        self.chains.append(tuple(labels))

    def table(self) -> Table:
        """Write the sets and the differences of nested ones as a table that is never shown."""
        names = list(_COLUMNS) if self.by_age else ["alle"]
        if self.by_age and not self.persons[:, 4].any():
            names.remove("ukjent_alder")
        members = np.array(self.members, dtype=bool).reshape(len(self.labels), -1)
        parts = members.astype(np.int64) @ self.persons
        counts = np.column_stack([parts[:, list(_COLUMNS[name])].sum(axis=1) for name in names])
        small, large = self._nested(members, counts)
        # Nobody lives in the difference: the two counts are one and the same.
        same = (counts[small] == counts[large]).all(axis=1)
        alike = [RowSum(self.labels[b], (self.labels[a],)) for a, b in _zip(small, large, same)]
        pairs = _zip(small, large, ~same)
        labels = [f"{self.labels[b]} uten {self.labels[a]}" for a, b in pairs]
        nested = [
            RowSum(self.labels[b], (self.labels[a], label))
            for (a, b), label in zip(pairs, labels, strict=True)
        ]
        rest = counts[large[~same]] - counts[small[~same]]
        frame = pd.DataFrame(
            np.vstack([counts, rest]), columns=names, index=[*self.labels, *labels]
        )
        return Table(
            name=self.name,
            title="Mengder som kan regnes ut",
            frame=frame,
            columns=dict.fromkeys(names, _PERSONS),
            row_sums=(*alike, *nested),
            column_sums=tuple(one for one in _kept(names) if one.total in names),
            repeats=dict(self.cells),
        )

    def _nested(
        self, members: NDArray[np.bool_], counts: NDArray[np.int64]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the pairs of sets (smaller, larger) whose difference must be known.

        Who reads the maps knows which places are in which set. A pair is told when the difference
        holds few persons of some age, when the sets are the same, and when they are meant to be
        nested, for the bounds that this gives.
        """
        common = _common(members)
        size = np.diag(common)
        inside = (common == size[:, None]) & (size[:, None] > 0)
        # Of two that are the same the first is the smaller.
        inside &= (size[:, None] < size[None, :]) | np.triu(np.ones_like(inside), 1)
        told_of = {label for label, _ in self.cells}
        shown = np.array([label in told_of for label in self.labels], dtype=bool)
        inside &= shown[:, None] & shown[None, :]
        small, large = np.nonzero(inside)
        rest = counts[large] - counts[small]
        told = ((rest > 0) & (rest < THRESHOLD)).any(axis=1) | (rest == 0).all(axis=1)
        place = {label: number for number, label in enumerate(self.labels)}
        meant = {(place[one], place[two]) for chain in self.chains for one, two in pairwise(chain)}
        every = np.ones(len(small), dtype=bool)
        told |= np.array([pair in meant for pair in _zip(small, large, every)], dtype=bool)
        return small[told], large[told]


def _zip(
    one: NDArray[np.intp], other: NDArray[np.intp], which: NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """Pair what is chosen of two arrays, as plain numbers."""
    return list(zip(one[which].tolist(), other[which].tolist(), strict=True))


def _kept(names: Sequence[str]) -> list[ColumnSum]:
    """Return the sums of the columns that are there."""
    return [
        ColumnSum(one.total, tuple(part for part in one.parts if part in names))
        for one in _SUMS
        if any(part in names for part in one.parts)
    ]


def _common(members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Places that each two sets have in common, (s, s); exact, for counts are whole."""
    common = np.zeros((len(members), len(members)))
    for start in range(0, members.shape[1], _CHUNK):
        part = members[:, start : start + _CHUNK].astype(np.float32)
        common += part @ part.T
    return common
