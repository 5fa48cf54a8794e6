"""Runs the rules that hold a plan against the map: what it collides with, how much, and where.

A hit area is the union of what is hit, so a place that several objects cover is counted once. What
no map covers is told as unmapped, never as free of hits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo._text import listed
from askergeo.dok.match import load_aliases
from askergeo.dok.search import accuracy_of, cut
from askergeo.errors import AskergeoError
from askergeo.geometry import union
from askergeo.numbers import format_number
from askergeo.plan.answer import MapAnswer, MapHit
from askergeo.plan.catalogue import load_rules
from askergeo.plan.map_layers import Around, must_avoid, read_rows
from askergeo.plan.methods import Question, ask_method
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from askergeo._layer import Coverage, LayerColumn
    from askergeo.datapackage import DataPackage
    from askergeo.dok.search import Features
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.plan.catalogue import Asks, MapRule, Rule
    from askergeo.plan.map_layers import Asked, MapRows
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

__all__ = ["ask_map"]

# m²: less is what the edges of two maps leave of each other.
_LEAST: Final = 0.5
_WORST_FIRST: Final = (Status.HIT_RED, Status.HIT_YELLOW)


def ask_map(
    place: Place, package: DataPackage | ScenarioView, *, parameters: Parameters
) -> list[MapAnswer]:
    """Hold a plan against every layer that a rule is about.

    Parameters
    ----------
    place
        The plan, in the package's CRS.
    package
        The data package, or a scenario over it.
    parameters
        The set ``plansjekk``.
    """
    rules = load_rules().values()
    around = Around(place, package, rules)
    return [_ask(rule, around, parameters) for rule in rules if rule.map or rule.asks]


def _ask(rule: Rule, around: Around, parameters: Parameters) -> MapAnswer:
    """Ask one rule; one that fails is an error with its reason, and the others are asked."""
    try:
        if rule.map is not None:
            return _ask_layer(rule, rule.map, around)
        if rule.asks is not None:
            return _ask_method(rule, rule.asks, around, parameters)
    except (AskergeoError, shapely.errors.GEOSException) as error:
        reason = error.message if isinstance(error, AskergeoError) else str(error)
        remark = f"Kontrollen feilet: {reason}"
        return MapAnswer(rule=rule, status=Status.ERROR, unmapped_m2=None, remark=remark)
    return _not_relevant(rule)


def _ask_method(rule: Rule, asks: Asks, around: Around, parameters: Parameters) -> MapAnswer:
    if why := _absent(asks.needs, around.package):
        return _not_asked(rule, why)
    asked = around.asked(asks.uses)
    if asked.place is None:
        return _without_uses(rule, around.place)
    question = Question(rule, asked.uses, around.place, around.package, parameters)
    return ask_method(asks.method, question)


def _ask_layer(rule: Rule, ask: MapRule, around: Around) -> MapAnswer:
    why = _absent((ask.layer,), around.package) or _undecided(ask, around.package)
    if why:
        return _not_asked(rule, why)
    asked = around.asked(ask.uses)
    if asked.place is None:
        return _without_uses(rule, around.place)
    rows = read_rows(ask, around)
    must = must_avoid(ask, asked.uses["kode"].astype(str), rows.features)
    found = _meet(must, asked, rows)
    # What no purpose of the plan must stand outside is not the nearest either.
    chosen = rows.hits if must is None else rows.hits & must.any(axis=0)
    columns = around.package.catalogue[ask.layer].columns
    hits = tuple(_hits(found, asked, rows, {name: columns[name] for name in ask.show}))
    unmapped = rows.unmapped(asked.whole)
    remarks = (rows.remark, _accuracy(found, asked, rows.features, chosen))
    return MapAnswer(
        rule=rule,
        status=_worst(hits, unmapped, rows.rule),
        hits=hits,
        area_m2=_area(hits, apart=asked.place.apart),
        unmapped_m2=unmapped,
        distance_m=None if hits else rows.features.nearest(asked.place, chosen),
        remark=" ".join(remark for remark in remarks if remark),
    )


def _area(hits: tuple[MapHit, ...], *, apart: bool) -> float:
    """Area of hits, each place once; purposes that do not overlap share none."""
    if apart:
        return sum(hit.area_m2 or 0.0 for hit in hits)
    return float(union(np.array([hit.geometry for hit in hits], dtype=object)).area)


def _absent(layers: Iterable[str], package: DataPackage | ScenarioView) -> str:
    """Say which layers are not in the package."""
    titles = [f"«{package.catalogue[layer].title}»" for layer in layers if layer not in package]
    word = "Laget" if len(titles) == 1 else "Lagene"
    return f"{word} {listed(titles)} er ikke i datapakken." if titles else ""


def _undecided(ask: MapRule, package: DataPackage | ScenarioView) -> str:
    """Say which columns that tell hits from other rows are not in the package's layer."""
    if any(not one.where for one in ask.classes):
        return ""  # every row is a hit; how grave is told by `read_rows`
    there = package.records[ask.layer].columns
    wanted = dict.fromkeys(name for one in ask.classes for name in one.where)
    gone = [f"«{name}»" for name in wanted if name not in there]
    title = package.catalogue[ask.layer].title
    return f"Laget «{title}» i datapakken mangler {listed(gone)}." if gone else ""


