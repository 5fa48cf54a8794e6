"""Tables, chart and map of leakage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.analyses._background import land_of
from askergeo.charts import YearChart
from askergeo.result import Column, MapLayer, Style, StyleClass, Table

if TYPE_CHECKING:
    from askergeo.analyses._va_leak_shield import Shield
    from askergeo.analyses._va_leak_zones import ZoneFacts

__all__ = ["CLASSES", "chart", "layers_of", "share_class", "year_table", "zone_table", "zone_years"]

_AMOUNTS: Final = {
    "inn_m3": "Inn i sonen",
    "ut_m3": "Videre til andre soner",
    "levert_m3": "Levert i sonen",
    "forbruk_m3": "Målt forbruk",
    "umaalt_m3": "Anslått forbruk uten måler",
    "hoyst_m3": "Ikke målt brukt",
    "lekkasje_m3": "Lekkasje",
}
#: Shares lost from which a class begins, its name and its colour.
CLASSES: Final = (
    (-np.inf, "Under 0 %: målerfeil", "#762a83"),
    (0.0, "0–10 %", "#e0ecf4"),
    (0.1, "10–20 %", "#bfd3e6"),
    (0.2, "20–30 %", "#9ebcda"),
    (0.3, "30–40 %", "#fdae6b"),
    (0.4, "40 % og mer", "#d94801"),
)
_UNKNOWN: Final = "Ukjent"


def share_class(share: float) -> str:
    """Return the class of a share of what is delivered."""
    if np.isnan(share):
        return _UNKNOWN
    return next(name for low, name, _ in reversed(CLASSES) if share >= low)


def _measures(found: pd.DataFrame) -> dict[str, Column]:
    """Describe the measures; without a pressure nobody has an index, and there is no column."""
    columns = {
        "lekkasje_m3": Column(title="Lekkasje", unit="m³", decimals=0),
        "prosent": Column(title="Andel av levert vann som lekker", unit="%", decimals=1),
        "l_s": Column(title="Lekkasje i gjennomsnitt", unit="l/s", decimals=2),
        "l_s_km": Column(title="Lekkasje for hver km ledning", unit="l/s per km", decimals=3),
        "l_abonnent_d": Column(title="Lekkasje for hver abonnent", unit="l/døgn", decimals=0),
        "natt_l_s": Column(title="Minste vannføring om natten", unit="l/s", decimals=2),
        "natt_lekkasje_l_s": Column(title="Lekkasje om natten", unit="l/s", decimals=2),
    }
    if found["ili"].notna().any():
        columns["ili"] = Column(title="Lekkasjeindeks", decimals=1)
    return columns


def _last(found: pd.DataFrame) -> pd.DataFrame:
    """Return each zone's last year."""
    return found.sort_values("aar", kind="stable").groupby("sone_id", sort=True).tail(1)


def zone_table(found: pd.DataFrame, facts: ZoneFacts, slopes: pd.Series) -> Table:
    """Tell each zone's last year, most litres a second first."""
    last = _last(found).assign(prosent=lambda rows: 100 * rows["andel"])
    last = last.set_index("sone_id").sort_values("l_s", ascending=False, na_position="last")
    last.index.name = None
    columns = {
        "sone": Column(title="Sone"),
        "aar": Column(title="År"),
        **_measures(found),
        "trend": Column(title="Endring i andelen", unit="prosentpoeng per år", decimals=1),
        "km": Column(title="Vannledning i sonen", unit="km", decimals=1),
        "abonnenter": Column(title="Adresser med kommunalt vann", unit="adresser", decimals=0),
        "ukjente": Column(title="Adresser der det er ukjent", unit="adresser", decimals=0),
    }
    frame = last.assign(
        sone=facts.names.reindex(last.index),
        aar=[str(year) for year in last["aar"]],
        trend=slopes.reindex(last.index),
        km=facts.length_km.reindex(last.index).astype(float),
        abonnenter=facts.connections.reindex(last.index).astype(float),
        ukjente=facts.unknown.reindex(last.index).astype(float),
    )[list(columns)]
    return Table(
        name="soner",
        title="Lekkasje i hver sone, siste år med måling",
        frame=frame,
        columns=columns,
        note="«..» er ukjent. Endringen er den rette linjen gjennom alle årene og trenger minst "
        "tre. Negativ lekkasje betyr at en måler viser feil.",
    )


