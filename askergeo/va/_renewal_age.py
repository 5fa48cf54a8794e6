"""Ages of pipes, with a stated distribution where the material or the year is unknown.

Pipes of the same net, material and year are a class. A class that lacks material, year or both is
spread over cells (material and year) as the metres of the known pipes of the same net are: those
of the same material when the year is unknown, those laid within five years when the material is.
Unknown is never zero, and never new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.errors import LayerError
from askergeo.va._renewal_life import events, failing
from askergeo.va._renewal_stock import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from askergeo.va._renewal_life import Lives
    from askergeo.va._renewal_stock import Stock

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["Ages", "ages_of"]

# Pipes laid so near in time are alike, years.
_NEAR: Final = 5
# More than there are materials, and later than any year.
_MANY: Final = 100_000


@dataclass(frozen=True, eq=False)
class Ages:
    """Classes of pipes and the cells that each is spread over.

    Parameters
    ----------
    of
        Class of each pipe, (n,).
    weights
        Share of each class in each cell, (classes, cells); a row sums to 1.
    material, laid
        Of each cell, (cells,).
    table_row
        Row of the table of lives of each cell, (cells,).
    life, rate
        Short, middle and long life (3, cells), and events a km and year at the middle life.
    shapes
        Shape of the events at short, middle and long life, (3,).
    life_shape
        Shape of the lives.
    """

    of: Whole
    weights: csr_array
    material: Whole
    laid: Whole
    table_row: Whole
    life: Numbers
    rate: Numbers
    shapes: Numbers
    life_shape: float

    def _each(self, cell: Callable[[int], Numbers]) -> Numbers:
        """Reckon for every cell at each life and spread over the classes, (3, classes)."""
        return np.stack([self.weights @ cell(one) for one in range(3)])

    def events(self, year: int, years: float) -> Numbers:
        """Events a km from a year on, for some years, (3, classes); none before it was laid."""
        age = (year - self.laid).astype(np.float64)
        return self._each(
            lambda one: events(age, years, self.life[one], self.rate, float(self.shapes[one]))
        )

    def failing(self, year: int, years: float) -> Numbers:
        """Share of what stands that reaches the end of its life within some years."""
        age = (year - self.laid).astype(np.float64)
        return self._each(lambda one: failing(age, years, self.life[one], self.life_shape))

    def past(self, year: int) -> Numbers:
        """Share that is as old as its expected life or older, (3, classes)."""
        return self._each(lambda one: (year - self.laid >= self.life[one]).astype(np.float64))

    def used(self, year: int) -> Numbers:
        """Age as a share of the expected life, (3, classes)."""
        return self._each(lambda one: np.maximum(year - self.laid, 0) / self.life[one])

    def age(self, year: int) -> Numbers:
        """Mean age, (classes,)."""
        return np.asarray(self.weights @ np.maximum(year - self.laid, 0).astype(np.float64))


def ages_of(stock: Stock, table: Lives, shapes: Numbers, life_shape: float) -> Ages:
    """Group pipes into classes and spread those that lack material or year.

    Raises
    ------
    LayerError
        When no pipe has both.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415  (heavy; not every verb)

    # One number of the three: numpy sorts numbers far faster than rows.
    coded = (stock.medium * _MANY + stock.material + 1) * _MANY + stock.laid + 1
    _, first, of = np.unique(coded, return_index=True, return_inverse=True)
    keys = np.stack([stock.medium, stock.material, stock.laid], axis=1)[first]
    metres = np.bincount(of, weights=stock.length_m, minlength=len(keys))
    whole = (keys[:, 1] != UNKNOWN) & (keys[:, 2] != UNKNOWN)
    if not whole.any():
        raise LayerError(
            "Ingen kommunal ledning i laget «va_ledning» har både materiale og anleggsår.",
            remedy="Legg laget til på nytt med en kolonnefil som gir «materiale» og «anleggsaar».",
        )
    rows, cells, weights = [], [], []
    for number, key in enumerate(keys):
        spread, share = (
            (key[None, 1:], np.ones(1))
            if whole[number]
            else _spread(key, keys[whole], metres[whole])
        )
        rows.append(np.full(len(share), number))
        cells.append(spread)
        weights.append(share)
    pairs, place = np.unique(np.concatenate(cells), axis=0, return_inverse=True)
    matrix = csr_array(
        (np.concatenate(weights), (np.concatenate(rows), place.ravel())),
        shape=(len(keys), len(pairs)),
    )
    row = table.rows(pairs[:, 0], pairs[:, 1])
    return Ages(
        of.astype(np.int64), matrix, pairs[:, 0], pairs[:, 1], row,
        table.years[:, row], table.rate[row], np.asarray(shapes, dtype=np.float64), life_shape,
    )  # fmt: skip


def _spread(key: Whole, known: Whole, metres: Numbers) -> tuple[Whole, Numbers]:
    """Spread a class that lacks something over what is known, in the same net when it can be."""
    medium, material, laid = (int(one) for one in key)
    same = known[:, 0] == medium
    everywhere = np.ones(len(known), dtype=bool)
    like = everywhere
    if material != UNKNOWN:
        like = known[:, 1] == material
    elif laid != UNKNOWN:
        like = np.abs(known[:, 2] - laid) <= _NEAR
    mine = next(one for one in (same & like, same, like, everywhere) if metres[one].sum() > 0)
    pairs = known[mine][:, 1:].copy()
    if material != UNKNOWN:
        pairs[:, 0] = material
    if laid != UNKNOWN:
        pairs[:, 1] = laid
    pairs, place = np.unique(pairs, axis=0, return_inverse=True)
    share = np.bincount(place.ravel(), weights=metres[mine], minlength=len(pairs))
    return pairs, share / share.sum()
