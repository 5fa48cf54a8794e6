"""What the layers of a package hold near a plan, as the map rules ask for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._layer import Coverage
from askergeo._text import listed
from askergeo.dok.match import load_aliases
from askergeo.dok.search import Features, Place, Reader, mended, place_of
from askergeo.geometry import EMPTY, geometries, polygons_of, union
from askergeo.parameters import load_parameters
from askergeo.plan.shore import banned_shore
from askergeo.plan.uses import use_of
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.datapackage import DataPackage
    from askergeo.geometry import Geometries
    from askergeo.plan.catalogue import MapRule, Rule
    from askergeo.plan.place import Place as PlanPlace
    from askergeo.scenario import ScenarioView

    Mask = NDArray[np.bool_]

__all__ = ["Around", "Asked", "MapRows", "asked_uses", "must_avoid", "read_rows"]

# Return periods (years) that buildings of a safety class must stand outside (TEK17 § 7-2): the
# layer's own code 2100 is the 200-year flood with climate.
_FLOODS: Final = {
    "F1": frozenset({10, 20}),
    "F2": frozenset({10, 20, 50, 100, 200, 2100}),
    "F3": frozenset({10, 20, 50, 100, 200, 500, 1000, 2100}),
}
# The same for slides (TEK17 § 7-3).
_SLIDES: Final = {
    "S1": frozenset({100}),
    "S2": frozenset({100, 300, 1000}),
    "S3": frozenset({100, 300, 1000, 5000}),
}
_PERIODS: Final = {"flood": _FLOODS, "slide": _SLIDES}
# The period that must be mapped for a class to be known free of it.
_OWN: Final = {
    "F1": frozenset({20}),
    "F2": frozenset({200, 2100}),
    "F3": frozenset({1000}),
    "S1": frozenset({100}),
    "S2": frozenset({1000}),
    "S3": frozenset({5000}),
}
_COMPLETE: Final = Coverage(rule="kommunen")
_AT_SEA: Final = (
    "Kommunegrensen i datapakken er uten sjøen: "
    "det som ligger i sjøen, kan likevel være i kommunen."
)


@dataclass(frozen=True, eq=False)
class Asked:
    """The purposes that a rule is about.

    Parameters
    ----------
    uses
        The rows of the plan's purposes that have an area.
    place
        The same, row by row, as a place that is searched; missing when there are none.
    """

    uses: gpd.GeoDataFrame
    place: Place | None

    @property
    def whole(self) -> BaseGeometry:
        """All of them together."""
        return EMPTY if self.place is None else self.place.whole


@dataclass(frozen=True, eq=False)
class MapRows:
    """The rows of a layer near the plan, as one rule sees them.

    Parameters
    ----------
    features
        The rows.
    status
        What a hit in each row is; ``None`` for rows that are no hit.
    cover
        The area that the layer maps; missing when that is all, or not known.
    lacking
        Purposes that the layer does not map although it covers them: the period that their class
        asks for is not in it.
    rule
        What it means that there is no hit.
    remark
        What the reader must know, in bokmål.
    """

    features: Features
    status: NDArray[np.object_]
    cover: shapely.Geometry | None
    rule: Coverage
    remark: str = ""
    lacking: BaseGeometry = EMPTY

    @cached_property
    def hits(self) -> Mask:
        """Which rows are hits."""
        return np.array([one is not None for one in self.status], dtype=bool)

    def unmapped(self, whole: BaseGeometry) -> float | None:
        """Area that the layer does not map, m²; missing when its cover is not known."""
        if self.cover is None:
            return 0.0 if self.rule is _COMPLETE else None
        if shapely.covers(self.cover, whole):
            return float(shapely.area(self.lacking))
        beyond = union(np.array([shapely.difference(whole, self.cover), self.lacking]))
        return float(shapely.area(beyond))


class Around:
    """What a package holds near a plan; every layer is read once, and only what rules use.

    Parameters
    ----------
    place
        The plan, in the package's CRS.
    package
        The package, or a scenario over one.
    rules
        The rules that will be asked.
    """

    def __init__(
        self, place: PlanPlace, package: DataPackage | ScenarioView, rules: Iterable[Rule]
    ) -> None:
        self.place, self.package = place, package
        self.area = place_of(place.outline, package.crs, 0.0)
        self._reader = Reader(package, self.area, _columns(rules, package))
        self._asked: dict[str, Asked] = {}
        self._covers: dict[str, BaseGeometry | None] = {}

    def cover(self, layer: str) -> BaseGeometry | None:
        """Give the area that a layer maps; missing when only a text, or nothing, is known."""
        if layer not in self._covers:
            found = self.package.coverage(layer)
            self._covers[layer] = None if found is None else _whole(np.array([found]))
        return self._covers[layer]

    def features(self, layer: str) -> Features:
        """Objects of a layer within a kilometre of the plan."""
        return self._reader.near(layer)

    def asked(self, uses: str) -> Asked:
        """Purposes that a rule is about, by `askergeo.plan.catalogue.MapRule.uses`."""
        if uses not in self._asked:
            frame = asked_uses(self.place.uses, uses)
            frame = frame[shapely.area(geometries(frame)) > 0]
            area = None
            if len(frame):
                # Some of what does not overlap does not overlap.
                known = True if self._apart else None
                area = place_of(frame, self.package.crs, 0.0, apart=known)
            self._asked[uses] = Asked(frame, area)
        return self._asked[uses]

    @cached_property
    def _apart(self) -> bool:
        return bool(shapely.coverage_is_valid(polygons_of(geometries(self.place.uses))))

    @cached_property
    def _border(self) -> gpd.GeoDataFrame | None:
        if "kommunegrense" not in self.package:
            return None
        frame = self.package.read("kommunegrense", columns=["kommunenummer", "omfang"])
        return frame[frame["kommunenummer"].astype(str) == self.package.municipality]

    @cached_property
    def municipality(self) -> BaseGeometry | None:
        """The municipality with its sea: what a layer «of the municipality» can be whole in."""
        return None if self._border is None else _whole(geometries(self._border))

    @property
    def sea_is_known(self) -> bool:
        """Whether the border goes out to sea, and not along the coast."""
        return self._border is not None and bool((self._border["omfang"] == "med_sjo").any())


def _whole(shapes: Geometries) -> BaseGeometry:
    whole = union(mended(shapes))
    shapely.prepare(whole)
    return whole


def _columns(
    rules: Iterable[Rule], package: DataPackage | ScenarioView
) -> dict[str, dict[str, None]]:
    """Columns of each layer that any rule uses, of those that the package has."""
    wanted: dict[str, dict[str, None]] = {}
    accuracy = load_aliases().accuracy
    for rule in rules:
        if rule.map is None or rule.map.layer not in package:
            continue
        asked, there = rule.map, package.records[rule.map.layer].columns
        names = (*asked.show, *asked.blank, *(name for one in asked.classes for name in one.where))
        exact = [name for name in there if name.casefold() in accuracy]
        used = wanted.setdefault(asked.layer, {})
        used |= dict.fromkeys(name for name in (*names, *exact) if name in there)
    return wanted


def asked_uses(uses: gpd.GeoDataFrame, which: str) -> gpd.GeoDataFrame:
    """Choose the purposes that a rule is about.

    Parameters
    ----------
    uses
        Purposes, with the column ``kode``.
    which
        ``all``, ``not_farming``, or a field of `askergeo.plan.uses.Use` that must be set.
    """
    about = {code: use_of(code) for code in uses["kode"].unique()}
    if which == "all":
        return uses
    if which == "not_farming":
        chosen = {code for code, use in about.items() if not use.farming}
    else:
        chosen = {code for code, use in about.items() if getattr(use, which)}
    return uses[uses["kode"].isin(list(chosen))]


def read_rows(asked: MapRule, around: Around) -> MapRows:
    """Read the rows that a map rule is about, by the rule's kind."""
    return _METHODS[asked.kind](asked, around)


