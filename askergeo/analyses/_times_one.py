"""The ways from one address to one place, by every mode, explained so that they can be checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from askergeo._nearest import nearest
from askergeo.analyses._background import land_of
from askergeo.analyses._schoolway_one import address_text, find_address
from askergeo.analyses._times_scene import Layers, read_day
from askergeo.analyses._times_tables import mode_title
from askergeo.analyses._times_text import profile_records, profile_warnings
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries
from askergeo.network.driving import speed_notes, speeds_of
from askergeo.network.paths import paths
from askergeo.network.snapping import edge_lines
from askergeo.network.transit import journey, read_clock
from askergeo.numbers import format_number
from askergeo.result import Column, Fact, MapLayer, Result, Style, StyleClass, Table
from askergeo.school.route_steps import one_place
from askergeo.transport.competition import (
    CAR,
    RATIOS,
    TRANSIT,
    WALK,
    chosen,
    make_networks,
    make_targets,
    ratio_class,
    ratio_of,
    travel_minutes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network.graph import GraphBuild
    from askergeo.network.paths import Network
    from askergeo.network.timetable import Timetable
    from askergeo.network.transit import Journey, Leg
    from askergeo.parameters import Parameters
    from askergeo.school.route import Doors
    from askergeo.transport.competition import Networks, Targets, Times

__all__ = ["one_address"]

_AROUND_M: Final = 400.0
_COLOURS: Final = {WALK: "#1b9e77", CAR: "#333333", TRANSIT: "#d95f02"}
_CYCLE: Final = "#7570b3"
_WIDTHS: Final = {CAR: 1.8, WALK: 0.4}


@dataclass(frozen=True, kw_only=True, eq=False)
class _One:
    """One address, one place, and what is between them."""

    address: str
    point: shapely.Geometry
    place: str
    column: int
    kind: str
    networks: Networks
    targets: Targets
    times: Times
    timetable: Timetable | None
    parameters: Parameters

    @property
    def modes(self) -> tuple[str, ...]:
        return self.networks.modes

    def minutes(self, mode: str) -> float:
        return float(self.times.minutes[mode][0, self.column])


def one_address(
    gangnett: GraphBuild, bilnett: GraphBuild, layers: Layers, parameters: Parameters
) -> Result:
    """Explain the ways from one address.

    Raises
    ------
    LayerError
        When the layer of addresses is absent, or the address has no place.
    ParameterError
        When the address or the place is not found, or the departure cannot be read.
    """
    if layers.adresse is None:
        raise LayerError("Laget «adresse» mangler.", remedy="Legg til adressene.")
    adresse = layers.adresse.reset_index(drop=True)
    row = find_address(adresse, str(parameters["reisetid_adresse"]))
    points = adresse.geometry.iloc[[row]]
    if points.isna().any() or points.is_empty.any():
        raise LayerError(
            f"{address_text(adresse, row)} har ikke koordinater.",
            remedy="Rett adressen i laget «adresse».",
        )
    timetable, _ = read_day(layers, parameters)
    targets = make_targets(layers.senter, layers.holdeplass, layers.arbeidsplass, parameters)
    networks = make_networks(gangnett, bilnett, layers.veg, timetable, parameters)
    times = travel_minutes(networks, points, targets, parameters)
    column = _find_place(targets, times, str(parameters["reisetid_mal"]))
    place = targets.frame.iloc[column]
    one = _One(
        address=address_text(adresse, row),
        point=points.iloc[0],
        place=str(place["navn"]),
        column=column,
        kind=str(place["art"]),
        networks=networks,
        targets=targets,
        times=times,
        timetable=timetable,
        parameters=parameters,
    )
    ride = _ride(one)
    base = [land_of(layers.kommunegrense)] if layers.kommunegrense is not None else []
    notes = speed_notes(bilnett.graph, speeds_of(layers.veg, parameters))
    return Result(
        analysis="reisetid",
        title=f"Reisetid fra {one.address} til {one.place}",
        template="{adresse} → {mal}: {svar}.",
        facts=_facts(one),
        tables=(_mode_table(one), *_leg_table(one, ride)),
        layers=_with_base(base, _layers(one, ride)),
        reading=_reading(one, ride),
        warnings=(
            *gangnett.report.warnings,
            *bilnett.report.warnings,
            *notes,
            *profile_warnings(parameters),
        ),
        parameters=profile_records(parameters),
    )


def _find_place(targets: Targets, times: Times, text: str) -> int:
    """Column of the place with an id or a name; the nearest kommunesenter without."""
    frame = targets.frame
    if not text:
        kind = str(frame["art"].iloc[0])
        column = int(chosen(times.minutes, targets.rows(kind))[0])
        return column if column >= 0 else int(targets.rows(kind)[0])
    names, ids = frame["navn"].astype(str), frame["id"].astype(str)
    wanted = text.casefold().strip()
    for match in (ids == text, names.str.casefold() == wanted):
        rows = np.flatnonzero(match)
        if len(rows):
            return int(rows[0])
    near = nearest(text, names.unique(), count=3)
    hint = f"Mente du {' eller '.join(f'«{one}»' for one in near)}?" if near else ""
    raise ParameterError(
        f"«{text}» er ikke blant sentrene, stasjonene og tyngdepunktene.",
        remedy=hint or f"Oppgi et av {', '.join(names.head(10))}.",
    )


def _ride(one: _One) -> Journey | None:
    """Find the journey by public transport at the departure that is asked for."""
    if one.networks.transit is None:
        return None
    doors, places = one.times.doors.places, one.times.places.places
    depart = read_clock(str(one.parameters["reisetid_avreise"]))
    return journey(one.networks.transit, doors, places, 0, one.column, depart)


def _words(minutes: float) -> str:
    if np.isnan(minutes):
        return "ukjent"
    if np.isinf(minutes):
        return "ingen reise"
    return format_number(minutes, unit="min")


def _facts(one: _One) -> dict[str, Fact]:
    told = ", ".join(
        f"{mode_title(mode).lower()} {_words(one.minutes(mode))}" for mode in one.modes
    )
    facts = {
        "adresse": Fact(title="Adresse", value=one.address),
        "mal": Fact(title="Mål", value=one.place),
        "svar": Fact(title="Svar", value=told),
    }
    for mode in one.modes:
        value = one.minutes(mode)
        facts[f"minutter_{mode}"] = Fact(
            title=mode_title(mode),
            value=value if np.isfinite(value) else None,
            unit="min",
            decimals=1,
        )
    return facts


def _mode_table(one: _One) -> Table:
    car = np.array([one.minutes(CAR)])
    rows = []
    for mode in one.modes:
        minutes = np.array([one.minutes(mode)])
        ratio = float(ratio_of(minutes, car)[0])
        rows.append(
            {
                "middel": mode_title(mode),
                "minutter": minutes[0] if np.isfinite(minutes[0]) else np.nan,
                "forhold": ratio if np.isfinite(ratio) else np.nan,
                "klasse": RATIOS[str(ratio_class(minutes, car)[0])],
                "merknad": _remark(one, mode),
            }
        )
    return Table(
        name="reisemidler",
        title=f"Reisetid til {one.place}",
        frame=pd.DataFrame(rows, index=pd.Index(one.modes, dtype=object)),
        columns={
            "middel": Column(title="Med"),
            "minutter": Column(title="Reisetid", unit="min", decimals=1),
            "forhold": Column(title="Delt på bil", decimals=2),
            "klasse": Column(title="Klasse"),
            "merknad": Column(title="Merknad"),
        },
        note="Fra dør til dør. Tom reisetid er ukjent, eller ingen reise.",
    )


def _remark(one: _One, mode: str) -> str:
    """Tell what a time is made of."""
    values = one.parameters
    if not np.isfinite(one.minutes(mode)) and mode != TRANSIT:
        return ""
    if mode == CAR:
        parking = values[f"reisetid_parkering_{one.kind}_min"]
        extra = format_number(values["reisetid_til_bil_min"] + parking, 1)
        return f"{extra} min av dette er til bilen og til parkering"
    if mode in one.networks.cycle:
        return f"{format_number(values['reisetid_sykkel_min'], 1)} min av dette er til sykkelen"
    if mode != TRANSIT or one.timetable is None:
        return "" if mode != TRANSIT else "rutetabell mangler"
    share = one.times.share[0, one.column]
    if np.isnan(share):
        return ""
    told = f"median av avreiser fra kl. {values['rutesok_fra_kl']} til {values['rutesok_til_kl']}"
    told += f"; {format_number(100 * share)} % av dem når fram"
    return f"{told}; gange er like rask" if one.times.walked[0, one.column] else told


def _leg_table(one: _One, ride: Journey | None) -> list[Table]:
    if ride is None or one.timetable is None or not ride.legs:
        return []
    frame = ride.table(one.timetable)
    frame.index = pd.Index([f"{number}" for number in range(1, len(frame) + 1)], dtype=object)
    return [
        Table(
            name="etapper",
            title=f"Kollektivreisen, avreise fra kl. {one.parameters['reisetid_avreise']}",
            frame=frame,
            columns=_leg_columns(),
            note="Reisen som er først framme; en går så sent hjemmefra som en kan.",
        )
    ]


def _leg_columns() -> dict[str, Column]:
    return {
        "hvordan": Column(title="Hvordan"),
        "linje": Column(title="Linje"),
        "mot": Column(title="Mot"),
        "fra": Column(title="Fra"),
        "til": Column(title="Til"),
        "kl_fra": Column(title="Klokken, fra"),
        "kl_til": Column(title="Klokken, til"),
        "minutter": Column(title="Tid", unit="min", decimals=1),
    }


def _reading(one: _One, ride: Journey | None) -> tuple[str, ...]:
    start = one.parameters["reisetid_avreise"]
    if ride is None or one.timetable is None:
        told = "Rutetabell mangler: kollektivreisen er ukjent."
    elif np.isnan(one.minutes(TRANSIT)):
        told = "Kollektivreisen er ukjent."
    else:
        told = f"Med avreise fra kl. {start}: {ride.text(one.timetable)}"
    guessed = (
        "Bilens fart er en del av fartsgrensen, og tiden til parkering er et anslag: se "
        "«Parametre». Forholdet til bilen er ukjent der biltiden er ukjent."
    )
    return (told, *_reasons(one), guessed)


def _reasons(one: _One) -> list[str]:
    """Tell why times are unknown."""
    told = []
    times = one.times
    for doors, places, network, modes in (
        (times.doors, times.places, "gangnettet", (WALK, TRANSIT)),
        (times.car_doors, times.car_places, "bilnettet", (CAR,)),
    ):
        if not any(np.isnan(one.minutes(mode)) for mode in modes):
            continue
        if doors.part[0] < 0:
            reach = format_number(one.parameters["reisetid_koble_m"], unit="m")
            told.append(f"Adressen ligger mer enn {reach} fra {network}.")
        elif doors.loose[0]:
            told.append(
                f"Adressen ligger ved en kort del av {network} som henger for seg selv: et brudd "
                "i kartet."
            )
        elif places.part[one.column] < 0:
            told.append(f"{one.place} er ikke koblet til {network}.")
        elif network == "bilnettet":
            told.append("Bilnettet i kartet henger ikke sammen mellom adressen og målet.")
    return told


def _layers(one: _One, ride: Journey | None) -> list[MapLayer]:
    """Draw the ways, and both ends."""
    crs = one.targets.frame.crs
    own = one.times
    lines = {CAR: _way(one.networks.drive, own.car_doors, own.car_places, one.column)}
    if one.networks.cycle:
        name, network = next(iter(one.networks.cycle.items()))
        lines[name] = _way(network, own.doors, own.places, one.column)
    lines[WALK] = _way(one.networks.walk, own.doors, own.places, one.column)
    layers = [
        MapLayer(
            name=f"veg_{mode}",
            title=f"Raskeste veg, {mode_title(mode).lower()}",
            frame=gpd.GeoDataFrame({"middel": [mode_title(mode)]}, geometry=[line], crs=crs),
            columns={"middel": Column(title="Med")},
            # Wide under narrow: where they follow the same road all are seen.
            style=Style(stroke=_COLOURS.get(mode, _CYCLE), width=_WIDTHS.get(mode, 1.0)),
        )
        for mode, line in lines.items()
        if line is not None
    ]
    layers += _ride_layers(one, ride)
    ends = [one.point, shapely.centroid(geometries(one.targets.frame)[one.column])]
    frame = gpd.GeoDataFrame({"navn": [one.address, one.place]}, geometry=ends, crs=crs)
    layers.append(
        MapLayer(
            name="endepunkter",
            title="Adressen og målet",
            frame=frame,
            columns={"navn": Column(title="Navn")},
            style=Style(fill="#111111", stroke="#ffffff", size=2.6),
        )
    )
    return layers


def _way(network: Network, doors: Doors, places: Doors, column: int) -> Any:  # noqa: ANN401
    """Line of the quickest way; ``None`` when there is none."""
    start, end = one_place(doors.places, 0), one_place(places.places, column)
    if not (len(start.row) and len(end.row)):
        return None
    way = paths(network, start, end)
    if not np.isfinite(way.cost[0]) or not len(way.edge):
        return None
    lines = edge_lines(network.graph)[way.edge]
    parts = [
        substring(line, min(a, b), max(a, b), normalized=True)
        for line, a, b in zip(lines, way.begin, way.stop, strict=True)
        if a != b
    ]
    return shapely.line_merge(shapely.union_all(parts)) if parts else None


def _ride_layers(one: _One, ride: Journey | None) -> list[MapLayer]:
    """Draw the legs from stop to stop: the map does not know which roads buses take."""
    if ride is None or one.timetable is None or not ride.legs:
        return []
    stops = geometries(gpd.GeoDataFrame(geometry=one.timetable.points))
    end = shapely.centroid(geometries(one.targets.frame)[one.column])
    lines = []
    for leg in ride.legs:
        start = stops[leg.from_stop] if leg.from_stop >= 0 else one.point
        stop = stops[leg.to_stop] if leg.to_stop >= 0 else end
        ways = [start, stop] if leg.walk else list(stops[_called(one.timetable, leg)])
        # A stop without a point is not drawn.
        drawn = [point for point in ways if not shapely.is_missing(point)]
        lines.append(shapely.LineString(drawn) if len(drawn) > 1 else None)
    frame = ride.table(one.timetable)
    frame["slag"] = np.where(frame["hvordan"] == "gange", "Gange", "Kollektiv")
    whole = gpd.GeoDataFrame(frame, geometry=lines, crs=one.targets.frame.crs)
    whole = whole[whole.geometry.notna()]
    whole.index = pd.Index([f"{number + 1}" for number in whole.index], dtype=object)
    return [
        MapLayer(
            name="kollektivreise",
            title="Kollektivreisen (rette linjer mellom holdeplassene)",
            frame=whole,
            columns=_leg_columns() | {"slag": Column(title="Slag")},
            style=Style(
                width=1.0,
                column="slag",
                classes=(
                    StyleClass(value="Kollektiv", label="Kollektiv", stroke=_COLOURS[TRANSIT]),
                    StyleClass(value="Gange", label="Gange", stroke="#8c8c8c", dash=True),
                ),
            ),
        )
    ]


def _called(timetable: Timetable, leg: Leg) -> NDArray[np.int32]:
    """Rows of the stops that a ride calls at, from where it is boarded to where it is left."""
    pattern = int(np.searchsorted(timetable.trip_ptr, leg.trip, side="right")) - 1
    stops = timetable.stop[timetable.stop_ptr[pattern] : timetable.stop_ptr[pattern + 1]]
    last = len(stops) - leg.calls
    at = np.flatnonzero((stops[:last] == leg.from_stop) & (stops[leg.calls :] == leg.to_stop))[0]
    return stops[at : at + leg.calls + 1]


def _with_base(base: list[MapLayer], layers: list[MapLayer]) -> tuple[MapLayer, ...]:
    """Cut the land to the surroundings of the ways."""
    west, south, east, north = np.array([one.frame.total_bounds for one in layers]).T
    box = shapely.box(west.min(), south.min(), east.max(), north.max())
    around = shapely.box(*shapely.buffer(box, _AROUND_M).bounds)
    cut = [replace(one, frame=one.frame.clip(around)) for one in base]
    return (*[one for one in cut if len(one.frame)], *layers)
