"""Reads the national DOK configurations as they are: one YAML file a dataset.

The catalogue's own layers have the same form, so both come out as :class:`DokConfig`. A key that
is not known is named on the configuration and never hides the rest of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import yaml

from askergeo._layer_yaml import OWN_KEYS, LayerFile, read_layer_file
from askergeo.dok.filters import Filter, FilterError, parse_filter
from askergeo.errors import CatalogueError, MissingFileError, collect
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from askergeo.catalogue import Catalogue, Layer

__all__ = ["DokConfig", "DokLayer", "Indicator", "configs_of", "read_configs"]

LARGEST: Final = 1_000_000
MOST_FILES: Final = 2_000
DEEPEST: Final = 30
PROTOCOLS: Final = ("wfs", "ogc_api", "arcgis", "geojson", "gpkg", "wms")
DATASET_KEYS: Final = frozenset(
    {"type", "config_id", "name", "title", "disabled", "metadata_id", "themes", "properties"}
    | {"layers", "geom_field", "wfs", "ogc_api", "arcgis", "wms"}
)
LAYER_KEYS: Final = frozenset(
    {"wfs", "ogc_api", "arcgis", "wms", "filter", "result_status"}
    | {"planning_guidance_id", "building_guidance_id"}
)
INDICATOR_KEYS: Final = frozenset(
    {"type", "quality_dimension_id", "quality_dimension_name", "quality_warning_text"}
    | {"warning_threshold", "property", "input_filter"}
    | {"wfs", "ogc_api", "arcgis", "geojson", "gpkg"}
)
SOURCE_KEYS: Final = frozenset(
    {"url", "layer", "geom_field", "property", "properties"}
    | {"planning_guidance_id", "building_guidance_id", "planning_building_id"}
)
SERVICE_KEYS: Final = frozenset({"url", "auth"})
HITS: Final = (Status.HIT_RED, Status.HIT_YELLOW)

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class DokLayer:
    """One layer of a dataset: what is searched, which rows, and what a hit means.

    ``fault`` says in bokmål why it cannot be run; empty when it can.
    """

    name: str
    status: Status = Status.HIT_RED
    filter: Filter | None = None
    planning_guidance_id: str = ""
    building_guidance_id: str = ""
    fault: str = ""

    def guidance_id(self, context: str) -> str:
        """Return the guidance of a building case, or of a plan."""
        building = context.casefold() == "byggesak"
        return self.building_guidance_id if building else self.planning_guidance_id


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One measure of quality: ``kind`` is ``coverage``, ``object`` or ``dataset``.

    ``threshold`` holds the values that warn; ``None`` warns where there is no value at all.
    ``file`` is the name of the coverage map, without the folder it had nationally.
    """

    kind: str
    id: str
    name: str
    warning: str = ""
    threshold: tuple[str, ...] | None = None
    property: str = ""
    file: str = ""
    input_filter: Filter | None = None