def must_avoid(asked: MapRule, codes: Iterable[str], features: Features) -> Mask | None:
    """Tell which rows each purpose must stand outside, by its safety class.

    Returns
    -------
    numpy.ndarray or None
        Purposes × rows; ``None`` when the rule is not about return periods. A row whose period
        nobody has told counts: it is not known to be rare enough.
    """
    if asked.kind not in _PERIODS:
        return None
    periods = _periods(features.frame)
    unknown = np.isnan(periods)
    kinds, which = np.unique(np.asarray(list(codes), dtype=str), return_inverse=True)
    classes = [getattr(use_of(code), asked.kind) for code in kinds.tolist()]
    rows = [np.isin(periods, list(_PERIODS[asked.kind][one])) | unknown for one in classes]
    return np.array(rows, dtype=bool).reshape(len(classes), len(periods))[which]


def _fits(frame: pd.DataFrame, where: Mapping[str, tuple[object, ...]]) -> Mask:
    fits = np.ones(len(frame), dtype=bool)
    for column, values in where.items():
        if column in frame.columns:
            fits &= frame[column].isin(list(values)).to_numpy(dtype=bool)
    return fits


def _area(asked: MapRule, around: Around) -> MapRows:
    features = around.features(asked.layer)
    frame = features.frame
    status = np.full(len(frame), None, dtype=object)
    for one in reversed(asked.classes):
        status[_fits(frame, one.where)] = one.status
    telling = dict.fromkeys(name for one in asked.classes for name in one.where)
    untold = _untold(frame, telling)
    if not asked.blank:
        # What a row does not say is not known to be harmless.
        status[untold & (status == None)] = Status.HIT_YELLOW  # noqa: E711  (an array)
    cover = around.cover(asked.layer)
    if asked.blank:
        mapped = ~_fits(frame, asked.blank) & ~untold
        rows = features.meeting(around.area)
        cover = union(features.shapes[rows[mapped[rows]]])
    rule = _COMPLETE if asked.complete else around.package.catalogue[asked.layer].coverage
    if cover is None and rule.rule == _COMPLETE.rule and not asked.complete:
        cover = around.municipality
    gone = [f"«{name}»" for name in telling if name not in frame.columns]
    remark = f"Laget mangler {listed(gone)}: treffene regnes som de alvorligste." if gone else ""
    return MapRows(features, status, cover, rule, remark)


