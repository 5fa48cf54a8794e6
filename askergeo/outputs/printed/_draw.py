"""Draws layers into a frame: simplified to the pixel, cut to the frame, one path a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.geometry import geometries, on_earth
from askergeo.outputs._map_svg import View, path, path_data
from askergeo.outputs.printed._signs import (
    LINE,
    POINT,
    SURFACE,
    class_numbers,
    edge_of,
    fill_of,
    mark_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from askergeo.outputs._map_svg import Box, Shapes
    from askergeo.outputs.printed._signs import Sign
    from askergeo.result import MapLayer

__all__ = ["Drawn", "draw", "extent", "read"]

# Pixels: a surface or line that is smaller is drawn as a dot, or it would vanish.
_DOT: Final = 1.5


class Drawn:
    """A layer with its shapes in order, read once for all frames."""

    def __init__(self, layer: MapLayer, signs: Sequence[Sign]) -> None:
        shapes = shapely.force_2d(geometries(layer.frame))
        bounds = shapely.bounds(shapes)
        sound = on_earth(shapes) & np.isfinite(bounds).all(axis=1)
        shapes = shapes[sound]
        broken = ~shapely.is_valid(shapes)
        if broken.any():
            shapes[broken] = shapely.make_valid(shapes[broken])
        self.layer = layer
        self.signs = tuple(signs)
        self.shapes: Shapes = shapes
        self.bounds: NDArray[np.float64] = bounds[sound]
        self.classes = class_numbers(layer)[sound]

    def seen(self, box: Box) -> NDArray[np.bool_]:
        """Tell which shapes may be seen in a frame."""
        west, south, east, north = self.bounds.T
        met = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
        return np.asarray(met, dtype=bool)


def read(layers: Sequence[MapLayer], signs: Sequence[Sequence[Sign]]) -> list[Drawn]:
    """Read the layers that have something to draw."""
    drawn = [Drawn(layer, own) for layer, own in zip(layers, signs, strict=True)]
    return [one for one in drawn if len(one.shapes)]


def extent(drawn: Sequence[Drawn]) -> Box | None:
    """Give the box round all layers; None when nothing can be drawn."""
    boxes = [one.bounds for one in drawn]
    if not boxes:
        return None
    every = np.concatenate(boxes)
    west, south = every[:, :2].min(axis=0)
    east, north = every[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def draw(one: Drawn, view: View, key: str, *, grain: float = 1.0) -> Iterator[tuple[int, str]]:
    """Draw a layer class by class, as number of the sign and markup.

    Parameters
    ----------
    one
        The layer.
    view
        The frame.
    key
        Start of the names of its patterns.
    grain
        Pixels that details must have: a larger one gives a smaller file.
    """
    inside = one.seen(view.box)
    small = _small(one, view, grain)
    for number, sign in enumerate(one.signs):
        own = inside & (one.classes == number)
        if not own.any():
            continue
        markup = "".join(_class(one.shapes[own], small[own], sign, view, key, grain))
        if markup:
            yield number, markup


def _small(one: Drawn, view: View, grain: float) -> NDArray[np.bool_]:
    wide = one.bounds[:, 2:] - one.bounds[:, :2]
    return np.asarray((wide < _DOT * grain * view.pixel).all(axis=1), dtype=bool)


def _class(  # noqa: PLR0917  (shapes, their looks and the frame)
    shapes: Shapes, small: NDArray[np.bool_], sign: Sign, view: View, key: str, grain: float
) -> Iterator[str]:
    single = shapely.get_parts(shapely.get_parts(shapes[~small]))
    kinds = shapely.get_dimensions(single)
    surfaces = shapely.orient_polygons(single[kinds == SURFACE])
    yield path(
        path_data(surfaces, view, closed=True, grain=grain),
        f"{fill_of(sign, key)} {edge_of(sign)}",
    )
    lines = path_data(single[kinds == LINE], view, closed=False, grain=grain)
    yield path(lines, f'fill="none" {edge_of(sign)}')
    specks = shapes[small]
    points = shapely.get_dimensions(specks) == POINT
    yield _dots(specks[~points], sign, view, grain)
    yield _marks(np.r_[single[kinds == POINT], specks[points]], sign, view, grain)


def _dots(shapes: Shapes, sign: Sign, view: View, grain: float) -> str:
    """Draw what is smaller than a pixel as a dot of its colour."""
    at = _places(shapes, view, grain)
    data = "".join([f"M{x} {y}h1v1h-1z" for x, y in at])
    colour = sign.fill if sign.kind == SURFACE and sign.fill else sign.stroke or sign.fill
    return path(data, f'fill="{colour}" stroke="{colour}" stroke-width=".6"' if colour else "")


def _marks(shapes: Shapes, sign: Sign, view: View, grain: float) -> str:
    """Draw points with their mark; those that would lie on each other once."""
    single = shapely.get_parts(shapes)
    mark = mark_path(sign.shape, sign.radius)
    at = _places(single, view, max(grain, sign.radius / 3))
    # Each its own: in one path the edges of all would lie over the colours of all.
    drawn = "".join([f'<path d="M{x} {y}{mark}"/>' for x, y in at])
    return f"<g {fill_of(sign, key='')} {edge_of(sign)}>{drawn}</g>" if drawn else ""


def _places(shapes: Shapes, view: View, grain: float) -> list[tuple[int, int]]:
    """Give the middle of each shape in pixels, each place once."""
    if not len(shapes):
        return []
    box = shapely.bounds(shapes)
    middle = (box[:, :2] + box[:, 2:]) / 2
    at = (middle - (view.box[0], view.box[3])) / (view.pixel, -view.pixel)
    inside = ((at >= 0) & (at <= (view.width, view.height))).all(axis=1)
    whole = np.rint(at[inside]).astype(np.int64)
    cells = np.floor_divide(whole, max(round(grain), 1))
    _, first = np.unique(cells, axis=0, return_index=True)
    return [(int(x), int(y)) for x, y in whole[np.sort(first)]]
