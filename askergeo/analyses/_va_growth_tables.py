"""The tables of growth: plants by year, stations, pipes, zones and projects that wait.

Loads are of residents, and the areas that are summed lie in one another: they are told in whole
tens, and small counts of residents are hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.analyses._va_growth_sums import PARTS
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.privacy import rounded
from askergeo.result import Column, Table, YearChart
from askergeo.school.areas import place
from askergeo.va._load_growth import ALTERNATIVES
from askergeo.va._net_pipes import text_of
from askergeo.va.network import AVLOP, VANN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._va_growth_scene import Scene
    from askergeo.analyses._va_growth_sums import MainLoad, PlantLoad, StationLoad
    from askergeo.parameters import Parameters

    Number = NDArray[np.float64]

__all__ = [
    "basis_table",
    "cause_text",
    "main_count_table",
    "main_table",
    "plant_table",
    "station_table",
    "year_charts",
    "year_tables",
    "zone_table",
]

_TEN: Final = 10.0
_UNIT: Final = {AVLOP: "pe", VANN: "m³/d"}
_TITLE: Final = {AVLOP: "Renseanleggene", VANN: "Vannverkene"}
_SHORT: Final = {"lav": "lavt", "hoved": "hoved", "hoy": "høyt"}
_CHARTS: Final = 6
_COLOURS: Final = {
    "naa": "#9ecae1", "bosatte": "#4292c6", "boliger": "#e6550d", "arbeid": "#bf812d",
    "overfort": "#756bb1",
}  # fmt: skip


def tens(values: Any) -> Number:  # noqa: ANN401  (what numpy reads as numbers)
    """Round to whole tens, halves up; NaN stays."""
    return np.floor(np.asarray(values, dtype=np.float64) / _TEN + 0.5) * _TEN


def _year(values: Number) -> pd.arrays.IntegerArray:
    unknown = np.isnan(values)
    return pd.arrays.IntegerArray(np.where(unknown, 0, values).astype(np.int64), unknown)


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
    data: dict[str, Any] = {
        "anlegg": plants.names,
        "maalt": plants.measured if kind == AVLOP else np.full(len(plants.ids), np.nan),
        "regnet": tens(found.reckoned),
        "kapasitet": plants.capacity[:, 0],
        "bruk": _percent(main[:, 0], plants.capacity[:, 0]),
    }
    columns = {
        "anlegg": Column(title="Anlegg"),
        "maalt": Column(title="Registrert belastning", unit=unit, decimals=0),
        "regnet": Column(title="Regnet av bosatte og arbeidsplasser", unit=unit, decimals=0),
        "kapasitet": Column(title=f"Kapasitet {scene.years[0]}", unit=unit, decimals=0),
        "bruk": Column(title=f"I bruk {scene.years[0]}", unit="%", decimals=0),
    }
    for at in dict.fromkeys((half, last)):
        year = scene.years[at]
        for name in ALTERNATIVES:
            data[f"{name}_{year}"] = tens(found.moved[name].load[:, at])
            title = f"Belastning {year}, {_SHORT[name]}"
            columns[f"{name}_{year}"] = Column(title=title, unit=unit, decimals=0)
        data[f"kapasitet_{year}"] = plants.capacity[:, at]
        columns[f"kapasitet_{year}"] = Column(title=f"Kapasitet {year}", unit=unit, decimals=0)
    for name in ("hoy", "hoved", "lav"):
        data[f"fullt_{name}"] = _year(found.over[name])
        columns[f"fullt_{name}"] = Column(title=f"Fullt, {_SHORT[name]}", unit="år", decimals=0)
    data["hvorfor"] = [cause_text(scene, found, k) for k in range(len(plants.ids))]
    data["endres"] = [_dates(found, k) for k in range(len(plants.ids))]
    columns["hvorfor"] = Column(title="Det som fyller det")
    columns["endres"] = Column(title="Vedtatte endringer")
    if kind == VANN:
        data.pop("maalt"), columns.pop("maalt")
    return Table(
        name="anlegg" if kind == AVLOP else "vannverk",
        title=_TITLE[kind],
        frame=pd.DataFrame(data, index=pd.Index(_unique(plants.ids), name="anlegg_id")),
        columns=columns,
        note=_plant_note(kind),
        group=_TITLE[kind],
    )


def _plant_note(kind: str) -> str:
    if kind == AVLOP:
        return (
            "Belastningen er anleggets egen (belastning_pe) der den er kjent, og veksten legges "
            "til. Regnet belastning er i hele tiere. Tomt i «Fullt» betyr at anlegget har plass i "
            "alle årene, eller at kapasiteten er ukjent («..»)."
        )
    return (
        "Vann i største døgn, med lekkasje. Vannverk i samme nett er regnet sammen, fordi de kan "
        "avlaste hverandre så langt ledningene rekker."
    )


def _unique(ids: Sequence[str]) -> list[str]:
    """Ids as index labels: a second of the same gets a number."""
    seen: dict[str, int] = {}
    found = []
    for one in ids:
        seen[one] = seen.get(one, 0) + 1
        found.append(one if seen[one] == 1 else f"{one} ({seen[one]})")
    return found


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
        if np.isnan(found.plants.capacity[k][found.plants.running[k]]).any():
            return "kapasiteten er ukjent"
        return ""
    at = int(over - scene.years[0])
    if at == 0:
        return "fullt allerede i dag"
    told = [
        f"{PARTS[name].lower()} {format_number(float(tens(values[k, at])), unit=found_unit(found))}"
        for name, values in found.parts.items()
        if name != "naa" and values[k, at] >= _TEN / 2
    ]
    if found.plants.capacity[k, at] < found.plants.capacity[k, 0]:
        told.append("kapasiteten går ned")
    givers = np.flatnonzero(found.moved["hoved"].taker[:, at] == k)
    names = [found.plants.names[one] for one in givers if one != k]
    told += [f"fra {listed(names)}"] if names else []
    return ", ".join(told)


def found_unit(found: PlantLoad) -> str:
    """Return the unit of a plant's load: waterworks have no measured load in pe."""
    return "m³/d" if np.isnan(found.plants.measured).all() else "pe"