def _not_asked(rule: Rule, why: str) -> MapAnswer:
    return MapAnswer(rule=rule, status=Status.NOT_IMPLEMENTED, unmapped_m2=None, remark=why)


def _without_uses(rule: Rule, place: Place) -> MapAnswer:
    """Answer a rule about no purpose on the ground; those on other levels are not known to fit."""
    if place.other_levels:
        levels = listed(sorted(place.other_levels))
        return _not_asked(rule, f"Formål på vertikalnivå {levels} er ikke holdt mot kartet.")
    return _not_relevant(rule)


def _not_relevant(rule: Rule) -> MapAnswer:
    remark = "Ingen formål som regelen gjelder."
    return MapAnswer(rule=rule, status=Status.NOT_RELEVANT, remark=remark)


@dataclass(frozen=True)
class _Meetings:
    """Purposes and rows of a layer that meet: a pair of positions, and the ground they share."""

    use: NDArray[np.intp]
    row: NDArray[np.intp]
    shared: Geometries


def _meet(must: NDArray[np.bool_] | None, asked: Asked, rows: MapRows) -> _Meetings:
    """Find the hits, pair by pair, with more than a common edge."""
    if asked.place is None:
        return _Meetings(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, object))
    met = rows.features.meeting(asked.place)
    met = met[rows.hits[met]]
    # Cut to the plan first: what is large is cut once, not for each purpose.
    near = cut(rows.features.shapes[met], asked.place)
    found, use = asked.place.tree.query(near, predicate="intersects")
    row = met[found]
    if must is not None:
        found, use, row = (one[must[use, row]] for one in (found, use, row))
    shared = np.asarray(shapely.intersection(asked.place.rows[use], near[found]), dtype=object)
    real = shapely.area(shared) > 0
    return _Meetings(use[real], row[real], shared[real])


def _hits(
    found: _Meetings, asked: Asked, rows: MapRows, told: Mapping[str, LayerColumn]
) -> Iterator[MapHit]:
    """Give one hit a purpose, with every row that it meets."""
    objects, codes, names = (
        asked.uses[name].to_numpy(dtype=object) for name in ("objekt", "kode", "bruk")
    )
    all_met, at = np.unique(found.row, return_inverse=True)
    texts = _what(rows.features.frame.iloc[all_met], told)
    for code in sorted(set(codes[found.use])):
        its = codes[found.use] == code
        where = union(found.shared[its])
        if where.area <= _LEAST:
            continue
        use, met = np.unique(found.use[its]), np.unique(at[its])
        statuses = set(rows.status[all_met[met]])
        yield MapHit(
            objects=tuple(dict.fromkeys(objects[use])),
            code=str(code),
            use=str(names[use[0]]),
            status=next(one for one in _WORST_FIRST if one in statuses),
            area_m2=float(where.area),
            what="; ".join(dict.fromkeys(texts[number] for number in met if texts)),
            geometry=where,
        )


def _what(frame: pd.DataFrame, told: Mapping[str, LayerColumn]) -> list[str]:
    """Say what each row is: the labels of the columns that tell; nothing when there are none."""
    labels = [
        frame[name].map(lambda value, c=column.codes or {}: c.get(value, value)).astype(object)
        for name, column in told.items()
        if name in frame.columns
    ]
    texts = [values.where(values.notna(), "ukjent").astype(str) for values in labels]
    return [", ".join(row) for row in zip(*texts, strict=True)]


def _accuracy(found: _Meetings, asked: Asked, features: Features, chosen: NDArray[np.bool_]) -> str:
    """Say which hits reach no deeper than the object's own accuracy, and what may be one."""
    accuracy = accuracy_of(features.frame, load_aliases().accuracy)
    if accuracy is None or asked.place is None:
        return ""
    shapes, whole = features.shapes, asked.whole
    said = []
    hit = np.unique(found.row)
    hit = hit[accuracy[hit] > 0]
    core = shapely.buffer(shapes[hit], -accuracy[hit])
    if shallow := int((~np.asarray(shapely.intersects(core, whole))).sum()):
        worst = format_number(float(accuracy[hit].max()), 1)
        said.append(
            f"{shallow} av treffene når ikke lenger inn enn kartets egen nøyaktighet "
            f"(inntil {worst} m)."
        )
    reach = float(np.nanmax(accuracy, initial=0.0))
    near = np.setdiff1d(features.within(asked.place, reach), found.row)
    near = near[chosen[near]]
    apart = np.asarray(shapely.distance(shapes[near], whole))
    if maybe := int((apart <= np.nan_to_num(accuracy[near], nan=-1.0)).sum()):
        said.append(
            f"{maybe} {'objekt' if maybe == 1 else 'objekter'} ligger nærmere planen enn kartets "
            "egen nøyaktighet, og kan være treff."
        )
    return " ".join(said)


def _worst(hits: tuple[MapHit, ...], unmapped: float | None, rule: Coverage) -> Status:
    found = {hit.status for hit in hits}
    if found:
        return next(status for status in _WORST_FIRST if status in found)
    return rule.no_hit(mapped=unmapped is not None and unmapped <= _LEAST)
