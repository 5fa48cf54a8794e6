"""Names, tables, map layer and sentence of the settlements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._buildings import in_ranges
from askergeo.geometry import geometries, polygons_of, union
from askergeo.result import Column, Fact, MapLayer, RowSum, Style, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._residents import Residents
    from askergeo.analyses._settlement import Clusters
    from askergeo.analyses._shoreline import Land
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters

__all__ = [
    "Settlements",
    "comparison",
    "label",
    "map_layer",
    "settlement_table",
    "statement",
]

_KM2 = 1e6
# Numbers of our own start here: SSB's are below.
_OWN_NUMBERS = 9000
_LEVELS = {"kommunesenter": 0, "lokalsenter": 1, "naersenter": 2}


@dataclass(frozen=True)
class Settlements:
    """The settlements of a municipality.

    Parameters
    ----------
    clusters
        Groups of buildings.
    keys
        Settlement number inside ``clusters`` of each settlement.
    areas
        Its area, on land in the municipality.
    residents
        Where people live.
    own_resident, own_building
        Which places and buildings are in the municipality.
    land
        The land of the municipality.
    """

    clusters: Clusters
    keys: NDArray[np.intp]
    areas: Geometries
    residents: Residents
    own_resident: NDArray[np.bool_]
    own_building: NDArray[np.bool_]
    land: Land

    def settlement_of(self, cluster: NDArray[np.intp]) -> NDArray[np.intp]:
        """Row of the settlement that each cluster is in; −1 for none."""
        key = np.full(len(cluster), -1, dtype=np.intp)
        known = cluster >= 0
        key[known] = self.clusters.settlement[cluster[known]]
        row = np.searchsorted(self.keys, key)
        return np.where(key >= 0, row, -1).astype(np.intp)


def label(
    found: Settlements,
    centres: gpd.GeoDataFrame | None,
    given: gpd.GeoDataFrame | None,
    reach: float,
) -> pd.DataFrame:
    """Give each settlement a number (index) and a name (``navn``).

    SSB's number and name go to the settlement that covers most of SSB's. The others are numbered
    after the centre that they are named from (9001 for the first ``senter_id``), so that a
    number stays when settlements grow; without centres from west to east.
    """
    labels = pd.DataFrame({"nummer": "", "navn": ""}, index=range(len(found.keys)), dtype=object)
    if given is not None:
        for row, number, name in _from_given(found.areas, given):
            labels.loc[row] = [number, name]
    taken = set(labels["nummer"])
    if centres is not None and len(centres):
        ordered = centres.sort_values("senter_id").reset_index(drop=True)
        for row, centre in _from_centres(found.areas, ordered, reach):
            if not labels.loc[row, "navn"]:
                name = str(ordered["navn"].iloc[centre])
                number = f"{_OWN_NUMBERS + centre + 1:04d}"
                labels.loc[row] = [number if number not in taken else "", name]
                taken.add(number)
    west = np.argsort([shapely.bounds(area)[0] for area in found.areas], kind="stable")
    after = _OWN_NUMBERS + (0 if centres is None else len(centres))
    for row in west:
        if not labels.loc[row, "nummer"]:
            after += 1
            labels.loc[row, "nummer"] = f"{after:04d}"
        if not labels.loc[row, "navn"]:
            labels.loc[row, "navn"] = f"Tettsted {labels.loc[row, 'nummer']}"
    return labels.set_index("nummer")


def _from_given(areas: Geometries, given: gpd.GeoDataFrame) -> list[tuple[int, str, str]]:
    """Pair settlements with SSB's by the area they share, the largest first."""
    shapes = geometries(given)
    row, other = shapely.STRtree(shapes).query(areas, predicate="intersects")
    pairs = pd.DataFrame(
        {
            "row": row,
            "nummer": given["tettstedsnummer"].astype(str).to_numpy()[other],
            "navn": given["tettstedsnavn"].astype(str).to_numpy()[other],
            "area": shapely.area(shapely.intersection(areas[row], shapes[other])),
        }
    )
    pairs = pairs[pairs["area"] > 0].groupby(["row", "nummer", "navn"], as_index=False).sum()
    pairs = pairs.sort_values(["area", "nummer"], ascending=[False, True])
    best = pairs.drop_duplicates("row").drop_duplicates("nummer")
    return [(int(r), str(n), str(t)) for r, n, t in best[["row", "nummer", "navn"]].to_numpy()]


