"""Water and sewage: whether a plan's buildings have a main near, and whether the plants have room.

The acts on connection (pbl §§ 27-1 and 27-2) speak of a public main over the property, in a road
beside it or over ground near by, without metres; the distance is a parameter. It is the straight
line from the purpose to the main, not the pipe that must be laid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo._text import listed
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.plan._function_answer import answer_of, not_asked

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.plan.answer import MapAnswer
    from askergeo.plan.catalogue import Rule
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

__all__ = ["plants", "sewer", "water"]

_WATER: Final = ("vann",)
_SEWER: Final = ("spillvann", "avlop_felles")
# Kinds of plants that set a bound to growth.
_PLANTS: Final = {"vannverk": "Vannverket", "renseanlegg": "Renseanlegget"}


def water(
    rule: Rule,
    uses: gpd.GeoDataFrame,
    place: Place,
    package: DataPackage | ScenarioView,
    parameters: Parameters,
) -> MapAnswer:
    """Ask whether buildings have a water main near.

    Parameters
    ----------
    rule
        The rule.
    uses
        The purposes that it is about.
    place
        The plan, in the package's CRS.
    package
        Package with ``va_ledning``.
    parameters
        The set ``plansjekk``.
    """
    return _reach(rule, uses, place, package, parameters, (_WATER, "vann_m", "vannledning"))


def sewer(
    rule: Rule,
    uses: gpd.GeoDataFrame,
    place: Place,
    package: DataPackage | ScenarioView,
    parameters: Parameters,
) -> MapAnswer:
    """Ask whether buildings have a sewer near, separate or combined; parameters as in `water`."""
    return _reach(rule, uses, place, package, parameters, (_SEWER, "avlop_m", "avløpsledning"))


def _reach(
    rule: Rule,
    uses: gpd.GeoDataFrame,
    place: Place,
    package: DataPackage | ScenarioView,
    parameters: Parameters,
    asked: tuple[tuple[str, ...], str, str],
) -> MapAnswer:
    """Ask whether purposes have a main of some types near.

    The map of mains is never whole: that none is shown within ``va_sok_m`` says nothing, and the
    answer there is «not mapped» unless the layer says that it covers the place.
    """
    kinds, limit_name, name = asked
    limit, most = float(parameters[limit_name]), float(parameters["va_sok_m"])
    west, south, east, north = place.outline.bounds
    box = (west - most, south - most, east + most, north + most)
    there = package.records["va_ledning"].columns
    columns = [one for one in ("type", "status", "dimensjon_mm") if one in there]
    mains = package.read("va_ledning", bbox=box, columns=columns)
    mains = mains[mains["type"].isin(kinds).to_numpy(dtype=bool) & ~_idle(mains, parameters)]
    distance, row = _nearest(geometries(uses), geometries(mains), most)
    cover = package.coverage("va_ledning")
    covered = np.zeros(len(uses), dtype=bool)
    if cover is not None:
        covered = np.asarray(shapely.covers(cover, geometries(uses)), dtype=bool)
    unknown = np.isinf(distance) & ~covered
    fails = (distance > limit) & ~unknown

    def far(metres: float) -> str:
        if np.isinf(metres):
            return f"ingen {name} innen {format_number(most, unit='m')}"
        return f"inntil {format_number(float(np.ceil(metres)), unit='m')} til {name}"

    known = np.flatnonzero(~unknown)
    said = []
    if len(known):
        at = known[np.argmax(distance[known])]
        told = far(float(distance[at]))
        said.append(f"I luftlinje {told}{_size(mains, int(row[at]))}.")
    if unknown.any():
        said.append(
            f"For {format_number(int(unknown.sum()))} av {format_number(len(uses))} områder er ingen "
            f"{name} registrert innen {format_number(most, unit='m')}: kartet kan ha mangler."
        )
    return answer_of(
        rule,
        uses,
        fails=fails,
        unknown=unknown,
        tell=lambda rows: far(float(distance[rows].max())),
        distance_m=float(distance[known].max()) if len(known) else None,
        remark=" ".join(said),
    )


def _idle(mains: pd.DataFrame, parameters: Parameters) -> NDArray[np.bool_]:
    """Tell which mains are not in use, by how their status begins; unknown status is in use."""
    if "status" not in mains:
        return np.zeros(len(mains), dtype=bool)
    status = mains["status"].astype(object).where(mains["status"].notna(), "")
    text = status.astype(str).str.strip().str.casefold()
    words = tuple(word.casefold() for word in parameters["va_ute_av_bruk"])
    return np.asarray(text.map(lambda one: one.startswith(words)).to_numpy(dtype=bool))


def _nearest(
    shapes: NDArray[np.object_], lines: NDArray[np.object_], most: float
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Find the distance from each surface to the nearest line, and its row; ``inf`` and −1 none."""
    distance, row = np.full(len(shapes), np.inf), np.full(len(shapes), -1)
    if len(lines):
        (use, line), metres = shapely.STRtree(lines).query_nearest(
            shapes, max_distance=most, return_distance=True, all_matches=False
        )
        distance[use], row[use] = metres, line
    return distance, row


