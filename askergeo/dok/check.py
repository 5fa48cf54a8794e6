"""Checks one area against national datasets: the only door of this room that computes.

The steps are those of the national method: buffer, search by filter, hit area, distance, coverage,
quality. Four things differ, on purpose: what overlaps is counted once, every layer of a dataset is
searched, a polygon that only touches the area is no hit but a remark, and a place that nobody is
known to have mapped is never green.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo._text import listed
from askergeo.dok import _words
from askergeo.dok.coverage import Mapped, mapped_in, no_hit_status
from askergeo.dok.filters import FilterError
from askergeo.dok.hits import chosen_rows, objects_hit, parts_hit, remarks_on, search
from askergeo.dok.match import columns_for, load_aliases, matching_layers
from askergeo.dok.outcome import DokResult, LayerHit, worst
from askergeo.dok.quality import coverage_indicator, quality_measures
from askergeo.dok.search import Place, Reader, length_of, place_of
from askergeo.errors import AskergeoError
from askergeo.geometry import union
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from askergeo.catalogue import Layer
    from askergeo.datapackage import DataPackage
    from askergeo.dok.config import DokConfig
    from askergeo.dok.guidance import Guidance
    from askergeo.dok.hits import Found
    from askergeo.scenario import ScenarioView

__all__ = ["check_area"]


@dataclass(frozen=True)
class _Run:
    """What all datasets of one call share."""

    package: DataPackage | ScenarioView
    place: Place
    reader: Reader
    context: str
    theme: str
    guidance: Mapping[str, Guidance]
    coverage_folder: Path | None
    objects: bool = True
    mapped: dict[tuple[str, str], Mapped] = field(default_factory=dict)


def check_area(
    area: BaseGeometry | gpd.GeoDataFrame,
    package: DataPackage | ScenarioView,
    *,
    configs: Sequence[DokConfig],
    buffer_m: float = 0.0,
    context: str = "Reguleringsplan",
    theme: str = "",
    guidance: Mapping[str, Guidance] | None = None,
    coverage_folder: Path | None = None,
    time_limit_s: float | None = None,
    objects: bool = True,
) -> list[DokResult]:
    """Check an area against datasets of the national DOK configuration.

    Parameters
    ----------
    area
        A polygon in the package's CRS, or a frame of polygons (the objects of a plan): then each
        result also says which rows are hit.
    package
        The layers that are searched.
    configs
        The datasets (`read_configs`, `configs_of`).
    buffer_m
        Searched round the area as well, metres.
    context
        ``Reguleringsplan``, ``Kommuneplan`` or ``Byggesak``: which guidance and which suitability.
    theme
        Only datasets of this theme are relevant; empty for all.
    guidance
        National guidance texts by id (`read_guidance`).
    coverage_folder
        Folder with the national coverage maps, by the names that the configurations give them.
    time_limit_s
        Datasets that have not been begun after so many seconds give ``TIMEOUT``.
    objects
        Whether each result lists the objects that are hit, with what the indicators of quality say
        of them; half the time of an answer goes to it.

    Returns
    -------
    list of DokResult
        One for each configuration, in that order. A dataset that fails is an ``ERROR`` with its
        reason; the others are run.

    Raises
    ------
    CrsError, DataQualityError
        When the area cannot be used.
    """
    place = place_of(area, package.crs, buffer_m)
    matches = [matching_layers(config, package.catalogue) for config in configs]
    reader = Reader(package, place, _columns(configs, matches, package))
    run = _Run(package, place, reader, context, theme, guidance or {}, coverage_folder, objects)
    start = time.monotonic()
    results = []
    for config, layers in zip(configs, matches, strict=True):
        blank = _blank(config, layers, run)
        if time_limit_s is not None and time.monotonic() - start > time_limit_s:
            text = f"Ikke kontrollert: tiden på {time_limit_s:g} s var brukt opp."
            results.append(replace(blank, status=Status.TIMEOUT, text=text))
            continue
        try:
            results.append(_check(config, layers, run, blank))
        except (AskergeoError, shapely.errors.GEOSException) as error:
            reason = error.message if isinstance(error, AskergeoError) else str(error)
            text = f"Kontrollen feilet: {reason}"
            results.append(replace(blank, status=Status.ERROR, text=text))
    return results


def _columns(
    configs: Iterable[DokConfig],
    matches: Iterable[Sequence[Layer]],
    package: DataPackage | ScenarioView,
) -> dict[str, set[str]]:
    """Columns of each layer that any of the configurations uses."""
    needed: dict[str, set[str]] = {}
    units = load_aliases().accuracy
    for config, layers in zip(configs, matches, strict=True):
        for layer in layers:
            if layer.id not in package:
                continue
            present = package.record(layer.id).columns
            wanted = [*config.properties, *(i.property for i in config.indicators)]
            wanted += [
                name for part in config.layers if part.filter for name in part.filter.columns
            ]
            own = [*load_aliases().parts.get(layer.id, {}).values()]
            own += [f for _, f in load_aliases().datasets.values() if f is not None]
            wanted += [name for one in own for name in one.columns]
            names = {*columns_for(layer, wanted, present).values()}
            names |= {name for name in present if name.casefold() in units}
            # The counts of persons are no part of any of these answers.
            needed.setdefault(layer.id, set()).update(names - {*layer.persons})
    return needed


def _blank(config: DokConfig, layers: Sequence[Layer], run: _Run) -> DokResult:
    """Return the answer before anything is known."""
    there = [run.package.record(layer.id) for layer in layers if layer.id in run.package]
    dates = [record.fetched for record in there]
    owners = [*(record.owner for record in there), *(layer.owner for layer in layers)]
    notes = list(config.notes)
    if config.unknown_keys:
        notes.append(f"Nøkler som ikke er brukt: {', '.join(config.unknown_keys)}.")
    return DokResult(
        config=config,
        status=Status.NOT_IMPLEMENTED,
        searched_m2=float(shapely.area(run.place.searched)),
        buffer_m=run.place.buffer_m,
        layer_ids=tuple(record.layer for record in there),
        updated=min(dates) if dates and all(dates) else "",
        owner=next(filter(None, owners), ""),
        description=layers[0].description if layers else "",
        remarks=tuple(notes),
        laws=tuple(dict.fromkeys(str(basis) for layer in layers for basis in layer.legal_basis)),
    )


def _check(config: DokConfig, layers: Sequence[Layer], run: _Run, blank: DokResult) -> DokResult:
    reason = _not_run(config, layers, run)
    if reason is not None:
        status, text = reason
        return replace(blank, status=status, text=text)
    present = [layer for layer in layers if layer.id in run.package]
    found: list[Found] = []
    failed: list[LayerHit] = []
    for part in config.layers:
        for layer in present:
            try:
                features = run.reader.near(layer.id)
                found.append(search(config, part, layer, features, run.place))
            except FilterError as error:
                fault = LayerHit(
                    name=part.name, layer=layer.id, status=Status.ERROR, text=error.message
                )
                failed.append(fault)
    if absent := [f"«{layer.id}»" for layer in layers if layer not in present]:
        note = f"Laget {listed(absent)} hører også til datasettet, men er ikke i datapakken."
        blank = replace(blank, remarks=(*blank.remarks, note))
    return _answer(blank, found, failed, _mapped(config, present, run), run)


def _not_run(config: DokConfig, layers: Sequence[Layer], run: _Run) -> tuple[Status, str] | None:
    """Say why a dataset is not searched; ``None`` when it is."""
    themes = [theme.casefold() for theme in config.themes]
    if run.theme and run.theme.casefold() not in themes:
        return Status.NOT_RELEVANT, f"Datasettet hører ikke til temaet «{run.theme}»."
    if config.disabled:
        return Status.NOT_IMPLEMENTED, "Ikke kontrollert: datasettet er slått av i konfigurasjonen."
    if config.faults:
        return Status.ERROR, f"Konfigurasjonen har feil: {listed(config.faults)}."
    if not layers:
        return (
            Status.NOT_IMPLEMENTED,
            "Ikke kontrollert: katalogen har ikke noe lag for datasettet.",
        )
    if not any(layer.id in run.package for layer in layers):
        names = listed([f"«{layer.id}»" for layer in layers])
        return Status.NOT_MAPPED, f"Ikke kjent: laget {names} er ikke i datapakken."
    return None


def _mapped(config: DokConfig, layers: Sequence[Layer], run: _Run) -> Mapped:
    """How much of the searched area is mapped, in the layer that knows least."""
    indicator = coverage_indicator(config)
    answers = []
    for layer in layers:
        key = layer.id, indicator.file if indicator else ""
        if key not in run.mapped:
            run.mapped[key] = mapped_in(
                layer,
                run.package,
                run.place.searched,
                indicator=indicator,
                folder=run.coverage_folder,
            )
        answers.append(run.mapped[key])
    return min(answers, key=lambda one: -1.0 if one.share is None else one.share)


def _answer(
    blank: DokResult, found: list[Found], failed: list[LayerHit], mapped: Mapped, run: _Run
) -> DokResult:
    hits = [one for one in found if one.hit.count]
    if not hits:
        found = [_farther(blank.config, one, run) for one in found]
    status = _status(hits, found, failed, mapped)
    result = _measured(replace(blank, status=status), hits, found, run)
    measures, warnings = quality_measures(
        blank.config, mapped, result.objects, hits=bool(hits), context=run.context
    )
    guide = next((one.part.guidance_id(run.context) for one in _gravest(hits or found)), "")
    text = run.guidance.get(guide)
    actions = text.actions if text and text.actions else _actions(found)
    remarks = [*blank.remarks, *(f"{one.name}: {one.text}" for one in failed)]
    return replace(
        result,
        layers=(*(_guided(one, run) for one in found), *failed),
        mapped=mapped.share,
        text=_words.sentence(result, mapped, failed),
        remarks=tuple(dict.fromkeys([*remarks, *remarks_on(found, run.place)])),
        quality=measures,
        warnings=warnings,
        guidance=text,
        actions=actions if hits else (),
        steps=_words.steps(result, [(one.hit, one.part.filter) for one in found], mapped),
    )


def _status(
    hits: Sequence[Found], found: Sequence[Found], failed: Sequence[LayerHit], mapped: Mapped
) -> Status:
    """Return the gravest hit; without hits never green when a layer failed or is not mapped."""
    if hits:
        return worst(one.hit.status for one in hits)
    if failed:
        return Status.ERROR
    return worst(no_hit_status(one.layer, mapped) for one in found)


def _guided(one: Found, run: _Run) -> LayerHit:
    return replace(one.hit, guidance_id=one.part.guidance_id(run.context))


def _gravest(found: Sequence[Found]) -> list[Found]:
    return sorted(found, key=lambda one: (one.part.status != Status.HIT_RED, -one.hit.count))


def _actions(found: Sequence[Found]) -> tuple[str, ...]:
    table = load_aliases().actions
    return tuple(dict.fromkeys(text for one in found for text in table.get(one.layer.id, ())))


def _farther(config: DokConfig, one: Found, run: _Run) -> Found:
    """Find the distance of a layer that has nothing near."""
    if one.hit.distance_m is not None:
        return one
    features = run.reader.far(one.layer.id)
    distance = features.nearest(run.place, chosen_rows(config, one.part, one.layer, features.frame))
    return replace(one, hit=replace(one.hit, distance_m=distance))


def _measured(
    result: DokResult, hits: Sequence[Found], found: Sequence[Found], run: _Run
) -> DokResult:
    """Put in areas, lengths, distances, the objects and the rows of the plan that are hit."""
    place = run.place
    cover = (
        hits[0].cover
        if len(hits) == 1
        else union(np.array([one.cover for one in hits], dtype=object))
    )
    area = float(shapely.area(cover))
    lines = [one.pieces[~one.flat] for one in hits]
    distances = [one.hit.distance_m for one in hits or found if one.hit.distance_m is not None]
    inside = shapely.intersection(cover, place.whole) if place.buffer_m else cover
    return replace(
        result,
        count=len({(one.layer.id, row) for one in hits for row in one.rows.tolist()}),
        area_m2=area,
        inside_m2=float(shapely.area(inside)),
        length_m=length_of(np.concatenate(lines)) if lines else 0.0,
        distance_m=min(distances, default=None),
        objects=objects_hit(result.config, hits, run.package.crs) if run.objects else None,
        lines=np.concatenate(lines) if lines else None,
        parts=parts_hit(hits, cover, place),
    )
