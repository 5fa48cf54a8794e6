"""Whether the plants, pumping stations and sewers below a plan have room in the plan's year.

With addresses and residents the loads are those of ``askergeo va vekst``, year by year; without
them they are what the register of plants says, and only its dates change them. The plan's own
dwellings are added where the housing programme has them not. Red is what is full without the plan,
yellow what the plan fills; what nobody knows is unknown, never room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo._text import listed
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.plan._dwellings import dwellings
from askergeo.plan._function_answer import answer_of, not_asked, sentences
from askergeo.plan._kept import kept
from askergeo.plan._water_growth import GROWTH, MEDIUM, growth_of
from askergeo.result import Status
from askergeo.va import load
from askergeo.va.network import VANN

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.plan._water_growth import Growth, Sewers
    from askergeo.plan.answer import MapAnswer
    from askergeo.plan.methods import Question
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

    Number = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["room"]

# What the kinds of plants that set a bound to growth are called.
_TITLES: Final = {"vannverk": "Vannverket", "renseanlegg": "Renseanlegget"}
_AHEAD: Final = 20
# Loads that are reckoned of residents are told in tens.
_TEN: Final = 10.0


@dataclass(frozen=True)
class _Said:
    """What one part of the way says: text, and whether it is full without and with the plan.

    ``None`` is unknown.
    """

    text: str
    full: bool | None
    filled: bool | None


@dataclass(frozen=True)
class _Asked:
    """The plan: its outline, its dwellings and residents (NaN unknown), and the year asked."""

    outline: BaseGeometry
    pe: float
    year: int
    told: str


def room(question: Question) -> MapAnswer:
    """Ask whether waterworks, plants, stations and sewers have room in the plan's year.

    Parameters
    ----------
    question
        What is asked, of a package with ``va_anlegg``.
    """
    rule, uses, place, package, parameters = question
    growth = growth_of(package)
    asked = _asked(uses, place, package, parameters, growth)
    said = [_plant(kind, asked, package, growth) for kind in _TITLES]
    if growth is not None:
        said += _way(asked, growth, float(parameters["va_sok_m"]))
    remark = sentences(*(f"{one.text}." for one in said if one.text), asked.told)
    plants = said[: len(_TITLES)]
    if all(one.full is None for one in plants):
        return not_asked(rule, remark)
    red = [one.text for one in said if one.full]
    yellow = [one.text for one in said if one.filled and not one.full]
    unknown = any(one.full is None for one in plants) and not red and not yellow
    answer = answer_of(
        rule,
        uses,
        fails=np.full(len(uses), bool(red or yellow)),
        unknown=np.full(len(uses), unknown),
        tell=lambda _: "; ".join([*red, *yellow]),
        remark=remark,
    )
    if not red:
        return answer
    hits = tuple(replace(one, status=Status.HIT_RED) for one in answer.hits)
    return replace(answer, status=Status.HIT_RED, hits=hits)


def _asked(
    uses: gpd.GeoDataFrame,
    place: Place,
    package: DataPackage | ScenarioView,
    parameters: Parameters,
    growth: Growth | None,
) -> _Asked:
    """Find the plan's residents and its year, and say how they are known."""
    from askergeo.plan._plan_pupils import in_programme  # noqa: PLC0415

    homes = dwellings(uses, parameters)
    first = _first_year(package, growth)
    given = int(parameters["boliger_ferdig"])
    year = given or first + int(parameters["boliger_ferdig_om"])
    told = f"Året er {year}" + ("." if given else ", som er antatt.")
    each = float(load_parameters("prognose")["bosatte_per_bolig"])
    outline = union(geometries(uses))
    if not homes.known.any():
        return _Asked(outline, float("nan"), year, f"{told} Planens egen belastning er ukjent.")
    listed_already = in_programme(place, package) if growth is not None else 0.0
    rest = max(homes.total - listed_already, 0.0)
    told += f" {homes.text()}"
    if listed_already:
        told += " Boliger som står i boligprogrammet, er med i framskrivingen."
    return _Asked(outline, rest * each, year, told)


def _first_year(package: DataPackage | ScenarioView, growth: Growth | None) -> int:
    """Year of the first 1 January: the residents', else that of the register of plants."""
    if growth is not None:
        return int(growth.years[0])
    text = str(package.source_record("va_anlegg").date)[:4]
    return int(text) if text.isdigit() else 0


