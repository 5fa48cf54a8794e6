"""The forecast summed to districts: groups of ages, years, alternatives, band and causes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.population.people import AGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.school.forecast import Forecast

    Numbers = NDArray[np.float64]

__all__ = [
    "AHEAD",
    "ALTERNATIVES",
    "GROUPS",
    "NO_ZONE",
    "TOTAL",
    "Group",
    "Summed",
    "Zones",
    "make_zones",
    "summed",
    "zone_sums",
]

TOTAL: Final = "i_alt"
NO_ZONE: Final = "uten_krets"
ALTERNATIVES: Final = ("hoved", "lav", "hoy")
#: Years ahead that are told in short.
AHEAD: Final = (5, 10, 20)


@dataclass(frozen=True)
class Group:
    """A group of ages, and the level of districts that it is told for.

    Parameters
    ----------
    id
        Identifier.
    title
        In bokmål.
    first, last
        First and last age.
    level
        ``barnekrets`` or ``ungdomskrets``.
    """

    id: str
    title: str
    first: int
    last: int
    level: str

    @property
    def ages(self) -> NDArray[np.int64]:
        """The ages of the group."""
        return np.arange(self.first, self.last + 1)


GROUPS: Final = (
    Group("1_5", "1–5 år (barnehage)", 1, 5, "barnekrets"),
    Group("6_12", "6–12 år (trinn 1–7)", 6, 12, "barnekrets"),
    Group("13_15", "13–15 år (trinn 8–10)", 13, 15, "ungdomskrets"),
    Group("alle", "Alle aldre", 0, AGES - 1, "barnekrets"),
)


@dataclass(frozen=True, eq=False)
class Zones:
    """The districts of one level, and which parts lie in each.

    Parameters
    ----------
    level
        ``barnekrets``, ``ungdomskrets``, or ``enhet`` where there are no districts.
    names
        Name by id, in order; residents outside all districts are a zone of their own.
    frame
        The districts with a place, index id: ``navn`` and geometry.
    member
        Number of each part's zone, (n,).
    """

    level: str
    names: pd.Series
    frame: gpd.GeoDataFrame
    member: NDArray[np.intp]

    def sum(self, parts: Numbers) -> Numbers:
        """Sum an array (t, n, …) of parts to zones, (t, zones, …)."""
        return zone_sums(parts, self.member, len(self.names))


def zone_sums(parts: Numbers, member: NDArray[np.intp], zones: int) -> Numbers:
    """Sum the second axis of an array by the number of the zone that each part is in.

    Examples
    --------
    >>> zone_sums(np.array([[1.0, 2.0, 4.0]]), np.array([1, 0, 1]), 2).tolist()
    [[2.0, 5.0]]
    """
    within = np.zeros((zones, len(member)))
    within[member, np.arange(len(member))] = 1.0
    return np.moveaxis(np.tensordot(within, parts, axes=(1, 1)), 0, 1)


def make_zones(forecast: Forecast, level: str, skolekrets: gpd.GeoDataFrame | None) -> Zones:
    """Make the zones of a level; the units of the forecast where it has no district at all."""
    frame = forecast.areas.frame
    column = level if frame[level].notna().any() else "enhet"
    ids = frame[column].astype(object).where(frame[column].notna(), NO_ZONE)
    order = sorted(set(ids) - {NO_ZONE}) + ([NO_ZONE] if (ids == NO_ZONE).any() else [])
    shapes = _shapes(frame, column, skolekrets)
    named = shapes["navn"].to_dict()
    names = pd.Series({one: named.get(one, one) for one in order}, dtype=object)
    if NO_ZONE in names:
        names[NO_ZONE] = "Utenfor kretsene"
    member = names.index.get_indexer(ids).astype(np.intp)
    return Zones(column, names, shapes[shapes.index.isin(order)], member)


def _shapes(
    frame: gpd.GeoDataFrame, column: str, skolekrets: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Polygons of the zones: the districts as they are drawn, else the parts together."""
    if column != "enhet" and skolekrets is not None:
        known = skolekrets.drop_duplicates("krets_id").set_index("krets_id")
        shapes = shapely.make_valid(geometries(known))
        return gpd.GeoDataFrame(
            {"navn": known["navn"].astype(object)}, index=known.index, geometry=shapes,
            crs=known.crs,
        )  # fmt: skip
    whole = frame[["navn", column, "geometry"]].dissolve(column, aggfunc="first")
    found: gpd.GeoDataFrame = whole[["navn", "geometry"]]
    return found


@dataclass(frozen=True, eq=False)
class Summed:
    """The residents of a group of ages by zone and year.

    Parameters
    ----------
    group, zones
        What is counted where.
    years
        Years of the 1 January, (t,).
    count
        By alternative, (t, zones + 1); the last is the sum of all.
    low, high
        Band of the main alternative, same shape.
    causes
        Of the main alternative, same shape each.
    """

    group: Group
    zones: Zones
    years: NDArray[np.int64]
    count: dict[str, Numbers]
    low: Numbers
    high: Numbers
    causes: dict[str, Numbers]

    @property
    def ids(self) -> list[str]:
        """Ids of the zones, and of the sum."""
        return [*map(str, self.zones.names.index), TOTAL]

    @property
    def titles(self) -> list[str]:
        """Names of the zones, and of the sum."""
        return [*map(str, self.zones.names), "I alt"]


def summed(forecast: Forecast, group: Group, zones: Zones) -> Summed:
    """Sum the forecast of a group of ages to zones."""
    ages = group.ages
    count = {
        name: _with_sum(zones.sum(forecast.alternatives[name].count[:, :, ages].sum(axis=2)))
        for name in ALTERNATIVES
    }
    main = _with_sum(zones.sum(forecast.alternatives["hoved"].count[:, :, ages]))
    low, high = forecast.spread.interval(main, ages)
    causes = {
        name: _with_sum(zones.sum(part[:, :, ages].sum(axis=2)))
        for name, part in forecast.causes.items()
    }
    years = np.asarray(forecast.alternatives["hoved"].years, dtype=np.int64)
    return Summed(group, zones, years, count, low, high, causes)


def _with_sum(zones: Numbers) -> Numbers:
    return np.concatenate([zones, zones.sum(axis=1, keepdims=True)], axis=1)