def _worth_a_chart(found: PlantLoad) -> list[int]:
    """Plants that get a chart: in use some year with a known limit, the earliest full first."""
    load = found.moved["hoved"].load.max(axis=1)
    known = ~np.isnan(found.plants.capacity).all(axis=1)
    rows = np.flatnonzero(known & (load > 0))
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
        )
        for one in tables
    )


def station_table(scene: Scene, found: StationLoad | None) -> Table | None:
    """Tell the flow through each pumping station and the year that it is more than it lifts."""
    anlegg = scene.layers["va_anlegg"]
    if found is None or anlegg is None:
        return None
    last = scene.years[-1]
    names = text_of(anlegg, "navn")[found.row]
    ids = text_of(anlegg, "anlegg_id")[found.row]
    frame = pd.DataFrame(
        {
            "navn": np.where(names == "", ids, names),
            "pe": tens(found.pe[:, 0]),
            "pe_siste": tens(found.pe[:, -1]),
            "kapasitet": found.capacity,
            "naa": np.round(found.flow["hoved"][:, 0], 1),
            "lav": np.round(found.flow["lav"][:, -1], 1),
            "hoved": np.round(found.flow["hoved"][:, -1], 1),
            "hoy": np.round(found.flow["hoy"][:, -1], 1),
            "fullt_hoy": _year(found.over["hoy"]),
            "fullt": _year(found.over["hoved"]),
        },
        index=pd.Index(_unique(ids.tolist()), name="anlegg_id"),
    )
    order = np.lexsort((-frame["hoved"], np.nan_to_num(found.over["hoved"], nan=np.inf)))
    return Table(
        name="stasjoner",
        title="Pumpestasjonene for avløp",
        frame=frame.iloc[order],
        columns={
            "navn": Column(title="Stasjon"),
            "pe": Column(title=f"Belastning {scene.years[0]}", unit="pe", decimals=0),
            "pe_siste": Column(title=f"Belastning {last}", unit="pe", decimals=0),
            "kapasitet": Column(title="Kapasitet", unit="l/s", decimals=1),
            "naa": Column(title=f"Største time {scene.years[0]}", unit="l/s", decimals=1),
            "lav": Column(title=f"Største time {last}, lavt", unit="l/s", decimals=1),
            "hoved": Column(title=f"Største time {last}", unit="l/s", decimals=1),
            "hoy": Column(title=f"Største time {last}, høyt", unit="l/s", decimals=1),
            "fullt_hoy": Column(title="Over kapasiteten, høyt", unit="år", decimals=0),
            "fullt": Column(title="Over kapasiteten", unit="år", decimals=0),
        },
        note="Alt som renner gjennom stasjonen, også fra stasjoner som pumper til den. Største "
        "time med fremmedvann, uten regn i fellesledninger.",
        group="Stasjoner og ledninger",
    )


