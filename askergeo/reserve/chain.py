"""The rule chain: from plans to land reserve, with the effect of each rule.

Source of the method: NINA Rapport 2310 (Simensen et al. 2023) and the open workspace of NINA and
Nordfjord EDB (2024), read for its rules and written anew. What differs stands in
``docs/metode-arealreserve.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.crs import CRS_OF_RECORD
from askergeo.errors import LayerError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.reserve._cover import cover_of, remarks, shares, sources
from askergeo.reserve._door import Faults, check_layers
from askergeo.reserve._ground import Ground, cut, dissolved, has_room, opened, radius, roundness
from askergeo.reserve._masks import (
    built_figures,
    fresh_water,
    near,
    read_buildings,
    read_cover,
    road_areas,
)
from askergeo.reserve._plans import KIND, NOW, development, read_rows
from askergeo.reserve.rules import numbers, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.reserve._ledger import Ledger
    from askergeo.reserve._masks import Buildings, LandCover
    from askergeo.reserve._plans import PlanRows

    Mask = NDArray[np.bool_]

__all__ = ["Reserve", "reserve"]

DEKAR = 1000.0


@dataclass(frozen=True)
class Reserve:
    """Land that plans set aside for development and that is not built.

    Parameters
    ----------
    pieces
        A row a piece, the largest of each group first: ``gruppe`` (01–19), ``formaal_kode``
        (as in a kommuneplan), ``plan``, ``arealstatus`` (missing for a reguleringsplan),
        ``areal_m2``, ``planrad`` (label of the plan row with the largest share), ``planrader``
        (all of them), ``rundhet``, ``radius_m``, ``ar5_…_m2``, ``merknader``.
    parts
        The pieces cut by the plan rows that they come from, so that they sum to the pieces:
        ``stykke`` (row of ``pieces``), ``plan``, ``rad`` (label of the plan row) and ``areal_m2``.
    steps
        A row a rule, in order: pieces and area (m²) before, what the rule took, what is left,
        ``avvik_m2`` (what does not add up) and what it means; ``tatt_m2`` is missing where a
        rule was not used.
    dwellings
        ``anslag`` (lavt, middels, høyt), ``boliger_per_dekar``, ``bolig_m2`` and ``boliger``.
    faults
        Rows that were mended, set aside or kept with a remark.
    warnings
        One line for each uncertain value that the answer rests on.
    """

    pieces: gpd.GeoDataFrame
    parts: gpd.GeoDataFrame
    steps: pd.DataFrame
    dwellings: pd.DataFrame
    faults: pd.DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Chain:
    """What every rule reads, and the account that it writes."""

    kinds: pd.DataFrame
    rules: Parameters
    ledger: Ledger
    faults: Faults

    def column(self, name: str, ground: Ground) -> NDArray[np.object_]:
        """Plan, code, group or status of each polygon."""
        return np.asarray(self.kinds[name].to_numpy()[ground.kind])

    def coded(self, name: str, ground: Ground) -> Mask:
        """Which polygons have one of the purposes that a rule lists."""
        codes = self.column("hovedkode", ground).astype(str)
        return np.isin(codes, words(self.rules, name))

    def now(self, ground: Ground) -> Mask:
        """Which polygons are existing use in the kommuneplan."""
        return np.asarray(self.column("arealstatus", ground) == NOW)

    def metres(self, name: str) -> str:
        """Write the value of a rule in metres for people."""
        return _text(self.rules[name], "m")

    def square_metres(self, name: str) -> str:
        """Write the value of a rule in square metres for people."""
        return _text(self.rules[name], "m²")


def reserve(
    kommuneplan: gpd.GeoDataFrame,
    *,
    reguleringsplan: gpd.GeoDataFrame | None = None,
    bygning: gpd.GeoDataFrame | None = None,
    veg: gpd.GeoDataFrame | None = None,
    ar5: gpd.GeoDataFrame | None = None,
    arealbruk: gpd.GeoDataFrame | None = None,
    rules: Parameters,
    crs: str = CRS_OF_RECORD,
) -> Reserve:
    """Find the land reserve of the plans.

    Parameters
    ----------
    kommuneplan
        Layer ``kommuneplan``; also a proposal.
    reguleringsplan
        Layer ``reguleringsplan_formaal``; where it has a purpose, that goes before the
        kommuneplan's. A column ``planstatus`` is used when there.
    bygning, veg, ar5, arealbruk
        Layers of the catalogue. Without one of them its rules are «ikke brukt», the reserve is
        too large by an unknown area, and the row of the rule says so.
    rules
        From :func:`askergeo.reserve.load_rules`.
    crs
        Projection that every layer must be in, metres.

    Raises
    ------
    CrsError
        When a layer is in another CRS.
    LayerError
        When a layer lacks columns, or the plans have no usable polygon.

    Examples
    --------
    >>> from askergeo.reserve import load_rules
    >>> plan = gpd.GeoDataFrame({"formaal_kode": [1110], "arealstatus": [2]},
    ...                         geometry=[shapely.box(0, 0, 100, 100)], crs="EPSG:25832")
    >>> found = reserve(plan, rules=load_rules())
    >>> round(found.pieces["areal_m2"].sum()), int((~found.steps["brukt"]).sum())
    (9951, 8)
    """
    layers = {
        "kommuneplan": kommuneplan,
        "reguleringsplan": reguleringsplan,
        "bygning": bygning,
        "veg": veg,
        "ar5": ar5,
        "arealbruk": arealbruk,
    }
    check_layers(layers, crs)
    rules.used.clear()
    faults = Faults()
    origin = _origin(kommuneplan)
    local = {name: _moved(frame, -origin) for name, frame in layers.items() if frame is not None}
    rows = read_rows(local["kommuneplan"], local.get("reguleringsplan"), faults)
    if not len(rows.shapes):
        raise LayerError(
            "Planene har ingen flater som kan brukes.",
            remedy="Se etter at laget «kommuneplan» har arealformål som flater.",
        )
    rows, ground, kinds, ledger = development(rows, rules, faults)
    chain = _Chain(kinds, rules, ledger, faults)
    cover = None if ar5 is None else read_cover(local["ar5"], faults)
    ground = _unbuilt(chain, ground, local, cover)
    ground = _shaped(chain, ground)
    pieces, parts = _pieces(chain, ground, rows, cover, roads=veg is not None)
    pieces = _moved(pieces.set_crs(kommuneplan.crs), origin)
    return Reserve(
        pieces,
        _moved(parts.set_crs(kommuneplan.crs), origin),
        ledger.table(),
        _dwellings(pieces, rules),
        faults.table(),
        rules.warnings(rules.used),
    )


def _origin(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Whole metres near the plan: subtracted without loss, they leave digits for the areas."""
    low = np.asarray(frame.total_bounds, dtype=float)[:2]
    return np.where(np.isfinite(low), np.floor(low), 0.0)


