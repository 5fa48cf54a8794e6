"""What a proposed kommuneplan does to the land reserve: taken out, added, and given another use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._plan_style import group_colours
from askergeo.analyses._reserve_parts import DEKAR
from askergeo.charts import FlowChart, LedgerChart
from askergeo.crs import crs_name
from askergeo.geometry import geometries, polygons_of
from askergeo.overlay.account import AREA, account
from askergeo.reserve._ground import cut
from askergeo.result import Column, ColumnSum, MapLayer, RowSum, Style, StyleClass, Table

if TYPE_CHECKING:
    from askergeo.overlay.account import Account

__all__ = ["Change", "compare_reserves"]

_NONE: Final = "Ikke reserve"
# Narrower differences than this (m²) are in the tables, but not on the map.
_DRAWN: Final = 1.0
_KINDS: Final = (("Tatt ut", "#d55e00", "#6b2f00"), ("Ny", "#0072b2", "#003a5c"))


@dataclass(frozen=True)
class Change:
    """The difference between two reserves.

    Parameters
    ----------
    table
        By purpose group: before, taken out, added, other use, after.
    flows
        From group to group, for the diagram.
    charts, layers
        The diagram and the map.
    account
        The account that the areas of what changed come from; ``None`` when nothing did.
    out_dekar, new_dekar
        What the proposal takes out of the reserve, and what it adds.
    """

    table: Table
    flows: Table
    charts: tuple[LedgerChart | FlowChart, ...]
    layers: tuple[MapLayer, ...]
    account: Account | None
    out_dekar: float
    new_dekar: float


def compare_reserves(now: gpd.GeoDataFrame, then: gpd.GeoDataFrame) -> Change | None:
    """Hold the reserve of the plan in force against that of the proposal; ``None`` if both empty.

    Parameters
    ----------
    now, then
        Pieces with ``gruppe``, those that count.
    """
    if not len(now) or not len(then):
        return None
    same, rest = _unchanged(now, then)
    found = None
    if len(rest["gjeldende"]) or len(rest["forslag"]):
        both = pd.concat(list(rest.values()), ignore_index=True)
        found = account(
            {name: frame for name, frame in rest.items() if len(frame)},
            by={name: ["gruppe"] for name, frame in rest.items() if len(frame)},
            boundary=both[["geometry"]],
            crs=crs_name(now.crs),
        )
    rows = pd.concat([same, _account_rows(found)], ignore_index=True)
    table = _table(rows)
    flows = _flows(rows)
    colours = group_colours() | {_NONE: "#e6e6e6"}
    names = {*rows["fra"], *rows["til"]}
    chart = FlowChart(
        name="reserve_flyt",
        title="Arealreserven fra gjeldende plan til forslaget",
        table=flows.name,
        source="fra",
        target="til",
        value="dekar",
        colours={name: colours[name] for name in sorted(names) if name in colours},
    )
    steps = LedgerChart(
        name="reserve_regnskap",
        title="Regnskap over arealreserven fra gjeldende plan til forslaget",
        table=table.name,
        row="reserve",
        start="gjeldende",
        added=("tatt_ut", "ny", "annet_formaal"),
        end="forslag",
    )
    return Change(
        table=table,
        flows=flows,
        charts=(steps, chart),
        layers=(_layer(now, then),),
        account=found,
        out_dekar=float(rows.loc[rows["til"] == _NONE, "dekar"].sum()),
        new_dekar=float(rows.loc[rows["fra"] == _NONE, "dekar"].sum()),
    )


def _unchanged(
    now: gpd.GeoDataFrame, then: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, dict[str, gpd.GeoDataFrame]]:
    """Part the pieces that are the same in both from those that must be held against others."""
    keys = [
        pd.Series(shapely.to_wkb(geometries(frame)), dtype=object)
        + frame["gruppe"].str.encode("utf-8").to_numpy(dtype=object)
        for frame in (now, then)
    ]
    alike = [one.isin(set(other)).to_numpy() for one, other in (keys, keys[::-1])]
    rest = {
        name: frame.loc[~some, ["gruppe", "geometry"]].reset_index(drop=True)
        for name, frame, some in zip(("gjeldende", "forslag"), (now, then), alike, strict=True)
    }
    groups = now.loc[alike[0], "gruppe"].to_numpy(dtype=object)
    area = shapely.area(geometries(now)[alike[0]]) / DEKAR
    return pd.DataFrame({"fra": groups, "til": groups, "dekar": area}), rest


def _account_rows(found: Account | None) -> pd.DataFrame:
    """Areas from group to group of what changed."""
    if found is None:
        return pd.DataFrame({"fra": [], "til": [], "dekar": []}, dtype=object)
    rows = found.rows
    sides = {"fra": "gjeldende.gruppe", "til": "forslag.gruppe"}
    table = {
        side: rows[name].astype(object).fillna(_NONE) if name in rows else _NONE
        for side, name in sides.items()
    }
    return pd.DataFrame({**table, "dekar": rows[AREA] / DEKAR})


def _table(rows: pd.DataFrame) -> Table:
    groups = sorted({*rows["fra"], *rows["til"]} - {_NONE})
    records = {}
    for name in groups:
        before, after = rows[rows["fra"] == name], rows[rows["til"] == name]
        out, new = before["til"] == _NONE, after["fra"] == _NONE
        other = after.loc[~new & (after["fra"] != name), "dekar"].sum()
        other -= before.loc[~out & (before["til"] != name), "dekar"].sum()
        records[f"gruppe_{name[:2]}"] = [
            name,
            before["dekar"].sum(),
            0.0 - before.loc[out, "dekar"].sum(),
            after.loc[new, "dekar"].sum(),
            other,
            after["dekar"].sum(),
        ]
    names = ["gruppe", "gjeldende", "tatt_ut", "ny", "annet_formaal", "forslag"]
    frame = pd.DataFrame.from_dict(records, orient="index", columns=names)
    parts = tuple(frame.index)
    frame.loc["reserve"] = ["Reserven", *frame[names[1:]].sum()]
    titles = {
        "gjeldende": "Gjeldende plan",
        "tatt_ut": "Tatt ut",
        "ny": "Ny",
        "annet_formaal": "Til og fra andre formål",
        "forslag": "Forslaget",
    }
    return Table(
        name="forslag",
        title="Forslaget og arealreserven",
        frame=frame,
        columns={
            "gruppe": Column(title="Formålsgruppe"),
            **{n: Column(title=t, unit="dekar", decimals=1) for n, t in titles.items()},
        },
        row_sums=(RowSum("reserve", parts),),
        column_sums=(ColumnSum("forslag", ("gjeldende", "tatt_ut", "ny", "annet_formaal")),),
        note="Begge reservene er funnet med de samme reglene. «Tatt ut» er det som er reserve i "
        "gjeldende plan og ikke i forslaget: mest fordi formålet er endret, men også der en nabo "
        "er endret og resten er blitt for smal eller liten. Hva forslaget endrer i selve planen, "
        "også der det er bygd, står i «askergeo areal».",
    )


def _flows(rows: pd.DataFrame) -> Table:
    frame = pd.DataFrame(rows.groupby(["fra", "til"], as_index=False)["dekar"].sum())
    frame.index = pd.Index(frame["fra"].str[:2] + "-" + frame["til"].str[:2])
    return Table(
        name="reserve_flyt",
        title="Reserven fra plan til forslag",
        frame=frame,
        columns={
            "fra": Column(title="I gjeldende plan"),
            "til": Column(title="I forslaget"),
            "dekar": Column(title="Areal", unit="dekar", decimals=1),
        },
    )


def _layer(now: gpd.GeoDataFrame, then: gpd.GeoDataFrame) -> MapLayer:
    parts = []
    for (kind, _, _), one, other in zip(_KINDS, (now, then), (then, now), strict=True):
        left = cut(geometries(one), geometries(other)).shapes
        row = np.repeat(np.arange(len(left)), [len(polygons_of(shape)) for shape in left])
        shapes = polygons_of(left)
        drawn = shapely.area(shapes) >= _DRAWN
        parts.append(
            gpd.GeoDataFrame(
                {
                    "endring": kind,
                    "gruppe": one["gruppe"].to_numpy(dtype=object)[row[drawn]],
                    "dekar": shapely.area(shapes[drawn]) / DEKAR,
                },
                geometry=shapes[drawn],
                crs=now.crs,
            )
        )
    frame = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=now.crs)
    classes = tuple(
        StyleClass(value=kind, label=kind, fill=fill, stroke=stroke)
        for kind, fill, stroke in _KINDS
    )
    return MapLayer(
        name="reserve_endring",
        title="Tatt ut og ny i forslaget",
        frame=frame,
        columns={
            "endring": Column(title="Endring"),
            "gruppe": Column(title="Formålsgruppe"),
            "dekar": Column(title="Areal", unit="dekar", decimals=1),
        },
        style=Style(column="endring", classes=classes, opacity=0.7),
        visible=False,
    )
