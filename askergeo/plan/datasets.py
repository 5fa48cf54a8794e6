"""National DOK datasets as rules of a plan review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import shapely

from askergeo.dok import check_area
from askergeo.geometry import EMPTY, geometries, union
from askergeo.plan.answer import MapAnswer, MapHit
from askergeo.plan.catalogue import Asks, Rule
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from askergeo.datapackage import DataPackage
    from askergeo.dok.config import DokConfig
    from askergeo.dok.outcome import DokResult
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

__all__ = ["ask_datasets"]

_LAW: Final = "pbl § 2-1, det offentlige kartgrunnlaget (DOK)"
_ACTION: Final = "Vurder det i planen etter datasettets egen veiledning."
_WORST_FIRST: Final = (Status.HIT_RED, Status.HIT_YELLOW)


def ask_datasets(
    place: Place, package: DataPackage | ScenarioView, configs: Sequence[DokConfig]
) -> list[MapAnswer]:
    """Hold a plan against national datasets, each a rule ``dok.*`` of its own.

    Parameters
    ----------
    place
        The plan, in the package's CRS.
    package
        The layers that are searched.
    configs
        The datasets, run as they are.
    """
    if not configs:
        return []
    uses = place.uses[shapely.area(geometries(place.uses)) > 0]
    if not len(uses):
        # All purposes lie on other levels: the datasets are about the plan area all the same.
        whole = {"objekt": [""], "kode": [""], "bruk": ["Planområdet"]}
        uses = gpd.GeoDataFrame(whole, geometry=[place.outline], crs=place.uses.crs)
    found = check_area(uses, package, configs=configs, objects=False)
    return [_answer(one, uses) for one in found]


def _answer(result: DokResult, uses: gpd.GeoDataFrame) -> MapAnswer:
    hits = tuple(_hits(result, uses))
    said = result.remarks if hits else (result.text, *result.remarks)
    mapped = result.mapped
    return MapAnswer(
        rule=_rule(result),
        status=result.status,
        hits=hits,
        area_m2=result.area_m2 or 0.0,
        unmapped_m2=None if mapped is None else (1 - mapped) * result.searched_m2,
        distance_m=None if hits else result.distance_m,
        remark=" ".join(said),
    )


def _rule(result: DokResult) -> Rule:
    config = result.config
    red = any(layer.status == Status.HIT_RED for layer in config.layers)
    return Rule(
        id=f"dok.{config.name}",
        title=f"Planen berører ikke «{config.title}»",
        reference="; ".join((_LAW, *result.laws)),
        severity="feil" if red else "advarsel",
        how="delvis",
        guidance=result.description,
        action=" ".join(result.actions) or _ACTION,
        asks=Asks(method="dok", uses="all", needs=result.layer_ids),
    )


def _hits(result: DokResult, uses: gpd.GeoDataFrame) -> Iterator[MapHit]:
    """Give one hit a purpose."""
    if result.parts is None:
        return
    rows = uses.index.get_indexer(result.parts.index)
    codes = uses["kode"].to_numpy(dtype=object)[rows].astype(str)
    objects = uses["objekt"].to_numpy(dtype=object)[rows]
    names = uses["bruk"].to_numpy(dtype=object)[rows]
    statuses = result.parts["status"].to_numpy(dtype=object)
    ground = result.parts["grunn"].to_numpy(dtype=object)
    lines = EMPTY if result.lines is None else shapely.union_all(result.lines)
    for code in sorted(set(codes)):
        its = codes == code
        where = union(ground[its])
        area = float(where.area)
        if not lines.is_empty:
            own = union(geometries(uses.iloc[rows[its]]))
            where = shapely.union(where, shapely.intersection(lines, own))
        yield MapHit(
            objects=tuple(dict.fromkeys(objects[its])),
            code=code,
            use=str(names[its][0]),
            status=next(one for one in _WORST_FIRST if one in set(statuses[its])),
            area_m2=area or None,
            what=result.config.title,
            geometry=where,
        )
