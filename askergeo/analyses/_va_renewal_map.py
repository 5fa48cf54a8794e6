"""Maps of the plan: the projects by year, and the pipes by how much of their life is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_of
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.va.renewal import MEDIA, MIDDLE, TITLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._va_renewal_scene import Scene
    from askergeo.result import Table

__all__ = ["layers_of"]

# More lines than this are too many for the page.
_ON_PAGE: Final = 12_000
# Dark is soon.
_YEARS: Final = ("#7f2704", "#d94801", "#fd8d3c", "#fdbe85")
_LATER: Final = "#bdbdbd"
_USED: Final = (
    ("Eldre enn forventet levetid", "#b2182b"),
    ("Mer enn 80 % av levetiden brukt", "#ef8a62"),
    ("Mer enn halve levetiden brukt", "#fddbc7"),
    ("Under halve levetiden brukt", "#67a9cf"),
    ("Ukjent materiale eller år", "#969696"),
)
_NEARLY, _HALF = 0.8, 0.5


def layers_of(
    scene: Scene, projects: Table, boundary: gpd.GeoDataFrame | None
) -> tuple[MapLayer, ...]:
    """Draw the land, the pipes by used life and the projects by year."""
    ground = () if boundary is None else (land_of(boundary),)
    crs = scene.crs
    return (*ground, _pipe_layer(scene, crs), _project_layer(scene, projects, crs))


def _project_layer(scene: Scene, projects: Table, crs: object) -> MapLayer:
    """Draw the projects of the table, those that come soonest darkest."""
    shown = projects.frame
    rows = scene.order[: len(shown)]
    lines = scene.found.stock.lines
    drawn = (scene.made.of >= 0) & ~shapely.is_missing(lines)
    mine = np.flatnonzero(drawn)
    mine = mine[np.argsort(scene.made.of[mine], kind="stable")]
    of, first = np.unique(scene.made.of[mine], return_index=True)
    shapes = np.full(len(scene.order), None, dtype=object)
    parts = np.split(mine, first[1:])
    for one, own in zip(of, parts, strict=True):
        shapes[one] = shapely.multilinestrings(list(_single(lines[own])))
    classes = _year_classes(scene)
    names = ["prosjekt", "gate", "aar", "groft_m", *MEDIA, "personer", "institusjoner", "kr"]
    frame = gpd.GeoDataFrame(
        shown.assign(prosjekt=shown.index, naar=_when(scene, rows))[["naar", *names]],
        geometry=shapes[rows], crs=crs,
    )  # fmt: skip
    columns = {"naar": Column(title="Når"), "prosjekt": Column(title="Prosjekt")}
    columns |= {name: projects.columns[name] for name in names if name != "prosjekt"}
    return MapLayer(
        name="prosjekter",
        title="Gateprosjekter etter år",
        frame=frame,
        columns=columns,
        style=Style(column="naar", classes=classes, width=0.6),
        rows_of=projects.name,
        on_page=len(frame) <= _ON_PAGE,
    )


def _single(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    parts = shapely.get_parts(lines)
    return np.asarray(parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING])


def _spans(scene: Scene) -> list[tuple[int, int]]:
    """Split the years of the plan in as many spans as there are colours, at most."""
    parts = np.array_split(np.array(scene.plan_years), min(len(_YEARS), len(scene.plan_years)))
    return [(int(one[0]), int(one[-1])) for one in parts]


def _label(span: tuple[int, int]) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}–{span[1]}"


def _year_classes(scene: Scene) -> tuple[StyleClass, ...]:
    soon = tuple(
        StyleClass(value=_label(span), label=_label(span), stroke=colour, width=1.3)
        for span, colour in zip(_spans(scene), _YEARS, strict=False)
    )
    return (*soon, StyleClass(value="Etter planen", label="Etter planen", stroke=_LATER))


def _when(scene: Scene, rows: NDArray[np.int64]) -> list[str]:
    spans = _spans(scene)
    return [
        next((_label(span) for span in spans if span[0] <= year <= span[1]), "Etter planen")
        for year in scene.year_of[rows].tolist()
    ]


def _pipe_layer(scene: Scene, crs: object) -> MapLayer:
    """Draw the municipal pipes by how much of their expected life is used."""
    found, stock = scene.found, scene.found.stock
    drawn = np.flatnonzero(~shapely.is_missing(stock.lines))
    used = found.used[MIDDLE]
    unknown = (stock.material < 0) | (stock.laid < 0)
    kinds = np.select(
        [unknown, used >= 1, used > _NEARLY, used >= _HALF], [4, 0, 1, 2], 3
    )  # fmt: skip
    labels = np.array([title for title, _ in _USED], dtype=object)
    names = np.array(
        [found.lives.names[one] for one in found.lives.materials] + ["Ukjent"], dtype=object
    )
    year = pd.array(np.where(stock.laid > 0, stock.laid, 0), dtype="Int64")
    year[stock.laid < 0] = pd.NA
    frame = gpd.GeoDataFrame(
        {
            "tilstand": labels[kinds][drawn],
            "nett": np.array(TITLES, dtype=object)[stock.medium][drawn],
            "ledning": scene.ids[drawn],
            "materiale": names[stock.material % len(names)][drawn],
            "aar": year[drawn],
            "brukt": 100 * np.where(unknown, np.nan, used)[drawn],
            "hendelser": (1_000 * found.events[MIDDLE] / stock.length_m)[drawn],
        },
        geometry=stock.lines[drawn], crs=crs,
    )  # fmt: skip
    there = set(frame["tilstand"])
    classes = tuple(
        StyleClass(value=title, label=title, stroke=colour, dash=title == _USED[-1][0])
        for title, colour in _USED
        if title in there
    )
    return MapLayer(
        name="ledninger",
        title="Ledninger etter brukt levetid",
        frame=frame,
        columns={
            "tilstand": Column(title="Tilstand"),
            "nett": Column(title="Nett"),
            "ledning": Column(title="Ledning"),
            "materiale": Column(title="Materiale"),
            "aar": Column(title="Lagt eller fornyet", unit="år", decimals=0),
            "brukt": Column(title="Brukt av levetiden", unit="%", decimals=0),
            "hendelser": Column(title="Ventede hendelser per km og år", decimals=2),
        },
        style=Style(column="tilstand", classes=classes, width=0.55),
        # The projects lie on the same lines.
        visible=False,
        on_page=len(frame) <= _ON_PAGE,
    )
