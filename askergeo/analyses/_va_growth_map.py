"""The map of growth: plants and whether they have room, pipes by how full they are, projects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.analyses._background import land_of
from askergeo.analyses._va_growth_connect import near_layer_frame
from askergeo.analyses._va_growth_pipes import MAIN_COLUMNS, shown_mains
from askergeo.analyses._va_growth_tables import year_column
from askergeo.analyses._va_growth_wait import FREE, NEVER, NO_PLANT, UNSURE, WAITS, worst
from askergeo.geometry import geometries
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.va._net_pipes import text_of
from askergeo.va.load import first_over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._va_growth_connect import Near
    from askergeo.analyses._va_growth_scene import Scene
    from askergeo.analyses._va_growth_sums import PlantLoad

__all__ = ["layers_of"]

_GREEN, _YELLOW, _RED, _GREY = "#1b9e77", "#e6ab02", "#d7301f", "#9e9e9e"
_FULL: Final = {
    "Fullt": _RED, "Blir fullt": _YELLOW, "Har plass": _GREEN, "Ukjent": _GREY,
    "Ikke i bruk": "#ffffff",
}  # fmt: skip
# What is full must be seen in grey too.
_MARKS: Final = {"Fullt": "cross", "Blir fullt": "triangle", "Ukjent": "square"}
_WAIT: Final = {NO_PLANT: _RED, NEVER: _RED, WAITS: _YELLOW, UNSURE: _GREY, FREE: _GREEN}
_NARROW: Final = ("Full i dag", "Blir full")
_PIPES: Final = {
    "Full i dag": _RED, "Blir full": _YELLOW, "Har plass": "#7fa8c9", "Ukjent": "#bdbdbd",
}  # fmt: skip


def _classes(colours: dict[str, str], present: pd.Series) -> tuple[StyleClass, ...]:
    kept = [one for one in colours if one in set(present)]
    return tuple(
        StyleClass(value=one, label=one, fill=colours[one], stroke=colours[one]
                   if colours[one] != "#ffffff" else "#444444", dash=one == "Ukjent",
                   width=1.2 if one in _NARROW else 0.0)
        for one in kept
    )  # fmt: skip


def _marked(classes: tuple[StyleClass, ...]) -> tuple[StyleClass, ...]:
    """Give plants a mark by how full they are, outlined against the pipes below."""
    return tuple(
        replace(one, shape=_MARKS.get(str(one.value), "diamond"), stroke="#222222", dash=False)
        for one in classes
    )


def layers_of(
    scene: Scene,
    loads: dict[str, PlantLoad],
    mains: dict[str, pd.DataFrame],
    projects: pd.DataFrame,
    near: dict[str, Near | None],
) -> tuple[MapLayer, ...]:
    """Draw the answer, the plants on top."""
    boundary = scene.layers["kommunegrense"]
    found = [land_of(boundary)] if boundary is not None and len(boundary) else []
    found += [_main_layer(scene, kind, rows) for kind, rows in mains.items() if len(rows)]
    frame = near_layer_frame(scene, near)
    if frame is not None:
        found.append(_near_layer(frame))
    if not projects.empty:
        found.append(_project_layer(scene, projects))
    plants = [_plants(scene, kind, one) for kind, one in loads.items() if one.plants.ids]
    if plants:
        found.append(_plant_layer(scene, pd.concat(plants, ignore_index=True)))
    return tuple(found)


def _plants(scene: Scene, kind: str, found: PlantLoad) -> pd.DataFrame:
    side, anlegg = scene.sides[kind], scene.layers["va_anlegg"]
    assert anlegg is not None  # noqa: S101  (plants were reckoned)
    over = found.over["hoved"]
    states = _states(found, scene.years)[side.group]
    # Works that are reckoned together stand each in its own place.
    names, ids = (text_of(anlegg, one)[side.each] for one in ("navn", "anlegg_id"))
    return pd.DataFrame(
        {
            "anlegg": np.where(names == "", ids, names),
            **dict(zip(_year_columns(scene.years).values(), states.T, strict=True)),
            "fullt": year_column(over[side.group]),
            "rad": side.each,
        }
    )


def _year_columns(years: NDArray[np.int64]) -> dict[int, str]:
    """Name the column of the class of each year; the map opens with the first."""
    names = ["klasse", *(f"klasse_{year}" for year in years[1:])]
    return dict(zip(map(int, years), names, strict=True))


def _states(found: PlantLoad, years: NDArray[np.int64]) -> NDArray[np.object_]:
    """Tell, seen from each year, whether each plant is full or will be, (p, t)."""
    plants, moved = found.plants, found.moved["hoved"].load
    each = [
        first_over(moved[:, k : k + 1], plants.capacity[:, k : k + 1], years[k : k + 1],
                   plants.running[:, k : k + 1])
        for k in range(len(years))
    ]  # fmt: skip
    full = ~np.isnan(np.column_stack(each))
    later = np.flip(np.logical_or.accumulate(np.flip(full, axis=1), axis=1), axis=1)
    lacks = np.isnan(np.where(plants.running, plants.capacity, 0.0))
    lacking = np.broadcast_to(lacks.any(axis=1, keepdims=True), full.shape)
    states = np.select(
        [~plants.running, full, later, lacking],
        ["Ikke i bruk", "Fullt", "Blir fullt", "Ukjent"], "Har plass",
    )  # fmt: skip
    return np.asarray(states, dtype=object)


def _plant_layer(scene: Scene, frame: pd.DataFrame) -> MapLayer:
    anlegg = scene.layers["va_anlegg"]
    assert anlegg is not None  # noqa: S101  (plants were reckoned)
    shapes = geometries(anlegg)[frame.pop("rad").to_numpy()]
    years = _year_columns(scene.years)
    there = frame[list(years.values())].melt()["value"]
    return MapLayer(
        name="anlegg",
        title="Renseanlegg og vannverk",
        frame=gpd.GeoDataFrame(frame, geometry=shapes, crs=anlegg.crs),
        columns={
            "anlegg": Column(title="Anlegg"),
            "fullt": Column(title="Fullt", unit="år", decimals=0),
            **{name: Column(title=f"Plass {year}") for year, name in years.items()},
        },
        style=Style(
            column="klasse",
            classes=_marked(_classes(_FULL, there)),
            size=5.0,
            width=0.3,
        ),
        years=years,
    )


def _main_layer(scene: Scene, kind: str, rows: pd.DataFrame) -> MapLayer:
    pipes = scene.layers["va_ledning"]
    assert pipes is not None  # noqa: S101  (mains were reckoned)
    over = rows["fullt"].to_numpy(dtype=np.float64)
    state = np.select(
        [over == scene.years[0], ~np.isnan(over), rows["fylling"].isna()],
        ["Full i dag", "Blir full", "Ukjent"], "Har plass",
    )  # fmt: skip
    frame = shown_mains(rows).assign(klasse=state).reset_index(drop=True)
    shapes = geometries(pipes)[rows["rad"].to_numpy()]
    title = "Vannledninger" if kind == "vann" else "Avløpsledninger"
    return MapLayer(
        name=f"ledninger_{kind}",
        title=f"{title} etter hvor fulle de blir",
        frame=gpd.GeoDataFrame(frame, geometry=shapes, crs=pipes.crs),
        columns={**MAIN_COLUMNS, "klasse": Column(title="Plass")},
        style=Style(column="klasse", classes=_classes(_PIPES, frame["klasse"]), width=0.5),
        visible=kind != "vann",
    )


def _project_layer(scene: Scene, projects: pd.DataFrame) -> MapLayer:
    programme = scene.layers["boligprogram"]
    assert programme is not None  # noqa: S101  (it has projects)
    frame = pd.DataFrame(
        {
            "navn": projects["navn"],
            "klasse": worst(projects),
            "ferdig": projects["ferdig"],
            "boliger": projects["boliger"],
        }
    )
    points = scene.demand.points[projects["sted"].to_numpy()]
    return MapLayer(
        name="venter",
        title="Prosjekter i boligprogrammet",
        frame=gpd.GeoDataFrame(frame, geometry=points, crs=programme.crs),
        columns={
            "navn": Column(title="Prosjekt"),
            "klasse": Column(title="Svar"),
            "ferdig": Column(title="De første ferdig", unit="år", decimals=0),
            "boliger": Column(title="Boliger", unit="boliger", decimals=0),
        },
        style=Style(
            column="klasse",
            classes=tuple(
                replace(one, stroke="#ffffff", dash=False)
                for one in _classes(_WAIT, frame["klasse"])
            ),
            size=3.0,
        ),
    )


def _near_layer(frame: gpd.GeoDataFrame) -> MapLayer:
    return MapLayer(
        name="naer",
        title="Boliger nær en ledning som ikke er knyttet til",
        frame=frame,
        columns={
            "adresse_id": Column(title="Adresse"),
            "nett": Column(title="Nett"),
            "meter": Column(title="Ny ledning", unit="m", decimals=0),
        },
        style=Style(
            column="nett",
            classes=(
                StyleClass(value="Vann", label="Vann", fill="#0072b2", stroke="#ffffff"),
                StyleClass(
                    value="Avløp", label="Avløp", fill="#009e73", stroke="#ffffff", shape="square"
                ),
            ),
            size=1.6,
        ),
        visible=False,
    )
