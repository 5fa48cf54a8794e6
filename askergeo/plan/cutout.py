"""Draws map cut-outs of a review as SVG: small, alike each time, and readable without colour.

Below lie the package's own layers, drawn pale; above them the plan's purposes in their official
colours, its outline, and what was hit: red hatched with a full line, yellow dotted with a broken
one. Everything is cut to the frame and simplified to the pixel, a quarter of a millimetre on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._plan_style import purpose_style
from askergeo.geometry import geometries
from askergeo.numbers import HARD_SPACE, format_number
from askergeo.outputs._map_svg import (
    INK,
    View,
    line,
    metres,
    north_arrow,
    path,
    path_data,
    pixels,
    rings,
    scale_bar,
)
from askergeo.outputs.report import clean_text
from askergeo.plan._svg import HEIGHT, RED, WIDTH, YELLOW, patterns, stroke, swatch, view_of
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.datapackage import DataPackage
    from askergeo.outputs._map_svg import Box, Shapes
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

__all__ = [
    "NEAR_PLAN",
    "Cutout",
    "Ground",
    "Mark",
    "cutout",
    "key_symbols",
    "near_plan",
    "read_ground",
]

#: Metres from the plan beyond which nothing is drawn: a fault in the coordinates, not a place.
NEAR_PLAN: Final = 2_000.0
# A view that is wider (m) has so many roads and houses that they hide the plan.
_DETAIL = 12_000.0
_HOUSES_TO, _PATHS_TO = 10_000, 5_000
# Pixels: a mark that is smaller gets a ring, or nobody finds it.
_SMALL, _RING = 14.0, 16
_CARS: Final = frozenset({"bilveg", "motorveg", "gatetun"})
#: What the ground is made of, with the columns that are read.
_GROUND: Final = {
    "vann": (),
    "kystkontur": (),
    "veg": ("vegtype", "medium"),
    "bygning": (),
    "kommunegrense": ("omfang",),
}
_HEAVY: Final = ("veg", "bygning")
_LAND, _WATER, _SHORE = "#f7f5ee", "#d3e8f3", "#5b9bc8"
_ROAD, _PATH, _HOUSE, _BOUNDARY = "#9a9a9a", "#b3a794", "#8d8078", "#8a1c7c"
_EDGED: Final = 'fill="{}" fill-opacity="{:g}" stroke="{}" stroke-width=".8"'
_MARKS: Final = {Status.HIT_RED: (RED, "r"), Status.HIT_YELLOW: (YELLOW, "g")}
_NAMES: Final = {Status.HIT_RED: "rødt", Status.HIT_YELLOW: "gult"}


@dataclass(frozen=True)
class Mark:
    """Something to show: where it is, and whether it is red or yellow."""

    geometry: BaseGeometry
    status: Status


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """A cut-out: the picture, what it shows for those who do not see it, and its size and place."""

    svg: str
    alt: str
    caption: str


class Ground:
    """A plan, and the layers below it, read once in the frame that all its cut-outs lie in.

    Parameters
    ----------
    place
        The plan.
    view
        The frame that holds everything that is drawn.
    frames
        Rows by layer.
    """

    def __init__(self, place: Place, view: View, frames: Mapping[str, gpd.GeoDataFrame]) -> None:
        self.view = view
        self.frames = frames
        self.crs = place.uses.crs
        self._edge = rings([place.outline])
        #: Each purpose: its name, its official colour, and where it is.
        self.purposes = tuple(_purpose_groups(place))
        self._parts = {name: _Part(shapes) for name, shapes in _parts(frames)}
        self._drawn: dict[View, str] = {}

    def drawn(self, view: View) -> str:
        """Give the map of a view without marks; views that are alike are drawn once."""
        if view not in self._drawn:
            self._drawn[view] = "".join(self._draw(view))
        return self._drawn[view]

    def shows(self, layer: str) -> bool:
        """Whether anything of a layer is in the frame."""
        names = ("bilveg", "gangveg") if layer == "veg" else (layer,)
        frame = shapely.box(*self.view.box)
        return any(bool(shapely.intersects(self._parts[one].shapes, frame).any()) for one in names)

    def _draw(self, view: View) -> Iterator[str]:
        water = self._within("vann", view)
        yield path(path_data(water, view, closed=True), _EDGED.format(_WATER, 1, _SHORE))
        yield line(self._within("kystkontur", view), view, _SHORE, 1.2)
        for _, fill, shapes in self.purposes:
            seen = shapes[_meet(shapely.bounds(shapes), view.box)]
            yield path(path_data(seen, view, closed=True), _EDGED.format(fill, 0.6, "#6b6b6b"))
        if view.scale <= _PATHS_TO:
            yield line(self._within("gangveg", view), view, _PATH, 1, "3 2")
        near = view.scale <= _HOUSES_TO
        yield line(self._within("bilveg", view), view, _ROAD, 2.4 if near else 1)
        if near:
            houses = self._within("bygning", view)
            points = houses[shapely.get_dimensions(houses) == 0]
            dots = "".join(f"M{x} {y}h0" for x, y in pixels(points, view))
            yield path(dots, f'stroke="{_HOUSE}" stroke-width="4" stroke-linecap="square"')
            yield path(path_data(houses, view, closed=True), f'fill="{_HOUSE}"')
        yield line(self._edge, view, INK, 2.2, "10 3 2 3")
        yield line(self._within("kommunegrense", view), view, _BOUNDARY, 1.6, "12 4")

    def _within(self, name: str, view: View) -> Shapes:
        """Give what may be seen in a view, in its order."""
        part = self._parts.get(name)
        if part is None:
            return np.array([], dtype=object)
        return part.shapes[np.sort(part.tree.query(shapely.box(*view.box)))]


class _Part:
    """Shapes with a tree to find them by."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.tree = shapely.STRtree(shapes)


