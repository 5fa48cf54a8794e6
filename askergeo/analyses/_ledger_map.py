"""Map layers of the ledger: what is built, permitted and planned, with the line and the centres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import drawn_centres, land_of
from askergeo.analyses._ledger_tables import LEVEL_TITLES
from askergeo.catalogue import load_catalogue
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.transport.ledger import BUILT, PERMITTED, PLANNED

if TYPE_CHECKING:
    from askergeo.transport.ledger import Ledger
    from askergeo.transport.zones import Zones

__all__ = ["layers"]

_WORDS: Final = {BUILT: "Bygd", PERMITTED: "Tillatt, ikke ferdig", PLANNED: "Planlagt"}
_FILLS: Final = {BUILT: "#0072b2", PERMITTED: "#f0e442", PLANNED: "#d55e00"}
# More points than this are in the GeoPackage only.
_POINTS: Final = 12_000


def layers(
    ledger: Ledger, zones: Zones | None, boundary: gpd.GeoDataFrame | None
) -> tuple[MapLayer, ...]:
    """Draw the land, the line, the growth and the centres."""
    drawn = [] if boundary is None else [land_of(boundary)]
    if zones is not None and not shapely.is_empty(zones.line):
        drawn.append(_line(zones))
    drawn += [_points(ledger, stage) for stage in _WORDS if len(_rows(ledger, stage))]
    if ledger.centres is not None:
        frame = ledger.centres.frame[["navn", "niva", "geometry"]]
        drawn.append(drawn_centres(frame.assign(niva=frame["niva"].map(LEVEL_TITLES))))
    return tuple(drawn)


def _line(zones: Zones) -> MapLayer:
    known = load_catalogue()["nullvekstlinje"]
    frame = gpd.GeoDataFrame({"navn": ["Nullvekstlinjen"]}, geometry=[zones.line],
                             crs=zones.frame.crs)  # fmt: skip
    return MapLayer(
        name="nullvekstlinje",
        title=known.title,
        frame=frame,
        columns={"navn": Column(title="Navn")},
        style=Style(stroke="#6a0dad", fill="#6a0dad", width=0.9, dash=True),
    )


def _rows(ledger: Ledger, stage: str) -> gpd.GeoDataFrame:
    """Rows of a stage that are drawn: of permits those that are not built, which are drawn so."""
    rows = ledger.rows[ledger.rows["trinn"] == stage]
    rows = rows[~shapely.is_missing(np.asarray(rows.geometry.array, dtype=object))]
    return rows[~rows["ferdig"].to_numpy(dtype=bool)] if stage == PERMITTED else rows


def _points(ledger: Ledger, stage: str) -> MapLayer:
    rows = _rows(ledger, stage)
    centres = ledger.centres
    names = {} if centres is None else dict(
        zip(centres.frame["senter_id"], centres.frame["navn"], strict=True)
    )  # fmt: skip
    side = ledger.parts.groupby("row")["sone"].agg(" og ".join)
    frame = gpd.GeoDataFrame(
        {
            "status": _WORDS[stage],
            "rad": rows["rad"].astype(str),
            "navn": rows["navn"].astype(str),
            "aar": rows["aar"].astype("Int64"),
            "boliger": rows["boliger"],
            "jobber": rows["jobber"],
            "sannsynlighet": 100 * rows["andel"],
            "sone": side.reindex(rows.index).str.replace("sor", "sør"),
            "senter": rows["senter_id"].map(names).fillna(rows["niva"].map(LEVEL_TITLES)),
            "senter_m": rows["senter_m"],
            "holdeplass_m": _finite(rows["holdeplass_m"]),
            "stasjon_m": _finite(rows["stasjon_m"]),
        },
        geometry=rows.geometry,
        crs=rows.crs,
    )
    frame.index = _labels(rows)
    columns = _columns()
    if stage != PLANNED:
        frame, columns = frame.drop(columns="sannsynlighet"), {
            name: one for name, one in columns.items() if name != "sannsynlighet"
        }  # fmt: skip
    word = _WORDS[stage]
    return MapLayer(
        name=f"vekst_{stage}",
        title=f"Vekst som er {word.lower()}",
        frame=frame,
        columns=columns,
        style=Style(
            column="status",
            classes=(StyleClass(value=word, label=word, fill=_FILLS[stage], stroke="#1b1b1b"),),
            size=2.2 if stage != BUILT else 1.3,
            width=0.2,
        ),
        note="Et prosjekt er tegnet i ett punkt, som gangavstanden er målt fra. Tomme meter: ingen "
        "veg, ikke innen gangavstand av noe senter, eller ukjent.",
        on_page=len(frame) <= _POINTS,
    )


def _finite(metres: pd.Series) -> pd.Series:
    return metres.where(np.isfinite(metres))


def _labels(rows: gpd.GeoDataFrame) -> pd.Index:
    """Labels that are the same in another run: layer and id, numbered where there are several."""
    base = rows["lag"].astype(str) + ":" + rows["rad"].astype(str)
    again = base.groupby(base).cumcount()
    numbered = base + "#" + (again + 1).astype(str)
    labels: pd.Index = pd.Index(base.where(again == 0, numbered).to_numpy())
    return labels


def _columns() -> dict[str, Column]:
    return {
        "status": Column(title="Status"),
        "rad": Column(title="Id"),
        "navn": Column(title="Navn"),
        "aar": Column(title="År", unit="år", decimals=0),
        "boliger": Column(title="Boliger", unit="boliger", decimals=0),
        "jobber": Column(title="Arbeidsplasser", unit="arbeidsplasser", decimals=0),
        "sannsynlighet": Column(title="Sannsynlighet", unit="%", decimals=0),
        "sone": Column(title="Side av nullvekstlinjen"),
        "senter": Column(title="Senter"),
        "senter_m": Column(title="Gangavstand til senteret", unit="m", decimals=0),
        "holdeplass_m": Column(title="Gangavstand til holdeplass", unit="m", decimals=0),
        "stasjon_m": Column(title="Gangavstand til stasjon", unit="m", decimals=0),
    }
