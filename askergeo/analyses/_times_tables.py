"""Tables of travel times: by mode, against the car, by place and by plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.analyses._reach_tables import (
    counted_table,
    minutes_text,
    network_table,
    person_column,
)
from askergeo.analyses._times_plans import plan_frame
from askergeo.analyses._times_scene import KINDS, PLACES
from askergeo.errors import ParameterError
from askergeo.network.cycling import find_cycle_profile
from askergeo.numbers import HARD_SPACE
from askergeo.result import Column, Table
from askergeo.transport.competition import CAR, RATIOS, TRANSIT, WALK, median_of, ratio_of
from askergeo.transport.zones import SIDES, UNKNOWN, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from askergeo.analyses._times_scene import Scene
    from askergeo.parameters import Parameters

    Flags = NDArray[np.bool_]

__all__ = [
    "ALL",
    "ZONES",
    "limits_of",
    "mode_title",
    "place_table",
    "plan_table",
    "ratio_tables",
    "road_table",
    "time_table",
]

#: Label of the row of everybody.
ALL: Final = "alle"
#: Names of the zones.
ZONES: Final = {"nord": "Nord", "sor": "Sør", "ukjent": "Ukjent", ALL: "Alle"}
_TITLES: Final = {WALK: "Gange", TRANSIT: "Kollektiv", CAR: "Bil"}
_GUESSED: Final = (
    "Farten til bilen, tiden til parkering og sykkelens tap i bakker er anslag: se «Parametre»."
)
_UNPLACED: Final = "Bosatte uten stedfestet adresse står som ukjent."


def mode_title(mode: str) -> str:
    """Name a mode for people."""
    return _TITLES.get(mode) or find_cycle_profile(mode).title


def limits_of(parameters: Parameters) -> list[float]:
    """Read the limits, minutes, ascending.

    Raises
    ------
    ParameterError
        When one is not a positive number.
    """
    given = parameters["reisetid_grenser_min"]
    try:
        limits = sorted({float(str(one).replace(",", ".")) for one in given})
    except ValueError:
        limits = []
    if not limits or limits[0] <= 0 or not np.isfinite(limits[-1]):
        raise ParameterError(
            f"Grensene {', '.join(map(str, given))} kan ikke leses som minutter.",
            remedy="Skriv for eksempel «--parameter reisetid_grenser_min=15,30,45».",
        )
    return limits


def time_table(scene: Scene) -> Table:
    """Tell the median, and residents within each limit, by kind of place and mode, in tens."""
    persons = scene.people.total.astype(np.float64)
    lost = float(scene.people.unplaced.sum())
    limits = limits_of(scene.parameters)
    names = [f"innen_{minutes_text(one).replace(',', '_')}" for one in limits]
    records: list[dict[str, Any]] = []
    for kind in scene.destinations:
        for mode in scene.modes:
            minutes = scene.minutes(mode, kind)
            known = ~np.isnan(minutes)
            record: dict[str, Any] = {
                "rad": f"{kind}_{mode}",
                "mal": KINDS[kind],
                "middel": mode_title(mode),
                "median": _finite(median_of(minutes, persons)),
                "kjent": float(persons[known].sum()),
                "ingen": float(persons[np.isinf(minutes)].sum()),
                "ukjent": float(persons[~known].sum()) + lost,
            }
            # Rounded up to a tenth of a second: who is exactly at a limit is within it.
            within = np.round(minutes, 3)
            for name, limit in zip(names, limits, strict=True):
                record[name] = float(persons[within <= limit].sum()) if known.any() else np.nan
            if not known.any():
                record["ingen"] = np.nan
            records.append(record)
    columns = {
        "mal": Column(title="Reise til"),
        "middel": Column(title="Med"),
        "median": Column(
            title="Median", unit="min", decimals=1, derived_from=("kjent",),
            description="Halvparten av de bosatte med kjent reisetid bruker høyst så lang tid. "
            "Tom: mer enn halvparten har ingen reise, eller alt er ukjent.",
        ),
    }  # fmt: skip
    for name, limit in zip(names, limits, strict=True):
        columns[name] = person_column(f"Innen {minutes_text(limit)} min")
    columns |= {
        "ingen": person_column("Ingen reise", "Ingen veg, eller ingen reise innen lengste tid."),
        "ukjent": person_column("Ukjent", "Ikke koblet til nettet, brudd i kartet, ingen rutedata"),
        "kjent": person_column("Kjent reisetid"),
    }
    return counted_table(
        "reisetid",
        "Reisetid fra dør til dør, etter mål og reisemiddel",
        records,
        columns,
        note=f"{transit_note(scene)} Sykkel og bil er regnet med tid til å hente og parkere. "
        f"Nærmeste er nærmest med bil. {_UNPLACED} {_GUESSED}",
    )


def transit_note(scene: Scene) -> str:
    """Say which departures the public transport is reckoned for."""
    if scene.timetable is None:
        return "Rutetabell mangler: reisetid med kollektivtransport er ukjent."
    values = scene.parameters
    day = scene.timetable.date
    longest = minutes_text(values["rutesok_lengst_min"])
    return (
        f"Kollektiv er medianen av avreiser fra kl. {values['rutesok_fra_kl']} til "
        f"{values['rutesok_til_kl']} {day.day}.{day.month}.{day.year}, med gange, venting og "
        f"bytte, høyst {longest}{HARD_SPACE}minutter; der gange er like rask, er det gangtiden."
    )


def ratio_tables(scene: Scene) -> tuple[Table, Table]:
    """Count residents by the ratio to the car's time, by kind of place, mode and zone, in tens.

    Public transport by itself, then walking and cycling.
    """
    others = tuple(mode for mode in scene.modes[:-1] if mode != TRANSIT)
    titles = ("Kollektivreise delt på bilreise", "Gange og sykkel delt på bilreise")
    return (
        _ratio_table(scene, "konkurranse", f"{titles[0]}: bosatte etter sone", (TRANSIT,)),
        _ratio_table(scene, "konkurranse_egen_kraft", f"{titles[1]}: bosatte etter sone", others),
    )


def _ratio_table(scene: Scene, name: str, title: str, modes: tuple[str, ...]) -> Table:
    persons = scene.people.total.astype(np.float64)
    lost = float(scene.people.unplaced.sum())
    records: list[dict[str, Any]] = []
    for kind in scene.destinations:
        for mode in modes:
            classes = scene.classes(mode, kind)
            ratios = ratio_of(scene.minutes(mode, kind), scene.minutes(CAR, kind))
            for zone, members in _zones(scene):
                counts = {one: float(persons[members & (classes == one)].sum()) for one in RATIOS}
                away = lost if zone == ALL else 0.0
                counts["ukjent"] += away
                good = counts["like_rask"] + counts["inntil_1_5"]
                typical = median_of(ratios[members], persons[members])
                records.append(
                    {
                        "rad": f"{kind}_{mode}_{zone}",
                        "mal": KINDS[kind],
                        "middel": mode_title(mode),
                        "sone": ZONES[zone],
                        "bosatte": float(persons[members].sum()) + away,
                        "hoyst_1_5": good,
                        "forhold": _finite(typical),
                        **counts,
                    }
                )
    columns = {
        "mal": Column(title="Reise til"),
        # A table of one mode says which in its title.
        **({"middel": Column(title="Med")} if len(modes) > 1 else {}),
        "sone": Column(title="Sone"),
        "bosatte": person_column("Bosatte"),
        "hoyst_1_5": person_column("Høyst 1,5"),
        "andel": Column(
            title="Andel høyst 1,5", unit="%", decimals=0, derived_from=("hoyst_1_5", "bosatte")
        ),
        "forhold": Column(
            title="Median forhold",
            decimals=2,
            derived_from=("bosatte",),
            description="Halvparten av de bosatte med kjent forhold har høyst dette. Tom: mer enn "
            "halvparten har ingen reise, eller alt er ukjent.",
        ),
        **{one: person_column(what) for one, what in RATIOS.items()},
    }
    table = counted_table(
        name,
        title,
        records,
        columns,
        note="Forholdet er reisetiden delt på bilens reisetid fra samme dør til samme sted: 2 er "
        "dobbelt så lang tid. «Ingen reise»: mer enn halvparten av avreisene når ikke fram innen "
        "den lengste reisetiden. Ukjent er verken raskt eller langsomt. "
        f"{transit_note(scene)} {_UNPLACED} {_GUESSED}",
    )
    frame = table.frame.copy()
    part, whole = (
        frame[one].to_numpy(dtype=np.float64, na_value=np.nan) for one in ("hoyst_1_5", "bosatte")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        frame["andel"] = np.where(whole > 0, 100 * part / whole, np.nan)
    return replace(table, frame=frame)


def _zones(scene: Scene) -> Iterator[tuple[str, Flags]]:
    """Yield each zone with its homes, then all."""
    if scene.zones is not None:
        for side in SIDES:
            members = np.asarray(scene.zone == side, dtype=np.bool_)
            if side != UNKNOWN or members.any():
                yield side, members
    yield ALL, np.ones(len(scene.zone), dtype=np.bool_)


def place_table(scene: Scene) -> Table:
    """Count residents within the middle limit of each place, by mode, in tens."""
    persons = scene.people.total.astype(np.float64)
    limits = limits_of(scene.parameters)
    limit = limits[len(limits) // 2]
    frame = scene.targets.frame
    records: list[dict[str, Any]] = []
    for column, place in enumerate(frame.itertuples()):
        record: dict[str, Any] = {
            "rad": f"{place.art} {place.id}",
            "navn": place.navn,
            "art": PLACES[place.art],
            "ansatte": place.ansatte,
            "utstrekning": place.utstrekning_m,
        }
        for mode in scene.modes:
            minutes = np.round(scene.minutes_at(mode, column), 3)
            # A place that is not joined has no number, not zero.
            known = not np.isnan(minutes).all()
            record[mode] = float(persons[minutes <= limit].sum()) if known else np.nan
        records.append(record)
    columns = {
        "navn": Column(title="Sted"),
        "art": Column(title="Type"),
        "ansatte": person_column("Ansatte"),
        "utstrekning": Column(
            title="Utstrekning",
            unit="m",
            decimals=0,
            description="Lengste side av rektangelet rundt arbeidsstedene i tyngdepunktet.",
        ),
        **{mode: person_column(mode_title(mode)) for mode in scene.modes},
    }
    return counted_table(
        "steder",
        f"Bosatte innen {minutes_text(limit)} minutter fra hvert sted",
        records,
        columns,
        note="Fra hjemmet til stedet. Omlandene overlapper, så radene skal ikke summeres. «..» er "
        "et sted som ikke er koblet til nettet. Et tyngdepunkt er arbeidssteder som ligger nær "
        f"hverandre; en reiser til det som er nærmest midten. {transit_note(scene)} {_GUESSED}",
    )


def plan_table(scene: Scene) -> Table | None:
    """Tell the times from plans and housing projects; ``None`` without any."""
    if not len(scene.surfaces.frame):
        return None
    kinds = scene.destinations
    times = plan_frame(scene.surfaces, scene.times, scene.first_surface, scene.targets, kinds)
    told = scene.surfaces.frame
    frame = pd.DataFrame(
        {name: told[name] for name in ("id", "navn", "art", "status")}, index=told.index
    )
    columns = {
        "id": Column(title="Id"),
        "navn": Column(title="Navn"),
        "art": Column(title="Type"),
        "status": Column(title="Status"),
    }
    if scene.zones is not None:
        frame["sone"] = zone_of(scene.zones, told.geometry).map(ZONES).to_numpy()
        columns["sone"] = Column(title="Sone")
    for kind in kinds:
        what = KINDS[kind].removeprefix("Nærmeste ")
        what = "arbeid" if kind == "arbeid" else what[0].lower() + what[1:]
        for mode in (CAR, TRANSIT, *scene.networks.cycle):
            values = times[f"{mode}_{kind}"].to_numpy()
            frame[f"{mode}_{kind}"] = np.where(np.isfinite(values), values, np.nan)
            columns[f"{mode}_{kind}"] = Column(
                title=f"{mode_title(mode)} til {what}", unit="min", decimals=0
            )
        frame[f"forhold_{kind}"] = times[f"forhold_{kind}"].replace(np.inf, np.nan)
        columns[f"forhold_{kind}"] = Column(title=f"Kollektiv delt på bil, {what}", decimals=1)
        frame[f"klasse_{kind}"] = times[f"klasse_{kind}"].map(RATIOS)
        columns[f"klasse_{kind}"] = Column(title=f"Klasse, {what}")
    return Table(
        name="planer",
        title="Reisetid fra planer og boligprosjekter",
        frame=frame,
        columns=columns,
        note="Median av steder langs grensen og inne i planen; til nærmeste sted av hver type, "
        "nærmest med bil. Vegene er dagens: planens egne veger er ikke med. Tom reisetid er "
        f"ukjent, eller ingen reise (se klassen). {transit_note(scene)} {_GUESSED}",
    )


def road_table(scene: Scene) -> tuple[Table, Table]:
    """List what the networks are made of."""
    roads = network_table(scene.bilnett.report)
    return (
        network_table(scene.gangnett.report),
        replace(roads, name="bilnett", title="Bilnettet, og hva som er rettet i det"),
    )


def _finite(value: float) -> float:
    return value if np.isfinite(value) else np.nan
