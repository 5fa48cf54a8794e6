"""Files on their way into a data package: read, map, inspect, write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from askergeo.crs import to_crs
from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import (
    LayerError,
    MissingFileError,
    ParameterError,
)
from askergeo.numbers import format_number
from askergeo.sources._feed_files import feed_kind
from askergeo.sources.feed import FEED_LAYERS
from askergeo.sources.files import read_file
from askergeo.sources.intake import take_in
from askergeo.sources.mapping import built_in_mappings
from askergeo.sources.raster import warp_raster
from askergeo.stores.checks import CHANGE
from askergeo.stores.layers import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.catalogue import Layer
    from askergeo.stores.lockfile import LayerRecord

__all__ = [
    "Added",
    "Terms",
    "add_file",
    "joined_origin",
    "make_origin",
    "require_date",
    "unstated_terms",
    "usual_terms",
]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Who owns a delivery and how it may be used; empty is unknown."""

    owner: str = ""
    licence: str = ""
    attribution: str = ""


@dataclass(frozen=True, kw_only=True)
class Added:
    """What adding a file to a layer gave.

    ``rows`` is the number of rows in the layer afterwards; ``read`` = kept + ``filtered`` +
    ``set_aside`` accounts for every row of the file. ``unstated`` names the terms of use that
    nobody has stated.
    """

    layer: str
    title: str
    file: str
    rows: int
    read: int
    filtered: int
    set_aside: int
    remarks: int
    unstated: tuple[str, ...] = ()

    def text(self) -> str:
        """Say it in one line of bokmål."""
        noun = "rad" if self.rows == 1 else "rader"
        parts = [f"{self.layer}: {format_number(self.rows)} {noun} fra {self.file}"]
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
    terms: Terms | None = None,
    coverage: str | Path | None = None,
    box: tuple[float, float, float, float] | None = None,
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
    terms
        Owner, licence and attribution; without them the mapping's, or unknown. The catalogue's
        hold only for what a built-in mapping reads.
    coverage
        Where the layer is mapped, when that is not the whole municipality: a file of polygons,
        or ``utstrekning`` for the rectangle around the rows.
    box
        West, south, east, north in degrees: keep only the rows that lie inside it, whole. The
        municipality itself is cut, so that a package may be about a part of it.
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
    require_date(fetched)
    if path.suffix.casefold() == ".inp" and mapping is None:
        return _add_from_model(
            package, layer_id, path, crs=crs, source_layer=source_layer, coverage=coverage,
            box=box, fetched=fetched, terms=terms, append=append, overwrite=overwrite,
        )  # fmt: skip
    if layer_id in FEED_LAYERS and mapping is None and feed_kind(path):
        return _add_from_feed(
            package, layer_id, path, crs=crs, source_layer=source_layer, coverage=coverage,
            box=box, fetched=fetched, terms=terms, append=append, overwrite=overwrite,
        )  # fmt: skip
    if layer.geometry == "raster":
        given = (mapping, crs, source_layer, coverage, box, append or None)
        if any(one is not None for one in given):
            raise ParameterError(
                f"Laget «{layer_id}» er et raster; kolonner, koordinatsystem, lag i fil, dekning "
                "og tillegg gjelder bare tabeller og kart med objekter.",
                remedy="Ta bort de valgene.",
            )
        origin = make_origin(path, fetched, terms or Terms(), {})
        return _add_raster(package, layer, path, origin=origin, overwrite=overwrite)
    intake = take_in(
        path,
        layer,
        mapping=mapping,
        source_layer=source_layer,
        crs=crs,
        target_crs=package.crs,
        # Whoever names a box has chosen the place; what lies outside it is left out, not a fault.
        boundary=_boundary(package, layer_id) if box is None else None,
        changes=bool(package.scenario),
        municipality=package.municipality,
    )
    frame, avvik = intake.frame, intake.avvik
    if box is not None:
        frame = _inside(frame, box, package.crs, cut=layer_id == "kommunegrense")
    outside = len(intake.frame) - len(frame)
    if package.scenario:
        frame = _numbered(package, layer, frame, append=append)
    stated = intake.mapping.origin
    if mapping is not None and str(mapping) in built_in_mappings():
        stated = usual_terms(layer) | {key: text for key, text in stated.items() if text}
    origin = make_origin(path, fetched, terms or Terms(), stated)
    unstated = unstated_terms(origin)
    mapped = _coverage(coverage, frame, package.crs)
    if append and layer_id in package:
        frame, avvik = _appended(package, layer, frame, avvik, made=intake.made)
        mapped = _both(package.coverage(layer_id), mapped)
        before = package.record(layer_id)
        origin = joined_origin(before, origin)
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
        filtered=intake.rows_filtered + outside,
        set_aside=intake.rows_set_aside,
        remarks=len(intake.avvik),
        unstated=unstated,
    )


