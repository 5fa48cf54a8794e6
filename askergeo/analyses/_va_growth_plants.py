"""The tables of plants: capacity, load, the year that each is full and why, and year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.analyses._va_growth_sums import PARTS
from askergeo.analyses._va_growth_tables import TEN, tens, unique_labels, year_column
from askergeo.charts import YearChart
from askergeo.numbers import format_number
from askergeo.result import Column, Table
from askergeo.va._load_growth import ALTERNATIVES
from askergeo.va.network import AVLOP, VANN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._va_growth_scene import Scene
    from askergeo.analyses._va_growth_sums import PlantLoad

    Number = NDArray[np.float64]

__all__ = ["cause_text", "plant_table", "room_again", "year_charts", "year_tables"]

_UNIT: Final = {AVLOP: "pe", VANN: "m³/d"}
_TITLE: Final = {AVLOP: "Renseanleggene", VANN: "Vannverkene"}
_SHORT: Final = {"lav": "lavt", "hoved": "hoved", "hoy": "høyt"}
_CHARTS: Final = 6
_COLOURS: Final = {
    "naa": "#9ecae1", "bosatte": "#4292c6", "boliger": "#e6550d", "arbeid": "#bf812d",
    "overfort": "#756bb1",
}  # fmt: skip


def _middle(scene: Scene) -> int:
    """Place of the tenth year, or the last."""
    return min(10, len(scene.years) - 1)


def plant_table(scene: Scene, kind: str, found: PlantLoad) -> Table | None:
    """Tell each plant's capacity, load and the year that it is full; ``None`` without plants."""
    plants = found.plants
    if not plants.ids:
        return None
    half, last = _middle(scene), len(scene.years) - 1
    unit = _UNIT[kind]
    main = found.moved["hoved"].load
    data: dict[str, Any] = {"anlegg": plants.names}
    columns = {"anlegg": Column(title="Anlegg")}
    for name in ("hoved", "hoy", "lav"):
        data[f"fullt_{name}"] = year_column(found.over[name])
        columns[f"fullt_{name}"] = Column(title=f"Fullt, {_SHORT[name]}", unit="år", decimals=0)
    data |= {
        "plass": year_column(np.array([room_again(found, k) for k in range(len(plants.ids))])),
        "hvorfor": [cause_text(scene, found, k) for k in range(len(plants.ids))],
        "endres": [_dates(found, k) for k in range(len(plants.ids))],
        "kapasitet": plants.capacity[:, 0],
        "bruk": _percent(main[:, 0], plants.capacity[:, 0]),
        "maalt": plants.measured if kind == AVLOP else np.full(len(plants.ids), np.nan),
        "regnet": tens(found.reckoned),
    }
    columns |= {
        "plass": Column(title="Plass igjen fra", unit="år", decimals=0),
        "hvorfor": Column(title="Det som fyller det"),
        "endres": Column(title="Vedtatte endringer"),
        "kapasitet": Column(title=f"Kapasitet {scene.years[0]}", unit=unit, decimals=0),
        "bruk": Column(title=f"I bruk {scene.years[0]}", unit="%", decimals=0),
        "maalt": Column(title="Registrert belastning", unit=unit, decimals=0),
        "regnet": Column(title="Regnet av bosatte og arbeidsplasser", unit=unit, decimals=0),
    }
    for at in dict.fromkeys((half, last)):
        year = scene.years[at]
        for name in ALTERNATIVES:
            data[f"{name}_{year}"] = tens(found.moved[name].load[:, at])
            title = f"Belastning {year}, {_SHORT[name]}"
            columns[f"{name}_{year}"] = Column(title=title, unit=unit, decimals=0)
        data[f"kapasitet_{year}"] = plants.capacity[:, at]
        columns[f"kapasitet_{year}"] = Column(title=f"Kapasitet {year}", unit=unit, decimals=0)
    if kind == VANN:
        data.pop("maalt"), columns.pop("maalt")
    if found.supplied is not None:
        title = f"Målt i middeldøgnet {found.supplied.year}"
        data["maalt"] = tens(found.supplied.mean)
        data["middel"] = tens(found.supplied.reckoned)
        columns["maalt"] = Column(title=title, unit=unit, decimals=0)
        columns["middel"] = Column(title="Regnet i middeldøgnet", unit=unit, decimals=0)
    return Table(
        name="anlegg" if kind == AVLOP else "vannverk",
        title=_TITLE[kind],
        frame=pd.DataFrame(data, index=pd.Index(unique_labels(plants.ids), name="anlegg_id")),
        columns=columns,
        note=_plant_note(kind),
        group=_TITLE[kind],
    )


def _plant_note(kind: str) -> str:
    if kind == AVLOP:
        return (
            "Belastningen er anleggets egen (belastning_pe) der den er kjent, og veksten legges "
            "til. Regnet belastning er i hele tiere. Står det ikke noe år under «Fullt», sier "
            "«Det som fyller det» om anlegget har plass, eller om kapasiteten er ukjent."
        )
    return (
        "Vann i største døgn, med lekkasje. Er alle målesonene til et vannverk målt (va_maaling), "
        "er det målte utgangspunktet: forbruket ganger døgnfaktoren, og lekkasjen som den er. "
        "Veksten legges til. Vannverk som åpne ledninger binder sammen, er regnet "
        "sammen, fordi de kan avlaste hverandre så langt ledningene rekker. En stengt ventil "
        "skiller dem."
    )


def _percent(part: Number, whole: Number) -> Number:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, np.round(100 * part / whole), np.nan)