def _moved(frame: gpd.GeoDataFrame, offset: NDArray[np.float64]) -> gpd.GeoDataFrame:
    shapes = shapely.transform(geometries(frame), lambda xy: xy + offset)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _text(value: float, unit: str) -> str:
    return format_number(value, 0 if float(value).is_integer() else 1, unit=unit)


def _remove(
    chain: _Chain,
    rule: str,
    ground: Ground,
    masks: Geometries,
    note: str,
    *,
    which: Mask | None = None,
) -> Ground:
    """Take areas away and write what they took."""
    done = cut(ground.shapes, masks, which)
    left = Ground(done.shapes, ground.kind).parts()
    chain.ledger.record(rule, left.shapes, float(done.taken.sum()), note)
    return left


def _keep(chain: _Chain, rule: str, ground: Ground, kept: Mask, note: str) -> Ground:
    """Leave whole pieces out and write how much that was."""
    taken = float(shapely.area(ground.shapes[~kept]).sum())
    left = ground.take(kept)
    chain.ledger.record(rule, left.shapes, taken, note)
    return left


def _unbuilt(
    chain: _Chain,
    ground: Ground,
    layers: Mapping[str, gpd.GeoDataFrame],
    cover: LandCover | None,
) -> Ground:
    """Take away what is built, water, roads and the ground near buildings."""
    ground = _built(chain, ground, layers.get("arealbruk"))
    ground = _water(chain, ground, cover)
    ground = dissolved(ground)
    chain.ledger.record("sammenslaing", ground.shapes, 0.0, "samme plan, formål og arealstatus")
    smallest = chain.rules["minste_areal_m2"]
    note = f"stykker til og med {chain.square_metres('minste_areal_m2')}"
    kept = shapely.area(ground.shapes) > smallest
    ground = _keep(chain, "minste_areal", ground, kept, note)
    ground = _roads(chain, ground, layers.get("veg"))
    kept = (shapely.area(ground.shapes) > smallest) | ~chain.coded("veg_formaal", ground)
    ground = _keep(chain, "minste_areal_veg", ground, kept, f"{note}, i veg- og parkeringsformål")
    if "bygning" not in layers:
        without = "laget «bygning» mangler; areal ved bygninger er med, og reserven er for stor"
        chain.ledger.unused("bygninger", without)
        chain.ledger.unused("naavaerende", without)
        return ground
    buildings = read_buildings(layers["bygning"], chain.rules, chain.faults)
    return _near_buildings(chain, ground, buildings)