@dataclass(frozen=True, kw_only=True)
class DokConfig:
    """One dataset of the national configuration.

    ``unknown_keys`` names the keys that were not understood and ``notes`` says in bokmål what else
    was left aside; ``faults`` says what keeps the dataset from being run.
    """

    config_id: str
    name: str
    title: str
    metadata_id: str = ""
    themes: tuple[str, ...] = ()
    layers: tuple[DokLayer, ...] = ()
    properties: tuple[str, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    disabled: bool = False
    unknown_keys: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    path: Path | None = field(default=None, compare=False)


def read_configs(*paths: Path) -> tuple[DokConfig, ...]:
    """Read the configurations in folders or single files, in the order of their names.

    Raises
    ------
    MissingFileError
        When a path does not exist.
    CatalogueError
        When files are too large, use YAML aliases, or cannot be read; all are listed.
    """
    files = [file for path in paths for file in _files(path)]
    if len(files) > MOST_FILES:
        raise CatalogueError(f"Mappen har {len(files)} filer; {MOST_FILES} er det meste som leses.")
    problems = [problem for file in files for problem in _door(file)]
    if problems:
        raise _unreadable(problems)
    read = [read_layer_file(file) for file in files]
    problems = [problem for file in read for problem in file.problems]
    if problems:
        raise _unreadable(problems)
    quality, common = _quality(read)
    return tuple(
        _config(layer, (*quality.get(layer.config_id, ()), *common))
        for file in read
        for layer in file.layers
    )


def configs_of(catalogue: Catalogue) -> tuple[DokConfig, ...]:
    """Return the configurations that the catalogue's own layers carry."""
    return tuple(
        _config(layer, (*layer.quality, *catalogue.common_quality))
        for layer in catalogue.values()
        if layer.dok.get("layers") and layer.config_id
    )


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise MissingFileError(
            f"«{path}» med DOK-konfigurasjoner finnes ikke.",
            remedy="Oppgi mappen som har én .yml-fil for hvert datasett.",
        )
    return sorted(p for p in path.iterdir() if p.suffix in (".yml", ".yaml") and p.is_file())


def _door(path: Path) -> list[str]:
    """Say why a file must not be loaded: its size, aliases (which may multiply) or its depth."""
    if (size := path.stat().st_size) > LARGEST:
        return [f"{path.name}: filen er på {size} byte; {LARGEST} er det meste som leses"]
    depth = 0
    try:
        for event in yaml.parse(path.read_bytes(), Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                return [f"{path.name}: YAML-aliaser (*{event.anchor}) brukes ikke i disse filene"]
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                return [f"{path.name}: filen har mer enn {DEEPEST} nivåer"]
    except (yaml.YAMLError, UnicodeDecodeError):
        return []  # the reader says where
    return []


def _unreadable(problems: list[str]) -> CatalogueError:
    return CatalogueError(
        f"DOK-konfigurasjonen har feil:\n{collect(problems)}",
        remedy="Rett filene, eller ta dem ut av mappen.",
    )


def _quality(
    files: Iterable[LayerFile],
) -> tuple[dict[str, list[Mapping[str, Any]]], list[Mapping[str, Any]]]:
    """Return the indicators of each ``config_id``, and those that hold for every dataset."""
    by_config: dict[str, list[Mapping[str, Any]]] = {}
    for file in files:
        for config_id, indicators in file.quality:
            by_config.setdefault(config_id, []).extend(indicators)
    common = by_config.pop("", [])
    return by_config, common


def _config(layer: Layer, quality: Iterable[Mapping[str, Any]]) -> DokConfig:
    record = layer.dok
    unknown = _unknown("", record, DATASET_KEYS | OWN_KEYS)
    for key in PROTOCOLS:
        unknown += _unknown(f"{key}.", record.get(key), SERVICE_KEYS)
    faults: list[str] = []
    listed = record.get("layers")
    if not isinstance(listed, list) or not listed:
        faults.append("«layers» mangler")
        listed = []
    layers = []
    for number, given in enumerate(listed):
        unknown += _unknown(f"layers[{number}].", given, LAYER_KEYS)
        layers.append(_layer(given, number))
    indicators, notes = [], []
    for number, given in enumerate(quality):
        unknown += _indicator_keys(f"indicators[{number}]", given)
        indicator, fault = _indicator(given)
        indicators += [indicator] if indicator else []
        notes += [fault] if fault else []
    return DokConfig(
        config_id=layer.config_id,
        name=str(record.get("name") or layer.id),
        title=layer.title,
        metadata_id=layer.metadata_id,
        themes=_texts(record.get("themes")),
        layers=tuple(layers),
        properties=_texts(record.get("properties")),
        indicators=tuple(indicators),
        disabled=layer.disabled,
        unknown_keys=tuple(dict.fromkeys(unknown)),
        notes=tuple(notes),
        faults=tuple(faults),
        path=layer.path,
    )


def _unknown(place: str, given: object, known: frozenset[str]) -> list[str]:
    return [f"{place}{key}" for key in given if key not in known] if isinstance(given, dict) else []


def _indicator_keys(place: str, given: object) -> list[str]:
    found = _unknown(f"{place}.", given, INDICATOR_KEYS)
    for key in PROTOCOLS:
        if isinstance(given, dict):
            found += _unknown(f"{place}.{key}.", given.get(key), SOURCE_KEYS)
    return found


def _layer(given: object, number: int) -> DokLayer:
    if not isinstance(given, dict):
        return DokLayer(
            name=f"lag {number + 1}", fault=f"layers[{number}] er ikke nøkler og verdier"
        )
    layer = DokLayer(
        name=_layer_name(given, number),
        planning_guidance_id=str(given.get("planning_guidance_id") or ""),
        building_guidance_id=str(given.get("building_guidance_id") or ""),
    )
    status = str(given.get("result_status"))
    if status not in {str(hit) for hit in HITS}:
        return replace(layer, fault=f"«result_status» er «{status}», ikke HIT-RED eller HIT-YELLOW")
    layer = replace(layer, status=Status(status))
    if given.get("filter") is None:
        return layer
    try:
        return replace(layer, filter=parse_filter(str(given["filter"])))
    except FilterError as error:
        return replace(layer, fault=error.message)


def _layer_name(given: Mapping[str, Any], number: int) -> str:
    for key in ("wfs", "ogc_api", "arcgis"):
        if given.get(key):
            wms = _texts(given.get("wms"))
            # An ArcGIS layer is only a number; the name on the map says more.
            return wms[0] if key == "arcgis" and wms else str(given[key])
    return next(iter(_texts(given.get("wms"))), f"lag {number + 1}")


def _indicator(given: object) -> tuple[Indicator | None, str]:
    if not isinstance(given, dict) or given.get("type") not in ("coverage", "object", "dataset"):
        return None, ""
    source: Mapping[str, Any] = next(
        (given[k] for k in PROTOCOLS if isinstance(given.get(k), dict)), {}
    )
    url = str(source.get("url") or "")
    condition, fault = None, ""
    if given.get("input_filter") is not None:
        try:
            condition = parse_filter(str(given["input_filter"]))
        except FilterError as error:
            return None, error.message
    threshold = given.get("warning_threshold")
    return Indicator(
        kind=str(given["type"]),
        id=str(given.get("quality_dimension_id") or ""),
        name=str(given.get("quality_dimension_name") or ""),
        warning=str(given.get("quality_warning_text") or ""),
        threshold=None
        if threshold is None
        else tuple(value.strip() for value in str(threshold).split(" OR ")),
        property=str(given.get("property") or source.get("property") or ""),
        file=PurePosixPath(url).name if url.startswith("file:") else "",
        input_filter=condition,
    ), fault


def _texts(given: object) -> tuple[str, ...]:
    if given is None:
        return ()
    listed = given if isinstance(given, list) else [given]
    return tuple(str(item) for item in listed if item is not None)