def _add_from_feed(
    package: DataPackage,
    layer_id: str,
    path: Path,
    *,
    crs: str | None,
    source_layer: str | None,
    coverage: str | Path | None,
    box: tuple[float, float, float, float] | None,
    **how: Any,  # noqa: ANN401  (as add_feed takes them)
) -> Added:
    """Take one layer out of a timetable."""
    from askergeo.ingest_feed import add_feed  # noqa: PLC0415  (it builds on this module)

    if any(one is not None for one in (crs, source_layer, coverage, box)):
        raise ParameterError(
            f"{path.name} er en rutetabell; koordinatsystem, lag i fil, dekning og boks gjelder "
            "ikke for den.",
            remedy="Ta bort de valgene.",
        )
    return add_feed(package, path, layers=(layer_id,), **how)[0][0]


def _add_from_model(
    package: DataPackage,
    layer_id: str,
    path: Path,
    *,
    source_layer: str | None,
    coverage: str | Path | None,
    box: tuple[float, float, float, float] | None,
    **how: Any,  # noqa: ANN401  (as add_inp takes them)
) -> Added:
    """Take one layer out of a model of a pipe network."""
    from askergeo.ingest_inp import INP_LAYERS, add_inp  # noqa: PLC0415  (it builds on this module)

    if layer_id not in INP_LAYERS or any(one is not None for one in (source_layer, coverage, box)):
        raise ParameterError(
            f"{path.name} er en ledningsnettmodell; den gir lagene {', '.join(INP_LAYERS)}, og lag "
            "i fil, dekning og boks gjelder ikke for den.",
            remedy=f"Skriv «askergeo data legg-til {package.path} {path}».",
        )
    added = add_inp(package, path, layers=(layer_id,), **how)[0]
    if not added:
        raise LayerError(
            f"Modellen {path.name} gir ingen rader i «{layer_id}».",
            remedy="Har modellen koordinater ([COORDINATES])?",
        )
    return added[0]


def require_date(text: str | None) -> None:
    """Refuse a date that is not written year first: it is printed beside every number."""
    if not text:
        return
    try:
        written = date.fromisoformat(text).isoformat()
    except ValueError:
        written = ""
    if written != text:
        raise ParameterError(
            f"Datoen «{text}» er ikke på formen ÅÅÅÅ-MM-DD.",
            remedy="Skriv for eksempel 2026-01-31.",
        )


def _add_raster(
    package: DataPackage, layer: Layer, path: Path, *, origin: Origin, overwrite: bool
) -> Added:
    """Take a GeoTIFF to the package's CRS and put it in."""
    import tempfile  # noqa: PLC0415  (rasters are rare)

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "raster.tif"
        warp_raster(path, target, crs=package.crs)
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
        unstated=unstated_terms(origin),
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
        what, rows = "laget", frame
    else:
        what = f"dekningen {given}"
        rows = read_file(given).frame
    if not isinstance(rows, gpd.GeoDataFrame) or not rows.geometry.notna().any():
        raise LayerError(
            f"{what} har ingen geometri, så dekningen kan ikke tegnes.",
            remedy="Oppgi en fil med flater etter --dekning, eller ta bort valget.",
        )
    if str(given) == "utstrekning":
        around: shapely.Geometry = shapely.box(*rows.total_bounds)
        return around
    area = to_crs(rows, crs, what=what)
    whole: shapely.Geometry = shapely.make_valid(area.geometry.union_all())
    if not shapely.area(whole):
        raise LayerError(
            f"{what} har ingen flater.", remedy="Oppgi en fil med flater som viser det kartlagte."
        )
    return whole