def _built(chain: _Chain, ground: Ground, frame: gpd.GeoDataFrame | None) -> Ground:
    if frame is None:
        note = "laget «arealbruk» mangler; bebygd areal er med, og reserven er for stor"
        chain.ledger.unused("bebygd", note)
        return ground
    figures = built_figures(frame, chain.faults)
    return _remove(chain, "bebygd", ground, figures, "flater med hovedklasse")


def _water(chain: _Chain, ground: Ground, cover: LandCover | None) -> Ground:
    if cover is None:
        note = "laget «ar5» mangler; ferskvann er med, og arealdekket er ukjent"
        chain.ledger.unused("ferskvann", note)
        return ground
    note = f"flater over {chain.square_metres('ferskvann_over_m2')}"
    return _remove(chain, "ferskvann", ground, fresh_water(cover, chain.rules), note)


def _roads(chain: _Chain, ground: Ground, frame: gpd.GeoDataFrame | None) -> Ground:
    if frame is None:
        note = "laget «veg» mangler; vegareal i veg- og parkeringsformål er med"
        chain.ledger.unused("veg", note)
        return ground
    which = chain.coded("veg_formaal", ground)
    areas = road_areas(frame, ground.shapes[which], chain.rules, chain.faults)
    note = f"senterlinjer med antatt bredde og {chain.metres('veg_buffer_m')}; bredden er usikker"
    return _remove(chain, "veg", ground, areas, note, which=which)


def _near_buildings(chain: _Chain, ground: Ground, buildings: Buildings) -> Ground:
    main, other = buildings.shapes[buildings.main], buildings.shapes[~buildings.main]
    note = (
        f"{chain.metres('hovedbygg_buffer_m')} fra hovedbygninger, "
        f"{chain.metres('annet_bygg_buffer_m')} fra andre"
    )
    if buildings.points:
        note += (
            f"; {format_number(buildings.points)} bygninger er punkter, og avstanden er målt fra "
            "punktet, ikke fra veggen"
        )
    which = ~chain.coded("veg_formaal", ground)
    areas = np.concatenate(
        [
            _around(chain, main, ground.shapes[which], "hovedbygg_buffer_m"),
            _around(chain, other, ground.shapes[which], "annet_bygg_buffer_m"),
        ]
    )
    ground = _remove(chain, "bygninger", ground, areas, note, which=which)
    which = chain.now(ground) & ~chain.coded("naavaerende_unntatt", ground)
    which &= ~chain.coded("veg_formaal", ground)
    areas = _around(chain, main, ground.shapes[which], "naavaerende_buffer_m")
    note = (
        f"{chain.metres('naavaerende_buffer_m')} fra hovedbygninger i kommuneplanens nåværende "
        f"formål, unntatt {', '.join(words(chain.rules, 'naavaerende_unntatt'))}"
    )
    return _remove(chain, "naavaerende", ground, areas, note, which=which)


def _around(chain: _Chain, shapes: Geometries, targets: Geometries, name: str) -> Geometries:
    distance = chain.rules[name]
    close = shapes[near(shapes, targets, distance)]
    segments = chain.rules["kvartsirkel_segmenter"]
    return np.asarray(shapely.buffer(close, distance, quad_segs=segments), dtype=object)