def _plant(
    kind: str, asked: _Asked, package: DataPackage | ScenarioView, growth: Growth | None
) -> _Said:
    """Say what room the plant of a kind has that serves the plan."""
    title, wet = _TITLES[kind], MEDIUM[kind] == VANN
    if growth is None:
        plants, moved = _by_register(kind, asked, package)
    else:
        plants, moved = growth.plants[kind]
    own = _serving(kind, asked, package, plants, growth)
    if own < 0:
        running = int(plants.running[:, 0].sum()) if plants.ids else 0
        count = "Ingen" if not running else format_number(running)
        return _Said(
            f"{title}: {count} i datapakken, og hvilket som betjener planen er ukjent", None, None
        )
    if growth is None:
        pe = asked.pe
    else:
        factors = load.factors_of(load_parameters(GROWTH))["hoved"]
        pe = float(factors.pe(np.array(asked.pe), np.array(0.0)))
        pe = float(factors.water_m3_day(np.array(pe))) if wet else pe
    unit = "m³/d" if growth is not None and wet else "pe"
    more = 0.0 if np.isnan(pe) else pe
    step = 1.0 if growth is None else _TEN
    return _held(title, plants, moved, own, year=asked.year, more=more, unit=unit, step=step)


def _by_register(
    kind: str, asked: _Asked, package: DataPackage | ScenarioView
) -> tuple[load.Plants, load.Transfer]:
    """Plants with the load that the register tells, the same every year."""
    known = package.records["va_anlegg"].columns
    wanted = (
        "anlegg_id", "type", "navn", "kapasitet_pe", "belastning_pe", "til_anlegg_id", "fra_aar",
        "til_aar", "ny_kapasitet_pe", "ny_kapasitet_aar",
    )  # fmt: skip
    frame = package.read("va_anlegg", columns=[one for one in wanted if one in known])
    first = _first_year(package, None)
    years = np.arange(first, max(first, asked.year) + _AHEAD + 1, dtype=np.int64)
    plants = load.plants_of(frame, kind, years)
    own = np.repeat(plants.measured[:, None], len(years), axis=1)
    return plants, load.transferred(plants, own)


def _serving(
    kind: str,
    asked: _Asked,
    package: DataPackage | ScenarioView,
    plants: load.Plants,
    growth: Growth | None,
) -> int:
    """Position of the plant that the plan belongs to: by pipes, by zone, or as the only one."""
    if growth is not None and growth.sewers is not None and kind == "renseanlegg":
        node = _node_near(asked, growth.sewers, _NEAR_M)
        if node >= 0 and growth.sewers.plant[node] >= 0:
            return int(growth.sewers.plant[node])
    if "va_sone" in package:
        found = _zone_plant(kind, asked, package.read("va_sone"), plants)
        if found >= 0:
            return found
    running = np.flatnonzero(plants.running[:, 0]) if plants.ids else np.zeros(0, int)
    return int(running[0]) if len(running) == 1 else -1


# Metres: a plan farther from any sewer is not followed through the network.
_NEAR_M: Final = 400.0


def _zone_plant(kind: str, asked: _Asked, zones: pd.DataFrame, plants: load.Plants) -> int:
    """Plant of the zone that has most of the plan."""
    if "anlegg_id" not in zones:
        return -1
    mine = zones[zones["type"].astype("string").fillna("").eq(kind).to_numpy(dtype=bool)]
    if not len(mine):
        return -1
    shapes = shapely.make_valid(geometries(mine))
    shared = shapely.area(shapely.intersection(shapes, asked.outline))
    if not shared.max() > 0:
        return -1
    name = str(mine["anlegg_id"].iloc[int(shared.argmax())])
    return next((k for k, ids in enumerate(plants.ids) if name in ids.split("+")), -1)


def _node_near(asked: _Asked, sewers: Sewers, most: float) -> int:
    """Node where the plan's sewage would begin; −1 where no sewer is near."""
    if not len(sewers.upper):
        return -1
    tree = kept("va tree", 0, lambda: shapely.STRtree(sewers.lines), sewers)
    near = tree.query_nearest(asked.outline, max_distance=most, all_matches=False)
    return int(sewers.upper[near[0]]) if len(near) else -1


