"""The ledger: growth in dwellings and jobs by year, zone, centre and distance to stop and station.

Three stages are kept apart and never added to each other, for the same dwelling passes through all
of them: built, permitted and planned. Within a stage every dwelling counts once. Areas that the
line cuts are shared by area. Years that the layers say nothing of are unknown, not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries
from askergeo.population.faults import all_faults, listed_faults
from askergeo.transport._ledger_built import built, permitted
from askergeo.transport._ledger_places import (
    LEVELS,
    OUTSIDE,
    Centres,
    centres_of,
    distance_classes,
    distance_labels,
    located,
    points_in,
    side_shares,
)
from askergeo.transport._ledger_plans import planned
from askergeo.transport._ledger_rows import BUILT, PERMITTED, PLANNED, STAGES, Rows
from askergeo.transport.zones import SIDES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.network.paths import Network
    from askergeo.parameters import Parameters
    from askergeo.transport.zones import Zones

    Numbers = NDArray[np.float64]

__all__ = [
    "BUILT",
    "LEVELS",
    "MEASURES",
    "OUTSIDE",
    "PERMITTED",
    "PLANNED",
    "STAGES",
    "Ledger",
    "distance_labels",
    "make_ledger",
    "project_centres",
    "totals",
    "yearly",
]

#: What grows: dwellings and jobs; with the probability of what is planned: the expected number.
MEASURES: Final = ("boliger", "jobber")
EXPECTED: Final = "ventet_"


@dataclass(frozen=True, eq=False)
class Ledger:
    """Growth, row by row.

    Parameters
    ----------
    rows
        A row a building, permit or project of the period: the columns of
        :data:`askergeo.transport._ledger_rows.COLUMNS`, those of
        :func:`askergeo.transport._ledger_places.located`, and the point that was measured from.
    parts
        The rows shared out: ``row`` (position), ``trinn``, ``aar``, ``sone``, ``senter_id``,
        ``niva``, ``prioritert``, ``holdeplass``, ``stasjon`` (classes), ``gange`` (whether within
        walking distance of a station or centre: «ja», «nei», «ukjent»), ``boliger``, ``jobber``,
        ``ventet_boliger`` and ``ventet_jobber`` (times the probability; NaN unknown is left out).
    years
        First and last year of the ledger.
    known
        First and last year that the layers say something of, by stage and measure.
    centres
        The centres, or None.
    labels
        Names of the distance classes.
    faults
        What is wrong with the layers.
    account
        What each layer has, and where it went.
    """

    rows: gpd.GeoDataFrame
    parts: pd.DataFrame
    years: tuple[int, int]
    known: Mapping[tuple[str, str], tuple[int, int]]
    centres: Centres | None
    labels: tuple[str, ...]
    faults: pd.DataFrame
    account: pd.DataFrame

    def is_known(self, stage: str, measure: str, year: int) -> bool:
        """Whether the layers say anything of a stage in a year."""
        first, last = self.known.get((stage, measure), (1, 0))
        return first <= year <= last

    def span(self, stage: str, measure: str) -> tuple[int, int] | None:
        """First and last year of the ledger that the layers say anything of a stage."""
        first, last = self.known.get((stage, measure), (1, 0))
        first, last = max(first, self.years[0]), min(last, self.years[1])
        return (first, last) if first <= last else None

    @property
    def built_to(self) -> int | None:
        """Last year that it is known of what was built; None when nothing is."""
        ends = [last for (stage, _), (_, last) in self.known.items() if stage == BUILT]
        return max(ends, default=None)


def make_ledger(
    *,
    bygning: gpd.GeoDataFrame | None = None,
    byggetillatelse: gpd.GeoDataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
    naeringsprogram: gpd.GeoDataFrame | None = None,
    senter: gpd.GeoDataFrame | None = None,
    holdeplass: gpd.GeoDataFrame | None = None,
    zones: Zones | None = None,
    network: Network | None = None,
    fetched: Mapping[str, int] | None = None,
    parameters: Parameters,
) -> Ledger:
    """Make the ledger of what layers are there; a layer that is absent is None.

    Parameters
    ----------
    bygning, byggetillatelse, boligprogram, naeringsprogram
        Growth; one of them at least. In the same projected CRS in metres as the rest.
    senter, holdeplass
        What growth should lie near.
    zones
        North and south of the line.
    network
        The walking network, with costs in metres.
    fetched
        Year that each layer was fetched: what it lacks of earlier years is then zero.
    parameters
        The sets ``nullvekst_regnskap``, ``trafikk`` (m² per job), ``prognose`` (probabilities by
        status) and ``kollektiv`` (how places are joined to the network).

    Raises
    ------
    LayerError
        When there is no layer of growth, or none says anything of the years.
    ParameterError
        When a parameter is not allowed.
    """
    found = _stages(bygning, byggetillatelse, parameters)
    known = _known(found, fetched or {})
    built_to = max((end for (stage, _), (_, end) in known.items() if stage == BUILT), default=None)
    start = built_to + 1 if built_to is not None else None
    if boligprogram is not None or naeringsprogram is not None:
        found[PLANNED] = planned(boligprogram, naeringsprogram, start=start, parameters=parameters)
        known |= _known_plans(found[PLANNED].frame, boligprogram, naeringsprogram, start)
    if not found:
        raise LayerError(
            "Ingen lag sier hva som er bygd, tillatt eller planlagt.",
            remedy="Legg til byggetillatelse, bygning med år, boligprogram eller naeringsprogram.",
        )
    if not known:
        raise LayerError(
            "Lagene sier ikke når noe er bygd, tillatt eller planlagt, eller ikke hvor mye.",
            remedy="Legg til årene i bygning (tatt_i_bruk) og antallet boliger, eller tillatelser.",
        )
    years = _years(known, parameters)
    centres = centres_of(senter, parameters)
    frames = [rows.frame for rows in found.values() if len(rows.frame)]
    crs = next(rows.frame.crs for rows in found.values())
    rows = gpd.GeoDataFrame(
        pd.concat(frames or [next(iter(found.values())).frame], ignore_index=True), crs=crs
    )
    faults = [one.faults for one in found.values()]
    rows, told = _in_period(rows, years)
    points = points_in(rows)
    places, more = located(
        points, network=network, centres=centres, holdeplass=holdeplass, parameters=parameters
    )
    labels = distance_labels(_limits(parameters))
    parts = _parts(rows, side_shares(zones, rows), places, labels, parameters)
    shown = rows.join(places).set_geometry(points)
    account = pd.concat([one.account for one in found.values()], ignore_index=True)
    return Ledger(
        shown, parts, years, known, centres, tuple(labels),
        all_faults([*faults, told, more]), account,
    )  # fmt: skip


def _stages(
    bygning: gpd.GeoDataFrame | None,
    byggetillatelse: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    if bygning is not None or byggetillatelse is not None:
        found[BUILT] = built(bygning, byggetillatelse, parameters)
    if byggetillatelse is not None:
        found[PERMITTED] = permitted(byggetillatelse, bygning, parameters)
    return found


def _known(
    found: Mapping[str, Rows], fetched: Mapping[str, int]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Years that the layers say something of, by stage and measure.

    A register begins with its first row and ends with its last, or with the year before it was
    fetched: a year that is not over says less than it will.
    """
    known = {}
    for stage, rows in found.items():
        for measure in MEASURES:
            frame = rows.frame[rows.frame[measure].notna() & rows.frame["aar"].notna()]
            # Nothing but zeros: the layer has no such column, or nobody filled it in.
            if not len(frame) or not (frame[measure] != 0).any():
                continue
            ends = [fetched[layer] - 1 for layer in set(frame["lag"]) if layer in fetched]
            last = max([int(frame["aar"].max()), *ends])
            known[stage, measure] = (int(frame["aar"].min()), last)
    return known


