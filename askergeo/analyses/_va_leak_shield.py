"""Zones with so few customers that their figures tell what one household uses.

Metered use in a zone with one customer is that customer's use, and what is delivered, what leaks
and the flow at night give it away. Such a zone's figures are hidden, in the table, on the map and
in words. So is enough else that the sums of the year do not give them away: another zone, the one
with fewest customers, or the sums themselves. What runs in and out of the other zones is then
hidden too: a zone's neighbour measures what it gets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pandas as pd

from askergeo.privacy import THRESHOLD
from askergeo.result import MapLayer, StyleClass, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from askergeo.analyses._va_leak_zones import ZoneFacts

__all__ = ["HIDDEN_CLASS", "Shield", "shield_of"]

#: What the map calls a zone whose figures are hidden.
HIDDEN_CLASS: Final = "Skjult: få abonnenter"
_BORDER: Final = ("inn_m3", "ut_m3")
_CUSTOMERS: Final = ("abonnenter", "ukjente")
# What says which zone and year, and what is no figure of the customers.
_OPEN: Final = frozenset({"sone", "aar", "km", "klasse", *_CUSTOMERS})
_NOTE: Final = (
    f"«:» er skjult: færre enn {THRESHOLD} abonnenter i sonen, eller en sone som ellers ville "
    "røpet tallene der."
)
_LEAST: Final = 2

_Part = TypeVar("_Part", Table, MapLayer)


@dataclass(frozen=True, kw_only=True)
class Shield:
    """What is hidden.

    Parameters
    ----------
    few
        Zones with fewer customers than the threshold.
    zones
        Zones whose figures are hidden: those, and what would give them away.
    years
        Years whose sums are hidden.
    unknown
        Zones where nobody knows how many customers there are.
    """

    few: frozenset[str]
    zones: frozenset[str]
    years: frozenset[int]
    unknown: frozenset[str]

    def zone_table(self, table: Table) -> Table:
        """Hide the figures in a table with a row a zone."""
        table = _hide(table, self.zones, [one for one in table.columns if one not in _OPEN])
        return _noted(_hide(table, self.few, _CUSTOMERS))

    def zone_years(self, table: Table, zones: Iterable[str]) -> Table:
        """Hide the figures in a table with a row a zone and year; ``zones`` is each row's."""
        if not self.zones:
            return table
        rows = [
            label for label, zone in zip(table.frame.index, zones, strict=True)
            if zone in self.zones
        ]  # fmt: skip
        table = _hide(table, rows, [one for one in table.columns if one not in _OPEN])
        return _noted(_hide(table, table.frame.index, _BORDER))

    def year_table(self, table: Table) -> Table:
        """Hide the sums of the years that would give a zone away."""
        figures = [one for one in table.columns if one not in {"aar", "soner", "uten_rad"}]
        return _noted(_hide(table, [str(year) for year in self.years], figures))

    def layer(self, layer: MapLayer) -> MapLayer:
        """Hide the figures of the zones on the map, and give those zones a class of their own."""
        layer = _hide(layer, self.zones, [one for one in layer.columns if one not in _OPEN])
        hidden = layer.frame.index.isin(list(self.zones))
        if not hidden.any() or layer.style is None:
            return layer
        frame = layer.frame.assign(klasse=layer.frame["klasse"].mask(hidden, HIDDEN_CLASS))
        own = StyleClass(value=HIDDEN_CLASS, label=HIDDEN_CLASS, fill="#ffffff", stroke="#333333")
        style = replace(layer.style, classes=(*layer.style.classes, own))
        return replace(layer, frame=frame, style=style)

    def sums(self, years: pd.DataFrame) -> pd.DataFrame:
        """Return the sums of the years without those that are hidden."""
        return years[~years["aar"].isin(self.years)]


def shield_of(found: pd.DataFrame, facts: ZoneFacts) -> Shield:
    """Find the zones with few customers, and what else must be hidden for their sake.

    Parameters
    ----------
    found
        Leakage by zone and year.
    facts
        What is known of the zones; an address that the register is silent on is a customer that
        may not be there.
    """
    ids = pd.Index(found["sone_id"].unique())
    known = facts.connections.reindex(ids).to_numpy(dtype=np.float64)
    most = facts.addresses.reindex(ids).to_numpy(dtype=np.float64)
    count = pd.Series(np.fmin(known, most), index=ids)
    used = found.groupby("sone_id")["forbruk_m3"].max().reindex(ids) > 0
    nobody = (most == 0) & ~used.to_numpy(dtype=bool)
    few = frozenset(ids[(count < THRESHOLD).to_numpy() & ~nobody])
    zones, years = _with_complements(found, few, count)
    return Shield(
        few=few,
        zones=frozenset(zones),
        years=frozenset(years),
        unknown=frozenset(ids[np.isnan(known)]) - few,
    )


def _with_complements(
    found: pd.DataFrame, few: frozenset[str], count: pd.Series
) -> tuple[set[str], set[int]]:
    """Add zones until no year's sum gives a zone away; a year that lacks them hides its sum."""
    zones, years = set(few), set[int]()
    open_years = [(int(str(year)), set(part["sone_id"])) for year, part in found.groupby("aar")]
    changed = bool(few)
    while changed:
        changed = False
        for year, there in open_years:
            hidden = there & zones
            enough = float(count.reindex(sorted(hidden)).sum()) >= THRESHOLD
            if year in years or not hidden or (len(hidden) >= _LEAST and enough):
                continue
            changed = True
            others = count.reindex(sorted(there - zones)).fillna(np.inf)
            if len(others):
                zones.add(str(others.idxmin()))
            else:
                years.add(year)
    return zones, years


def _hide(part: _Part, rows: Iterable[object], columns: Iterable[str]) -> _Part:
    """Empty cells and mark them as hidden."""
    which = part.frame.index.isin(list(rows))
    names = [name for name in columns if name in part.frame]
    if not which.any() or not names:
        return part
    frame = part.frame.copy()
    for name in names:
        frame[name] = frame[name].mask(which)
    labels = frame.index[which]
    cells = frozenset((label, name) for label in labels for name in names)
    return replace(part, frame=frame, hidden=part.hidden | cells)


def _noted(table: Table) -> Table:
    if not table.hidden:
        return table
    return replace(table, note=f"{table.note} {_NOTE}".strip())
