"""Water and sewage: whether a plan's buildings have a main near.

The acts on connection (pbl §§ 27-1 and 27-2) speak of a public main over the property, in a road
beside it or over ground near by, without metres; the distance is a parameter. It is the straight
line from the purpose to the main, not the pipe that must be laid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.plan._function_answer import answer_of
from askergeo.va.status import begins_with

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.plan.answer import MapAnswer
    from askergeo.plan.catalogue import Rule
    from askergeo.plan.methods import Question
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

__all__ = ["idle", "sewer", "water"]

_WATER: Final = ("vann",)
_SEWER: Final = ("spillvann", "avlop_felles")


def water(question: Question) -> MapAnswer:
    """Ask whether buildings have a water main near.

    Parameters
    ----------
    question
        What is asked, of a package with ``va_ledning``.
    """
    rule, uses, place, package, parameters = question
    limit, most = float(parameters["vann_m"]), float(parameters["va_sok_m"])
    reach = _reach(uses, place, package, parameters, _WATER)
    return _answer(rule, uses, reach, _Words("vannledning", limit, most))


def sewer(question: Question) -> MapAnswer:
    """Ask whether buildings have a sewer near, separate or combined, as in `water`."""
    rule, uses, place, package, parameters = question
    limit, most = float(parameters["avlop_m"]), float(parameters["va_sok_m"])
    reach = _reach(uses, place, package, parameters, _SEWER)
    return _answer(rule, uses, reach, _Words("avløpsledning", limit, most))


class _Reach(NamedTuple):
    """The nearest main of each of ``u`` purposes.

    ``metres`` (u,) is ``inf`` beyond what is searched; ``size`` (u,) says how wide the main is, or
    is empty; ``covered`` (u,) tells where the layer says that it has all mains.
    """

    metres: NDArray[np.float64]
    size: NDArray[np.object_]
    covered: NDArray[np.bool_]


class _Words(NamedTuple):
    """A kind of main in bokmål, and the metres that are demanded and searched."""

    name: str
    limit: float
    most: float

    def far(self, metres: float) -> str:
        """Say how far the main is that is farthest off."""
        if np.isinf(metres):
            return f"ingen {self.name} innen {format_number(self.most, unit='m')}"
        return f"inntil {format_number(float(np.ceil(metres)), unit='m')} til {self.name}"


def _reach(
    uses: gpd.GeoDataFrame,
    place: Place,
    package: DataPackage | ScenarioView,
    parameters: Parameters,
    kinds: tuple[str, ...],
) -> _Reach:
    """Find the nearest main in use of some kinds from each purpose."""
    most = float(parameters["va_sok_m"])
    west, south, east, north = place.outline.bounds
    box = (west - most, south - most, east + most, north + most)
    there = package.records["va_ledning"].columns
    columns = [one for one in ("type", "status", "dimensjon_mm") if one in there]
    mains = package.read("va_ledning", bbox=box, columns=columns)
    mains = mains[mains["type"].isin(kinds).to_numpy(dtype=bool) & ~idle(mains, parameters)]
    metres, row = _nearest(geometries(uses), geometries(mains), most)
    size = np.array([_size(mains, int(one)) for one in row], dtype=object)
    cover = package.coverage("va_ledning")
    if cover is None:
        return _Reach(metres, size, np.zeros(len(uses), dtype=bool))
    covered = np.asarray(shapely.covers(cover, geometries(uses)), dtype=bool)
    return _Reach(metres, size, covered)


def _answer(rule: Rule, uses: gpd.GeoDataFrame, reach: _Reach, words: _Words) -> MapAnswer:
    """Hold the mains against the demand.

    The map of mains is never whole: that none is shown within ``va_sok_m`` says nothing, and the
    answer there is «not mapped» unless the layer says that it covers the place.
    """
    unknown = np.isinf(reach.metres) & ~reach.covered
    fails = (reach.metres > words.limit) & ~unknown
    known = np.flatnonzero(~unknown)
    said = []
    longest = None
    if len(known):
        at = known[np.argmax(reach.metres[known])]
        longest = float(reach.metres[at])
        said.append(f"I luftlinje {words.far(longest)}{reach.size[at]}.")
    if unknown.any():
        count = format_number(int(unknown.sum()))
        said.append(
            f"For {count} av {format_number(len(uses))} områder er ingen {words.name} registrert "
            f"innen {format_number(words.most, unit='m')}: kartet kan ha mangler."
        )
    return answer_of(
        rule,
        uses,
        fails=fails,
        unknown=unknown,
        tell=lambda rows: words.far(float(reach.metres[rows].max())),
        distance_m=longest,
        remark=" ".join(said),
    )


def idle(mains: pd.DataFrame, parameters: Parameters) -> NDArray[np.bool_]:
    """Tell which mains are not in use, by how their status begins; unknown status is in use.

    Parameters
    ----------
    mains
        Rows of ``va_ledning``.
    parameters
        The set ``plansjekk``.
    """
    return begins_with(mains, parameters["va_ute_av_bruk"])


def _nearest(
    shapes: NDArray[np.object_], lines: NDArray[np.object_], most: float
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Find the distance from each surface to the nearest line, and its row; ``inf`` and −1 none."""
    distance, row = np.full(len(shapes), np.inf), np.full(len(shapes), -1)
    if len(lines):
        (use, line), metres = shapely.STRtree(lines).query_nearest(
            shapes, max_distance=most, return_distance=True, all_matches=False
        )
        distance[use], row[use] = metres, line
    return distance, row


def _size(mains: pd.DataFrame, row: int) -> str:
    """Say how wide a main is, when the data say."""
    if row < 0 or "dimensjon_mm" not in mains:
        return ""
    size = mains["dimensjon_mm"].iloc[row]
    # pandas' NA is no number: the text of an unknown size is left out.
    text = format_number(size, unit="mm")
    return "" if text.startswith("..") else f" ({text})"