def _parts(frames: Mapping[str, gpd.GeoDataFrame]) -> Iterator[tuple[str, Shapes]]:
    """Give what is drawn alike, valid: roads for cars and other ways are two."""
    for name, frame in frames.items():
        shapes = _valid(geometries(frame))
        if name == "veg":
            open_air = np.ones(len(frame), dtype=bool)
            if "medium" in frame:
                open_air = (frame["medium"] != "tunnel").fillna(value=True).to_numpy(dtype=bool)
            cars = frame["vegtype"].isin(_CARS).to_numpy(dtype=bool)
            yield "bilveg", shapes[cars & open_air]
            yield "gangveg", shapes[~cars & open_air]
        elif name == "kommunegrense":
            # Of the municipality with its sea and its land the first: the other is the coast.
            whole = (frame["omfang"] == "med_sjo").to_numpy(dtype=bool)
            yield name, rings(shapes[whole] if whole.any() else shapes)
        else:
            yield name, shapes


def _valid(shapes: Shapes) -> Shapes:
    broken = ~shapely.is_valid(shapes)
    if not broken.any():
        return shapes
    mended = shapes.copy()
    mended[broken] = shapely.make_valid(mended[broken])
    return mended


def read_ground(
    package: DataPackage | ScenarioView, place: Place, marks: Sequence[Mark] = ()
) -> Ground:
    """Read what lies below the cut-outs of a plan.

    Parameters
    ----------
    package
        The data package; a layer that it does not have is not drawn.
    place
        The plan.
    marks
        What will be shown; those farther off than `NEAR_PLAN` are not looked at.
    """
    near = [one.geometry for one in marks if near_plan(one.geometry, place.outline)]
    view = view_of([place.outline, *near])
    wide = view.box[2] - view.box[0] > _DETAIL
    frames = {}
    for layer, columns in _GROUND.items():
        if layer in package and not (wide and layer in _HEAVY):
            known = package.records[layer].columns
            names = [name for name in columns if name in known]
            frames[layer] = package.read(layer, bbox=view.box, columns=names)
    return Ground(place, view, frames)


def near_plan(geometry: BaseGeometry, outline: BaseGeometry) -> bool:
    """Whether something can be drawn on a map of the plan."""
    if geometry.is_empty or not np.isfinite(geometry.bounds).all():
        return False
    return bool(shapely.dwithin(shapely.box(*outline.bounds), geometry, NEAR_PLAN))


def cutout(
    marks: Sequence[Mark],
    ground: Ground,
    *,
    number: int,
    title: str,
    whole: bool = False,
) -> Cutout:
    """Draw what a finding is about.

    Parameters
    ----------
    marks
        What to show; at least one unless ``whole``.
    ground
        From `read_ground`, for these marks.
    number
        Unlike that of every other cut-out in the same document: its patterns are named by it.
    title
        What it shows, in bokmål, for the text beside the picture.
    whole
        Show the whole plan.
    """
    view = ground.view if whole else view_of([one.geometry for one in marks], ground.view)
    size = f"{metres(view.box[2] - view.box[0])} × {metres(view.box[3] - view.box[1])}"
    caption = (
        f"{size}, målestokk 1:{format_number(view.scale)} på A4. Midten av utsnittet: "
        f"nord {format_number((view.box[1] + view.box[3]) / 2)}, "
        f"øst {format_number((view.box[0] + view.box[2]) / 2)} ({_system(ground.crs)})."
    )
    colours = " og ".join(dict.fromkeys(_NAMES[one.status] for one in marks))
    alt = clean_text(f"Kart: {title}{f', {colours} treff' if marks else ''}. {caption}")
    frame = f'width="{WIDTH - 1}" height="{HEIGHT - 1}" fill="none" stroke="#767676"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        f' aria-label="{escape(alt)}">',
        f"<defs>{patterns(number)}</defs>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_LAND}"/>',
        ground.drawn(view),
        *(text for one in marks for text in _mark(one, view, number)),
        north_arrow(WIDTH),
        scale_bar(view),
        f'<rect x=".5" y=".5" {frame}/>',
        "</svg>",
    ]
    return Cutout(svg="".join(parts), alt=alt, caption=caption)


