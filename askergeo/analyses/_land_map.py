"""What the land account draws: what changes, and what is set aside on which land cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._plan_style import purpose_style
from askergeo.analyses._land_account import DEKAR
from askergeo.analyses._land_change import CHANGES, change_kind, purpose_label
from askergeo.geometry import geometries, polygons_of, union
from askergeo.overlay.areas import pair_areas
from askergeo.overlay.pieces import pieces
from askergeo.result import Column, MapLayer, Style, StyleClass

if TYPE_CHECKING:
    from collections.abc import Collection

    from askergeo.analyses._land import LandBoundary, LandCover

__all__ = ["cover_change_layer", "future_layer", "plan_change_layer"]

# Blue, vermilion and yellow of Okabe and Ito's palette: told apart without red and green.
_TAKEN, _ADDED, _OTHER = "#0072b2", "#d55e00", "#f0e442"
# Polygons that the map on the page can hold.
_ON_PAGE: Final = 3_000
_AREA: Final = {"dekar": Column(title="Areal", unit="dekar", decimals=2)}


def _changed(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    key: str,
    boundary: LandBoundary,
    *,
    apart: bool,
) -> gpd.GeoDataFrame:
    """Where two layers say different things: connected areas with what each says.

    Parameters
    ----------
    before, after
        Polygons.
    key
        Column that both have.
    boundary
        What lies outside is left out.
    apart
        No rows of a layer overlap, so that a row that both have changes nothing.

    Returns
    -------
    GeoDataFrame
        ``fra`` and ``til`` (values of the key), ``dekar``, and a polygon a row.
    """
    if apart:
        before, after = _only_here(before, after, key)
    before, after = before.reset_index(drop=True), after.reset_index(drop=True)
    old, new = before[key].to_numpy(dtype=object), after[key].to_numpy(dtype=object)
    pairs = pair_areas(before, after, crs=boundary.crs)
    differ = old[pairs.left] != new[pairs.right]
    cut = pieces(
        {
            "fra": before.loc[np.unique(pairs.left[differ])],
            "til": after.loc[np.unique(pairs.right[differ])],
            "grense": boundary.frame,
        },
        crs=boundary.crs,
    )
    cut["fra"], cut["til"] = old[cut["fra"]], new[cut["til"]]
    return _dissolved(cut[cut["fra"] != cut["til"]], ["fra", "til"], boundary.crs)


def _only_here(
    one: gpd.GeoDataFrame, other: gpd.GeoDataFrame, key: str
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Leave out the rows that both layers have, point for point and with the same key."""
    names = [
        pd.MultiIndex.from_arrays([frame[key], shapely.to_wkb(geometries(frame))])
        for frame in (one, other)
    ]
    return one[~names[0].isin(names[1])], other[~names[1].isin(names[0])]


def _dissolved(cut: gpd.GeoDataFrame, keys: list[str], crs: str) -> gpd.GeoDataFrame:
    """Join pieces that say the same, a row a connected area."""
    names: list[tuple[object, ...]] = []
    shapes: list[shapely.Geometry] = []
    for values, rows in cut.groupby(keys, sort=True):
        parts = polygons_of(union(geometries(rows)))
        names += [values] * len(parts)
        shapes += list(parts)
    frame = gpd.GeoDataFrame(pd.DataFrame(names, columns=keys), geometry=shapes, crs=crs)
    return frame.assign(dekar=shapely.area(geometries(frame)) / DEKAR)


def cover_change_layer(
    before: LandCover, after: LandCover, boundary: LandBoundary, *, apart: bool
) -> MapLayer | None:
    """Draw where the land cover differs between two dates; ``None`` when nowhere.

    Parameters
    ----------
    before, after
        The two maps.
    boundary
        What lies outside is left out.
    apart
        Neither map has rows that overlap.
    """
    frame = _changed(before.frame, after.frame, "klassenavn", boundary, apart=apart)
    if not len(frame):
        return None
    colours = dict(zip(after.classes["klassenavn"], after.classes["farge"], strict=True))
    classes = tuple(
        StyleClass(value=name, label=f"Nå: {name}", fill=colours.get(name, ""))
        for name in dict.fromkeys([*colours, *frame["til"]])
        if (frame["til"] == name).any()
    )
    return MapLayer(
        name="endring_arealdekke",
        title="Endret arealdekke",
        frame=frame[["fra", "til", "dekar", "geometry"]],
        columns={"fra": Column(title="Før"), "til": Column(title="Nå"), **_AREA},
        style=Style(column="til", classes=classes, stroke="#000000", width=0.2),
        on_page=len(frame) <= _ON_PAGE,
    )


