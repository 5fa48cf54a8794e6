"""Map layers of the ledger: zones by year, what is built or planned, the line and the centres."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import drawn_centres, land_of
from askergeo.analyses._ledger_tables import LEVEL_TITLES
from askergeo.catalogue import load_catalogue
from askergeo.numbers import format_number
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.transport.ledger import BUILT, PERMITTED, PLANNED
from askergeo.transport.zones import SIDES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.result import Table
    from askergeo.transport.ledger import Ledger
    from askergeo.transport.zones import Zones

__all__ = ["ZONES", "layers", "zone_kinds"]

#: Name of the layer of zones by year.
ZONES: Final = "vekst_soner"

_WORDS: Final = {BUILT: "Bygd", PERMITTED: "Tillatt, ikke ferdig", PLANNED: "Planlagt"}
_FILLS: Final = {BUILT: "#0072b2", PERMITTED: "#f0e442", PLANNED: "#d55e00"}
# More points than this are in the GeoPackage only.
_POINTS: Final = 12_000
# Fill of a zone that year: light to dark, so that the order is seen without colours.
_UNSURE, _FEWER, _NONE = "Ukjent", "Flere revet enn bygd", "Ingen nye boliger"
_GREENS: Final = ("#d9f0d3", "#7fbf7b", "#1b7837")
_FIRST_STEPS: Final = (1, 2, 5, 10)


def layers(
    ledger: Ledger,
    zones: Zones | None,
    boundary: gpd.GeoDataFrame | None,
    *,
    growth: Table,
    account: Table | None,
) -> tuple[MapLayer, ...]:
    """Draw the land, the zones by year, the line, the growth and the centres.

    Parameters
    ----------
    ledger, zones, boundary
        What is drawn.
    growth
        Dwellings by year and side: see :func:`askergeo.analyses._ledger_tables.growth_table`.
    account
        What each zone has in all: see :func:`askergeo.analyses._ledger_steps.step_table`.
    """
    drawn = [] if boundary is None else [land_of(boundary)]
    if zones is not None and account is not None:
        drawn += _zones(zones, growth, account)
    if zones is not None and not shapely.is_empty(zones.line):
        drawn.append(_line(zones))
    drawn += [_points(ledger, stage) for stage in _WORDS if len(_rows(ledger, stage))]
    if ledger.centres is not None:
        frame = ledger.centres.frame[["navn", "niva", "geometry"]]
        drawn.append(drawn_centres(frame.assign(niva=frame["niva"].map(LEVEL_TITLES))))
    return tuple(drawn)


def _zones(zones: Zones, growth: Table, account: Table) -> list[MapLayer]:
    """Fill each zone by the dwellings that it gets each year; nothing when no zone is known."""
    there = [side for side in SIDES if not shapely.is_empty(zones.shape(side))]
    numbers = growth.frame[there].to_numpy(dtype=np.float64).round(1)
    if not there or not np.isfinite(numbers).any():
        return []
    titles, kinds = zone_kinds(numbers)
    years = {int(year): f"klasse_{year}" for year in growth.frame["aar"]}
    coming = (growth.frame["slag"] == "Ventet").to_numpy()
    known = np.isfinite(numbers).any(axis=1)
    past, ahead = np.flatnonzero(known & ~coming), np.flatnonzero(known)
    opens = list(years.values())[past[-1] if len(past) else ahead[0]]
    frame = gpd.GeoDataFrame(
        account.frame.loc[there],
        geometry=[zones.shape(side) for side in there],
        crs=zones.frame.crs,
    )
    frame[list(years.values())] = kinds.T
    return [
        MapLayer(
            name=ZONES,
            title="Nye boliger i sonen",
            frame=frame,
            columns={
                **account.columns,
                **{name: Column(title=f"Nye boliger {year}") for year, name in years.items()},
            },
            style=Style(
                column=opens,
                classes=tuple(one for one in _zone_classes(titles) if one.value in kinds),
                opacity=0.4,
                width=0.3,
            ),
            rows_of=account.name,
            note="Bygd til og med siste kjente år, deretter ventet etter programmet. Tallene for "
            f"hvert år står i tabellen «{growth.title}».",
            years=years,
            year_names={
                year: f"{year}, ventet" if later else str(year)
                for year, later in zip(years, coming, strict=True)
            },
        )
    ]


def zone_kinds(numbers: NDArray[np.float64]) -> tuple[tuple[str, ...], NDArray[np.object_]]:
    """Sort numbers into none, fewer, and three classes of the same width, with the titles.

    Examples
    --------
    >>> titles, found = zone_kinds(np.array([np.nan, -1.0, 0.0, 0.3, 10.0, 10.1, 20.0, 20.1]))
    >>> titles
    ('Høyst 10 boliger', 'Over 10, høyst 20 boliger', 'Over 20 boliger')
    >>> found[:3].tolist()
    ['Ukjent', 'Flere revet enn bygd', 'Ingen nye boliger']
    >>> [titles.index(one) for one in found[3:]]
    [0, 0, 1, 1, 2]
    """
    third = max(float(np.nanmax(numbers)) / len(_GREENS), 1.0)
    power = 10.0 ** math.floor(math.log10(third))
    step = next(power * one for one in _FIRST_STEPS if power * one >= third)
    low, high = (format_number(value) for value in (step, 2 * step))
    titles = (f"Høyst {low} boliger", f"Over {low}, høyst {high} boliger", f"Over {high} boliger")
    found = np.select(
        [np.isnan(numbers), numbers < 0, numbers == 0, numbers <= step, numbers <= 2 * step],
        [_UNSURE, _FEWER, _NONE, *titles[:2]],
        titles[2],
    )
    return titles, found.astype(object)


def _zone_classes(titles: tuple[str, ...]) -> tuple[StyleClass, ...]:
    return (
        *(
            StyleClass(value=title, label=title, fill=fill, stroke="#4d4d4d")
            for title, fill in zip(titles, _GREENS, strict=True)
        ),
        StyleClass(value=_NONE, label=_NONE, fill="#ffffff", stroke="#4d4d4d"),
        StyleClass(value=_FEWER, label=_FEWER, fill="#c2a5cf", stroke="#4d4d4d", dash=True),
        StyleClass(value=_UNSURE, label=_UNSURE, fill="#ffffff", stroke="#7f7f7f", dash=True),
    )


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