def _inside(
    frame: pd.DataFrame, box: tuple[float, float, float, float], crs: str, *, cut: bool
) -> gpd.GeoDataFrame:
    """Keep the rows that lie wholly in a box in degrees, or ``cut`` them to it."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ParameterError(
            "En boks kan ikke skjære en tabell uten geometri.", remedy="Ta bort «boks»."
        )
    # Parallels bend in the CRS of record; a vertex each hundredth of a degree follows them.
    around = shapely.segmentize(shapely.box(*box), 0.01)
    place = gpd.GeoSeries([around], crs="EPSG:4326").to_crs(crs).iloc[0]
    if cut:
        parts = frame[frame.intersects(place)]
        kept: gpd.GeoDataFrame = parts.set_geometry(parts.intersection(place))
    else:
        kept = frame[frame.within(place)]
    return kept.reset_index(drop=True)


def _both(one: shapely.Geometry | None, other: shapely.Geometry | None) -> shapely.Geometry | None:
    """Unite two mapped areas; what is complete everywhere stays so."""
    return None if one is None or other is None else shapely.union(one, other)


def _appended(
    package: DataPackage,
    layer: Layer,
    frame: pd.DataFrame,
    avvik: gpd.GeoDataFrame,
    *,
    made: tuple[str, ...],
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Put new rows after those that are there; made keys go on counting."""
    old = package.read(layer.id)
    for name in made:
        if pd.api.types.is_integer_dtype(frame[name].dtype):
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


def _numbered(
    package: DataPackage, layer: Layer, frame: pd.DataFrame, *, append: bool
) -> pd.DataFrame:
    """Give new rows of a scenario the keys that they lack: below zero, where no base counts."""
    keys = layer.key_columns
    if len(keys) != 1 or not layer.columns[keys[0]].generated:
        return frame
    values = frame[keys[0]]
    lacking = (values.isna() & (frame[CHANGE] == "ny")).to_numpy(dtype=bool)
    if not lacking.any():
        return frame
    used = [values]
    if append and layer.id in package:
        used.append(package.read(layer.id, columns=list(keys), geometry=False)[keys[0]])
    if pd.api.types.is_integer_dtype(values.dtype):
        start = min([0, *(int(one.min()) for one in used if one.notna().any())])
        made: list[object] = [start - 1 - number for number in range(lacking.sum())]
    else:
        start = sum(len(one) for one in used)
        made = [f"ny-{start + 1 + number}" for number in range(lacking.sum())]
    filled = values.copy()
    filled[lacking] = made
    return frame.assign(**{keys[0]: filled})


def usual_terms(layer: Layer) -> dict[str, str]:
    """Return the terms of the layer's usual source, under the keys of a mapping file."""
    return {"lisens": layer.licence, "navngivelse": layer.attribution, "eier": layer.owner}


def make_origin(path: Path, fetched: str | None, terms: Terms, stated: Mapping[str, str]) -> Origin:
    """Return where a layer comes from: what the caller says, else what is ``stated``."""
    return Origin(
        title=stated.get("tittel") or path.name,
        fetched=fetched or stated.get("dato", ""),
        licence=terms.licence or stated.get("lisens", ""),
        attribution=terms.attribution or stated.get("navngivelse", ""),
        owner=terms.owner or stated.get("eier", ""),
    )


def unstated_terms(origin: Origin) -> tuple[str, ...]:
    """Name the terms of use that nobody has stated."""
    named = {"eier": origin.owner, "lisens": origin.licence, "navngivelse": origin.attribution}
    return tuple(name for name, text in named.items() if not text)


def joined_origin(before: LayerRecord, origin: Origin) -> Origin:
    """Name both deliveries and their terms; the older date holds for the whole."""
    dates = [date for date in (before.fetched, origin.fetched) if date]
    return Origin(
        title=_listed(before.origin, origin.title),
        fetched=min(dates, default=""),
        licence=_listed(before.licence, origin.licence or UNKNOWN),
        attribution=_listed(before.attribution, origin.attribution or origin.title),
        owner=_listed(before.owner, origin.owner or UNKNOWN),
    )


def _listed(before: str, new: str) -> str:
    return "; ".join(dict.fromkeys([*before.split("; "), new]))
