"""Frames as Arrow tables and back, alike in every store.

A package knows five types: ``tekst`` (pandas ``str``), ``heltall`` (``Int64``), ``desimal``
(``float64``), ``boolsk`` (``boolean``) and ``dato`` (``datetime64[ms]``). What is missing stays
missing: a missing count is never 0, a missing text never an empty one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from askergeo.errors import LayerError, collect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = [
    "ARROW_TYPES",
    "DTYPES",
    "canonical",
    "columns_of",
    "from_arrow",
    "hilbert_order",
    "to_arrow",
    "total_bounds",
]

TEXT = pd.StringDtype(na_value=np.nan)
DTYPES: dict[str, Any] = {
    "tekst": TEXT,
    "heltall": pd.Int64Dtype(),
    "desimal": np.dtype("float64"),
    "boolsk": pd.BooleanDtype(),
    "dato": np.dtype("datetime64[ms]"),
}
ARROW_TYPES = {
    "tekst": pa.string(),
    "heltall": pa.int64(),
    "desimal": pa.float64(),
    "boolsk": pa.bool_(),
    "dato": pa.timestamp("ms"),
}
PANDAS_TYPES = {pa.int64(): DTYPES["heltall"], pa.bool_(): DTYPES["boolsk"], pa.string(): TEXT}
# Names that the stores use themselves.
RESERVED = ("bbox", "askergeo_fid", "geometry")
EXACT_INTEGER = 2**53


def canonical(
    frame: pd.DataFrame, expected: Mapping[str, str] | None = None, *, what: str = "laget"
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the frame in the package's types, its geometry named ``geometry``, and the types.

    Parameters
    ----------
    frame
        Any frame; it is not changed.
    expected
        Type that the catalogue gives a column; other columns keep the type that they have.
    what
        Name of the layer for messages.

    Returns
    -------
    tuple
        The frame with a ``RangeIndex``, and ``{column: type}`` without the geometry.

    Raises
    ------
    LayerError
        When a column cannot be held without loss; every such column is listed.
    """
    expected = expected or {}
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name != "geometry":
        frame = frame.rename_geometry("geometry")
    spatial = isinstance(frame, gpd.GeoDataFrame)
    names = [name for name in frame.columns if not (spatial and name == "geometry")]
    problems = _name_problems(names)
    columns: dict[str, Any] = {}
    kinds: dict[str, str] = {}
    for name in names if not problems else []:
        try:
            columns[name], kinds[name] = _column(frame[name], expected.get(name))
        except (ValueError, TypeError, OverflowError) as error:
            problems.append(f"kolonnen «{name}» {error}")
    if problems:
        raise LayerError(
            f"{what} kan ikke lagres:\n{collect(problems)}",
            remedy="Rett kolonnene, eller oppgi en kolonnekartlegging når laget legges til.",
        )
    data = pd.DataFrame(columns, index=frame.index).reset_index(drop=True)
    if not spatial:
        return data, kinds
    geometry = np.asarray(frame.geometry.array, dtype=object)
    return gpd.GeoDataFrame(data, geometry=geometry, crs=frame.crs), kinds


