"""What the nullvekstlinje divides: plans, districts, cells and projects, shared by two measures.

The share of the area says nothing of where people live. Both shares are therefore shown. The
places that are counted lie in one another (a plan in a district), so their counts of persons are
rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries
from askergeo.privacy import rounded
from askergeo.result import Column, Table
from askergeo.transport.zones import NORTH, SIDES, SOUTH, UNKNOWN, zone_areas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.analyses._zones_counted import Counted
    from askergeo.transport.zones import Zones

__all__ = ["KINDS", "Straddling", "straddling"]

_DEKAR = 1e3


@dataclass(frozen=True)
class _Kind:
    """A layer whose areas the line may divide.

    ``apart`` names the column within whose values the areas do not overlap; ``None`` where they
    may.
    """

    layer: str
    title: str
    key: str
    name: str
    more: tuple[str, ...]
    apart: str | None


KINDS: Final = {
    "planer": _Kind(
        "reguleringsplan", "Reguleringsplaner som linjen deler", "planid", "plannavn",
        ("planstatus",), None,
    ),
    "grunnkretser": _Kind(
        "grunnkrets", "Grunnkretser som linjen deler", "grunnkretsnummer", "grunnkretsnavn", (), "",
    ),
    "skolekretser": _Kind(
        "skolekrets", "Skolekretser som linjen deler", "krets_id", "navn", ("trinn",), "trinn",
    ),
    "ruter": _Kind(
        "befolkning_rute", "Ruter som linjen deler", "rute_id", "rute_id", (), "",
    ),
    "prosjekter": _Kind(
        "boligprogram", "Boligprosjekter som linjen deler", "prosjekt_id", "navn", ("aar",), None,
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Straddling:
    """What of one kind the line divides: the table, and the shapes of its rows."""

    table: Table
    shapes: gpd.GeoDataFrame


def straddling(
    zones: Zones,
    layers: Mapping[str, pd.DataFrame],
    counted: Mapping[str, Counted],
    least_m2: float,
) -> dict[str, Straddling]:
    """Find what the line divides, kind by kind; kinds of which nothing is divided are left out.

    Parameters
    ----------
    zones
        The zones.
    layers
        Layers by id.
    counted
        Residents and dwellings at their places.
    least_m2
        m² that must lie in each of two zones.
    """
    found = {}
    for name, kind in KINDS.items():
        frame = layers.get(kind.layer)
        if not isinstance(frame, gpd.GeoDataFrame) or kind.key not in frame:
            continue
        areas = zone_areas(zones, frame)
        cut = (areas[list(SIDES)] >= max(least_m2, 1e-3)).sum(axis=1) > 1
        if cut.any():
            found[name] = _one(name, kind, frame[cut], areas[cut], counted)
    return found


def _one(
    name: str,
    kind: _Kind,
    frame: gpd.GeoDataFrame,
    areas: pd.DataFrame,
    counted: Mapping[str, Counted],
) -> Straddling:
    data, columns = _named(kind, frame)
    total = areas.sum(axis=1)
    shares = {
        "nord": areas[NORTH] / total,
        "sor": areas[SOUTH] / total,
        "ukjent": (areas[UNKNOWN] + areas["utenfor"]) / total,
    }
    data["dekar"] = total / _DEKAR
    columns["dekar"] = Column(title="Areal", unit="dekar", decimals=1)
    for side, share in shares.items():
        if side != UNKNOWN or (share > 0).any():
            data[f"areal_{side}"] = 100 * share
            columns[f"areal_{side}"] = Column(title=f"Areal {_WORDS[side]}", unit="%", decimals=1)
    if name == "prosjekter":
        _add_planned(data, columns, frame, shares)
    else:
        _add_counted(data, columns, frame, kind, counted)
    data.index = _labels(frame[kind.key].astype(str))
    people = counted.get("bosatte")
    table = Table(
        name=f"delte_{name}",
        title=kind.title,
        frame=data[list(columns)],
        columns=columns,
        note=_note(kind, people),
        group="Det linjen deler",
    )
    if "bosatte_nord" in columns:
        table = _with_share(rounded(table))
    shapes = gpd.GeoDataFrame(
        table.frame[[one for one in columns if one in _DRAWN]],
        geometry=geometries(frame),
        crs=frame.crs,
    )
    return Straddling(table, shapes)


def _named(kind: _Kind, frame: gpd.GeoDataFrame) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Say what each area is: its name, its key and what else the layer tells."""
    ids = frame[kind.key].astype(str)
    title = frame.get(kind.name, ids)
    data = pd.DataFrame(
        {"navn": title.astype(object).where(title.notna(), ids).astype(str)}, index=frame.index
    )
    columns = {"navn": Column(title="Navn")}
    known = load_catalogue()[kind.layer].columns
    if kind.name != kind.key:
        data["id"] = ids
        columns["id"] = Column(title=known[kind.key].title)
    for more in (one for one in kind.more if one in frame):
        labels = {str(code): label for code, label in (known[more].codes or {}).items()}
        words = frame[more].astype("string").str.removesuffix(".0")
        data[more] = words.map(labels).fillna(words).fillna("ukjent").astype(object)
        columns[more] = Column(title=known[more].title)
    return data, columns


