"""The land reserve: what the plans set aside for development, is not built, and what it lies on.

The definition is KDD's («Arealregnskap i kommuneplan», chapter 4), the rules are those of the
national method (NINA Rapport 2310), see docs/metode-arealreserve.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
import shapely

from askergeo._avvik import REPAIRED
from askergeo.analyses import _reserve_cross as cross
from askergeo.analyses import _reserve_tables as tables
from askergeo.analyses._reserve_change import Change, compare_reserves
from askergeo.analyses._reserve_conflicts import SHORE, Conflicts, find_conflicts
from askergeo.analyses._reserve_map import map_layers
from askergeo.analyses._reserve_parts import DEKAR, Described, describe
from askergeo.analyses._reserve_plans import DetailedPlans, read_plans
from askergeo.analyses._reserve_shore import shore_belt
from askergeo.analyses._reserve_text import reading, statement
from askergeo.crs import crs_name, require_crs
from askergeo.errors import LayerError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of
from askergeo.reserve import reserve
from askergeo.reserve.rules import checked_rules, words
from askergeo.result import Finding, Result, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

    from askergeo.parameters import Parameters
    from askergeo.reserve import Reserve
    from askergeo.result import SourceRecord, Table

    Layers = Mapping[str, gpd.GeoDataFrame | None]

__all__ = ["arealreserve"]

_PLANS: Final = {"gjeldende": "kommuneplan", "forslag": "kommuneplan_forslag"}
# Layers of the rules, by what the chain calls them.
_CHAIN: Final = ("bygning", "veg", "ar5", "arealbruk")
# Faults of one kind in one layer that are rows of their own; the rest are counted in one.
_LISTED: Final = 200


@dataclass(frozen=True)
class _Found:
    """One plan's reserve, described."""

    reserve: Reserve
    described: Described
    plans: DetailedPlans | None


def arealreserve(
    kommuneplan: gpd.GeoDataFrame,
    *,
    kommuneplan_forslag: gpd.GeoDataFrame | None = None,
    reguleringsplan_formaal: gpd.GeoDataFrame | None = None,
    reguleringsplan: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
    **others: gpd.GeoDataFrame | None,
) -> Result:
    """Find the land reserve, what it lies on, and what a proposed plan does to it.

    Parameters
    ----------
    kommuneplan, kommuneplan_forslag
        The plan in force, and the proposal; the parameter ``plan`` says whose reserve.
    reguleringsplan_formaal, reguleringsplan
        Purposes of the detailed plans, and the plans themselves, that have the status.
    kilder
        Where each layer comes from, by its id.
    parameters
        The set ``arealreserve``.
    others
        ``bygning``, ``veg``, ``ar5`` and ``arealbruk`` of the rules; ``dyrkbar_jord``,
        ``naturtype``, ``flom``, ``kvikkleire_faresone``, ``kvikkleire_aktsomhet`` and
        ``markagrense`` of the conflicts; ``kystkontur``, ``kommunegrense``, ``vann`` and
        ``byggegrense_sjo`` of the belt along the sea. All in the CRS of ``kommuneplan``.

    Raises
    ------
    CrsError
        When a layer is in another CRS than ``kommuneplan``, or in degrees.
    LayerError
        When the plan has no polygons, or the proposal is asked for and is not there.
    ParameterError
        When rules contradict one another.
    """
    rules = checked_rules(parameters)
    layers: dict[str, gpd.GeoDataFrame | None] = {
        "kommuneplan": kommuneplan,
        "kommuneplan_forslag": kommuneplan_forslag,
        "reguleringsplan_formaal": reguleringsplan_formaal,
        "reguleringsplan": reguleringsplan,
        **others,
    }
    if kommuneplan.crs is None:
        require_crs(kommuneplan, what="«kommuneplan»")
    there = {name: frame for name, frame in layers.items() if frame is not None}
    check_crs_of(there, crs_name(kommuneplan.crs))
    chosen = _find(str(rules["plan"]), layers, rules)
    shore = shore_belt(layers, rules)
    conflicts = find_conflicts(chosen.described.parts, {**layers, SHORE: shore.frame})
    account = cross.cross_account(chosen.described, conflicts, layers.get("ar5"))
    change = _change(chosen, layers, rules)
    lines = cross.closing_lines(chosen.reserve, chosen.described, conflicts, account)
    found = _tables(chosen, conflicts, rules, change)
    found += [cross.cross_table(account, conflicts)] if account is not None else []
    found.append(cross.balance_table(lines))
    template, facts = statement(chosen.reserve, chosen.described, conflicts, rules, change)
    drawn = map_layers(
        chosen.described, conflicts, rules["boliger_per_dekar"], layers.get("kommunegrense")
    )
    return Result(
        analysis="arealreserve",
        title="Arealreserven",
        template=template,
        facts=facts,
        tables=tuple(found),
        layers=(*drawn, *(change.layers if change else ())),
        charts=change.charts if change else (),
        findings=tuple(_findings(chosen, conflicts, layers, str(rules["plan"]))),
        warnings=shore.warnings,
        reading=reading(chosen.reserve, chosen.described, layers, kilder),
        unpublishable=cross.unpublishable(lines, chosen.reserve.steps),
    )