def year_table(years: pd.DataFrame) -> Table:
    """Sum the zones of each year."""
    frame = years.assign(prosent=100 * years["andel"], aar=years["aar"].astype(str)).set_axis(
        years["aar"].astype(str)
    )
    frame.index.name = None
    columns = {
        "aar": Column(title="År"),
        "soner": Column(title="Soner med måling", unit="soner", decimals=0),
        "uten_rad": Column(title="Soner uten måling dette året", unit="soner", decimals=0),
        **{
            name: Column(title=_AMOUNTS[name], unit="m³", decimals=0)
            for name in ("levert_m3", "forbruk_m3", "umaalt_m3", "lekkasje_m3")
        },
        "l_s": Column(title="Lekkasje i gjennomsnitt", unit="l/s", decimals=1),
        "prosent": Column(title="Andel av levert vann som lekker", unit="%", decimals=1),
    }
    return Table(
        name="aar",
        title="Lekkasje i alle soner, år for år",
        frame=frame[list(columns)],
        columns=columns,
        note="Levert er vann inn i sonene utenom det som går videre til en annen sone, så det "
        "samme vannet telles én gang. Er et tall ukjent i en sone, er summen ukjent. Andelen er "
        "slik KOSTRA måler den: av alt vann som er levert til nettet.",
    )


def zone_years(found: pd.DataFrame, facts: ZoneFacts) -> Table:
    """Return every zone and year with what was measured."""
    frame = found.assign(
        sone=facts.names.reindex(found["sone_id"]).to_numpy(),
        prosent=100 * found["andel"],
        aar=found["aar"].astype(str),
    ).set_axis(found["sone_id"] + "_" + found["aar"].astype(str))
    amounts = {n: Column(title=t, unit="m³", decimals=0) for n, t in _AMOUNTS.items()}
    columns: dict[str, Any] = {
        "sone": Column(title="Sone"),
        "aar": Column(title="År"),
        **amounts,
        **{name: one for name, one in _measures(found).items() if name not in amounts},
    }
    return Table(
        name="soner_aar",
        title="Målingene i hver sone, år for år",
        frame=frame[list(columns)],
        columns=columns,
        note="«Ikke målt brukt» er levert vann uten målt forbruk: lekkasjen er ikke større.",
    )


def chart(years: pd.DataFrame) -> tuple[YearChart, ...]:
    """Draw where the water goes, year by year."""
    if not years["lekkasje_m3"].notna().any() or (years["lekkasje_m3"] < 0).any():
        return ()
    return (
        YearChart(
            name="lekkasje_aar",
            title="Hvor det leverte vannet blir av",
            table="aar",
            year="aar",
            columns=("forbruk_m3", "umaalt_m3", "lekkasje_m3"),
            colours={"forbruk_m3": "#2b6ca3", "umaalt_m3": "#9ecae1", "lekkasje_m3": "#d94801"},
        ),
    )


def layers_of(
    found: pd.DataFrame, facts: ZoneFacts, boundary: gpd.GeoDataFrame | None, shield: Shield
) -> tuple[MapLayer, ...]:
    """Draw the land, and the zones by share lost."""
    below = () if boundary is None else (land_of(boundary),)
    if facts.areas is None or not len(facts.areas):
        return below
    last = _last(found).set_index("sone_id").reindex(facts.areas.index)
    share = last["andel"].to_numpy(dtype=np.float64)
    frame = gpd.GeoDataFrame(
        {
            "sone": facts.names.reindex(facts.areas.index).to_numpy(),
            "klasse": [share_class(one) for one in share],
            "aar": ["ukjent" if pd.isna(one) else f"{one:.0f}" for one in last["aar"]],
            "prosent": 100 * share,
            "l_s": last["l_s"].to_numpy(),
            "l_s_km": last["l_s_km"].to_numpy(),
        },
        geometry=np.asarray(facts.areas.geometry.array, dtype=object),
        index=facts.areas.index,
        crs=facts.areas.crs,
    )
    classes = [StyleClass(value=n, label=n, fill=c, stroke="#333333") for _, n, c in CLASSES]
    classes.append(
        StyleClass(value=_UNKNOWN, label=_UNKNOWN, fill="#d9d9d9", stroke="#333333", dash=True)
    )
    layer = MapLayer(
        name="lekkasje_soner",
        title="Soner etter andel vann som lekker",
        frame=frame,
        columns={
            "sone": Column(title="Sone"),
            "klasse": Column(title="Andel av levert vann"),
            "aar": Column(title="År"),
            "prosent": Column(title="Andel som lekker", unit="%", decimals=1),
            "l_s": Column(title="Lekkasje", unit="l/s", decimals=2),
            "l_s_km": Column(title="Lekkasje for hver km", unit="l/s per km", decimals=3),
        },
        style=Style(column="klasse", classes=tuple(classes), opacity=0.7),
    )
    return (*below, shield.layer(layer))
