"""What a plan means for driving north of the nullvekstlinje, and its access to public transport.

The numbers are those of ``askergeo nullvekst plan`` (docs/metode-nullvekst.md): a screening, not a
transport model. The classes of access are the travel survey's (docs/metode-kollektiv.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.geometry import geometries, polygons_of, union
from askergeo.numbers import format_number
from askergeo.parameters import Parameters, load_parameters
from askergeo.plan._function_answer import answer_of, meet_exactly, not_asked, sentences, whole_of
from askergeo.plan._kept import kept
from askergeo.plan._on_foot import NO_WAYS, ways_of
from askergeo.plan.answer import MapAnswer, MapHit
from askergeo.result import Status
from askergeo.transport._plan_parts import TIMETABLE, classed, divided, make_service
from askergeo.transport.access import CLASSES, UNKNOWN
from askergeo.transport.offsets import measures_of
from askergeo.transport.plan_growth import (
    growth_of_projects,
    growth_of_uses,
    standing_buildings,
)
from askergeo.transport.screening import DISCLAIMER, GREEN, RED, Doubt, Span, screen
from askergeo.transport.trips import LEVELS, QUANTITIES, traffic
from askergeo.transport.zones import NORTH, SOUTH, make_zones

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.plan.methods import Question
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView
    from askergeo.transport._plan_parts import Service
    from askergeo.transport.plan_growth import Growth
    from askergeo.transport.screening import Screening
    from askergeo.transport.zones import Zones

    Package = DataPackage | ScenarioView
    Rows = NDArray[np.intp]

__all__ = ["access", "driving"]

_SETS: Final = "trafikk+prognose+kollektiv+nullvekst"
# Values of the set plansjekk by the names that the screening has for them.
_SAME: Final = {
    "naering_m2": "trafikk_naering",
    "tiltak_km": "trafikk_tiltak",
    "linje_skjot_m": "nullvekst_skjot_m",
    "koble_m": "trafikk_koble_m",
}
_STOPS: Final = ("holdeplass_id", "navn", "transportmiddel", "stoppested_id")
_PROGRAMME: Final = {
    "boligprogram": ("prosjekt_id", "navn", "boligtype", "aar", "boliger", "planid"),
    "naeringsprogram": (
        "prosjekt_id", "navn", "naering", "aar", "naering_m2", "arbeidsplasser", "planid",
    ),
}  # fmt: skip
# The worst class that a plan with growth may have.
_GOOD: Final = CLASSES[:2]


@dataclass(frozen=True, eq=False)
class _Case:
    """A plan under review: its growth in parts, and what is said of the classes."""

    growth: Growth
    parts: gpd.GeoDataFrame
    service: Service


def driving(question: Question) -> MapAnswer:
    """Hold the driving that a plan brings north of the line against zero.

    Parameters
    ----------
    question
        What is asked, of a package with ``nullvekstlinje`` and ``kommunegrense``; stops,
        timetable, roads, measures, programmes and buildings make it better.

    Returns
    -------
    MapAnswer
        Red or yellow as `askergeo.transport.screening.screen` says; yellow without any number of
        growth north is not mapped.
    """
    rule, uses, place, package, parameters = question
    values = _values(parameters)
    zones, service = _zones(package, values), _service(package, values)
    listed_already = _listed(place, package, values)
    growth = growth_of_uses(uses, values, listed_already)
    parts = classed(divided(growth.frame, zones), service, values)
    case = _Case(growth, parts, service)
    measures = measures_of(_table(package, "transporttiltak"), place.plan_ids, values)
    doubt = _doubt(case, zones, package, values)
    found = screen(parts, measures, values, doubt)
    hits = tuple(_hits(uses, zones, found, parts, values))
    if found.status == GREEN:
        status = Status.NO_HIT
    else:
        status = hits[0].status if hits else Status.NOT_MAPPED
    north = parts[(parts["side"] == NORTH).to_numpy(dtype=bool)]
    unmapped = union(polygons_of(geometries(parts[_vague(parts, growth)])))
    return MapAnswer(
        rule=rule,
        status=status,
        hits=hits if found.status != GREEN else (),
        area_m2=float(union(polygons_of(geometries(north))).area),
        unmapped_m2=float(unmapped.area),
        remark=_remark(found, case),
    )


def access(question: Question) -> MapAnswer:
    """Ask whether purposes with growth have good access to public transport.

    Parameters
    ----------
    question
        What is asked, of a package with ``holdeplass``, ``veg`` and a timetable.
    """
    rule, uses, _, package, parameters = question
    values = _values(parameters)
    service = _service(package, values)
    if service.network is None:
        return not_asked(rule, NO_WAYS)
    if service.departures is None:
        return not_asked(rule, service.why)
    shapes = gpd.GeoDataFrame(
        dict.fromkeys(QUANTITIES, 0.0), geometry=geometries(uses), crs=uses.crs,
        index=pd.RangeIndex(len(uses)),
    )  # fmt: skip
    parts = classed(divided(shapes, None), service, values)
    owner = parts["kilde"].to_numpy(dtype=np.intp)
    poor = ~parts["klasse"].isin([*_GOOD, UNKNOWN]).to_numpy(dtype=bool)
    vague = (parts["klasse"] == UNKNOWN).to_numpy(dtype=bool)
    fails, unknown = (np.isin(np.arange(len(uses)), owner[one]) for one in (poor, vague))

    def tell(rows: Rows) -> str:
        return _access_text(parts[np.isin(owner, rows) & poor])

    return answer_of(
        rule,
        uses,
        fails=fails,
        unknown=unknown & ~fails,
        tell=tell,
        remark=sentences(
            "" if fails.any() else f"{_access_text(parts).capitalize()}.",
            f"Avgangene er telt {service.date}.",
        ),
    )


def _access_text(parts: pd.DataFrame) -> str:
    """Say what the access is: the classes, and the farthest stop that gives each."""
    said = []
    for name in (*CLASSES, UNKNOWN):
        rows = parts[(parts["klasse"] == name).to_numpy(dtype=bool)]
        if not len(rows):
            continue
        far = rows["gangavstand_m"].to_numpy(dtype=float, na_value=np.nan)
        if np.isnan(far).all():
            said.append(f"{name} kollektivtilgang")
            continue
        worst = rows.iloc[int(np.nanargmax(far))]
        metres = format_number(np.ceil(float(worst["gangavstand_m"])), unit="m")
        often = format_number(float(worst["avganger_time"]), 1)
        said.append(
            f"{name} kollektivtilgang (inntil {metres} å gå til {worst['holdeplass']}, "
            f"{often} avganger i timen)"
        )
    return listed(said)


def _values(parameters: Parameters) -> Parameters:
    """Put the sets of the screening together with what the user says of the plan."""

    def make() -> Parameters:
        sets = load_parameters(_SETS)
        by_name = {one.name: one for one in (*sets, *parameters)}
        for own, name in _SAME.items():
            by_name[name] = replace(by_name[name], value=parameters[own])
        return Parameters("plansjekk", list(by_name.values()))

    return kept("traffic_values", (), make, parameters)


def _key(package: Package, layers: Collection[str]) -> tuple[object, ...]:
    return tuple((one, package.record(one).sha256) for one in layers if one in package)


def _zones(package: Package, values: Parameters) -> Zones:
    """Return the zones of the package, kept until it is another."""
    layers = ("nullvekstlinje", "kommunegrense")
    settings = (values["nullvekst_skjot_m"], values["nullvekst_nord"])

    def make() -> Zones:
        line = _table(package, "nullvekstlinje", ("side",))
        boundary = package.read("kommunegrense", columns=["kommunenummer"])
        own = boundary["kommunenummer"].astype(str) == package.municipality
        return make_zones(line, boundary[own], parameters=values)

    return kept("zones", (package.municipality, *settings, *_key(package, layers)), make)


def _service(package: Package, values: Parameters) -> Service:
    """Return network, stops and departures of the package, kept until it is another."""
    ways = ways_of(package) if "veg" in package else None
    layers = ("holdeplass", *TIMETABLE)

    def make() -> Service:
        network = None if ways is None else ways.network()
        stops = _table(package, "holdeplass", _STOPS)
        tables = {name: _table(package, name) for name in TIMETABLE}
        return make_service(network, stops, tables, values)

    return kept("service", _key(package, layers), make, ways, values)


def _table(package: Package, layer: str, columns: Collection[str] = ()) -> Any:  # noqa: ANN401  (a frame, with geometry or not)
    """Read a layer, or ``None`` when it is absent; some columns of it, those that are there."""
    if layer not in package:
        return None

    def make() -> Any:  # noqa: ANN401  (as the function)
        known = package.records[layer].columns
        return package.read(layer, columns=[one for one in columns or known if one in known])

    return kept(f"traffic_{layer}", (package.crs, package.record(layer).sha256, *columns), make)


def _listed(place: Place, package: Package, values: Parameters) -> pd.Series | None:
    """Sum what the programmes have for the plan, by quantity."""
    if not place.plan_ids:
        return None
    rows: list[gpd.GeoDataFrame | None] = []
    for layer, columns in _PROGRAMME.items():
        found = _table(package, layer, columns)
        if found is None or "planid" not in found:
            rows.append(None)
            continue
        rows.append(found[found["planid"].isin(list(place.plan_ids)).to_numpy(dtype=bool)])
    if all(one is None or not len(one) for one in rows):
        return None
    frame = growth_of_projects(rows[0], rows[1], values).frame
    total: pd.Series = frame[list(QUANTITIES)].sum()
    return total[total != 0]


def _doubt(case: _Case, zones: Zones, package: Package, values: Parameters) -> Doubt:
    """Say what is not known north of the line, and what the buildings there bring today."""
    lacking = case.growth.lacking if _vague(case.parts, case.growth).any() else ()
    ground = union(polygons_of(geometries(case.growth.frame)))
    if case.growth.torn or "bygning" not in package or shapely.is_empty(ground):
        return Doubt(lacking)
    buildings = _table(package, "bygning", ("bygningstype", "boliger", "bruksareal"))
    standing = standing_buildings(buildings, ground, values)
    if not len(standing):
        return Doubt(lacking)
    parts = classed(divided(standing, zones), case.service, values)
    total = traffic(parts[(parts["side"] == NORTH).to_numpy(dtype=bool)], values).sum()
    return Doubt(lacking, Span(*(float(total[f"km_dogn_{level}"]) for level in LEVELS)))


def _vague(parts: pd.DataFrame, growth: Growth) -> NDArray[np.bool_]:
    """Tell which parts, north or on no known side, lack a number."""
    unknown = growth.frame["ukjent"].to_numpy(dtype=bool)
    here = (parts["side"] != SOUTH).to_numpy(dtype=bool)
    return np.asarray(unknown[parts["kilde"].to_numpy(dtype=np.intp)] & here, dtype=np.bool_)


def _hits(
    uses: gpd.GeoDataFrame,
    zones: Zones,
    found: Screening,
    parts: pd.DataFrame,
    values: Parameters,
) -> list[MapHit]:
    """Give one hit a code with ground north of the line that growth is known to come on."""
    amount = parts[list(QUANTITIES)].abs().sum(axis=1) > 0
    owner = parts["kilde"].to_numpy(dtype=np.intp)
    there = (amount & (parts["side"] == NORTH)).to_numpy(dtype=bool)
    rows = np.unique(owner[there])
    codes = uses["kode"].astype(str).to_numpy(dtype=object)
    km = traffic(parts, values)[[f"km_dogn_{level}" for level in LEVELS]].to_numpy()
    hits = []
    for code in sorted(set(codes[rows])):
        own = rows[codes[rows] == code]
        shapes = shapely.intersection(geometries(uses)[own], zones.shape(NORTH))
        span = Span(*map(float, km[there & np.isin(owner, own)].sum(axis=0)))
        hits.append(
            MapHit(
                objects=tuple(dict.fromkeys(uses["objekt"].iloc[own])),
                code=code,
                use=str(uses["bruk"].iloc[own[0]]),
                status=Status.HIT_RED if found.status == RED else Status.HIT_YELLOW,
                area_m2=None,
                what=f"{span.text()} bilkjøring i døgnet nord for nullvekstlinjen",
                geometry=whole_of(shapes, exact=meet_exactly(uses) and len(own) == 1),
            )
        )
    return hits


def _remark(found: Screening, case: _Case) -> str:
    """Say why, what it rests on, and that it is a screening."""
    north = found.sides[NORTH]
    total = f"Planen gir {north.text()} bilkjøring i døgnet nord for linjen." if any(north) else ""
    return sentences(total, *found.reasons, *case.growth.told, case.service.why, DISCLAIMER)
