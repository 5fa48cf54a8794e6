"""Tables of what the map knows beside the pipes: renewal, nodes, customers, zones and areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries
from askergeo.result import Column, Table
from askergeo.va._renewal_life import load_lives
from askergeo.va._renewal_stock import FOUL, WATER, stock_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.parameters import Parameters
    from askergeo.va.state import PipeState

__all__ = ["area_table", "areas_of", "connection_table", "other_table", "renewal_table"]

_MEAN: Final = 3
_PERCENT: Final = 100.0
_KM: Final = 1e3
_LATEST: Final = 2200
_COUNTED: Final = {"va_node": "type", "va_anlegg": "type", "va_sone": "type", "va_hendelse": "type"}
_OUTSIDE: Final = "Utenfor områdene"


def renewal_table(va_ledning: gpd.GeoDataFrame, year: int | None, parameters: Parameters) -> Table:
    """Hold what was renewed of the municipal net against what is adopted.

    The mean is over the three years that end with the last year any pipe is renewed in, as KOSTRA
    reckons it: a register that is not kept up must not look like a net that nobody renews.
    """
    stock = stock_of(va_ledning.reset_index(drop=True), year or _LATEST, load_lives(), parameters)
    told = stock.renewed > 0
    last = int(stock.renewed[told].max()) if told.any() else 0
    rows = []
    for medium, title, name in (
        (WATER, "Vann", "va_fornyelse_takt_vann"),
        (FOUL, "Spillvann og felles", "va_fornyelse_takt_avlop"),
    ):
        mine = stock.medium == medium
        total = float(stock.length_m[mine].sum())
        recent = mine & told & (stock.renewed > last - _MEAN)
        known = bool(told.any()) and total > 0
        share = _PERCENT * float(stock.length_m[recent].sum()) / _MEAN / total if known else np.nan
        adopted = float(parameters[name])
        rows.append(
            {
                "nett": title,
                "km": total / _KM,
                "faktisk": share,
                "vedtatt": adopted,
                "avstand": share - adopted,
                "aar_faktisk": _PERCENT / share if share > 0 else np.nan,
                "aar_vedtatt": _PERCENT / adopted if adopted > 0 else np.nan,
            }
        )
    span = f"{last - _MEAN + 1}–{last}" if last else "ukjent"
    return Table(
        name="fornyelse",
        title="Fornyelse av kommunale ledninger: faktisk mot vedtatt",
        frame=pd.DataFrame(rows, index=["vann", "avlop"]),
        columns={
            "nett": Column(title="Nett"),
            "km": Column(title="Kommunal lengde i bruk", unit="km", decimals=1),
            "faktisk": Column(title=f"Fornyet i året, snitt {span}", unit="%", decimals=2),
            "vedtatt": Column(title="Vedtatt takt", unit="%", decimals=2),
            "avstand": Column(title="Faktisk minus vedtatt", unit="prosentpoeng", decimals=2),
            "aar_faktisk": Column(title="År å fornye alt, faktisk takt", unit="år", decimals=0),
            "aar_vedtatt": Column(title="År å fornye alt, vedtatt takt", unit="år", decimals=0),
        },
        note="Faktisk er lengden med «fornyet_aar» i de tre siste årene noen ledning er fornyet, "
        "delt på tre og på lengden i dag. «..» betyr ukjent: ingen ledning har et år for "
        "fornyelse. En ledning som er erstattet av en ny i kartet, teller bare når den nye har "
        "«fornyet_aar».",
    )


def other_table(layers: Mapping[str, pd.DataFrame | None]) -> Table:
    """Count nodes, facilities, zones and events by type; a layer that is absent is unknown."""
    rows = []
    for name, column in _COUNTED.items():
        layer = load_catalogue()[name]
        frame = layers.get(name)
        if frame is None:
            rows.append((f"{name}", layer.title, "Laget er ikke i datapakken", np.nan))
            continue
        codes = layer.columns[column].codes or {}
        kinds = frame[column].astype("string").fillna("ukjent").value_counts()
        listed = [*(one for one in codes if one in kinds.index),
                  *(one for one in kinds.index if one not in codes)]  # fmt: skip
        rows += [
            (f"{name}/{one}", layer.title, str(codes.get(one, one)), float(kinds[one]))
            for one in listed
        ]
        if not listed:
            rows.append((name, layer.title, "Laget er tomt", 0.0))
    return Table(
        name="noder_og_anlegg",
        title="Noder, anlegg, soner og hendelser etter type",
        frame=pd.DataFrame(
            [one[1:] for one in rows],
            index=[one[0] for one in rows],
            columns=["lag", "type", "antall"],
        ),
        columns={
            "lag": Column(title="Lag"),
            "type": Column(title="Type"),
            "antall": Column(title="Antall", decimals=0),
        },
    )


def connection_table(register: pd.DataFrame | None, addresses: pd.DataFrame | None) -> Table | None:
    """Count addresses by what the register of connections says; None without addresses."""
    listed = register if addresses is None else addresses
    if listed is None:
        return None
    ids = listed["adresse_id"].astype(str).drop_duplicates()
    rows = {}
    for column, title in (("vann", "Kommunalt vann"), ("avlop", "Kommunalt avløp")):
        if register is None or column not in register:
            said = pd.Series(pd.NA, index=ids.to_numpy(), dtype="boolean")
        else:
            own = register.drop_duplicates("adresse_id")
            values = own[column].astype("boolean").array
            said = pd.Series(values, index=own["adresse_id"].astype(str)).reindex(ids)
        yes, no = int(said.sum()), int((~said).sum())
        line = f"{column}_ledning_id"
        named = 0 if register is None or line not in register else int(register[line].notna().sum())
        rows[column] = (title, len(ids), yes, no, len(ids) - yes - no, named)
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["tjeneste", "adresser", "ja", "nei", "ukjent", "ledning"]
    )
    return Table(
        name="kunder",
        title="Adresser etter tilknytning i registeret",
        frame=frame,
        columns={
            "tjeneste": Column(title="Tjeneste"),
            "adresser": Column(title="Adresser", decimals=0),
            "ja": Column(title="Tilknyttet", unit="adresser", decimals=0),
            "nei": Column(title="Ikke tilknyttet", unit="adresser", decimals=0),
            "ukjent": Column(title="Ukjent", unit="adresser", decimals=0),
            "ledning": Column(title="Med kjent ledning", unit="rader i registeret", decimals=0),
        },
        note="En adresse uten rad i registeret er ukjent, ikke uten tilknytning.",
    )


def areas_of(
    state: PipeState, districts: gpd.GeoDataFrame | None, side_m: float, crs: object
) -> gpd.GeoDataFrame:
    """Sum metres by area, and how many of them lack material, dimension or year.

    Each pipe counts where the middle of it lies; areas are the districts, else squares.

    Returns
    -------
    GeoDataFrame
        ``omraade``, ``meter``, ``mangler_m``, ``materiale_m``, ``dimensjon_m``, ``anleggsaar_m``.
    """
    drawn = state.known["linje"]
    middle = shapely.line_interpolate_point(_merged(state.lines[drawn]), 0.5, normalized=True)
    metres = np.nan_to_num(state.frame["lengde_m"].to_numpy())[drawn]
    if districts is not None and len(districts):
        shapes = geometries(districts)
        names = districts.get("grunnkretsnavn")
        number = districts["grunnkretsnummer"].astype(str)
        title = (
            number if names is None else number + " " + names.astype("string").fillna("")
        ).str.strip()
        place = np.full(len(middle), len(shapes))
        point, area = shapely.STRtree(shapes).query(middle, predicate="intersects")
        place[point[::-1]] = area[::-1]
        shapes, labels = (
            np.append(shapes, [None]),
            np.append(title.to_numpy(dtype=object), _OUTSIDE),
        )
    else:
        cells = np.floor(shapely.get_coordinates(middle) / side_m).astype(int)
        found, place = np.unique(cells, axis=0, return_inverse=True)
        place = place.reshape(-1)
        low = found * side_m
        shapes = shapely.box(low[:, 0], low[:, 1], low[:, 0] + side_m, low[:, 1] + side_m)
        labels = np.array([f"Rute {int(x)}, {int(y)}" for x, y in low], dtype=object)
    lack = {
        one: (state.asked[one] & ~state.known[one])[drawn]
        for one in ("materiale", "dimensjon", "anleggsaar")
    }
    some = np.logical_or.reduce(list(lack.values()))
    columns = {"meter": metres, "mangler_m": metres * some} | {
        f"{one}_m": metres * values for one, values in lack.items()
    }
    sums = {
        name: np.bincount(place, weights=values, minlength=len(labels))
        for name, values in columns.items()
    }
    frame = gpd.GeoDataFrame({"omraade": labels, **sums}, geometry=list(shapes), crs=crs)
    return frame[frame["meter"] > 0].reset_index(drop=True)


def _merged(lines: np.ndarray) -> np.ndarray:
    """Make each a single line: the longest part of those that are in several."""
    one = np.array(lines, dtype=object)
    several = np.flatnonzero(shapely.get_type_id(one) != shapely.GeometryType.LINESTRING)
    for at in several:
        parts = shapely.get_parts(one[at])
        one[at] = max(parts, key=shapely.length)
    return one


def area_table(areas: gpd.GeoDataFrame) -> Table:
    """List the areas, those that lack most first."""
    frame = pd.DataFrame({"omraade": areas["omraade"], "km": areas["meter"] / _KM})
    for name in ("mangler", "materiale", "dimensjon", "anleggsaar"):
        frame[name] = _PERCENT * areas[f"{name}_m"] / areas["meter"]
    frame = frame.sort_values(["mangler", "km"], ascending=[False, False], kind="stable")
    frame.index = pd.Index([f"O{one + 1:04d}" for one in frame.index])
    total = float(areas["meter"].sum())
    every = {"omraade": "Alle", "km": total / _KM} | {
        name: _PERCENT * float(areas[f"{name}_m"].sum()) / total if total > 0 else np.nan
        for name in ("mangler", "materiale", "dimensjon", "anleggsaar")
    }
    parts = tuple(frame.index)
    frame = pd.concat([frame, pd.DataFrame([every], index=["alle"])])
    return Table(
        name="omraader",
        title="Hvor kartet mangler materiale, dimensjon eller anleggsår",
        frame=frame,
        columns={
            "omraade": Column(title="Område"),
            "km": Column(title="Lengde", unit="km", decimals=1),
            "mangler": Column(title="Mangler minst ett", unit="% av lengden", decimals=1),
            "materiale": Column(title="Uten materiale", unit="% av lengden", decimals=1),
            "dimensjon": Column(title="Uten dimensjon", unit="% av lengden", decimals=1),
            "anleggsaar": Column(title="Uten anleggsår", unit="% av lengden", decimals=1),
        },
        row_sums=(),
        note="En ledning regnes til området midten av den ligger i. " + _sum_note(parts),
    )


def _sum_note(parts: tuple[str, ...]) -> str:
    return f"Tabellen har {len(parts)} områder med ledninger."