def _add_counted(
    data: pd.DataFrame,
    columns: dict[str, Column],
    frame: gpd.GeoDataFrame,
    kind: _Kind,
    counted: Mapping[str, Counted],
) -> None:
    """Add the dwellings and residents on each side, as they lie."""
    for name in ("boliger", "bosatte"):
        one = counted.get(name)
        if one is None:
            continue
        if kind.layer == "befolkning_rute" and one.cells is not None:
            data["fordelt"] = one.cells.reindex(frame.index)
            columns["fordelt"] = Column(title="Bosatte fordelt")
        sums = _sums(frame, kind, one)
        for side in SIDES:
            if side != UNKNOWN or sums[side].any():
                data[f"{name}_{side}"] = sums[side]
                columns[f"{name}_{side}"] = Column(
                    title=f"{one.title} {_WORDS[side]}",
                    unit=one.unit,
                    decimals=0,
                    persons=one.persons,
                )


_WORDS: Final = {"nord": "nord", "sor": "sør", "ukjent": "ukjent"}
_DRAWN: Final = ("navn", "id", "dekar", "areal_nord", "areal_sor", "areal_ukjent")


def _labels(ids: pd.Series) -> pd.Index:
    """Label rows by their key; one that stands in several rows is numbered."""
    number = ids.groupby(ids).cumcount()
    labels = ids + (" nr. " + (number + 1).astype(str)).where(number > 0, "")
    named: pd.Index = pd.Index(labels.to_numpy(dtype=object))
    return named


def _add_planned(
    data: pd.DataFrame,
    columns: dict[str, Column],
    frame: gpd.GeoDataFrame,
    shares: Mapping[str, pd.Series],
) -> None:
    number = pd.to_numeric(frame["boliger"]).astype(float)
    for side in (NORTH, SOUTH):
        data[f"boliger_{side}"] = number * shares[side]
        columns[f"boliger_{side}"] = Column(
            title=f"Boliger {_WORDS[side]}, etter areal", unit="boliger", decimals=1
        )


def _sums(frame: gpd.GeoDataFrame, kind: _Kind, counted: Counted) -> pd.DataFrame:
    """Sum what lies in each area by zone; where areas do not overlap each place counts once."""
    shapes = geometries(frame)
    place, row = shapely.STRtree(shapes).query(counted.points, predicate="intersects")
    if kind.apart is not None:
        group = (
            pd.factorize(frame[kind.apart])[0]
            if kind.apart
            else np.zeros(len(frame), dtype=np.intp)
        )
        order = np.lexsort((row, group[row], place))
        place, row = place[order], row[order]
        new = np.r_[True, (np.diff(place) != 0) | (np.diff(group[row]) != 0)][: len(place)]
        place, row = place[new], row[new]
    sums = np.zeros((len(frame), len(SIDES)))
    column = pd.Index(SIDES).get_indexer(pd.Index(counted.zone[place]))
    np.add.at(sums, (row, column), counted.count[place])
    return pd.DataFrame(sums, index=frame.index, columns=list(SIDES))


def _with_share(table: Table) -> Table:
    """Add the share of the residents who live north, of the rounded counts, beside the area's."""
    names = [f"bosatte_{side}" for side in SIDES if f"bosatte_{side}" in table.frame]
    numbers = table.frame[names].astype("Float64")
    total = numbers.sum(axis=1, skipna=False)
    share = (100 * numbers["bosatte_nord"] / total.where(total > 0)).round()
    frame = table.frame.assign(
        bosatte_nord_andel=share, forskjell=share - table.frame["areal_nord"].round()
    )
    columns = {
        **table.columns,
        "bosatte_nord_andel": Column(
            title="Andel av bosatte nord", unit="%", decimals=0, derived_from=tuple(names)
        ),
        "forskjell": Column(
            title="Bosatte minus areal, nord",
            unit="prosentpoeng",
            decimals=0,
            derived_from=tuple(names),
        ),
    }
    for name in ("bosatte_nord_andel", "forskjell"):
        frame[name] = frame[name].astype("Float64")
    return replace(table, frame=frame, columns=columns)


def _note(kind: _Kind, people: Counted | None) -> str:
    said = [("Andelen av arealet sier ikke hvor folk bor. Der den og andelen av bosatte er ulike, "
            "bør delen vurderes for seg.")]  # fmt: skip
    if kind.layer == "boligprogram":
        return "Boligene er delt etter areal. Hvor i prosjektet de kommer, kan gi et annet svar."
    if people is not None:
        said.append(f"Bosatte: {people.source}.")
    if kind.layer == "befolkning_rute" and people is not None and people.cells is None:
        said.append("Bosatte er talt på adressene i ruten, ikke fra rutetallet.")
    if kind.apart is None:
        said.append("Planer kan ligge oppå hverandre. Da er det samme talt i hver av dem.")
    return " ".join(said)