def _from_centres(
    areas: Geometries, centres: gpd.GeoDataFrame, reach: float
) -> list[tuple[int, int]]:
    """Pair settlements with centres: the highest level first, then the nearest."""
    places = geometries(centres)
    row, centre = (a.ravel() for a in np.indices((len(areas), len(places))))
    pairs = pd.DataFrame(
        {
            "row": row,
            "centre": centre,
            "level": centres["niva"].map(_LEVELS).fillna(len(_LEVELS)).to_numpy()[centre],
            "distance": shapely.distance(areas[row], places[centre]),
        }
    )
    pairs = pairs[pairs["distance"] <= reach]
    # A centre names the settlement nearest to it, and a settlement has the name of its highest.
    pairs = pairs.sort_values(["distance", "row"]).drop_duplicates("centre")
    pairs = pairs.sort_values(["level", "distance", "centre"]).drop_duplicates("row")
    return [(int(r), int(c)) for r, c in pairs[["row", "centre"]].to_numpy()]


def settlement_table(
    found: Settlements,
    labels: pd.DataFrame,
    buildings: gpd.GeoDataFrame,
    parameters: Parameters,
) -> Table:
    """Residents, buildings, dwellings and area of each settlement, and of all else."""
    count = len(found.keys)
    where = found.settlement_of(found.clusters.resident)
    people = found.residents.count
    own = found.own_resident
    house = found.settlement_of(found.clusters.building)
    counted = found.own_building & ~in_ranges(buildings["bygningstype"], parameters["utelat_typer"])
    homes = (
        buildings["boliger"].to_numpy(dtype=float, na_value=0.0)
        if "boliger" in buildings
        else np.full(len(buildings), np.nan)
    )
    satellites = found.clusters.settlement[found.clusters.satellite]
    # Position −1 (outside all settlements) becomes the last place, that of scattered building.
    frame = pd.DataFrame(
        {
            "navn": [*labels["navn"], "Spredtbygd strøk"],
            "bosatte": _tally(where[own], people[own], count),
            "bygninger": _tally(house[counted], np.ones(int(counted.sum())), count),
            "boliger": _tally(house[counted], homes[counted], count),
            "areal_km2": [*(shapely.area(found.areas) / _KM2), 0.0],
            "satellitter": [*(int((satellites == key).sum()) for key in found.keys), 0],
        },
        index=pd.Index([*labels.index, "spredtbygd"]),
    )
    return _with_totals(frame, found)