def _find(plan: str, layers: Layers, rules: Parameters) -> _Found:
    """Follow the rules for one of the plans, with its detailed plans."""
    general = layers[_PLANS[plan]]
    if general is None:
        raise LayerError(
            "Planforslaget er ikke i datapakken.",
            remedy="Legg til laget «kommuneplan_forslag», eller regn for den gjeldende planen.",
        )
    purposes = layers.get("reguleringsplan_formaal")
    plans = None
    if purposes is not None:
        plans = read_plans(purposes, layers.get("reguleringsplan"), words(rules, "planstatus"))
    found = reserve(
        general,
        reguleringsplan=plans.frame if plans is not None else None,
        **{name: layers.get(name) for name in _CHAIN},
        rules=rules,
        crs=crs_name(general.crs),
    )
    described = describe(found, general, purposes, plans.plans if plans else None, rules)
    return _Found(found, described, plans)


def _change(chosen: _Found, layers: Layers, rules: Parameters) -> Change | None:
    """Hold the two reserves against each other when both plans are there and it is asked for."""
    if rules["sammenlign"] != "ja" or any(layers[name] is None for name in _PLANS.values()):
        return None
    plan = str(rules["plan"])
    other = next(name for name in _PLANS if name != plan)
    both = {plan: chosen, other: _find(other, layers, rules)}
    return compare_reserves(both["gjeldende"].described.counted, both["forslag"].described.counted)


def _tables(
    chosen: _Found, conflicts: Conflicts, rules: Parameters, change: Change | None
) -> list[Table]:
    density = rules["boliger_per_dekar"]
    described = chosen.described
    return [
        tables.group_table(described, conflicts, density),
        tables.conflict_table(described, conflicts),
        *((change.table,) if change else ()),
        tables.dwelling_table(described, conflicts, rules),
        tables.plan_table(described, conflicts, density),
        tables.flag_table(described, conflicts),
        tables.cover_table(described),
        tables.rule_table(chosen.reserve.steps),
        *(chosen.plans.tables if chosen.plans else ()),
        tables.piece_table(described, conflicts, density),
        *((change.flows,) if change else ()),
    ]


def _findings(chosen: _Found, conflicts: Conflicts, layers: Layers, plan: str) -> Iterator[Finding]:
    """Every row that was mended, set aside or kept with a remark, and plans of unknown status."""
    if chosen.plans is not None:
        yield from chosen.plans.findings
    faults = pd.concat([chosen.reserve.faults, conflicts.faults], ignore_index=True)
    names = {"kommuneplan": _PLANS[plan], "reguleringsplan": "reguleringsplan_formaal"}
    faults["tema"] = faults["tema"].replace(names)
    for (layer, reason, action), rows in faults.groupby(["tema", "grunn", "handling"], sort=False):
        yield from _fault_findings(str(layer), str(reason), str(action), rows, layers)


def _fault_findings(
    layer: str, reason: str, action: str, rows: pd.DataFrame, layers: Layers
) -> Iterator[Finding]:
    """One finding a row; those beyond the first many are counted in one more."""
    frame = layers.get(layer)
    severity = Severity.INFO if action == REPAIRED else Severity.WARNING
    for label, area in zip(rows["rad"][:_LISTED], rows["areal_m2"][:_LISTED], strict=True):
        size = "" if pd.isna(area) else f" Det gjelder {format_number(area / DEKAR, 1)} dekar."
        yield Finding(
            rule="arealreserve.rad",
            title=f"{reason[0].upper()}{reason[1:].partition(';')[0]}",
            status=Status.HIT_YELLOW,
            severity=severity,
            text=f"{reason[0].upper()}{reason[1:]}. Raden er {action}.{size}",
            layer=layer,
            row=str(label),
            action="Rett raden i kilden.",
            geometry=_place(frame, label),
        )
    more = len(rows) - _LISTED
    if more > 0:
        yield Finding(
            rule="arealreserve.rad",
            title="Flere rader med samme feil",
            status=Status.HIT_YELLOW,
            severity=severity,
            text=f"{format_number(more)} rader til i laget: {reason} ({action}).",
            layer=layer,
            action="Rett radene i kilden.",
        )


def _place(frame: gpd.GeoDataFrame | None, label: object) -> shapely.Geometry | None:
    """Return a point on the row that a label names, where there is one."""
    if frame is None:
        return None
    shapes = geometries(frame)[frame.index == label]
    if not len(shapes) or shapes[0] is None or not shapely.is_valid(shapes[0]):
        return None
    point: shapely.Geometry = shapely.point_on_surface(shapes[0])
    return None if shapely.is_empty(point) else point