def main_rows(scene: Scene, kind: str, found: MainLoad) -> pd.DataFrame:
    """Tell, of each row of the layer, the piece that is fullest: index ``ledning_id``."""
    side, pipes = scene.sides[kind], scene.layers["va_ledning"]
    assert side.network is not None and pipes is not None  # noqa: PT018, S101
    row = side.network.row
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(found.capacity > 0, found.flow[:, -1] / found.capacity, np.nan)
    table = pd.DataFrame(
        {
            "rad": row,
            "kapasitet": found.capacity,
            "naa": found.flow[:, 0],
            "siste": found.flow[:, -1],
            "fylling": 100 * part,
            "fullt_hoy": found.over["hoy"],
            "fullt": found.over["hoved"],
        }
    )
    order = np.argsort(-np.nan_to_num(part, nan=-1.0), kind="stable")
    table = table.iloc[order].drop_duplicates("rad").sort_values("fylling", ascending=False)
    rows = table["rad"].to_numpy()
    return table.assign(
        ledning_id=text_of(pipes, "ledning_id")[rows],
        type=text_of(pipes, "type")[rows],
        dimensjon=pd.to_numeric(pipes["dimensjon_mm"]).to_numpy(dtype=float, na_value=np.nan)[rows]
        if "dimensjon_mm" in pipes
        else np.nan,
    )


_MAIN_COLUMNS: Final = {
    "ledning_id": Column(title="Ledning"),
    "type": Column(title="Type"),
    "dimensjon": Column(title="Dimensjon", unit="mm", decimals=0),
    "kapasitet": Column(title="Kan føre", unit="l/s", decimals=1),
    "naa": Column(title="Største time i dag", unit="l/s", decimals=1),
    "siste": Column(title="Største time siste år", unit="l/s", decimals=1),
    "fylling": Column(title="I bruk siste år", unit="%", decimals=0),
    "fullt_hoy": Column(title="Over det den kan føre, høyt", unit="år", decimals=0),
    "fullt": Column(title="Over det den kan føre", unit="år", decimals=0),
}


def shown_mains(rows: pd.DataFrame) -> pd.DataFrame:
    """Write the numbers of pipes as they are told: of a tenth of a litre, and whole percent."""
    return rows.assign(
        kapasitet=rows["kapasitet"].round(1),
        naa=rows["naa"].round(1),
        siste=rows["siste"].round(1),
        fylling=rows["fylling"].round(0),
        fullt_hoy=_year(rows["fullt_hoy"].to_numpy(dtype=np.float64)),
        fullt=_year(rows["fullt"].to_numpy(dtype=np.float64)),
    )[list(_MAIN_COLUMNS)]


def main_table(rows: pd.DataFrame, kind: str, parameters: Parameters) -> Table:
    """List the pipes that are fullest in the last year."""
    top = rows[rows["fylling"].notna()].head(int(parameters["va_vekst_vist"]))
    what = "avløpsledningene" if kind == AVLOP else "vannledningene"
    return Table(
        name=f"ledninger_{kind}",
        title=f"De fulleste {what}",
        frame=shown_mains(top).set_axis(_unique(top["ledning_id"].tolist())),
        columns=_MAIN_COLUMNS,
        note="Avløp: fullt rør etter Manning, ganger andelen som kan brukes. Uten overvann i "
        "fellesledninger og uten oppstuving."
        if kind == AVLOP
        else "Bare ledninger som alt vannet til noen må gjennom. I ringer avgjør trykket hvem som "
        "fører hva; det krever en modell («askergeo va hydraulikk»).",
        group="Stasjoner og ledninger",
    )


def main_count_table(scene: Scene, rows: dict[str, pd.DataFrame]) -> Table:
    """Count pipes with a known capacity and flow, and those that are full now and in the end."""
    names = {AVLOP: "Avløp", VANN: "Vann"}
    records = []
    for kind, table in rows.items():
        known = table["fylling"].notna()
        over = table["fullt"]
        records.append({
            "slag": names[kind], "ledninger": len(table), "kjent": int(known.sum()),
            "ukjent": int((~known).sum()), "naa": int((over == scene.years[0]).sum()),
            "siste": int(over.notna().sum()), "hoy": int(table["fullt_hoy"].notna().sum()),
        })  # fmt: skip
    return Table(
        name="ledninger",
        title="Ledninger som blir fulle",
        frame=pd.DataFrame(records).set_index("slag", drop=False).rename_axis("rad"),
        columns={
            "slag": Column(title="Slag"),
            "ledninger": Column(title="Ledninger", unit="ledninger", decimals=0),
            "kjent": Column(title="Kjent fylling", unit="ledninger", decimals=0),
            "ukjent": Column(title="Ukjent fylling", unit="ledninger", decimals=0),
            "naa": Column(title="Fulle i dag", unit="ledninger", decimals=0),
            "siste": Column(title=f"Fulle før {scene.years[-1] + 1}", unit="ledninger", decimals=0),
            "hoy": Column(title="Fulle, høyt", unit="ledninger", decimals=0),
        },
        note="Fyllingen er ukjent uten dimensjon, fall eller høyder, og i ringer på vannettet.",
        group="Stasjoner og ledninger",
    )


