"""Files on their way into a data package: read, map, inspect, write."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely
import yaml

from askergeo.centres import load_centres
from askergeo.crs import to_crs
from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import LayerError, MissingFileError, SourceError, collect
from askergeo.municipalities import check_municipality
from askergeo.numbers import format_number
from askergeo.sources.files import read_file
from askergeo.sources.intake import Intake, take_in
from askergeo.sources.raster import warp_raster

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from askergeo.catalogue import Layer

__all__ = ["Added", "add_file", "build_from_recipe"]

_RECIPE_KEYS = {"kommune", "navn", "lag", "mangler"}
_STEP_KEYS = {
    "lag",
    "fil",
    "lag_i_fil",
    "kolonner",
    "dato",
    "crs",
    "tillegg",
    "dekning",
    "senterstruktur",
}


@dataclass(frozen=True, kw_only=True)
class Added:
    """What adding a file to a layer gave.

    ``rows`` is the number of rows in the layer afterwards; ``read`` = kept + ``filtered`` +
    ``set_aside`` accounts for every row of the file.
    """

    layer: str
    title: str
    file: str
    rows: int
    read: int
    filtered: int
    set_aside: int
    remarks: int

    def text(self) -> str:
        """Say it in one line of bokmål."""
        parts = [f"{self.layer}: {format_number(self.rows)} rader fra {self.file}"]
        if self.filtered:
            parts.append(f"{format_number(self.filtered)} hører ikke til laget")
        if self.set_aside:
            parts.append(f"{format_number(self.set_aside)} satt til side")
        if self.remarks:
            parts.append(f"{format_number(self.remarks)} avvik")
        return "; ".join(parts)

    def record(self) -> dict[str, Any]:
        """Return it as a plain record."""
        return {
            "lag": self.layer,
            "tittel": self.title,
            "fil": self.file,
            "rader": self.rows,
            "lest": self.read,
            "filtrert": self.filtered,
            "satt_til_side": self.set_aside,
            "avvik": self.remarks,
        }


def add_file(
    package: DataPackage,
    layer_id: str,
    path: Path,
    *,
    source_layer: str | None = None,
    mapping: str | Path | None = None,
    crs: str | None = None,
    fetched: str | None = None,
    coverage: str | Path | None = None,
    append: bool = False,
    overwrite: bool = False,
) -> Added:
    """Read a file into a package as one of the catalogue's layers.

    Parameters
    ----------
    package
        The package.
    layer_id
        Layer of the catalogue.
    path
        The file; a GeoTIFF for a raster layer.
    source_layer, mapping, crs
        See :func:`askergeo.sources.intake.take_in`.
    fetched
        ISO date when the data were fetched; without it the mapping's, or unknown.
    coverage
        Where the layer is mapped, when that is not the whole municipality: a file of polygons,
        or ``utstrekning`` for the rectangle around the rows.
    append
        Add the rows to those that are in the layer already.
    overwrite
        Replace the layer if it is there.

    Raises
    ------
    AskergeoError
        When the layer is unknown, the file cannot be read or lacks columns, the layer is there
        already, or the disk refuses; the package is then as it was.
    """
    layer = package.catalogue[layer_id]
    if not path.exists():
        raise MissingFileError(f"Filen {path} finnes ikke.", remedy="Se etter skrivefeil i navnet.")
    if layer.geometry == "raster":
        return _add_raster(package, layer, path, fetched=fetched, overwrite=overwrite)
    intake = take_in(
        path,
        layer,
        mapping=mapping,
        source_layer=source_layer,
        crs=crs,
        target_crs=package.crs,
        boundary=_boundary(package, layer_id),
    )
    frame, avvik = intake.frame, intake.avvik
    origin = _origin(intake, path, fetched)
    mapped = _coverage(coverage, frame, package.crs)
    if append and layer_id in package:
        frame, avvik = _appended(package, layer, frame, avvik)
        mapped = _both(package.coverage(layer_id), mapped)
        before = package.record(layer_id)
        origin = _joined(before.origin, before.fetched, origin)
    record = package.write(
        layer_id,
        frame,
        origin=origin,
        overwrite=overwrite or append,
        coverage=mapped,
        avvik=avvik,
    )
    return Added(
        layer=layer_id,
        title=layer.title,
        file=path.name,
        rows=record.rows,
        read=intake.rows_read,
        filtered=intake.rows_filtered,
        set_aside=intake.rows_set_aside,
        remarks=len(intake.avvik),
    )


def build_from_recipe(
    path: Path,
    recipe: str,
    *,
    source: Path,
    overwrite: bool = False,
    progress: Callable[[float, str], None] | None = None,
) -> list[Added]:
    """Build a whole package from a recipe: which file becomes which layer, by which mapping.

    Parameters
    ----------
    path
        Folder of the new package.
    recipe
        A YAML file, or the name of a built-in recipe (``asker``).
    source
        Folder that the recipe's file names are relative to.
    overwrite
        Replace a package that is there.
    progress
        Called with the share done (0–1) and what is under way.

    Raises
    ------
    AskergeoError
        When the recipe has a fault (all are listed), a file is missing, or a layer cannot be
        read.
    """
    content = _recipe(recipe)
    steps = content["lag"]
    absent = [
        step["fil"] for step in steps if "fil" in step and not (source / step["fil"]).exists()
    ]
    if absent:
        raise MissingFileError(
            f"I {source} mangler filer som oppskriften «{recipe}» bruker:\n{collect(absent)}",
            remedy="Oppgi mappen med filene etter --fra.",
        )
    municipality = check_municipality(str(content["kommune"]))
    package = DataPackage.create(
        path,
        municipality=municipality.number,
        name=content.get("navn", municipality.name),
        overwrite=overwrite,
    )
    added = []
    for number, step in enumerate(steps):
        if progress:
            progress(number / len(steps), step["lag"])
        added.append(_run_step(package, step, source))
    return added


def _run_step(package: DataPackage, step: Mapping[str, Any], source: Path) -> Added:
    if "senterstruktur" in step:
        return _add_centres(package, step["senterstruktur"])
    return add_file(
        package,
        step["lag"],
        source / step["fil"],
        source_layer=step.get("lag_i_fil"),
        mapping=step.get("kolonner"),
        crs=step.get("crs"),
        fetched=str(step["dato"]) if "dato" in step else None,
        coverage=step.get("dekning"),
        append=bool(step.get("tillegg")),
    )


def _add_centres(package: DataPackage, name: str) -> Added:
    structure = load_centres(name)
    frame = structure.layer(package.crs)
    warnings = "; ".join(structure.warnings())
    record = package.write(
        "senter",
        frame,
        origin=Origin(f"Senterstruktur som følger med askergeo ({structure.name})"),
        coverage=warnings,
    )
    return Added(
        layer="senter",
        title=package.catalogue["senter"].title,
        file="askergeos egne data",
        rows=record.rows,
        read=len(structure.centres),
        filtered=len(structure.without_position),
        set_aside=0,
        remarks=0,
    )


def _add_raster(
    package: DataPackage, layer: Layer, path: Path, *, fetched: str | None, overwrite: bool
) -> Added:
    """Take a GeoTIFF to the package's CRS and put it in."""
    import tempfile  # noqa: PLC0415  (rasters are rare)

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "raster.tif"
        warp_raster(path, target, crs=package.crs)
        origin = Origin(path.name, fetched=fetched or "")
        record = package.write_raster(layer.id, target, origin=origin, overwrite=overwrite)
    return Added(
        layer=layer.id,
        title=layer.title,
        file=path.name,
        rows=record.rows,
        read=record.rows,
        filtered=0,
        set_aside=0,
        remarks=0,
    )


