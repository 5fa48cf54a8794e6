"""The tables of pumping stations and of pipes: what runs through them, and when they are full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.analyses._va_growth_tables import tens, unique_labels, year_column
from askergeo.result import Column, Table
from askergeo.va._net_pipes import text_of
from askergeo.va.network import AVLOP, VANN

if TYPE_CHECKING:
    from askergeo.analyses._va_growth_scene import Scene
    from askergeo.analyses._va_growth_sums import MainLoad, StationLoad
    from askergeo.parameters import Parameters

__all__ = [
    "MAIN_COLUMNS",
    "main_count_table",
    "main_rows",
    "main_table",
    "shown_mains",
    "station_table",
]


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
            "maalt": found.measured,
            "regnet": tens(found.reckoned),
            "kapasitet": found.capacity,
            "naa": np.round(found.flow["hoved"][:, 0], 1),
            "lav": np.round(found.flow["lav"][:, -1], 1),
            "hoved": np.round(found.flow["hoved"][:, -1], 1),
            "hoy": np.round(found.flow["hoy"][:, -1], 1),
            "fullt_hoy": year_column(found.over["hoy"]),
            "fullt": year_column(found.over["hoved"]),
        },
        index=pd.Index(unique_labels(ids.tolist()), name="anlegg_id"),
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
            "maalt": Column(title="Registrert belastning", unit="pe", decimals=0),
            "regnet": Column(title="Regnet av bosatte og arbeidsplasser", unit="pe", decimals=0),
            "kapasitet": Column(title="Kapasitet", unit="l/s", decimals=1),
            "naa": Column(title=f"Største time {scene.years[0]}", unit="l/s", decimals=1),
            "lav": Column(title=f"Største time {last}, lavt", unit="l/s", decimals=1),
            "hoved": Column(title=f"Største time {last}", unit="l/s", decimals=1),
            "hoy": Column(title=f"Største time {last}, høyt", unit="l/s", decimals=1),
            "fullt_hoy": Column(title="Over kapasiteten, høyt", unit="år", decimals=0),
            "fullt": Column(title="Over kapasiteten", unit="år", decimals=0),
        },
        note="Alt som renner gjennom stasjonen, også fra stasjoner som pumper til den. "
        "Belastningen er stasjonens egen (belastning_pe) der den er kjent, og veksten legges til. "
        "Største time med fremmedvann, uten regn i fellesledninger. Er kapasiteten kjent og året "
        "ikke, har stasjonen plass i alle årene.",
        group="Stasjoner og ledninger",
    )


def main_rows(scene: Scene, kind: str, found: MainLoad) -> pd.DataFrame:
    """Tell, of each row of the layer, the piece that is fullest: index ``ledning_id``."""
    side, pipes = scene.sides[kind], scene.layers["va_ledning"]
    assert side.network is not None and pipes is not None  # noqa: PT018, S101  (reckoned)
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


#: The columns of pipes, in tables and on the map.
MAIN_COLUMNS: Final = {
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
        fullt_hoy=year_column(rows["fullt_hoy"].to_numpy(dtype=np.float64)),
        fullt=year_column(rows["fullt"].to_numpy(dtype=np.float64)),
    )[list(MAIN_COLUMNS)]


def main_table(rows: pd.DataFrame, kind: str, parameters: Parameters) -> Table:
    """List the pipes that are fullest in the last year."""
    top = rows[rows["fylling"].notna()].head(int(parameters["va_vekst_vist"]))
    what = "avløpsledningene" if kind == AVLOP else "vannledningene"
    return Table(
        name=f"ledninger_{kind}",
        title=f"De fulleste {what}",
        frame=shown_mains(top).set_axis(unique_labels(top["ledning_id"].tolist())),
        columns=MAIN_COLUMNS,
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