def _shaped(chain: _Chain, ground: Ground) -> Ground:
    """Leave out what is too narrow, too small or has a shape that nothing fits in."""
    rules = chain.rules
    ground, taken = opened(
        ground,
        rules["aapning_m"],
        rules["kvartsirkel_segmenter"],
        corners=chain.column("plan", ground) == "reguleringsplan",
        corner_area=rules["hjorne_under_m2"],
    )
    note = f"smalere enn {_text(2 * rules['aapning_m'], 'm')}, og skarpe hjørner"
    chain.ledger.record("aapning", ground.shapes, taken, note)
    area = shapely.area(ground.shapes)
    large = np.isin(chain.column("gruppe", ground), words(rules, "store_grupper"))
    kept = np.where(large, area >= rules["store_minste_m2"], area > rules["minste_areal_m2"])
    note = (
        f"under {chain.square_metres('store_minste_m2')} i gruppe "
        f"{', '.join(words(rules, 'store_grupper'))}; "
        f"til og med {chain.square_metres('minste_areal_m2')} i andre"
    )
    ground = _keep(chain, "storrelse", ground, kept, note)
    accepted = _round_enough(ground.shapes, rules)
    dekar = float(shapely.area(ground.shapes[accepted]).sum()) / DEKAR
    note = (
        f"{format_number(int(accepted.sum()))} stykker, {format_number(dekar, 1)} dekar, "
        "er godtatt; resten prøves mot sirkelen"
    )
    chain.ledger.record("rundhet", ground.shapes, 0.0, note)
    wide = np.isin(chain.column("gruppe", ground), words(rules, "sirkel_stor_grupper"))
    wide |= chain.now(ground) & chain.coded("sirkel_stor_naavaerende", ground)
    least = np.where(wide, rules["sirkel_stor_radius_m"], rules["sirkel_radius_m"])
    kept, rest = accepted.copy(), ~accepted
    segments = rules["kvartsirkel_segmenter"]
    kept[rest] = has_room(ground.shapes[rest], least[rest], segments)
    note = (
        f"radius over {chain.metres('sirkel_radius_m')}, over "
        f"{chain.metres('sirkel_stor_radius_m')} for noen grupper og nåværende formål"
    )
    return _keep(chain, "sirkel", ground, kept, note)


def _round_enough(shapes: Geometries, rules: Parameters) -> Mask:
    """Tell which pieces are large and round enough to be accepted without the circle."""
    area, form = shapely.area(shapes), roundness(shapes)
    limits = np.array([numbers(rules, "rundhet_over_m2"), numbers(rules, "rundhet_under")])
    passed = (area[:, None] > limits[0]) & (form[:, None] < limits[1])
    return np.asarray(passed.any(axis=1) | (area > rules["alltid_over_m2"]))


def _pieces(
    chain: _Chain,
    ground: Ground,
    rows: PlanRows,
    cover: LandCover | None,
    *,
    roads: bool,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Describe what is left, the largest piece of each group first, and its plan rows."""
    kind = chain.kinds.iloc[ground.kind].reset_index(drop=True)
    row_kind = rows.table[KIND].merge(chain.kinds.reset_index(), on=KIND, how="left")["index"]
    status = kind["arealstatus"].astype("Int64")
    table = pd.DataFrame(
        {
            "gruppe": kind["gruppe"],
            "formaal_kode": kind["hovedkode"],
            "plan": kind["plan"],
            "arealstatus": status.mask(status == 0),
            "areal_m2": shapely.area(ground.shapes),
        }
    )
    parts = shares(ground.shapes, ground.kind, rows, row_kind.to_numpy())
    table = pd.concat([table, sources(parts, len(table))], axis=1)
    table["rundhet"], table["radius_m"] = roundness(ground.shapes), radius(ground.shapes)
    table = pd.concat([table, cover_of(ground.shapes, cover)], axis=1)
    assumed = chain.coded("veg_formaal", ground) & roads
    table["merknader"] = remarks(table, assumed)
    low = shapely.bounds(ground.shapes)
    order = np.lexsort((low[:, 1], low[:, 0], -np.round(table["areal_m2"], 3), table["gruppe"]))
    frame = gpd.GeoDataFrame(table, geometry=ground.shapes)
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    parts["stykke"] = place[parts["stykke"].to_numpy()]
    parts = parts.sort_values(["stykke", "rad"], key=_by_name, ignore_index=True)
    return frame.iloc[order].reset_index(drop=True), parts


def _by_name(values: pd.Series) -> pd.Series:
    """Sort labels of any kind as text."""
    return values if values.name == "stykke" else values.astype(str)


def _dwellings(pieces: gpd.GeoDataFrame, rules: Parameters) -> pd.DataFrame:
    """Dwellings that there is room for, low, middle and high."""
    homes = pieces["formaal_kode"].astype(str).isin(words(rules, "bolig_formaal"))
    area = float(pieces.loc[homes, "areal_m2"].sum())
    names = "boliger_per_dekar_lav", "boliger_per_dekar", "boliger_per_dekar_hoy"
    density = np.array([rules[name] for name in names])
    return pd.DataFrame(
        {
            "anslag": ["lavt", "middels", "høyt"],
            "boliger_per_dekar": density,
            "bolig_m2": area,
            "boliger": area / DEKAR * density,
        }
    )