def _dates(found: PlantLoad, k: int) -> str:
    """Say what is decided of a plant."""
    plants = found.plants
    told = []
    if plants.opens[k] > plants.years[0]:
        told.append(f"åpner {plants.opens[k]:.0f}")
    if not np.isnan(plants.grows[k]):
        told.append(f"ny kapasitet fra {plants.grows[k]:.0f}")
    if not np.isnan(plants.closes[k]):
        to = f", føres til {plants.names[plants.to[k]]}" if plants.to[k] >= 0 else ""
        told.append(f"legges ned etter {plants.closes[k]:.0f}{to}")
    return "; ".join(told)


def cause_text(scene: Scene, found: PlantLoad, k: int) -> str:
    """Say what passes the limit of a plant in the middle alternative."""
    over = found.over["hoved"][k]
    if np.isnan(over):
        return _why_not_full(found, k)
    at = int(over - scene.years[0])
    if at == 0:
        return "fullt allerede i dag"
    told = [
        f"{PARTS[name].lower()} {format_number(float(tens(values[k, at])), unit=found_unit(found))}"
        for name, values in found.parts.items()
        if name != "naa" and values[k, at] >= TEN / 2
    ]
    if found.plants.capacity[k, at] < found.plants.capacity[k, 0]:
        told.append("kapasiteten går ned")
    givers = np.flatnonzero(found.moved["hoved"].taker[:, at] == k)
    names = [found.plants.names[one] for one in givers if one != k]
    told += [f"fra {listed(names)}"] if names else []
    return ", ".join(told)


def room_again(found: PlantLoad, k: int) -> float:
    """First year that a plant that has been full has room for its load again; NaN for none."""
    plants, over = found.plants, found.over["hoved"][k]
    if np.isnan(over):
        return float("nan")
    at = int(over - plants.years[0])
    rest = plants.capacity[k, at:] - found.moved["hoved"].load[k, at:]
    room = np.flatnonzero((rest >= 0) & plants.running[k, at:])
    return float(plants.years[at + room[0]]) if len(room) else float("nan")


def _why_not_full(found: PlantLoad, k: int) -> str:
    """Say why a plant has no year in which it is full."""
    runs = found.plants.running[k]
    if np.isnan(found.plants.capacity[k][runs]).any():
        return "kapasiteten er ukjent"
    if not runs.any():
        return "ikke i drift i disse årene"
    return "plass i alle årene" if runs[-1] else "plass så lenge det er i drift"


def found_unit(found: PlantLoad) -> str:
    """Return the unit of a plant's load: waterworks have no measured load in pe."""
    return "m³/d" if np.isnan(found.plants.measured).all() else "pe"


def _worth_a_chart(found: PlantLoad) -> list[int]:
    """Plants that get a chart: in use some year with a known limit, the earliest full first."""
    load = found.moved["hoved"].load.max(axis=1)
    known = ~np.isnan(found.plants.capacity).all(axis=1)
    rows = np.flatnonzero(known & (load >= TEN / 2))
    over = np.nan_to_num(found.over["hoved"], nan=np.inf)
    order: list[int] = np.lexsort((-load[rows], over[rows])).tolist()
    return [int(rows[one]) for one in order[:_CHARTS]]


def _part_name(kind: str, found: PlantLoad, k: int) -> str:
    names = [
        "".join(c if c.isascii() and c.isalnum() else "_" for c in one.lower())
        for one in found.plants.ids
    ]
    again = f"_{names[:k].count(names[k]) + 1}" if names[k] in names[:k] else ""
    return f"{'anlegg' if kind == AVLOP else 'vannverk'}_aar_{names[k]}{again}"


def year_tables(scene: Scene, kind: str, found: PlantLoad) -> list[Table]:
    """Tell, for each plant that matters, what its load is made of year by year."""
    tables = []
    for k in _worth_a_chart(found):
        data: dict[str, Any] = {"aar": scene.years}
        data |= {name: tens(found.parts[name][k]) for name in PARTS}
        data["sum"] = sum(data[name] for name in PARTS)
        for name in ("lav", "hoy"):
            data[name] = tens(found.moved[name].load[k])
        data["kapasitet"] = found.plants.capacity[k]
        unit = _UNIT[kind]
        columns = {"aar": Column(title="År", decimals=0)}
        columns |= {n: Column(title=t, unit=unit, decimals=0) for n, t in PARTS.items()}
        columns |= {
            "sum": Column(title="I alt", unit=unit, decimals=0),
            "lav": Column(title="Lavt", unit=unit, decimals=0),
            "hoy": Column(title="Høyt", unit=unit, decimals=0),
            "kapasitet": Column(title="Kapasitet", unit=unit, decimals=0),
        }
        index = pd.Index(scene.years.astype(str), name="rad")
        tables.append(
            Table(
                name=_part_name(kind, found, k),
                title=f"{found.plants.names[k]}: belastning og kapasitet år for år",
                frame=pd.DataFrame(data, index=index)[list(columns)],
                columns=columns,
                note="1. januar hvert år. Tallene er i hele tiere.",
                group=_TITLE[kind],
            )
        )
    return tables


def year_charts(tables: Sequence[Table]) -> tuple[YearChart, ...]:
    """Draw the plants year by year, with the capacity as the target."""
    return tuple(
        YearChart(
            name=one.name,
            title=one.title,
            table=one.name,
            year="aar",
            columns=tuple(PARTS),
            target="kapasitet",
            colours=_COLOURS,
            levels=True,
        )
        for one in tables
    )
