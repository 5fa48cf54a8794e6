"""Which side of the nullvekstlinje a plan lies on.

North of the line growth in homes and workplaces shall not make people drive more (Handlingsprogram
for Asker; SPR for arealbruk og mobilitet 4.1). :mod:`askergeo.transport.zones` divides the
municipality.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo._text import listed
from askergeo.geometry import EMPTY, geometries, lines_of, union
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.plan._function_answer import meet_exactly, whole_of
from askergeo.plan._kept import kept
from askergeo.plan.answer import MapAnswer, MapHit
from askergeo.result import Status
from askergeo.transport.zones import NORTH, SOUTH, make_zones

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from askergeo.datapackage import DataPackage
    from askergeo.geometry import Geometries
    from askergeo.plan.methods import Question
    from askergeo.scenario import ScenarioView

__all__ = ["side_of_line"]

# m²: less is what the edges of two maps leave of each other.
_LEAST = 0.5


def side_of_line(question: Question) -> MapAnswer:
    """Ask whether purposes with homes or workplaces lie north of the nullvekstlinje.

    Parameters
    ----------
    question
        What is asked, of a package with ``nullvekstlinje`` and ``kommunegrense``.
    """
    rule, uses, _, package, parameters = question
    north, south, line = _divided(package, float(parameters["linje_skjot_m"]))
    whole = whole_of(geometries(uses), exact=meet_exactly(uses))
    above, below = (float(_within(np.array([whole]), side)[0].area) for side in (north, south))
    unmapped = max(0.0, float(whole.area) - above - below)
    hits = tuple(_hits(uses, north, south))
    parts = [
        f"{format_number(area, unit='m²')} {side}"
        for side, area in (("nord", above), ("sør", below))
        if area > _LEAST
    ]
    said = [f"Boliger og arbeidsplasser: {listed(parts)} for nullvekstlinjen."] if parts else []
    if unmapped > _LEAST:
        said.append(
            f"For {format_number(unmapped, unit='m²')} kan siden ikke avgjøres: linjen må krysse "
            "hele kommunen fra vest til øst, og planen må ligge i kommunen."
        )
    clear = Status.NOT_MAPPED if unmapped > _LEAST else Status.NO_HIT
    return MapAnswer(
        rule=rule,
        status=Status.HIT_YELLOW if hits else clear,
        hits=hits,
        area_m2=above,
        unmapped_m2=unmapped,
        distance_m=None if hits or not len(line) else float(shapely.distance(whole, line).min()),
        remark=" ".join(said),
    )


def _divided(
    package: DataPackage | ScenarioView, extend: float
) -> tuple[BaseGeometry, BaseGeometry, Geometries]:
    """Return what of the municipality lies north of the line, what lies south, and the line."""
    layers = ("nullvekstlinje", "kommunegrense")

    def make() -> tuple[BaseGeometry, BaseGeometry, Geometries]:
        known = package.records["nullvekstlinje"].columns
        line = package.read("nullvekstlinje", columns=[one for one in ("side",) if one in known])
        boundary = package.read("kommunegrense", columns=["kommunenummer"])
        own = boundary["kommunenummer"].astype(str) == package.municipality
        parameters = load_parameters("nullvekst", {"nullvekst_skjot_m": extend})
        zones = make_zones(line, boundary[own], parameters=parameters)
        north, south = zones.shape(NORTH), zones.shape(SOUTH)
        shapely.prepare([north, south])
        drawn = lines_of(geometries(line))
        return north, south, drawn if len(drawn) else lines_of(zones.line)

    hashes = tuple(package.record(layer).sha256 for layer in layers)
    return kept("sides", (package.municipality, hashes, extend), make)


def _within(shapes: Geometries, side: BaseGeometry) -> Geometries:
    """Cut shapes to a side; those wholly inside are not cut."""
    inside = shapely.covers(side, shapes)
    beside = shapely.disjoint(side, shapes)
    found = shapes.copy()
    found[beside] = EMPTY
    cut = ~inside & ~beside
    found[cut] = shapely.intersection(shapes[cut], side)
    return found


def _hits(uses: gpd.GeoDataFrame, north: BaseGeometry, south: BaseGeometry) -> list[MapHit]:
    """Give one hit a code with ground north of the line, and what of it lies south."""
    shapes = geometries(uses)
    above, below = _within(shapes, north), _within(shapes, south)
    meets, straddles = shapely.area(above) > _LEAST, shapely.area(below) > _LEAST
    # What the line has cut need not meet what lies beside it in the same points.
    exact = meet_exactly(uses) and not (meets & straddles).any()
    codes = uses["kode"].astype(str).to_numpy(dtype=object)
    hits = []
    for code in sorted(set(codes[meets])):
        rows = np.flatnonzero(meets & (codes == code))
        where = whole_of(above[rows], exact=exact)
        rest = float(union(below[rows[straddles[rows]]]).area)
        more = f", og {format_number(rest, unit='m²')} sør for den" if rest > _LEAST else ""
        hits.append(
            MapHit(
                objects=tuple(dict.fromkeys(uses["objekt"].iloc[rows])),
                code=code,
                use=str(uses["bruk"].iloc[rows[0]]),
                status=Status.HIT_YELLOW,
                area_m2=float(where.area),
                what=f"nord for nullvekstlinjen{more}",
                geometry=where,
            )
        )
    return hits
