"""Meet a projection of the whole municipality, by age group and year.

Each year everyone in an age group is multiplied by the same factor in every area, so that the group
sums to the projection; what that adds or takes is a cause of its own in the account. A low or high
alternative that the projection lacks is multiplied by the main alternative's factors: it keeps its
distance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.numbers import format_number
from askergeo.population.faults import all_faults, fault_frame
from askergeo.population.people import AGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["GroupScaler", "Targets", "age_groups", "read_targets"]

_LAYER: Final = "framskriving"
# SSB's tables may end in an open age; ages from here on may be without a row.
_OPEN_AGE: Final = 95
# How much the projection's first year may differ from the residents before it is told.
_NEAR: Final = 0.02


@dataclass(frozen=True, eq=False)
class Targets:
    """What the whole is to be, by alternative.

    Parameters
    ----------
    totals
        Residents by alternative, (years, groups); NaN where the projection does not say.
    group
        Number of each age's group, (AGES,).
    faults
        What is wrong with the projection.
    """

    totals: dict[str, NDArray[np.float64]]
    group: NDArray[np.intp]
    faults: pd.DataFrame


@dataclass(eq=False)
class GroupScaler:
    """Adds to people after a step what brings each group to its target; remembers the factors.

    Parameters
    ----------
    group
        Number of each age's group, (AGES,).
    target
        Residents wanted, (years, groups), NaN for none; ``None`` with given factors.
    factor
        Factors used, (years, groups); filled as steps are taken when there are targets.
    """

    group: NDArray[np.intp]
    target: NDArray[np.float64] | None
    factor: NDArray[np.float64] = field(default_factory=lambda: np.ones((0, 0)))

    def __post_init__(self) -> None:
        """Make room for the factors."""
        if self.target is not None:
            self.factor = np.ones_like(self.target)

    def __call__(self, step: int, people: NDArray[np.float64]) -> NDArray[np.float64]:
        """People to add, (n, AGES), after step number ``step``."""
        if self.target is not None:
            wanted = self.target[step]
            now = np.bincount(self.group, weights=people.sum(axis=0), minlength=len(wanted))
            usable = np.isfinite(wanted) & (now > 0)
            self.factor[step] = np.where(usable, np.divide(wanted, now, where=usable, out=now), 1.0)
        return np.asarray(people * (self.factor[step] - 1)[self.group])

    def repeated(self) -> GroupScaler:
        """Return a scaler that uses the factors of this one, once it has been used itself."""
        return GroupScaler(self.group, None, self.factor)


def age_groups(first: Sequence[str | int]) -> NDArray[np.intp]:
    """Give each age the number of its group, when the groups begin at the ages ``first``.

    Examples
    --------
    >>> age_groups(["0", "6", "16"])[[0, 5, 6, 15, 16, 105]].tolist()
    [0, 0, 1, 1, 2, 2]
    """
    begins = np.unique([0, *(int(age) for age in first)])
    return np.asarray(np.searchsorted(begins, np.arange(AGES), side="right") - 1, dtype=np.intp)


def read_targets(
    framskriving: pd.DataFrame,
    *,
    start: int,
    years: int,
    group: NDArray[np.intp],
    residents: float,
) -> Targets:
    """Read a projection of the whole for the years after the start.

    Parameters
    ----------
    framskriving
        Rows with ``alternativ``, ``aar``, ``alder`` and ``antall``.
    start, years
        Year of the first 1 January, and how many years follow.
    group
        Number of each age's group.
    residents
        Residents of the whole at the start, to hold against the projection's own.
    """
    frame = framskriving.assign(
        alder=np.minimum(pd.to_numeric(framskriving["alder"]), AGES - 1),
        antall=pd.to_numeric(framskriving["antall"]),
    )
    good = (frame["antall"] >= 0) & frame["alder"].between(0, AGES - 1) & frame["aar"].notna()
    sound = good.fillna(value=False).to_numpy(dtype=bool)
    told = [_rows_told(sound)]
    frame = frame[sound]
    totals = {}
    for name in ("hoved", "lav", "hoy"):
        mine = frame[(frame["alternativ"] == name).to_numpy(dtype=bool)]
        if not len(mine):
            continue
        known = _known(mine, start, years, group)
        if np.isfinite(known[1:]).any():
            totals[name] = known[1:]
            told.append(_gaps(name, known[1:], start))
        if name == "hoved":
            told.append(_start_told(known[0].sum(), residents, start))
    if "hoved" not in totals:
        text = "Framskrivingen har ingen brukbare år i hovedalternativet. Tallene er ikke skalert."
        told.append(_one("framskriving_tom", "Framskriving uten år", "hoved", text))
        totals = {}
    return Targets(totals, group, all_faults(told))


def _known(
    frame: pd.DataFrame, start: int, years: int, group: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Residents by year from the start and group; NaN where an age has no row."""
    span = np.arange(start, start + years + 1)
    rows = frame.pivot_table(index="aar", columns="alder", values="antall", aggfunc="sum")
    table = rows.reindex(index=span, columns=np.arange(AGES)).to_numpy(dtype=np.float64)
    lacking = np.isnan(table) & (np.arange(AGES) < _OPEN_AGE)
    sums = np.stack([np.bincount(group, weights=row) for row in np.nan_to_num(table)])
    gaps = np.stack([np.bincount(group, weights=row) for row in lacking])
    return np.where(gaps > 0, np.nan, sums)


def _one(rule: str, title: str, row: str, text: str) -> pd.DataFrame:
    return fault_frame([(rule, title, _LAYER, row, text)])


def _rows_told(sound: NDArray[np.bool_]) -> pd.DataFrame:
    if sound.all():
        return fault_frame()
    text = f"{(~sound).sum()} rader har ikke gyldig år, alder eller antall og er ikke brukt."
    return _one("framskriving_rad", "Ugyldige rader i framskrivingen", "flere", text)


def _gaps(name: str, known: NDArray[np.float64], start: int) -> pd.DataFrame:
    lacking = np.flatnonzero(np.isnan(known).any(axis=1)) + start + 1
    if not len(lacking):
        return fault_frame()
    text = (
        f"Framskrivingen mangler år eller aldre i {len(lacking)} av {len(known)} år "
        f"({lacking[0]}–{lacking[-1]}). Der er tallene ikke skalert."
    )
    return _one("framskriving_hull", "Framskrivingen har hull", name, text)


def _start_told(first: float, residents: float, start: int) -> pd.DataFrame:
    if not np.isfinite(first) or not first or abs(residents / first - 1) <= _NEAR:
        return fault_frame()
    text = (
        f"Framskrivingen har {format_number(first)} bosatte 1. januar {start}, mens adressene har "
        f"{format_number(residents)}. Forskjellen blir lagt på alle områder det første året."
    )
    return _one("framskriving_start", "Framskrivingen starter et annet sted", str(start), text)
