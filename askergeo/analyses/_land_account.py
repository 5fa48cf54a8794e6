"""What a land account says of itself: its closing line, and its gaps and overlaps as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.overlay.account import AREA, COVERED
from askergeo.overlay.slivers import WIDTH
from askergeo.result import (
    Column,
    Finding,
    MapLayer,
    Severity,
    Status,
    Style,
    StyleClass,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.analyses._land import LandBoundary
    from askergeo.overlay.account import Account

__all__ = [
    "DEKAR",
    "HECTARE",
    "NamedAccount",
    "balance_table",
    "fault_findings",
    "faults_named",
    "mismatch_findings",
    "mismatch_table",
    "theme_title",
    "unpublishable",
    "with_mismatches",
]

# m² in a dekar and in a hectare.
DEKAR: Final = 1e3
HECTARE: Final = 1e4
_KINDS: Final = ("Hull", "Smalt hull (splint)", "Overlapp", "Smal overlapp (splint)")
_KEYS: Final = ("hull", "hull_splint", "overlapp", "overlapp_splint")
# Gaps and overlaps that a map on the page can hold.
_ON_PAGE: Final = 2_000
_COLOURS: Final = ("#d94801", "#fdae6b", "#6a3d9a", "#cab2d6")


@dataclass(frozen=True)
class NamedAccount:
    """An account with its name.

    Parameters
    ----------
    name
        Identifier, ASCII ``snake_case``: the row in the table of closing lines.
    title
        In bokmål: what is accounted for.
    account
        The account. Its themes are named as layers of the catalogue, so that they have titles.
    """

    name: str
    title: str
    account: Account


def theme_title(theme: str) -> str:
    """Title of a theme in bokmål: that of the layer, else its own name."""
    known = load_catalogue()
    return known[theme].title if theme in known else theme


def balance_table(accounts: Sequence[NamedAccount], boundary: LandBoundary) -> Table:
    """Put the closing lines of accounts in a table: boundary = rows + not covered − twice.

    Parameters
    ----------
    accounts
        In the order shown.
    boundary
        The boundary that all of them are of.
    """
    frame = pd.DataFrame([_line(one, boundary) for one in accounts])
    frame.index = pd.Index([one.name for one in accounts])
    return Table(
        name="balanse",
        title="Går regnskapet opp?",
        frame=frame,
        columns={
            "regnskap": Column(title="Regnskap"),
            "grense_m2": _square("Kommunens areal"),
            "rader_m2": _square("Rader der alle lag dekker"),
            "ikke_dekket_m2": _square("+ Ikke dekket"),
            "talt_dobbelt_m2": _square("− Talt flere ganger"),
            "differanse_m2": Column(title="= Differanse", unit="m²", decimals=6),
            "relativ": Column(title="Differanse, andel", decimals=15),
            "gar_opp": Column(title="Går opp"),
            "ellipsoide_m2": _square("Areal på ellipsoiden"),
            "crs": Column(title="Koordinatsystem"),
            "grense": Column(title="Grense, kilde og dato"),
        },
        note=f"Grensen er {boundary.text}. Kommunens areal = rader + ikke dekket − talt flere "
        "ganger. Hvert ledd er regnet for seg, ikke som det de andre lar være igjen. Regnskapet "
        "går opp når differansen er høyst en milliarddel av arealet.",
    )


def _square(title: str) -> Column:
    return Column(title=title, unit="m²", decimals=1)


def _line(one: NamedAccount, boundary: LandBoundary) -> dict[str, object]:
    balance = one.account.balance
    return {
        "regnskap": one.title,
        "grense_m2": balance.boundary_m2,
        "rader_m2": balance.rows_m2,
        "ikke_dekket_m2": balance.not_covered_m2,
        "talt_dobbelt_m2": balance.counted_twice_m2,
        "differanse_m2": balance.difference_m2,
        "relativ": balance.relative,
        "gar_opp": "ja" if balance.closes else "nei",
        "ellipsoide_m2": one.account.ellipsoidal_m2,
        "crs": one.account.crs,
        "grense": boundary.text,
    }


def unpublishable(accounts: Sequence[NamedAccount]) -> tuple[str, ...]:
    """Say which accounts do not close, so that the numbers must not be published."""
    return tuple(
        f"Regnskapet «{one.title}» går ikke opp: det mangler "
        f"{format_number(one.account.balance.difference_m2, 3)} m² av "
        f"{format_number(one.account.balance.boundary_m2)} m²."
        for one in accounts
        if not one.account.closes
    )


def fault_findings(accounts: Sequence[NamedAccount]) -> tuple[Finding, ...]:
    """One finding for each row of a layer that was mended or set aside before the overlay."""
    faults = pd.concat([one.account.faults for one in accounts], ignore_index=True)
    return faults_named(faults)


def faults_named(faults: pd.DataFrame) -> tuple[Finding, ...]:
    """One finding for each fault of an account or of `askergeo.overlay.door.checked`."""
    faults = faults.drop_duplicates(["tema", "rad", "grunn", "handling"])
    found = []
    for fault in faults.to_dict("records"):
        change = fault["arealendring_m2"]
        text = f"{fault['grunn']}; {fault['handling']}"
        if pd.notna(change):
            text += f", arealet ble endret med {format_number(change, 1)} m²"
        found.append(
            Finding(
                rule="areal.geometri",
                title=f"Feil i en flate i {theme_title(fault['tema'])}",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{text[0].upper()}{text[1:]}.",
                layer=str(fault["tema"]),
                row=str(fault["rad"]),
                action="Rett flaten i kilden.",
            )
        )
    return tuple(found)


def _themes(account: Account) -> list[str]:
    names = [str(name) for name in account.rows.columns]
    return [name.removesuffix(f".{COVERED}") for name in names if name.endswith(f".{COVERED}")]


def _mismatches(accounts: Sequence[NamedAccount], sliver_m: float) -> gpd.GeoDataFrame:
    """Gaps and overlaps of each theme once, however many accounts it is in.

    One whose width, as in `askergeo.overlay.slivers`, is less than ``sliver_m`` is a sliver.
    """
    parts: list[gpd.GeoDataFrame] = []
    seen: set[str] = set()
    for one in accounts:
        new = set(_themes(one.account)) - seen
        seen |= new
        for number, found in enumerate((one.account.gaps, one.account.overlaps)):
            part = found[found["tema"].isin(new)].reset_index(drop=True)
            narrow = part[WIDTH] < sliver_m
            kinds = np.where(narrow, _KINDS[2 * number + 1], _KINDS[2 * number])
            parts.append(part.assign(slag=kinds))
    crs = accounts[0].account.crs
    joined = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=crs)


def mismatch_table(accounts: Sequence[NamedAccount], sliver_m: float) -> Table:
    """Count gaps, overlaps and slivers of each theme, with their area.

    A theme without any has a row of zeros, so that the reader sees that it was looked at.
    """
    found = _mismatches(accounts, sliver_m)
    themes = list(dict.fromkeys(name for one in accounts for name in _themes(one.account)))
    records = []
    for theme in themes:
        mine = found[found["tema"] == theme]
        record: dict[str, object] = {"lag": theme_title(theme)}
        for kind, key in zip(_KINDS, _KEYS, strict=True):
            some = mine[mine["slag"] == kind]
            record |= {f"{key}_antall": len(some), f"{key}_m2": float(some[AREA].sum())}
        records.append(record | _outside(accounts, theme))
    columns = {"lag": Column(title="Lag")}
    for kind, key in zip(_KINDS, _KEYS, strict=True):
        columns[f"{key}_antall"] = Column(title=kind, unit="antall", decimals=0)
        columns[f"{key}_m2"] = Column(title=f"{kind}, areal", unit="m²", decimals=1)
    columns["utenfor_rader"] = Column(title="Utenfor grensen", unit="rader", decimals=0)
    columns["utenfor_m2"] = Column(title="Utenfor grensen, areal", unit="m²", decimals=1)
    return Table(
        name="hull_og_overlapp",
        title="Hull, overlapp og splinter",
        frame=pd.DataFrame(records, index=pd.Index(themes)),
        columns=columns,
        note=f"Splinter er smalere enn {format_number(sliver_m, 1)} m. Alt er med i regnskapet: "
        "hull som «ikke dekket», overlapp som «talt flere ganger». Hver flate er en rad i "
        "kartlaget «Hull og overlapp» i GeoPackage-filen. Det som ligger utenfor grensen, er ikke "
        "med i noe regnskap.",
    )


def _outside(accounts: Sequence[NamedAccount], theme: str) -> dict[str, object]:
    """Tell what of a theme the boundary leaves out, from the first account that it is in."""
    rows = pd.concat([one.account.outside for one in accounts], ignore_index=True)
    first = rows[rows["tema"] == theme].iloc[0]
    return {"utenfor_rader": first["rader"], "utenfor_m2": first[AREA]}


def with_mismatches(
    layers: Sequence[MapLayer],
    accounts: Sequence[NamedAccount],
    sliver_m: float,
    *,
    closes: bool,
) -> tuple[MapLayer, ...]:
    """Add the gaps and overlaps to the map, where they do not stand before the answer.

    Parameters
    ----------
    layers
        The background and the layers of the answer, the background first.
    accounts
        The accounts that the themes are in.
    sliver_m
        Width below which one is a sliver, m.
    closes
        Whether every account closes: then they lie under the answer and are off when the page
        opens. Otherwise they lie on top and are seen.
    """
    drawn = _mismatch_layers(accounts, sliver_m, visible=not closes)
    return (*layers[:1], *drawn, *layers[1:]) if closes else (*layers, *drawn)


def _mismatch_layers(
    accounts: Sequence[NamedAccount], sliver_m: float, *, visible: bool
) -> tuple[MapLayer, ...]:
    """Draw gaps and overlaps, a row each with theme, area and width; none gives no layer."""
    found = _mismatches(accounts, sliver_m)
    if not len(found):
        return ()
    found = found.assign(lag=found["tema"].map(theme_title))
    for column, empty in (("ganger", 0), ("rader", "")):
        found[column] = found[column].fillna(empty) if column in found else empty
    frame = found[["lag", "slag", AREA, WIDTH, "ganger", "rader", "geometry"]]
    classes = tuple(
        StyleClass(value=kind, label=kind, fill=colour, stroke=colour)
        for kind, colour in zip(_KINDS, _COLOURS, strict=True)
        if (frame["slag"] == kind).any()
    )
    return (
        MapLayer(
            name="hull_og_overlapp",
            title="Hull og overlapp",
            frame=frame.astype({"ganger": "int64"}),
            columns={
                "lag": Column(title="Lag"),
                "slag": Column(title="Slag"),
                AREA: Column(title="Areal", unit="m²", decimals=2),
                WIDTH: Column(title="Bredde", unit="m", decimals=2),
                "ganger": Column(title="Flater over hverandre", decimals=0),
                "rader": Column(title="Rader i laget"),
            },
            style=Style(column="slag", classes=classes, opacity=0.8),
            on_page=len(frame) <= _ON_PAGE,
            visible=visible,
        ),
    )


def mismatch_findings(
    accounts: Sequence[NamedAccount], sliver_m: float, listed: int, least_m2: float = 1.0
) -> tuple[Finding, ...]:
    """Say how many gaps and overlaps each theme has, and name the largest.

    Parameters
    ----------
    accounts
        The accounts that the themes are in.
    sliver_m
        Width below which one is a sliver, m.
    listed
        How many of a theme, the largest, are findings of their own; the rest are in the map layer.
    least_m2
        Area that one must have to be a finding of its own, m².
    """
    found = _mismatches(accounts, sliver_m).sort_values(AREA, ascending=False)
    findings = []
    for (theme, kind), rows in found.groupby(["tema", "slag"], sort=False):
        total = float(rows[AREA].sum())
        findings.append(_total(str(theme), str(kind), len(rows), total))
        largest = rows[rows[AREA] >= least_m2].head(listed)
        findings += [
            _single(str(theme), str(kind), row, point)
            for row, point in zip(
                largest.drop(columns="geometry").to_dict("records"),
                shapely.point_on_surface(geometries(largest)),
                strict=True,
            )
        ]
    return tuple(findings)


def _total(theme: str, kind: str, count: int, total: float) -> Finding:
    meaning = (
        "Arealet er «ikke dekket» i regnskapet."
        if kind in _KINDS[:2]
        else "Arealet er talt én gang for hver flate, og trukket fra i sluttlinjen."
    )
    return Finding(
        rule=f"areal.{'hull' if kind in _KINDS[:2] else 'overlapp'}",
        title=f"{kind} i {theme_title(theme)}",
        status=Status.HIT_YELLOW,
        severity=Severity.INFO if "splint" in kind else Severity.WARNING,
        text=f"{format_number(count)} {'flate' if count == 1 else 'flater'}, til sammen "
        f"{format_number(total, 1)} m². {meaning}",
        layer=theme,
        action="Se kartlaget «Hull og overlapp».",
    )


def _single(theme: str, kind: str, row: dict[str, Any], point: shapely.Point) -> Finding:
    rows = row.get("rader")
    return Finding(
        rule="areal.flate",
        title=f"{kind} i {theme_title(theme)}",
        status=Status.HIT_YELLOW,
        severity=Severity.INFO,
        text=f"{format_number(row[AREA], 1)} m², {format_number(row[WIDTH], 2)} m bred.",
        layer=theme,
        row=rows if isinstance(rows, str) else "",
        geometry=point,
    )