def _boundary(package: DataPackage, layer_id: str) -> gpd.GeoDataFrame | None:
    """Return the municipality, when it is known and is not what is being added."""
    if layer_id == "kommunegrense" or "kommunegrense" not in package:
        return None
    boundary = package.read("kommunegrense", columns=["kommunenummer"])
    own: gpd.GeoDataFrame = boundary[boundary["kommunenummer"] == package.municipality]
    return own if len(own) else None


def _coverage(given: str | Path | None, frame: pd.DataFrame, crs: str) -> shapely.Geometry | None:
    """Return the mapped area; ``None`` when the layer is meant to be complete."""
    if given is None:
        return None
    if str(given) == "utstrekning":
        around: shapely.Geometry = shapely.box(*frame.geometry.total_bounds)
        return around
    area = to_crs(read_file(given).frame, crs, what=f"dekningen {given}")
    whole: shapely.Geometry = shapely.make_valid(area.geometry.union_all())
    return whole


def _both(one: shapely.Geometry | None, other: shapely.Geometry | None) -> shapely.Geometry | None:
    """Unite two mapped areas; what is complete everywhere stays so."""
    return None if one is None or other is None else shapely.union(one, other)


def _appended(
    package: DataPackage, layer: Layer, frame: pd.DataFrame, avvik: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Put new rows after those that are there; made keys go on counting."""
    old = package.read(layer.id)
    for name in layer.generated:
        if name in frame and pd.api.types.is_integer_dtype(frame[name].dtype):
            start = int(old[name].max()) if len(old) else 0
            frame = frame.assign(
                **{name: pd.array(range(start + 1, start + 1 + len(frame)), "Int64")}
            )
    both = pd.concat([old, frame], ignore_index=True)
    keys = list(layer.key_columns)
    doubles = both.duplicated(keys, keep=False) & both[keys].notna().all(axis=1) if keys else None
    if doubles is not None and doubles.any():
        shown = both.loc[doubles, keys].drop_duplicates().head(5).astype(str).agg("+".join, axis=1)
        raise LayerError(
            f"Laget «{layer.id}» ville få rader med samme nøkkel ({'+'.join(keys)}): "
            f"{', '.join(shown)}.",
            remedy="Er filen alt lagt til? Bruk --overskriv for å erstatte laget.",
        )
    return both, pd.concat([package.read_avvik(layer.id), avvik], ignore_index=True)


def _origin(intake: Intake, path: Path, fetched: str | None) -> Origin:
    stated = intake.mapping.origin
    return Origin(
        title=stated.get("tittel") or path.name,
        fetched=fetched or stated.get("dato", ""),
        licence=stated.get("lisens", ""),
        attribution=stated.get("navngivelse", ""),
        owner=stated.get("eier", ""),
    )


def _joined(title: str, fetched: str, origin: Origin) -> Origin:
    """Name both deliveries; the older date holds for the whole."""
    names = dict.fromkeys([*title.split("; "), origin.title])
    dates = [date for date in (fetched, origin.fetched) if date]
    return Origin(
        title="; ".join(names),
        fetched=min(dates, default=""),
        licence=origin.licence,
        attribution=origin.attribution,
        owner=origin.owner,
    )


def _recipe(name: str) -> dict[str, Any]:
    """Read a recipe and list all its faults at once."""
    path = Path(name)
    built_in = files("askergeo") / "data" / "recipes"
    if not path.suffix:
        resource = built_in / f"{name}.yml"
        known = sorted(one.name.removesuffix(".yml") for one in built_in.iterdir())
        if not resource.is_file():
            raise MissingFileError(
                f"Oppskriften «{name}» finnes ikke.",
                remedy=f"Innebygde oppskrifter: {', '.join(known)}. En egen fil slutter på .yml.",
            )
        text = resource.read_text(encoding="utf-8")
    elif path.is_file():
        text = path.read_text(encoding="utf-8")
    else:
        raise MissingFileError(f"Oppskriften {path} finnes ikke.", remedy="Se etter skrivefeil.")
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SourceError(f"Oppskriften {name} er ikke gyldig YAML: {error}.") from error
    if problems := _recipe_problems(content):
        raise SourceError(
            f"Oppskriften {name} har feil:\n{collect(problems)}",
            remedy="Se docs/datapakke.md for hvordan en oppskrift skrives.",
        )
    return dict(content)


def _recipe_problems(content: Any) -> list[str]:  # noqa: ANN401  (whatever YAML holds)
    if not isinstance(content, dict) or not isinstance(content.get("lag"), list):
        return ["den må ha «kommune» og en liste «lag»"]
    problems = [f"ukjent nøkkel «{key}»" for key in content if key not in _RECIPE_KEYS]
    if "kommune" not in content:
        problems.append("«kommune» mangler")
    for number, step in enumerate(content["lag"], start=1):
        if not isinstance(step, dict) or "lag" not in step:
            problems.append(f"lag nr. {number} har ikke «lag»")
            continue
        if ("fil" in step) == ("senterstruktur" in step):
            problems.append(
                f"lag nr. {number} ({step['lag']}) må ha enten «fil» eller «senterstruktur»"
            )
        problems += [
            f"lag nr. {number} ({step['lag']}): ukjent nøkkel «{key}»"
            for key in step
            if key not in _STEP_KEYS
        ]
    return problems