def plan_change_layer(
    plan: gpd.GeoDataFrame,
    proposal: gpd.GeoDataFrame,
    cover: LandCover,
    farmland: Collection[str],
    boundary: LandBoundary,
    *,
    apart: bool,
) -> MapLayer | None:
    """Draw what the proposal changes, with the farmland in each area; ``None`` when nothing.

    Parameters
    ----------
    plan, proposal
        Rows as `askergeo.analyses._land.plan_frame` gives them.
    cover
        Land cover now.
    farmland
        Its classes that are farmland.
    boundary
        What lies outside is left out.
    apart
        Neither plan has rows that overlap.
    """
    before, after = _keyed(plan), _keyed(proposal)
    frame = _changed(before, after, "nokkel", boundary, apart=apart)
    if not len(frame):
        return None
    old = before.drop_duplicates("nokkel").set_index("nokkel").loc[frame["fra"]]
    new = after.drop_duplicates("nokkel").set_index("nokkel").loc[frame["til"]]
    kind = change_kind(old["utbygging"].reset_index(drop=True), new["utbygging"].reset_index(
        drop=True))  # fmt: skip
    frame = frame.assign(
        slag=kind,
        fra=old["navn"].to_numpy(),
        til=new["navn"].to_numpy(),
        dyrket_dekar=_within(frame, cover, farmland, boundary.crs) / DEKAR,
    )
    colours = {CHANGES[True, False]: _TAKEN, CHANGES[False, True]: _ADDED}
    classes = tuple(
        StyleClass(value=one, label=one[0].upper() + one[1:], fill=colours.get(one, _OTHER))
        for one in sorted(set(frame["slag"]), key=[*colours, *set(frame["slag"])].index)
    )
    return MapLayer(
        name="planendring",
        title="Hva planforslaget endrer",
        frame=frame[["slag", "fra", "til", "dekar", "dyrket_dekar", "geometry"]],
        columns={
            "slag": Column(title="Endring"),
            "fra": Column(title="Gjeldende plan"),
            "til": Column(title="Forslag"),
            **_AREA,
            "dyrket_dekar": Column(title="Dyrket jord", unit="dekar", decimals=2),
        },
        style=Style(column="slag", classes=classes, stroke="#000000", width=0.2, opacity=0.8),
        on_page=len(frame) <= _ON_PAGE,
    )


def _keyed(plan: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each row what tells it from others: code and status."""
    return plan.assign(
        nokkel=plan["kode"] + "|" + plan["status"],
        navn=purpose_label(plan, ""),
        utbygging=plan["utbygging"].map({True: "ja", False: "nei"}).fillna("ukjent"),
    )


def _within(
    areas: gpd.GeoDataFrame, cover: LandCover, classes: Collection[str], crs: str
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Area of some classes of the land cover in each area, m²."""
    chosen = cover.frame[cover.frame["klasse"].isin(list(classes))]
    found = pair_areas(areas, chosen, crs=crs)
    return np.bincount(found.left, weights=found.area, minlength=len(areas)).astype(np.float64)


def future_layer(
    plan: gpd.GeoDataFrame, cover: LandCover, boundary: LandBoundary
) -> MapLayer | None:
    """Draw what the plan sets aside for future development by land cover, in official colours.

    Parameters
    ----------
    plan
        Rows as `askergeo.analyses._land.plan_frame` gives them.
    cover
        Land cover now.
    boundary
        What lies outside is left out.
    """
    chosen = plan[plan["utbygging"].fillna(value=False) & (plan["status"] == "Framtidig")]
    if not len(chosen):
        return None
    themes = {"plan": chosen.reset_index(drop=True), "dekke": cover.frame.reset_index(drop=True)}
    near = pair_areas(themes["plan"], themes["dekke"], crs=boundary.crs)
    themes["dekke"] = themes["dekke"].loc[np.unique(near.right)]
    cut = pieces({**themes, "grense": boundary.frame}, crs=boundary.crs)
    for column in ("formaal", "gruppe"):
        cut[column] = themes["plan"].loc[cut["plan"], column].to_numpy()
    cut["klassenavn"] = themes["dekke"].loc[cut["dekke"], "klassenavn"].to_numpy()
    frame = _dissolved(cut, ["gruppe", "formaal", "klassenavn"], boundary.crs)
    return MapLayer(
        name="framtidig_utbygging",
        title="Satt av til framtidig utbygging",
        frame=frame[["formaal", "gruppe", "klassenavn", "dekar", "geometry"]],
        columns={
            "formaal": Column(title="Arealformål"),
            "gruppe": Column(title="Formålsgruppe"),
            "klassenavn": Column(title="Arealdekke"),
            **_AREA,
        },
        style=purpose_style("formaal", frame["formaal"].unique(), future=True),
        note="Etter gjeldende kommuneplan, også det som alt er bygd.",
        on_page=len(frame) <= _ON_PAGE,
    )
