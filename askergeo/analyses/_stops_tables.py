"""Tables of access to public transport: classes, coverage, stop places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.analyses._reach_tables import counted_table, person_column, share_decimals, whole
from askergeo.analyses._stops_days import span_of
from askergeo.analyses._stops_scene import BUS, RAIL
from askergeo.network.departures import ALL, DAY_S
from askergeo.network.profiles import find_profile
from askergeo.numbers import HARD_SPACE, format_number
from askergeo.result import Column, ColumnSum, RowSum, Table
from askergeo.transport.access import CLASSES, UNKNOWN
from askergeo.transport.zones import SIDES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from askergeo.analyses._stops_scene import Counted, Scene

    Flags = NDArray[np.bool_]

__all__ = [
    "EVERY",
    "MODE_TITLES",
    "PERIOD_TITLES",
    "ZONE_TITLES",
    "class_tables",
    "clock_text",
    "coverage_table",
    "dated",
    "key_of",
    "span_text",
    "stop_table",
]

EVERY: Final = "alle"
AWAY: Final = "uten_sted"
MODE_TITLES: Final = {
    "buss": "Buss",
    "trikk": "Trikk",
    "tbane": "T-bane",
    "tog": "Tog",
    "hurtigbat": "Hurtigbåt",
    "ferge": "Ferge",
}
ZONE_TITLES: Final = {"nord": "Nord for linjen", "sor": "Sør for linjen", "ukjent": "Ukjent sone"}
PERIOD_TITLES: Final = {
    "morgenrush": "Morgenrush",
    "dag": "Dag",
    "ettermiddagsrush": "Ettermiddagsrush",
    "kveld": "Kveld",
    "natt": "Natt",
    "lordag": "Lørdag",
    "sondag": "Søndag",
    "indikator": "Hele dagen",
}
_KINDS: Final = {
    "bosatte": ("Bosatte", "personer"),
    "boliger": ("Boliger", "boliger"),
    "arbeidsplasser": ("Arbeidsplasser", "sysselsatte"),
}


def key_of(word: str) -> str:
    """Label of a class in tables: ASCII, without spaces.

    Examples
    --------
    >>> key_of("svært dårlig")
    'svaert_daarlig'
    """
    return word.replace("æ", "ae").replace("å", "aa").replace(" ", "_")


def clock_text(seconds: int) -> str:
    """Write a time of day.

    Examples
    --------
    >>> clock_text(23400), clock_text(86400)
    ('06.30', '24')
    """
    hours, rest = divmod(seconds, 3600)
    return f"{hours:02d}" + (f".{rest // 60:02d}" if rest else "")


def span_text(scene: Scene, period: str) -> str:
    """Write the part of the day that a period is."""
    span = span_of(scene.parameters, period)
    return f"kl. {clock_text(span.first_s)}–{clock_text(span.last_s or DAY_S)}"


def class_tables(scene: Scene) -> tuple[Table, ...]:
    """Residents, dwellings and jobs by class and zone; without a timetable there are none."""
    if scene.days is None:
        return ()
    counted = {
        "bosatte": scene.homes,
        "boliger": scene.dwellings,
        "arbeidsplasser": scene.jobs,
    }
    return tuple(
        _class_table(scene, name, what) for name, what in counted.items() if what is not None
    )


def _class_table(scene: Scene, name: str, what: Counted) -> Table:
    """Count something by class and zone; every sum is stated, so that nothing hidden leaks."""
    title, unit = _KINDS[name]
    zones = list(SIDES) if scene.zones is not None else []
    records = []
    for word in (*CLASSES, UNKNOWN):
        mine = what.klasse == word
        record: dict[str, Any] = {"rad": key_of(word), "klasse": word.capitalize()}
        for zone in zones:
            record[f"{name}_{zone}"] = int(what.count[mine & (what.sone == zone)].sum())
        record[name] = int(what.count[mine].sum())
        records.append(record)
    if what.unplaced:
        lost: dict[str, Any] = {"rad": AWAY, "klasse": "Ukjent: adressen har ikke sted"}
        lost |= {f"{name}_{zone}": what.unplaced * (zone == SIDES[-1]) for zone in zones}
        records.append(lost | {name: what.unplaced})
    frame = pd.DataFrame(records).set_index("rad")
    parts = tuple(frame.index)
    numbers = [f"{name}_{zone}" for zone in zones] + [name]
    frame.loc[EVERY] = {"klasse": "Alle"} | {one: frame[one].sum() for one in numbers}
    for one in numbers:
        frame[one] = whole(pd.to_numeric(frame[one]))
        if one == f"{name}_{SIDES[-1]}":
            continue
        frame[f"andel_{one}"] = 100 * frame[one].astype(float) / (_every(frame, one) or np.nan)
    columns: dict[str, Column] = {"klasse": Column(title="Tilgang til kollektivtransport")}
    for one in numbers:
        zone = one.removeprefix(name).removeprefix("_")
        where = f", {ZONE_TITLES[zone].lower()}" if zone else ""
        columns[one] = Column(
            title=f"{title}{where}", unit=unit, decimals=0, persons=name != "boliger"
        )
        if f"andel_{one}" not in frame:
            continue
        columns[f"andel_{one}"] = Column(
            title=f"Andel{where}",
            unit="%",
            decimals=share_decimals(_every(frame, one)),
            derived_from=(one,) if name != "boliger" else (),
        )
    return Table(
        name=f"klasser_{name}",
        title=f"{title} etter tilgang til kollektivtransport",
        frame=frame[list(columns)],
        columns=columns,
        row_sums=(RowSum(EVERY, parts),),
        column_sums=(ColumnSum(name, tuple(numbers[:-1])),) if zones else (),
        note=_class_note(scene, name, what),
    )


def _every(frame: pd.DataFrame, column: str) -> float:
    """Return the number of all in a column."""
    return float(pd.to_numeric(frame[column])[EVERY])


def _class_note(scene: Scene, name: str, what: Counted) -> str:
    near, far = (format_number(float(one), unit="m") for one in _numbers(scene, "klasse_meter"))
    said = (
        f"Klassene er reisevaneundersøkelsens (TØI): gangavstand til holdeplass (under {near}, "
        f"til {far}, lenger) og avganger i timen der. Avgangene er talt "
        f"{span_text(scene, _class_period(scene))} på en hverdag (valgt; kilden sier ikke når). "
        "Den beste av alle holdeplasser innen rekkevidde gjelder."
    )
    if what.unknown:
        where = "adresser eller bygninger" if name == "boliger" else "steder"
        said += f" {format_number(what.unknown)} {where} har ikke tall og er ikke med."
    return said


def _class_period(scene: Scene) -> str:
    return str(scene.parameters["kollektiv_klasse_periode"])


def _numbers(scene: Scene, name: str) -> list[float]:
    given = scene.parameters[f"kollektiv_{name}"]
    return sorted(float(str(one).replace(",", ".")) for one in given)


def coverage_table(scene: Scene) -> Table:
    """Residents within the distances of practice and of the indicator, in whole tens."""
    count, side = scene.homes.count, scene.homes.sone
    zones = list(SIDES) if scene.zones is not None else []
    if zones and not count[side == SIDES[-1]].any() and not scene.homes.unplaced:
        zones = zones[:-1]
    records: list[dict[str, Any]] = []
    for label, title, mine, known in _rows(scene):
        record: dict[str, Any] = {"rad": label, "hva": title}
        for zone in ("", *zones):
            here = mine & ((side == zone) if zone else True)
            lost = scene.homes.unplaced if label == EVERY and zone in {"", SIDES[-1]} else 0
            record[f"bosatte_{zone}".rstrip("_")] = float(count[here].sum()) + lost
        if not known:
            record |= dict.fromkeys([key for key in record if key.startswith("bosatte")], np.nan)
        records.append(record)
    columns: dict[str, Column] = {"hva": Column(title="Bosatte som har")}
    for zone in ("", *zones):
        name = f"bosatte_{zone}".rstrip("_")
        where = f", {ZONE_TITLES[zone].lower()}" if zone else ""
        every = records[-1][name]
        columns[name] = person_column(f"Bosatte{where}")
        columns[f"andel_{name}"] = Column(
            title=f"Andel{where}", unit="%", decimals=share_decimals(every), derived_from=(name,)
        )
    table = counted_table(
        "dekning",
        "Bosatte nær holdeplass",
        records,
        columns,
        note="Avstandene ligger i hverandre og skal ikke summeres. Gangavstand på nettet, fra "
        "adressen til nærmeste holdeplass av slaget. Andelene er av alle bosatte, også dem med "
        "ukjent gangavstand, og regnet av de avrundede tallene."
        + (" Holdeplasser uten avganger er ikke med." if scene.days is not None else ""),
    )
    for zone in ("", *zones):
        name = f"bosatte_{zone}".rstrip("_")
        counts = table.frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        table.frame[f"andel_{name}"] = 100 * counts / (counts[-1] or np.nan)
    return table


def _rows(scene: Scene) -> Iterator[tuple[str, str, Flags, bool]]:
    """Label, title, homes that count, and whether it is known, of each row."""
    ways, timed = scene.ways, scene.days is not None
    often = format_number(float(scene.parameters["kollektiv_indikator_avganger"]), 0)
    near = float(scene.parameters["kollektiv_indikator_m"])
    when = span_text(scene, "indikator")
    yield (
        "indikator",
        f"Holdeplass med minst {often} avganger i timen {when} innen {_metres(near)}",
        ways.frequent <= near,
        timed,
    )
    steady = f"Holdeplass med minst {often} avganger i hver time {when} innen {_metres(near)}"
    yield "indikator_hver", steady, ways.steady <= near, timed
    good = np.isin(scene.homes.klasse, CLASSES[:2])
    yield "god", "Svært god eller god tilgang til kollektivtransport", good, timed
    for limit in _numbers(scene, "omland_buss_m"):
        yield f"buss_{limit:g}", f"Buss, båt eller ferge innen {_metres(limit)}", (
            ways.bus <= limit
        ), bool(_any_mode(scene, BUS))  # fmt: skip
    for limit in _numbers(scene, "omland_bane_m"):
        yield f"bane_{limit:g}", f"Tog, T-bane eller trikk innen {_metres(limit)}", (
            ways.rail <= limit
        ), bool(_any_mode(scene, RAIL))  # fmt: skip
    who = find_profile(str(scene.parameters["kollektiv_profil"])).title.lower()
    for limit in _numbers(scene, "minutter"):
        title = f"Holdeplass innen {limit:g} minutter til fots ({who})"
        yield f"minutter_{limit:g}", title, ways.minutes <= limit, True
    yield "ukjent", "Ukjent gangavstand", scene.walks.vague, True
    yield EVERY, "Alle bosatte", np.ones(len(scene.homes.count), dtype=bool), True


def _any_mode(scene: Scene, modes: tuple[str, ...]) -> bool:
    """Tell whether the layer has any stop for some means of transport."""
    return any(set(own) & set(modes) for own in scene.sted["middel"])


def _metres(value: float) -> str:
    return format_number(value, unit="m")


def stop_table(scene: Scene) -> Table:
    """List the stop places with departures by period and mode, and residents nearby."""
    radius = _metres(float(scene.parameters["kollektiv_holdeplass_m"]))
    records = []
    many = {
        period: None if rate is None else rate.to_dict("index")
        for period, rate in scene.rates.items()
    }
    for position, (place, row) in enumerate(scene.sted.to_dict("index").items()):
        for mode in row["middel"] or ("",):
            record: dict[str, Any] = {
                "rad": f"{place} {mode}".strip(),
                "navn": row["navn"],
                "middel": MODE_TITLES.get(mode, "Ukjent"),
            }
            for period, rate in many.items():
                record[period] = np.nan if rate is None else rate[place][mode or ALL]
            record["bosatte"] = float(scene.around.iloc[position])
            record["merknad"] = _remark(scene, position)
            records.append(record)
    order = "dag" if scene.rates else "navn"
    records.sort(key=lambda one: (-(one[order]) if scene.rates else 0, str(one["navn"])))
    columns: dict[str, Column] = {
        "navn": Column(title="Stoppested"),
        "middel": Column(title="Transportmiddel"),
    }
    for period in scene.rates:
        columns[period] = Column(
            title=f"{PERIOD_TITLES[period]} {span_text(scene, period)}".replace(" kl. ", " "),
            unit="avganger i timen",
            decimals=1,
        )
    columns["bosatte"] = person_column(f"Bosatte innen {radius}")
    columns["merknad"] = Column(title="Merknad")
    return counted_table(
        "holdeplasser",
        "Stoppestedene: avganger i timen og bosatte i nærheten",
        records,
        columns,
        note="Hver linje er talt i den retningen som har flest avganger, og linjene er lagt "
        "sammen. Siste stopp på turen og stopp uten påstigning er ikke avganger. Bosatte ved "
        f"flere stoppesteder er talt ved hvert av dem. Gangavstand {radius} på nettet.",
    )


def _remark(scene: Scene, position: int) -> str:
    """Say what is odd about a stop place."""
    row = scene.sted.iloc[position]
    said = [
        text
        for text, holds in (
            ("ikke betjent", scene.days is not None and not scene.served[position]),
            ("ikke koblet til gangnettet", not row["koblet"]),
            ("utenfor kommunen", not row["egen"]),
        )
        if holds
    ]
    return ", ".join(said)


def dated(scene: Scene) -> str:
    """Write the days that the departures are counted for."""
    if scene.days is None:
        return ""
    titles = {"hverdag": "hverdag", "lordag": "lørdag", "sondag": "søndag"}
    return ", ".join(
        f"{titles[kind]} {day.day}.{day.month}.{day.year}".replace(" ", HARD_SPACE)
        for kind, day in scene.days.dates.items()
    )