def _held(
    title: str,
    plants: load.Plants,
    moved: load.Transfer,
    own: int,
    *,
    year: int,
    more: float,
    unit: str,
    step: float,
) -> _Said:
    """Hold the plant that has the plan's sewage each year against what it can take."""
    steps = np.arange(len(plants.years))
    at = int(np.clip(year - plants.years[0], 0, len(steps) - 1))
    taker = moved.taker[own]
    if taker[at] < 0:
        text = f"{_called(title, plants.names[own])} er nedlagt i {year}, og ingen tar over"
        return _Said(text, True, True)
    name = _named(title, plants, own, int(taker[at]))
    used = np.where(taker >= 0, moved.load[np.maximum(taker, 0), steps], np.inf)
    most = np.where(taker >= 0, plants.capacity[np.maximum(taker, 0), steps], 0.0)
    asked = (("kapasitet", most[at]), ("belastning", used[at]))
    if lacks := [word for word, value in asked if np.isnan(value)]:
        return _Said(f"{name}: {listed(lacks)} er ikke i datapakken", None, None)
    full = bool(used[at] > most[at])
    filled = bool(used[at] + more > most[at])
    whole = format_number(float(most[at]), unit=unit)
    text = f"{name} har {_shown(used[at], unit, step)} av {whole} i bruk"
    if plants.years[at] != plants.years[0]:
        text += f" i {plants.years[at]}"
    if more:
        text += f", og planen gir {_shown(more, unit, 1.0)}"
    if filled:
        free = np.flatnonzero(used[at:] + more <= most[at:])
        text += f"; plass fra {plants.years[at + free[0]]}" if len(free) else _NO_DATE
    return _Said(text, full, filled)


_NO_DATE: Final = "; ingen dato for mer plass er kjent"


def _named(title: str, plants: load.Plants, own: int, taker: int) -> str:
    """Say which plant it is, where there are several, and whose sewage it has taken over."""
    called = _called(title, plants.names[taker])
    if own != taker:
        return f"{called} (tar over for {plants.names[own]})"
    return title if len(plants.ids) == 1 else called


def _called(title: str, name: str) -> str:
    """Put the word for a plant before its name, unless the name says it."""
    return name if title.casefold()[:-2] in name.casefold() else f"{title} {name}"


def _shown(value: float, unit: str, step: float) -> str:
    """Write a load in whole steps: a measured one is told as it is, one of residents in tens."""
    return format_number(float(np.floor(value / step + 0.5) * step), unit=unit)


def _way(asked: _Asked, growth: Growth, most: float) -> list[_Said]:
    """Say what room the tightest station and the tightest sewer below the plan have."""
    sewers = growth.sewers
    node = -1 if sewers is None else _node_near(asked, sewers, min(most, _NEAR_M))
    if node < 0 or sewers is None:
        return []
    nodes = sewers.way(node)
    factors = load.factors_of(load_parameters(GROWTH))["hoved"]
    pe = 0.0 if np.isnan(asked.pe) else float(factors.pe(np.array(asked.pe), np.array(0.0)))
    # What seeps in is there already; the plan adds sewage in the same proportion.
    more = float(factors.sewage_l_s(np.array(pe)))
    at = int(np.clip(asked.year - growth.years[0], 0, len(growth.years) - 1))
    found = [_station(sewers, nodes, at, more), _sewer(sewers, nodes, at, more)]
    return [one for one in found if one is not None]


def _station(sewers: Sewers, nodes: Whole, at: int, more: float) -> _Said | None:
    mine = np.flatnonzero(np.isin(sewers.station_node, nodes))
    known = mine[~np.isnan(sewers.station_l_s[mine])]
    if not len(known):
        return None
    tight = known[np.argmin(sewers.station_l_s[known] - sewers.station_flow[known, at])]
    name = str(sewers.station_name[tight])
    return _tight(name, sewers.station_flow[tight, at], sewers.station_l_s[tight], more)


def _sewer(sewers: Sewers, nodes: Whole, at: int, more: float) -> _Said | None:
    through = sewers.through[nodes]
    pieces = through[through >= 0]
    known = pieces[~np.isnan(sewers.main_l_s[pieces])]
    if not len(known):
        return None
    tight = known[np.argmin(sewers.main_l_s[known] - sewers.main_flow[known, at])]
    name = f"Avløpsledning {sewers.main_id[tight]}"
    lacking = len(pieces) - len(known)
    said = _tight(name, sewers.main_flow[tight, at], sewers.main_l_s[tight], more)
    if not lacking:
        return said
    count = "1 ledning" if lacking == 1 else f"{format_number(lacking)} ledninger"
    return replace(said, text=f"{said.text} ({count} nedenfor har ukjent kapasitet)")


def _tight(name: str, flow: float, capacity: float, more: float) -> _Said:
    """Say what is left of something that carries litres a second."""
    used, whole = format_number(float(flow), 1), format_number(float(capacity), 1, unit="l/s")
    text = f"{name} er den trangeste nedenfor planen: {used} av {whole} i største time"
    if more:
        text += f", og planen gir {format_number(more, 1, unit='l/s')}"
    # What is told as the same is the same, as in «askergeo va vekst».
    most = round(float(capacity), 1)
    return _Said(text, round(float(flow), 1) > most, round(float(flow + more), 1) > most)
