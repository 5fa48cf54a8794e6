"""What lies below a plan on the page's map: land and water, roads, houses, the municipality."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import shapely

from askergeo.geometry import geometries
from askergeo.outputs._map_svg import rings
from askergeo.result import Column, MapLayer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from askergeo.datapackage import DataPackage
    from askergeo.plan.cutout import Ground
    from askergeo.scenario import ScenarioView

__all__ = ["background_layers"]

# Rows of a layer that the page's map bears below the plan.
_MOST: Final = 5_000


def background_layers(ground: Ground, package: DataPackage | ScenarioView) -> Iterator[MapLayer]:
    """Give the layers below a plan, cut to the frame of its cut-outs.

    Parameters
    ----------
    ground
        From `askergeo.plan.cutout.read_ground`.
    package
        The data package: its catalogue names the layers and says how they are drawn.
    """
    for layer, frame in ground.frames.items():
        known = package.catalogue[layer]
        whole = geometries(frame)
        if layer == "kommunegrense":
            with_sea = (frame["omfang"] == "med_sjo").to_numpy(dtype=bool)
            whole = rings(whole[with_sea] if with_sea.any() else whole)
        cut = shapely.clip_by_rect(whole, *ground.view.box)
        seen = ~shapely.is_empty(cut)
        if not 0 < seen.sum() <= _MOST:
            continue
        yield MapLayer(
            name=layer,
            title=known.title,
            frame=gpd.GeoDataFrame(
                {"lag": [known.title] * int(seen.sum())}, geometry=cut[seen], crs=frame.crs
            ),
            columns={"lag": Column(title="Lag")},
            style=replace(
                known.style, column="", classes=(), opacity=min(known.style.opacity, 0.7)
            ),
            note="Bakgrunn, klippet til kartet.",
        )