_ZONES: Final = {
    "trykksone": ("Trykksone", VANN), "maalesone": ("Målesone", VANN),
    "vannverk": ("Fra vannverk", VANN), "renseanlegg": ("Til renseanlegg", AVLOP),
    "pumpestasjon": ("Til pumpestasjon", AVLOP),
}  # fmt: skip


def zone_table(scene: Scene) -> Table | None:
    """Tell residents and load of each zone today and in the last year."""
    zones = scene.layers["va_sone"]
    if zones is None or not len(zones):
        return None
    records = []
    for kind, (title, medium) in _ZONES.items():
        mine = zones[zones["type"].astype("string").fillna("").eq(kind).to_numpy(dtype=bool)]
        if not len(mine):
            continue
        at = place(scene.demand.points, shapely.make_valid(geometries(mine)))
        on = scene.sides[medium].on & (at >= 0)
        residents, pe = (
            _summed(at[on], values[on], len(mine))
            for values in (scene.demand.residents["hoved"], scene.pe["hoved"])
        )
        factors = scene.factors["hoved"]
        flow = factors.water_l_s if medium == VANN else factors.sewage_l_s
        shown = tens(pe)
        for k, (number, name) in enumerate(
            zip(text_of(mine, "sone_id"), text_of(mine, "navn"), strict=True)
        ):
            records.append({
                "sone_id": number, "navn": name or number, "type": title,
                "naa": np.round(residents[k, 0]), "siste": np.round(residents[k, -1]),
                "pe": shown[k, 0], "pe_siste": shown[k, -1],
                "l_s": np.round(flow(shown[k, 0]), 1), "l_s_siste": np.round(flow(shown[k, -1]), 1),
            })  # fmt: skip
    frame = pd.DataFrame(records)
    if frame.empty:
        return None
    frame.index = pd.Index(_unique(frame.pop("sone_id").tolist()), name="sone_id")
    first, last = scene.years[0], scene.years[-1]
    return rounded(
        Table(
            name="soner",
            title="Bosatte og belastning i sonene",
            frame=frame,
            columns={
                "navn": Column(title="Sone"),
                "type": Column(title="Slag"),
                "naa": _persons(f"Bosatte {first}"),
                "siste": _persons(f"Bosatte {last}"),
                "pe": _derived(f"Belastning {first}", "pe", 0, "naa"),
                "pe_siste": _derived(f"Belastning {last}", "pe", 0, "siste"),
                "l_s": _derived(f"Største time {first}", "l/s", 1, "naa"),
                "l_s_siste": _derived(f"Største time {last}", "l/s", 1, "siste"),
            },
            note="Bare de som er knyttet til, eller antas å være det. Vann med lekkasje, avløp med "
            "fremmedvann.",
            group="Soner og grunnlag",
        )
    )


def _summed(at: NDArray[np.intp], values: Number, count: int) -> Number:
    total = np.zeros((count, values.shape[1]))
    np.add.at(total, at, values)
    return total


def _persons(title: str) -> Column:
    return Column(title=title, unit="personer", decimals=0, persons=True)


def _derived(title: str, unit: str, decimals: int, source: str) -> Column:
    return Column(title=title, unit=unit, decimals=decimals, derived_from=(source,))


def basis_table(scene: Scene) -> Table:
    """Count residents by how their plant is known, for sewage and water."""
    from askergeo.analyses._va_growth_scene import HOW  # noqa: PLC0415

    now = scene.demand.residents["hoved"][:, 0]
    frame = pd.DataFrame(
        {
            "hva": list(HOW.values()),
            **{
                kind: [round(float(now[side.how == code].sum())) for code in HOW]
                for kind, side in scene.sides.items()
            },
        },
        index=pd.Index([str(code) for code in HOW], name="rad"),
    )
    return rounded(
        Table(
            name="grunnlag",
            title="Hvordan anlegget til de bosatte er funnet",
            frame=frame,
            columns={
                "hva": Column(title="Hvordan"),
                AVLOP: _persons("Avløp"),
                VANN: _persons("Vann"),
            },
            group="Soner og grunnlag",
        )
    )