def _size(mains: pd.DataFrame, row: int) -> str:
    """Say how wide a main is, when the data say."""
    if row < 0 or "dimensjon_mm" not in mains:
        return ""
    size = mains["dimensjon_mm"].iloc[row]
    # pandas' NA is no number: the text of an unknown size is left out.
    text = format_number(size, unit="mm")
    return "" if text.startswith("..") else f" ({text})"


def plants(
    rule: Rule,
    uses: gpd.GeoDataFrame,
    place: Place,  # noqa: ARG001  (a plant serves what lies far from it)
    package: DataPackage | ScenarioView,
    parameters: Parameters,  # noqa: ARG001  (there is no value to choose)
) -> MapAnswer:
    """Ask whether waterworks and sewage plants have room.

    A plant is known to serve the plan only when it is the one of its kind in the package. Its room
    is ``kapasitet_pe`` less ``belastning_pe``; the second is no column of the catalogue, but a
    package may carry it. What is missing is said.

    Parameters are as in `water`; the package has ``va_anlegg``.
    """
    there = package.records["va_anlegg"].columns
    wanted = ("type", "navn", "kapasitet_pe", "belastning_pe")
    frame = package.read("va_anlegg", columns=[one for one in wanted if one in there])
    told, left = [], []
    for kind, title in _PLANTS.items():
        rows = frame[frame["type"].eq(kind).to_numpy(dtype=bool, na_value=False)]
        text, room = _room(title, rows)
        told.append(text)
        left.append(room)
    remark = " ".join(told)
    if np.isnan(left).all():
        return not_asked(rule, remark)
    full = bool(np.nanmin(left) <= 0)
    return answer_of(
        rule,
        uses,
        fails=np.full(len(uses), full),
        unknown=np.full(len(uses), not full and bool(np.isnan(left).any())),
        tell=lambda _: listed([text.rstrip(".") for text, room in zip(told, left) if room <= 0]),
        remark=remark,
    )


def _room(title: str, plants: pd.DataFrame) -> tuple[str, float]:
    """Say what room a kind of plant has, in words and in pe; NaN unknown."""
    if len(plants) != 1:
        count = "Ingen" if not len(plants) else format_number(len(plants))
        return f"{title}: {count} i datapakken, og hvilket som betjener planen er ukjent.", np.nan
    values = []
    for name in ("kapasitet_pe", "belastning_pe"):
        given = plants[name] if name in plants else None
        known = given is not None and bool(given.notna().all())
        values.append(float(given.iloc[0]) if given is not None and known else np.nan)
    capacity, load = values
    if np.isnan(capacity) or np.isnan(load):
        lacks = listed(
            [
                word
                for word, value in (("kapasitet", capacity), ("belastning", load))
                if np.isnan(value)
            ]
        )
        return f"{title}: {lacks} er ikke i datapakken.", np.nan
    return (
        f"{title} har {format_number(load, unit='pe')} av {format_number(capacity, unit='pe')} i bruk.",
        capacity - load,
    )
