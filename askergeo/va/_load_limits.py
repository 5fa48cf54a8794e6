"""What plants can take year by year, where their sewage goes when they close, and when they fill.

Capacity is that of the register with its dates: in use from ``fra_aar``, to and with ``til_aar``,
``ny_kapasitet_pe`` from ``ny_kapasitet_aar``. A plant that is closed sends its load to
``til_anlegg_id`` from the year after; when nobody says where, the load has no plant and that is
told. What is unknown is NaN, never zero and never room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.va.columns import column_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Number = NDArray[np.float64]
    Truth = NDArray[np.bool_]

__all__ = [
    "Plants",
    "Transfer",
    "first_over",
    "free_through",
    "groups_of",
    "plants_of",
    "shared",
    "transferred",
]

_OPEN_END: Final = 9999
# Loads are sums of shares: what differs less than this is the same.
_SAME: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Plants:
    """Plants of one kind, ``p``, over ``t`` years.

    Parameters
    ----------
    ids, names
        ``anlegg_id`` and what each is called, (p,).
    row
        Row of ``va_anlegg``, (p,).
    years
        The years, (t,).
    running
        Which are in use each year, (p, t).
    capacity
        Capacity each year, (p, t), in the unit of its column; 0 when not in use, NaN unknown.
    measured
        ``belastning_pe``, (p,); NaN unknown.
    to
        Position of the plant that takes over when it is closed, (p,); −1 for none.
    closes, opens, grows
        ``til_aar``, ``fra_aar`` and ``ny_kapasitet_aar``, (p,); NaN unknown.
    """

    ids: list[str]
    names: list[str]
    row: Whole
    years: Whole
    running: Truth
    capacity: Number
    measured: Number
    to: Whole
    closes: Number
    opens: Number
    grows: Number


def plants_of(
    va_anlegg: pd.DataFrame, kind: str, years: Whole, column: str = "kapasitet_pe"
) -> Plants:
    """Read the plants of a kind with their capacity in each year.

    Parameters
    ----------
    va_anlegg
        The layer; only ``anlegg_id`` and ``type`` must be there.
    kind
        ``renseanlegg``, ``vannverk`` or ``pumpestasjon``.
    years
        The years asked about, (t,).
    column
        The column of capacity; the register tells a new capacity in pe only.
    """
    mine = va_anlegg["type"].astype("string").fillna("").eq(kind).to_numpy(dtype=bool)
    row = np.flatnonzero(mine)
    frame = va_anlegg.iloc[row]
    ids = frame["anlegg_id"].astype(str).tolist()
    opens, closes = column_numbers(frame, "fra_aar"), column_numbers(frame, "til_aar")
    running = years[None, :] >= np.nan_to_num(opens, nan=0)[:, None]
    running &= years[None, :] <= np.nan_to_num(closes, nan=_OPEN_END)[:, None]
    grows, more = (
        column_numbers(frame, "ny_kapasitet_aar"),
        column_numbers(frame, "ny_kapasitet_pe"),
    )
    if column != "kapasitet_pe":
        more = np.full(len(frame), np.nan)
    now = np.broadcast_to(column_numbers(frame, column)[:, None], running.shape)
    # A new capacity without a year, or a year without a capacity, is no promise.
    later = (years[None, :] >= np.nan_to_num(grows, nan=_OPEN_END + 1)[:, None]) & ~np.isnan(more)[
        :, None
    ]
    capacity = np.where(running, np.where(later, more[:, None], now), 0.0)
    return Plants(
        ids, _names(frame), row, years, running, capacity, column_numbers(frame, "belastning_pe"),
        _targets(frame, ids), closes, opens, grows,
    )  # fmt: skip


def _names(frame: pd.DataFrame) -> list[str]:
    """Return what each plant is called: its name, else its id."""
    ids = frame["anlegg_id"].astype(str)
    if "navn" not in frame:
        return ids.tolist()
    return frame["navn"].astype("string").fillna(ids).astype(str).tolist()


def _targets(frame: pd.DataFrame, ids: Sequence[str]) -> Whole:
    if "til_anlegg_id" not in frame:
        return np.full(len(frame), -1, dtype=np.int64)
    named = frame["til_anlegg_id"].astype("string").fillna("").astype(str)
    index = pd.Index(ids)
    if index.has_duplicates:
        first = {one: place for place, one in reversed(list(enumerate(ids)))}
        return np.array([first.get(one, -1) for one in named], dtype=np.int64)
    return np.asarray(index.get_indexer(pd.Index(named)), dtype=np.int64)


def shared(plants: Plants, group: Whole) -> Plants:
    """Put plants that help one another together: what they can take is the sum.

    Parameters
    ----------
    plants
        Waterworks.
    group
        Number of the open net that each feeds, (p,); −1 stands alone.

    Returns
    -------
    Plants
        One for each group, in the order of their first; nothing takes over when all are closed.
    """
    alone = np.where(group >= 0, group, -2 - np.arange(len(group)))
    _, first, of = np.unique(alone, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rows = [np.flatnonzero(of == one) for one in order]
    capacity = np.array([plants.capacity[one].sum(axis=0) for one in rows])
    count = len(rows)
    none = np.full(count, np.nan)
    return Plants(
        ["+".join(plants.ids[k] for k in one) for one in rows],
        [listed([plants.names[k] for k in one]) for one in rows],
        np.array([plants.row[one[0]] for one in rows], dtype=np.int64),
        plants.years,
        np.array([plants.running[one].any(axis=0) for one in rows]).reshape(count, -1),
        capacity.reshape(count, -1),
        none,
        np.full(count, -1, dtype=np.int64),
        np.array([plants.closes[one[0]] if len(one) == 1 else np.nan for one in rows]),
        np.array([plants.opens[one].min() for one in rows]),
        none.copy(),
    )


def groups_of(plants: Plants, shares: Plants) -> Whole:
    """Position among the groups of each plant, (p,)."""
    place = {one: k for k, name in enumerate(shares.ids) for one in name.split("+")}
    return np.array([place[one] for one in plants.ids], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Transfer:
    """Load of ``p`` plants in ``t`` years when closed plants have sent theirs on.

    Parameters
    ----------
    load
        Load of each plant, (p, t); 0 when it is closed.
    received
        What of it comes from other plants, (p, t).
    homeless
        Load of each plant that has nowhere to go, (p, t).
    taker
        Position of the plant that has the load of each, (p, t); −1 for none.
    """

    load: Number
    received: Number
    homeless: Number
    taker: Whole


def transferred(plants: Plants, own: Number) -> Transfer:
    """Send the load of plants that are not in use on to those that take over.

    Parameters
    ----------
    plants
        The plants.
    own
        Load of each plant's own area, (p, t).

    Notes
    -----
    A chain of closed plants is followed to the first in use. Chains that end nowhere, or in a
    ring, leave the load homeless. Nothing is lost: ``load`` and ``homeless`` sum to ``own``.
    """
    count, years = own.shape
    every = np.arange(count)
    taker = np.broadcast_to(every[:, None], (count, years)).copy()
    for _ in range(count + 1):
        for t in range(years):
            at = taker[:, t]
            shut = (at >= 0) & ~plants.running[np.maximum(at, 0), t]
            taker[shut, t] = plants.to[at[shut]]
    # Still not in use after so many steps: a ring.
    for t in range(years):
        at = taker[:, t]
        taker[(at >= 0) & ~plants.running[np.maximum(at, 0), t], t] = -1
    load, received, homeless = np.zeros_like(own), np.zeros_like(own), np.zeros_like(own)
    for t in range(years):
        at = taker[:, t]
        placed = at >= 0
        np.add.at(load[:, t], at[placed], own[placed, t])
        moved = placed & (at != every)
        np.add.at(received[:, t], at[moved], own[moved, t])
        homeless[~placed, t] = own[~placed, t]
    return Transfer(load, received, homeless, taker)


def first_over(load: Number, capacity: Number, years: Whole, running: Truth) -> Number:
    """First year that each plant in use has more than it can take, (p,); NaN never or unknown.

    Parameters
    ----------
    load, capacity
        By plant and year, (p, t).
    years
        The years, (t,).
    running
        Which are in use, (p, t): a closed plant is not full.
    """
    with np.errstate(invalid="ignore"):
        over = running & (load > capacity + _SAME)
    year = years[np.argmax(over, axis=1)].astype(np.float64)
    return np.where(over.any(axis=1), year, np.nan)


def free_through(
    load: Number, capacity: Number, years: Whole, span: tuple[int, int]
) -> tuple[bool | None, int, float]:
    """Tell whether one plant has room in every year of a span, and from when it has.

    Parameters
    ----------
    load, capacity
        Of the plant that has the load each year, (t,); NaN unknown.
    years
        The years, (t,).
    span
        The first and last year asked about; those outside ``years`` are held against the nearest.

    Returns
    -------
    tuple
        Whether there is room (``None`` unknown); the first year without, else the first year asked
        about; and the first year after it from which there is room through the span, NaN for none.
    """
    first, last = (int(np.clip(one - years[0], 0, len(years) - 1)) for one in span)
    rest = capacity - load
    asked = rest[first : last + 1]
    with np.errstate(invalid="ignore"):
        lacks = np.flatnonzero(asked < -_SAME)
    if not len(lacks):
        free = None if np.isnan(asked).any() else True
        return free, int(years[first]), float("nan") if free is None else float(years[first])
    at = first + int(lacks[0])
    room = np.nan_to_num(rest, nan=-np.inf) >= -_SAME
    for one in range(at, len(years)):
        if room[one : max(last, one) + 1].all():
            return False, int(years[at]), float(years[one])
    return False, int(years[at]), float("nan")