def _untold(frame: pd.DataFrame, columns: Iterable[str]) -> Mask:
    """Tell which rows say nothing in one of the columns."""
    there = [name for name in columns if name in frame.columns]
    return np.asarray(frame[there].isna().any(axis=1), dtype=bool)


def _period(asked: MapRule, around: Around) -> MapRows:
    """Read every period; which of them a purpose must stand outside is asked by its class."""
    layer = _area(asked, around)
    uses = around.asked(asked.uses).uses
    classes = uses["kode"].map(lambda code: getattr(use_of(code), asked.kind))
    periods = _periods(layer.features.frame)
    # With a cover of its own a layer is one map: a period that it has anywhere, it has here too.
    one_map = around.cover(asked.layer) is not None or not len(periods)
    near = _all_periods(asked.layer, around.package) if one_map else periods
    mapped = set(near[~np.isnan(near)].astype(int))
    missing = [one for one in sorted(set(classes)) if len(near) and not mapped & _OWN[one]]
    remarks = []
    if missing:
        remarks.append(
            f"Kartet har ikke gjentaksintervallet til sikkerhetsklasse {', '.join(missing)} her."
        )
    if np.isnan(periods[layer.features.meeting(around.area)]).any():
        remarks.append("Soner der gjentaksintervallet ikke er oppgitt, er regnet med.")
    lacking = union(geometries(uses[classes.isin(missing)]))
    return replace(layer, remark=" ".join(remarks), lacking=lacking)


def _all_periods(layer: str, package: DataPackage | ScenarioView) -> NDArray[np.float64]:
    """Return periods that the layer has anywhere: which maps were made, when none has hits near."""
    if "gjentaksintervall" not in package.records[layer].columns:
        return np.empty(0)
    return _periods(package.read(layer, columns=["gjentaksintervall"], geometry=False))


def _periods(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Return periods of a layer's rows, years; NaN where it does not say."""
    if "gjentaksintervall" not in frame.columns:
        return np.full(len(frame), np.nan)
    periods: NDArray[np.float64] = frame["gjentaksintervall"].to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    return periods


def _shore(asked: MapRule, around: Around) -> MapRows:
    banned, remark = banned_shore(around.place, around.package)
    # The belt is known as far as the shoreline was read round the plan.
    reach = 2 * float(load_parameters("strandsone")["belte_m"])
    return _everything(banned, reach, asked, around, remark)


def _outside(asked: MapRule, around: Around) -> MapRows:
    """Hit what of the plan lies outside the municipality."""
    own = around.municipality
    outside = polygons_of(shapely.difference(around.place.outline, EMPTY if own is None else own))
    frame = gpd.GeoDataFrame(geometry=outside, crs=around.package.crs)
    rows = _everything(frame, 0.0, asked, around, "")
    if around.sea_is_known:
        return rows
    status = np.full(len(frame), Status.HIT_YELLOW, dtype=object)
    return replace(rows, status=status, remark=_AT_SEA)


def _everything(
    frame: gpd.GeoDataFrame, reach: float, asked: MapRule, around: Around, remark: str
) -> MapRows:
    """Make every row of something computed a hit; it is mapped as its layer is."""
    layer = _area(replace(asked, classes=()), around)
    status = np.full(len(frame), asked.classes[0].status, dtype=object)
    return MapRows(
        Features(pd.DataFrame(index=frame.index), geometries(frame), reach),
        status,
        layer.cover,
        layer.rule,
        remark,
    )


_METHODS: Final[dict[str, Callable[[MapRule, Around], MapRows]]] = {
    "area": _area,
    "flood": _period,
    "slide": _period,
    "shore": _shore,
    "outside": _outside,
}