def _known_plans(
    frame: gpd.GeoDataFrame,
    boligprogram: gpd.GeoDataFrame | None,
    naeringsprogram: gpd.GeoDataFrame | None,
    start: int | None,
) -> dict[tuple[str, str], tuple[int, int]]:
    """Years that the programmes say something of: from now to their last project."""
    known = {}
    for measure, layer, there in (
        ("boliger", "boligprogram", boligprogram),
        ("jobber", "naeringsprogram", naeringsprogram),
    ):
        mine = frame[(frame["lag"] == layer) & frame[measure].notna()]
        if there is None or not len(mine):
            continue
        first = int(mine["aar"].min()) if start is None else start
        known[PLANNED, measure] = (first, int(mine["aar"].max()))
    return known


def _years(
    known: Mapping[tuple[str, str], tuple[int, int]], parameters: Parameters
) -> tuple[int, int]:
    first, last = int(parameters["regnskap_fra_aar"]), int(parameters["regnskap_til_aar"])
    said = max(end for _, end in known.values())
    if not last and said < first:
        raise LayerError(
            f"Regnskapet begynner i {first}, men lagene sier ikke noe om årene etter {said}.",
            remedy="Sett regnskap_fra_aar til et tidligere år, eller legg til nyere lag.",
        )
    last = last or said
    if last < first:
        raise ParameterError(
            f"Regnskapet går fra {first} til {last}: det er ingen år.",
            remedy="Sett regnskap_fra_aar til et år som lagene sier noe om.",
        )
    return first, last


def _limits(parameters: Parameters) -> list[float]:
    limits = [float(limit) for limit in parameters["regnskap_avstander"]]
    if not limits or any(b <= a for a, b in zip([0.0, *limits], limits, strict=False)):
        raise ParameterError(
            "Grensene i regnskap_avstander er ikke i stigende rekkefølge.",
            remedy="Skriv for eksempel «300,500,1000».",
        )
    return limits