def key_symbols(ground: Ground) -> list[dict[str, str]]:
    """Say what the signs of the cut-outs mean: ``svg`` and ``tekst`` of each that may be seen."""
    yellow = f'fill="url(#g0)" stroke="{YELLOW}" stroke-width="2" stroke-dasharray="6 3"'
    outline = f'fill="none" stroke="{INK}" stroke-width="2" stroke-dasharray="10 3 2 3"'
    shown = [
        (swatch(f'fill="url(#r0)" stroke="{RED}" stroke-width="2"'), "Rødt treff"),
        (swatch(yellow), "Gult treff"),
        (swatch(outline), "Planområde"),
    ]
    shown += [
        (swatch(f'fill="{fill}" fill-opacity=".6" stroke="#6b6b6b"'), label)
        for label, fill, _ in ground.purposes
    ]
    below = {
        "vann": (swatch(f'fill="{_WATER}" stroke="{_SHORE}"'), "Vann"),
        "kystkontur": (stroke(_SHORE, 1.2), "Kystlinje"),
        "veg": (stroke(_ROAD, 3), "Veg"),
        "bygning": (swatch(f'fill="{_HOUSE}"'), "Bygning"),
        "kommunegrense": (stroke(_BOUNDARY, 2, "12 4"), "Kommunegrense"),
    }
    shown += [below[name] for name in ground.frames if ground.shows(name)]
    return [{"svg": svg, "tekst": text} for svg, text in shown]


def _purpose_groups(place: Place) -> Iterator[tuple[str, str, Shapes]]:
    """Give each purpose of the plan: its name, its official colour, and where it is."""
    codes = pd.to_numeric(place.uses["kode"], errors="coerce").astype("Int64")
    style = purpose_style("kode", codes.dropna().unique(), plan="reguleringsplan")
    drawn = {one.value: (one.label, one.fill or style.fill) for one in style.classes}
    shapes = _valid(geometries(place.uses))
    for code in sorted(set(codes.dropna())):
        label, fill = drawn.get(code, (f"{code}, ukjent formål", style.fill))
        yield label, fill, shapes[(codes == code).fillna(value=False).to_numpy(dtype=bool)]
    unknown = codes.isna().to_numpy(dtype=bool)
    if unknown.any():
        yield "Uten formål", style.fill, shapes[unknown]


def _meet(bounds: NDArray[np.float64], box: Box) -> NDArray[np.bool_]:
    west, south, east, north = bounds.T
    met = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
    return np.asarray(met, dtype=bool)


def _mark(mark: Mark, view: View, number: int) -> Iterator[str]:
    """Draw what was hit: a surface, a line or a point, with a white rim and, when small, a ring."""
    colour, pattern = _MARKS[mark.status]
    dash = ' stroke-dasharray="7 3"' if mark.status == Status.HIT_YELLOW else ""
    shapes = _valid(np.array([mark.geometry], dtype=object))
    shapes = shapely.get_parts(shapely.get_parts(shapes))
    surfaces = shapes[shapely.get_dimensions(shapes) == 2]  # noqa: PLR2004  (a surface)
    data = path_data(surfaces, view, closed=True)
    yield path(data, 'fill="none" stroke="#ffffff" stroke-width="5" stroke-opacity=".8"')
    edge = f'stroke="{colour}" stroke-width="2.2"{dash}'
    yield path(data, f'fill="url(#{pattern}{number})" {edge}')
    lines = shapes[shapely.get_dimensions(shapes) == 1]
    yield line(lines, view, "#ffffff", 7)
    yield line(lines, view, colour, 4, "7 3" if dash else "")
    west, south, east, north = mark.geometry.bounds
    if max(east - west, north - south) < _SMALL * view.pixel:
        middle = np.array([shapely.Point((west + east) / 2, (south + north) / 2)], dtype=object)
        for x, y in pixels(middle, view):
            ring = f'<circle cx="{x}" cy="{y}" r="{_RING}" fill="none" '
            yield f'{ring}stroke="#ffffff" stroke-width="6"/>'
            yield f'{ring}stroke="{colour}" stroke-width="3"{dash}/>'


def _system(crs: Any) -> str:  # noqa: ANN401  (a pyproj CRS)
    """Name the coordinate system as people do."""
    zone = (crs.to_epsg() or 0) - 25800
    return f"EUREF89 UTM{HARD_SPACE}{zone}" if 0 < zone <= 60 else crs.name  # noqa: PLR2004  (zones)
