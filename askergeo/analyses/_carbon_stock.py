"""Table and map of the carbon that stands in the municipality's land, by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from askergeo.analyses._land_account import DEKAR, HECTARE, NamedAccount
from askergeo.carbon import load_classes, stock, yearly_flux
from askergeo.overlay.account import AREA, account
from askergeo.result import Column, RowSum, Table

if TYPE_CHECKING:
    import geopandas as gpd

    from askergeo.analyses._carbon_reckoned import Settings
    from askergeo.analyses._land import LandBoundary

__all__ = ["ORGANIC", "SUM", "class_title", "stock_account", "stock_table", "wide_title"]

#: Label of the row with the sum.
SUM = "i_alt"
_UNKNOWN = "Ukjent klasse"
ORGANIC = "organisk"


def class_title(name: object) -> str:
    """Title of a carbon class in bokmål; none is «Ukjent klasse».

    Examples
    --------
    >>> class_title("skog_bar_hoy"), class_title("")
    ('Barskog, høy bonitet', 'Ukjent klasse')
    """
    classes = load_classes()
    return classes[str(name)].title if name in classes else _UNKNOWN


def wide_title(name: object) -> str:
    """Title of the widest class above one, its organic soil apart.

    Examples
    --------
    >>> wide_title("skog_bar_hoy"), wide_title("torvskog"), wide_title("dyrka_organisk")
    ('Skog', 'Skog på organisk jord', 'Dyrka organisk jord')
    """
    classes = load_classes()
    if name not in classes:
        return _UNKNOWN
    land = classes[str(name)]
    if land.soil == ORGANIC:
        return "Skog på organisk jord" if land.line[-1] == "skog" else land.title
    return "Skog" if land.line[-1] == "skog" else classes[land.line[-1]].title


def stock_account(
    cover: gpd.GeoDataFrame, boundary: LandBoundary, layer: str = "ar5"
) -> NamedAccount:
    """Account for the boundary by carbon class; ``layer`` is what the cover is read from."""
    found = account(
        {layer: cover}, by={layer: ["klasse"]}, boundary=boundary.frame, crs=boundary.crs
    )
    return NamedAccount("lager", "Lager av karbon i arealdekket", found)


def stock_table(named: NamedAccount, settings: Settings) -> tuple[Table, tuple[str, ...]]:
    """Carbon that stands in each class, and the ids of the placeholders behind it."""
    # One theme: whatever it is called, its columns are the class and whether it covers.
    rows = named.account.rows.set_axis(["klasse", "dekket", AREA], axis=1)
    covered = rows[rows["dekket"]]
    area = covered.groupby("klasse")[AREA].sum()
    classes = load_classes()
    order = [name for name in classes.by_id if name in area.index]
    known = [name for name in order if classes[name].soil != "ingen"]
    factors = settings.factors[settings.zone]
    given = pd.DataFrame({"klasse": known, "areal_m2": area[known].to_numpy()}, index=known)
    found = stock(given, factors, mineral_soil=settings.mineral_soil, peat_depth_m=settings.depth)
    flux = yearly_flux(known, factors)
    frame = pd.DataFrame(index=[*order, *(name for name in area.index if name not in order)])
    frame["klasse"] = [class_title(name) for name in frame.index]
    frame["jord"] = [_soil(name) for name in frame.index]
    frame["dekar"] = area.reindex(frame.index) / DEKAR
    frame["ha"] = area.reindex(frame.index) / HECTARE
    for column in ("sum_t_c", "lav_t_c", "hoy_t_c", "sum_t_co2"):
        frame[column] = found[column].reindex(frame.index)
    frame["t_co2_ha"] = frame["sum_t_co2"] / frame["ha"]
    frame["aarlig_ha"] = flux.reindex(frame.index)
    frame["aarlig_t"] = frame["aarlig_ha"] * frame["ha"]
    gap = float(rows.loc[~rows["dekket"], AREA].sum())
    if gap:
        frame.loc["ikke_dekket", ["klasse", "jord"]] = ["Ikke dekket av kartet", ""]
        frame.loc["ikke_dekket", ["dekar", "ha"]] = [gap / DEKAR, gap / HECTARE]
    frame = frame.rename(index={"": "ukjent"})
    parts = tuple(frame.index)
    frame.loc[SUM] = frame.sum(numeric_only=True)
    frame.loc[SUM, ["klasse", "jord"]] = ["I alt", ""]
    # Errors of a factor are alike in all classes that use it: ends are summed, not squared.
    known_ha = float(area[known].sum()) / HECTARE
    frame.loc[SUM, "t_co2_ha"] = float(found["sum_t_co2"].sum()) / known_ha
    frame.loc[SUM, ["aarlig_ha"]] = np.nan
    used = dict.fromkeys(" ".join(found["plassholdere"]).split())
    return _table(frame, parts), tuple(used)


def _soil(name: str) -> str:
    classes = load_classes()
    titles = {"mineral": "mineraljord", ORGANIC: "organisk jord", "som_for": "ukjent", "ingen": ""}
    return titles[classes[name].soil] if name in classes else ""


def _table(frame: pd.DataFrame, parts: tuple[str, ...]) -> Table:
    return Table(
        name="lager",
        title="Karbon som er lagret i arealene",
        frame=frame,
        columns={
            "klasse": Column(title="Arealklasse"),
            "jord": Column(title="Jord"),
            "dekar": Column(title="Areal", unit="dekar", decimals=0),
            "ha": Column(title="Areal", unit="ha", decimals=1),
            "sum_t_c": Column(title="Lager", unit="t C", decimals=0),
            "lav_t_c": Column(title="Lager, lav", unit="t C", decimals=0),
            "hoy_t_c": Column(title="Lager, høy", unit="t C", decimals=0),
            "sum_t_co2": Column(title="Lager", unit="t CO2", decimals=0),
            "t_co2_ha": Column(title="Lager per hektar", unit="t CO2/ha", decimals=0),
            "aarlig_ha": Column(
                title="Utslipp i dag per hektar",
                unit="t CO2e/ha·år",
                decimals=2,
                description="Utslipp er positivt, opptak negativt. Tomt er ukjent, ikke null.",
            ),
            "aarlig_t": Column(title="Utslipp i dag", unit="t CO2e/år", decimals=0),
        },
        row_sums=(RowSum(SUM, parts),),
        note="Mineraljord til 30 cm, torv til antatt dybde. «..» er ukjent, ikke null: vann, fjell "
        "og ukjent arealtype har ingen faktor, og det finnes ikke tall for årlig utslipp fra "
        "udrenert myr, bebygd areal og skog uten tilvekstfaktor. Årlig utslipp i raden «I alt» er "
        "bare summen av de kjente. Grensene i «I alt» er summen av grensene i radene, for samme "
        "faktor er feil på samme måte overalt.",
    )