def _tally(
    row: NDArray[np.intp], weight: NDArray[np.int64] | NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    place = np.where(row < 0, count, row)
    return np.asarray(np.bincount(place, weights=weight, minlength=count + 1), dtype=float)


def _with_totals(frame: pd.DataFrame, found: Settlements) -> Table:
    numbers = ["bosatte", "bygninger", "boliger", "areal_km2", "satellitter"]
    settled = tuple(frame.index[:-1])
    scattered = frame.loc["spredtbygd"].copy()
    land = float(shapely.area(found.land.area)) / _KM2
    frame = frame.loc[list(settled)].sort_values(["bosatte", "navn"], ascending=[False, True])
    settled_sum = frame[numbers].sum(min_count=min(1, len(frame)))
    rows: dict[str, list[Any]] = {
        "tettsteder": ["Tettsteder i alt", *settled_sum],
        "spredtbygd": [*scattered[["navn", *numbers]]],
        "uten_sted": ["Uten stedfestet adresse", found.residents.unplaced, *[np.nan] * 4],
    }
    rows["spredtbygd"][4] = land - rows["tettsteder"][4]
    total = pd.DataFrame([values[1:] for values in rows.values()]).sum(min_count=1)
    rows["kommune"] = ["Kommunen i alt", *total]
    outside = int(found.residents.count[~found.own_resident].sum())
    sums = [
        *([RowSum("tettsteder", tuple(frame.index))] if len(frame) else []),
        RowSum("kommune", ("tettsteder", "spredtbygd", "uten_sted")),
    ]
    if outside:
        rows["utenfor"] = ["Utenfor kommunen", outside, *[np.nan] * 4]
        rows["i_alt"] = ["I alt i datapakken", rows["kommune"][1] + outside, *[np.nan] * 4]
        sums.append(RowSum("i_alt", ("kommune", "utenfor")))
    below = pd.DataFrame.from_dict(rows, orient="index", columns=["navn", *numbers])
    frame = pd.concat([frame, below]) if len(frame) else below
    frame["bosatte"] = frame["bosatte"].astype("int64")
    whole = int(total.iloc[0])
    frame["tetthet"] = frame["bosatte"] / frame["areal_km2"].where(frame["areal_km2"] > 0)
    frame["andel"] = frame["bosatte"] / whole * 100 if whole else np.nan
    frame.loc[frame.index.isin(["utenfor", "i_alt"]), "andel"] = np.nan
    return Table(
        name="tettsteder",
        title="Tettsteder og spredtbygd strøk",
        frame=frame,
        columns=_COLUMNS,
        row_sums=tuple(sums),
        note="Areal er land i kommunen. Boliger er summen der antallet er kjent.",
    )


_COLUMNS = {
    "navn": Column(title="Område"),
    "bosatte": Column(title="Bosatte", unit="personer", decimals=0, persons=True),
    "bygninger": Column(title="Bygninger", unit="bygninger", decimals=0),
    "boliger": Column(title="Boliger", unit="boliger", decimals=0),
    "areal_km2": Column(title="Areal", unit="km²", decimals=2),
    "satellitter": Column(
        title="Satellitter",
        unit="satellitter",
        decimals=0,
        description="Husklynger utenfor kjernen som er regnet med.",
    ),
    "tetthet": Column(
        title="Bosatte per km²",
        unit="personer per km²",
        decimals=0,
        derived_from=("bosatte",),
        description="Bosatte delt på areal; for tettsteder på tettstedsareal.",
    ),
    "andel": Column(
        title="Andel av kommunens bosatte", unit="%", decimals=1, derived_from=("bosatte",)
    ),
}


def comparison(
    found: Settlements, labels: pd.DataFrame, main: Table, given: gpd.GeoDataFrame
) -> Table:
    """Hold the delimitation against SSB's own settlements, by number."""
    land = found.land.area
    official = {
        str(number): union(polygons_of(shapely.intersection(geometries(rows), land)))
        for number, rows in given.groupby("tettstedsnummer")
    }
    ours = dict(zip(labels.index, found.areas, strict=True))
    names = {
        **dict(zip(given["tettstedsnummer"].astype(str), given["tettstedsnavn"], strict=True)),
        **labels["navn"],
    }
    numbers = sorted({*official, *ours})
    empty = shapely.MultiPolygon()
    one = np.array([official.get(number, empty) for number in numbers], dtype=object)
    two = np.array([ours.get(number, empty) for number in numbers], dtype=object)
    frame = pd.DataFrame(
        {
            "ssb_km2": shapely.area(one) / _KM2,
            "eget_km2": shapely.area(two) / _KM2,
            "felles_km2": shapely.area(shapely.intersection(one, two)) / _KM2,
        },
        index=pd.Index(numbers),
    )
    frame.loc["i_alt"] = frame.sum()
    frame["bare_ssb_km2"] = frame["ssb_km2"] - frame["felles_km2"]
    frame["bare_eget_km2"] = frame["eget_km2"] - frame["felles_km2"]
    frame.insert(0, "navn", [*(names[number] for number in numbers), "I alt"])
    frame["bosatte"] = main.frame["bosatte"].reindex([*numbers, "tettsteder"]).to_numpy()
    frame["ssb_bosatte"] = _official_residents(given, numbers)
    km2: dict[str, Any] = {"unit": "km²", "decimals": 2}
    people: dict[str, Any] = {"unit": "personer", "decimals": 0, "persons": True}
    return Table(
        name="sammenligning",
        title="Avgrensingen mot SSBs tettsteder",
        frame=frame,
        columns={
            "navn": Column(title="Tettsted"),
            "ssb_km2": Column(title="SSBs areal i kommunen", **km2),
            "eget_km2": Column(title="Eget areal", **km2),
            "felles_km2": Column(title="Felles areal (samme nummer)", **km2),
            "bare_ssb_km2": Column(title="Bare hos SSB", **km2),
            "bare_eget_km2": Column(title="Bare i egen avgrensing", **km2),
            "bosatte": Column(title="Bosatte, egen avgrensing", **people),
            "ssb_bosatte": Column(title="Bosatte, SSB", **people),
        },
        row_sums=(RowSum("i_alt", tuple(numbers)),) if numbers else (),
        note="SSBs bosatte gjelder hele tettstedet, også det som ligger i nabokommuner.",
    )


def _official_residents(given: gpd.GeoDataFrame, numbers: list[str]) -> NDArray[np.float64]:
    """SSB's residents by number, and their sum; the same number may stand on many polygons."""
    if "bosatte" not in given:
        return np.full(len(numbers) + 1, np.nan)
    counts = given.groupby(given["tettstedsnummer"].astype(str))["bosatte"].max()
    values = counts.reindex(numbers).to_numpy(dtype=float, na_value=np.nan)
    return np.append(values, np.nan if np.isnan(values).all() else np.nansum(values))


def statement(main: Table) -> tuple[str, dict[str, Fact]]:
    """Write the sentence and give its figures."""

    def fact(title: str, unit: str, row: str, column: str, decimals: int = 0) -> Fact:
        value: Any = main.frame.loc[row, column]
        number = None if pd.isna(value) else float(value)
        return Fact(
            title=title,
            value=number,
            unit=unit,
            decimals=decimals,
            persons=column == "bosatte",
            cell=(main.name, row, column),
        )

    facts = {
        "andel": fact("Andel som bor i tettsted", "%", "tettsteder", "andel", 1),
        "bosatte": fact("Bosatte i kommunen", "personer", "kommune", "bosatte"),
        "tetthet": fact(
            "Bosatte per km² tettstedsareal", "personer per km²", "tettsteder", "tetthet"
        ),
        "areal": fact("Tettstedsareal", "km²", "tettsteder", "areal_km2", 1),
    }
    text = (
        "{andel} % av {bosatte} bosatte bor i tettsted; {tetthet} bosatte per km² "
        "tettstedsareal ({areal} km²)."
    )
    return text, facts


def map_layer(found: Settlements, labels: pd.DataFrame, main: Table, crs: object) -> MapLayer:
    """Draw the settlements; the rows are those of the main table."""
    areas = pd.Series(list(found.areas), index=labels.index, dtype=object)
    rows = main.frame.loc[main.frame.index.isin(labels.index)]
    frame = gpd.GeoDataFrame(rows, geometry=areas.reindex(rows.index).to_numpy(), crs=crs)
    return MapLayer(
        name="tettsteder",
        title="Tettsteder (beregnet)",
        frame=frame,
        columns=main.columns,
        style=Style(fill="#c98bb9", stroke="#7b2d6b", width=0.4, opacity=0.5),
        rows_of=main.name,
    )