def _in_period(
    rows: gpd.GeoDataFrame, years: tuple[int, int]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Keep the rows of the period; those without a place stay, and are unknown everywhere."""
    inside = rows["aar"].between(*years)
    bare = shapely.is_missing(geometries(rows)) | shapely.is_empty(geometries(rows))
    told = listed_faults(
        "vekst_uten_sted", "Vekst uten sted", "byggetillatelse",
        rows.loc[inside & bare, "rad"],
        "Raden har ikke noe sted. Den er regnet med i summen, som ukjent sone og avstand.",
    )  # fmt: skip
    return rows[inside].reset_index(drop=True), told


def _parts(
    rows: gpd.GeoDataFrame,
    shares: pd.DataFrame,
    places: pd.DataFrame,
    labels: list[str],
    parameters: Parameters,
) -> pd.DataFrame:
    """Share the rows out on the sides of the line."""
    weight = shares[list(SIDES)].to_numpy(dtype=np.float64)
    row, side = np.nonzero(weight > 0)
    limits = _limits(parameters)
    names = np.array(labels, dtype=object)
    data: dict[str, Any] = {
        "row": row,
        "trinn": rows["trinn"].to_numpy(dtype=object)[row],
        "aar": rows["aar"].to_numpy(dtype=np.float64)[row].astype(int),
        "sone": np.array(SIDES, dtype=object)[side],
        "andel": weight[row, side],
        "gange": _walk(places, parameters)[row],
    }
    data |= {
        name: places[name].to_numpy(dtype=object)[row]
        for name in ("senter_id", "niva", "prioritert")
    }
    for name in ("holdeplass", "stasjon"):
        metres = places[f"{name}_m"].to_numpy(dtype=np.float64)
        data[name] = names[distance_classes(metres, limits)][row]
    chance = rows["andel"].to_numpy(dtype=np.float64)
    for measure in MEASURES:
        number = np.nan_to_num(rows[measure].to_numpy(dtype=np.float64))
        data[measure] = number[row] * weight[row, side]
        data[EXPECTED + measure] = (number * np.nan_to_num(chance))[row] * weight[row, side]
    return pd.DataFrame(data)


def _walk(places: pd.DataFrame, parameters: Parameters) -> NDArray[np.object_]:
    """Whether each row is within walking distance of a station or of a centre of any level."""
    station = places["stasjon_m"].to_numpy(dtype=np.float64)
    level = places["niva"].to_numpy(dtype=object)
    near = np.isin(level, LEVELS) | (station <= float(parameters["regnskap_stasjon_m"]))
    vague = (level == UNKNOWN) | np.isnan(station)
    return np.select([near, vague], ["ja", UNKNOWN], default="nei").astype(object)


def totals(parts: pd.DataFrame, by: str | list[str], columns: list[str]) -> pd.DataFrame:
    """Sum columns of the parts of a ledger by one or more of its classes."""
    return parts.groupby(by, sort=False)[columns].sum()


def yearly(
    ledger: Ledger, stage: str, column: str, by: str, classes: tuple[str, ...]
) -> pd.DataFrame:
    """Sum a column of a stage by year and class.

    Parameters
    ----------
    ledger
        The ledger.
    stage
        One of :data:`STAGES`.
    column
        A measure, or «ventet_» and a measure.
    by, classes
        Column of the parts, and its classes in order.

    Returns
    -------
    DataFrame
        A row for each year of the ledger, a column a class and ``sum``; NaN in years that the
        layers say nothing of.
    """
    mine = ledger.parts[ledger.parts["trinn"] == stage]
    years = range(ledger.years[0], ledger.years[1] + 1)
    table = (
        mine.pivot_table(index="aar", columns=by, values=column, aggfunc="sum", fill_value=0.0)
        if len(mine)
        else pd.DataFrame()
    )
    table = table.reindex(index=list(years), columns=list(classes), fill_value=0.0).astype(float)
    table["sum"] = table.sum(axis=1)
    measure = column.removeprefix(EXPECTED)
    silent = [year for year in years if not ledger.is_known(stage, measure, year)]
    table.loc[silent] = np.nan
    return table


def project_centres(
    boligprogram: gpd.GeoDataFrame,
    *,
    centres: Centres,
    network: Network,
    parameters: Parameters,
) -> pd.Series:
    """Tell which centre each row of the housing programme is in, as the ledger does.

    Returns
    -------
    Series of str
        ``senter_id``, «utenfor» or «ukjent»; index kept.
    """
    places, _ = located(
        points_in(boligprogram), network=network, centres=centres, holdeplass=None,
        parameters=parameters,
    )  # fmt: skip
    return places["senter_id"]