def hilbert_order(geometry: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return the order along a Hilbert curve over the geometries' bounding boxes.

    Equal places keep their order; missing and empty geometries come last, in their order.
    """
    bounds = shapely.bounds(geometry)
    known = np.flatnonzero(~np.isnan(bounds).any(axis=1))
    rest = np.flatnonzero(np.isnan(bounds).any(axis=1))
    if len(known) == 0:
        return rest
    distance = gpd.GeoSeries(geometry[known]).hilbert_distance().to_numpy()
    return np.concatenate([known[np.argsort(distance, kind="stable")], rest])


def total_bounds(geometry: NDArray[np.object_]) -> tuple[float, float, float, float] | None:
    """Return the box of all geometries; ``None`` when none has a place."""
    bounds = shapely.bounds(geometry)
    bounds = bounds[~np.isnan(bounds).any(axis=1)]
    if len(bounds) == 0:
        return None
    xmin, ymin = bounds[:, :2].min(axis=0).tolist()
    xmax, ymax = bounds[:, 2:].max(axis=0).tolist()
    return xmin, ymin, xmax, ymax


def to_arrow(frame: pd.DataFrame, kinds: Mapping[str, str]) -> pa.Table:
    """Turn a canonical frame into a table, geometry as ISO WKB in the column ``geometry``."""
    arrays = [
        pa.array(frame[name], type=ARROW_TYPES[kind], from_pandas=True)
        for name, kind in kinds.items()
    ]
    names = list(kinds)
    if isinstance(frame, gpd.GeoDataFrame):
        wkb = shapely.to_wkb(np.asarray(frame.geometry.array, dtype=object), flavor="iso")
        arrays.append(pa.array(wkb, type=pa.binary()))
        names.append("geometry")
    return pa.table([_plain(array) for array in arrays], names=names)


def from_arrow(table: pa.Table, kinds: Mapping[str, str], crs: str) -> pd.DataFrame:
    """Turn a table back into the frame, its columns as in ``kinds``; geometry when it has one."""
    names = list(kinds)
    schema = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in kinds.items()])
    attributes = table.select(names).replace_schema_metadata(None).cast(schema)
    frame: pd.DataFrame = attributes.to_pandas(types_mapper=PANDAS_TYPES.get)
    # A table without columns has no rows for pandas.
    frame = frame if names else pd.DataFrame(index=pd.RangeIndex(table.num_rows))
    if "geometry" not in table.column_names:
        return frame
    geometry = shapely.from_wkb(table.column("geometry").to_numpy())
    placed: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=geometry, crs=crs)
    return placed


def columns_of(
    kinds: Mapping[str, str], columns: Sequence[str] | None, *, layer: str
) -> dict[str, str]:
    """Return the types of the wanted attributes, in the order asked for.

    Raises
    ------
    LayerError
        When the layer lacks a column.
    """
    if columns is None:
        return dict(kinds)
    wanted = [name for name in dict.fromkeys(columns) if name != "geometry"]
    absent = [name for name in wanted if name not in kinds]
    if absent:
        raise LayerError(
            f"Laget «{layer}» mangler kolonnene {', '.join(absent)}; "
            f"det har {', '.join(kinds) or 'ingen'}.",
            remedy="Legg laget til på nytt med en kolonnekartlegging (--kolonner).",
        )
    return {name: kinds[name] for name in wanted}


def _plain(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Join the chunks in which pandas may hand over text."""
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _name_problems(names: Sequence[object]) -> list[str]:
    problems = [f"kolonnenavnet {name!r} er ikke tekst" for name in names if type(name) is not str]
    texts = [name for name in names if isinstance(name, str)]
    folded = pd.Series([name.casefold() for name in texts], dtype=object)
    twice = sorted({texts[at] for at in np.flatnonzero(folded.duplicated(keep=False))})
    if twice:
        problems.append(f"kolonnenavnene {', '.join(twice)} er like (små og store bokstaver)")
    taken = [name for name in texts if name.casefold() in RESERVED]
    problems += [f"kolonnenavnet «{name}» er reservert" for name in taken]
    problems += [
        f"kolonnenavnet {name!r} er tomt eller har styretegn"
        for name in texts
        if not name.strip() or not name.isprintable()
    ]
    return problems


def _column(series: pd.Series[Any], wanted: str | None) -> tuple[Any, str]:
    """Convert one column to its type without loss, or say why not."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    if series.dtype == object:
        series = _from_objects(series)
    if wanted is not None and series.isna().all():
        return pd.Series([None] * len(series), index=series.index, dtype=DTYPES[wanted]), wanted
    kind = _kind(series)
    if (kind, wanted) in WIDER:
        return WIDER[kind, wanted](series), str(wanted)
    if wanted is not None and kind != wanted:
        raise ValueError(f"er {kind}, men skal være {wanted}")
    return CONVERT[kind](series), kind


def _from_objects(series: pd.Series[Any]) -> pd.Series[Any]:
    found = pd.api.types.infer_dtype(series, skipna=True)
    if found in ("date", "datetime", "datetime64"):
        return pd.to_datetime(series)
    if found in ("string", "empty"):
        return series.astype(TEXT)
    if found == "boolean":
        return series.astype("boolean")
    if found == "integer":
        return series.astype("Int64")
    if found in ("floating", "mixed-integer-float"):
        return series.astype("float64")
    raise ValueError(f"har verdier av blandet eller ukjent type ({found})")


def _kind(series: pd.Series[Any]) -> str:
    types = pd.api.types
    if types.is_bool_dtype(series.dtype):
        return "boolsk"
    if types.is_integer_dtype(series.dtype):
        return "heltall"
    if types.is_float_dtype(series.dtype):
        return "desimal"
    if types.is_string_dtype(series.dtype):
        return "tekst"
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        raise TypeError("har tidssone; gjør om til norsk tid uten tidssone")
    if types.is_datetime64_dtype(series.dtype):
        return "dato"
    raise TypeError(f"har typen {series.dtype}, som en datapakke ikke kan holde")


def _whole(series: pd.Series[Any]) -> pd.Series[Any]:
    values = series.astype("Float64")
    if not (values.dropna() % 1 == 0).all() or (values.abs() > EXACT_INTEGER).any():
        raise ValueError("er desimal, men skal være heltall")
    return values.astype("Int64")


def _from_whole(series: pd.Series[Any]) -> pd.Series[Any]:
    if (series.abs() > EXACT_INTEGER).any():
        raise ValueError("har hele tall som er for store for desimaltall")
    return _decimal(series)


def _decimal(series: pd.Series[Any]) -> pd.Series[Any]:
    values = series.to_numpy(dtype="float64", na_value=np.nan)
    return pd.Series(values, index=series.index)


def _date(series: pd.Series[Any]) -> pd.Series[Any]:
    values = series.astype(DTYPES["dato"])
    if not (values.isna() | (values.astype(series.dtype) == series)).all():
        raise ValueError("har tidspunkter finere enn millisekunder")
    # GDAL loses the fraction of some of these when it writes a GeoPackage.
    old = values[values < np.datetime64("1970-01-01")]
    if (old != old.dt.floor("s")).any():
        raise ValueError("har tidspunkter før 1970 med deler av sekunder")
    return values


def _text(series: pd.Series[Any]) -> pd.Series[Any]:
    try:
        values = series.astype(TEXT)
    except UnicodeEncodeError:
        raise ValueError("har tegn som ikke er gyldig Unicode") from None
    if values.str.contains("\0", regex=False, na=False).any():
        raise ValueError("har nulltegn i teksten")
    return values


CONVERT: dict[str, Callable[[pd.Series[Any]], pd.Series[Any]]] = {
    "tekst": _text,
    "heltall": lambda series: series.astype(DTYPES["heltall"]),
    "desimal": _decimal,
    "boolsk": lambda series: series.astype(DTYPES["boolsk"]),
    "dato": _date,
}
# (type found, type wanted): conversions that lose nothing.
WIDER: dict[tuple[str, str | None], Callable[[pd.Series[Any]], pd.Series[Any]]] = {
    ("desimal", "heltall"): _whole,
    ("heltall", "desimal"): _from_whole,
}
