"""What a package gives back equals what was put in, whatever it was, in both stores."""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from askergeo.catalogue import Catalogue, Layer, load_catalogue
from askergeo.datapackage import DataPackage, Origin
from askergeo.stores.tables import DTYPES, hilbert_order

# A layer that takes anything, and a table of the built-in catalogue.
CATALOGUE = Catalogue(
    {"fritt": Layer(id="fritt", title="Fritt"), "befolkning": load_catalogue()["befolkning"]}
)
INT64 = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
VALUES = {
    "tekst": TEXTS | st.sampled_from(["", "Åsnes", "ÆØÅ æøå", "NULL", "nan", "0", "Čáhput 🌊"]),
    "heltall": INT64 | st.sampled_from([0, -1, 2**53 + 1]),
    "desimal": st.floats(allow_nan=False),
    "boolsk": st.booleans(),
    "dato": st.datetimes(
        min_value=pd.Timestamp("0100-01-01"), max_value=pd.Timestamp("9000-01-01")
    ).map(
        lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000 * (time.year >= 1970))
    ),
}
ORDINATE = st.floats(-1e7, 1e7, width=64, allow_subnormal=False)


@st.composite
def geometries(draw) -> shapely.Geometry | None:
    """Any kind that the two-dimensional and three-dimensional standards share; also none."""
    kind = draw(st.sampled_from(["none", "empty", "point", "line", "polygon", "multi"]))
    if kind == "none":
        return None
    if kind == "empty":
        return draw(st.sampled_from([shapely.Point(), shapely.Polygon(), shapely.MultiPolygon()]))
    size = draw(st.sampled_from([2, 3]))
    point = st.tuples(*[ORDINATE] * size)
    if kind == "point":
        return shapely.Point(draw(point))
    corners = draw(st.lists(point, min_size=4, max_size=6))
    if kind == "line":
        return shapely.LineString(corners)
    if kind == "polygon":
        return shapely.Polygon(corners)
    single = draw(st.sampled_from([shapely.Polygon, shapely.LineString]))
    many = {shapely.Polygon: shapely.MultiPolygon, shapely.LineString: shapely.MultiLineString}
    return many[single]([single(corners)])


@st.composite
def tables(draw) -> pd.DataFrame:
    """A frame of every type, with gaps, in the types that a package knows."""
    count = draw(st.integers(0, 7))
    columns = {
        f"{kind}_å": pd.Series(
            draw(st.lists(values | st.none(), min_size=count, max_size=count)), dtype=object
        ).astype(DTYPES[kind])
        for kind, values in VALUES.items()
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(count))


def written(layer: str, frame: pd.DataFrame, required: dict[str, object]) -> list[pd.DataFrame]:
    """Write and read a frame in both stores, without the columns that the catalogue requires."""
    full = frame.assign(**{
        name: pd.Series([value] * len(frame), dtype=DTYPES[kind])
        for name, (value, kind) in required.items()
    })  # fmt: skip
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for store in ("parquet", "gpkg"):
            package = DataPackage.create(Path(folder) / store, store=store, catalogue=CATALOGUE)
            package.write(layer, full, origin=Origin("hypotese"))
            read = DataPackage.open(package.path, catalogue=CATALOGUE).read(layer)
            assert isinstance(read.index, pd.RangeIndex)
            found.append(read.drop(columns=list(required)))
    return found


SLOW = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@SLOW
@given(tables(), st.data())
def test_a_layer_comes_back_as_it_was(frame, data):
    places = data.draw(st.lists(geometries(), min_size=len(frame), max_size=len(frame)))
    layer = gpd.GeoDataFrame(frame, geometry=places, crs="EPSG:25832")
    order = hilbert_order(np.array(places, dtype=object))
    expected = layer.iloc[order].reset_index(drop=True)
    for read in written("fritt", layer, {}):
        assert_geodataframe_equal(read, expected)
        wkb = [shapely.to_wkb(np.asarray(f.geometry.array), flavor="iso") for f in (read, expected)]
        assert wkb[0].tolist() == wkb[1].tolist()


@SLOW
@given(tables())
def test_a_table_comes_back_as_it_was(frame):
    required = {"adresse_id": ("a", "tekst"), "alder": (1, "heltall"), "antall": (1, "heltall")}
    for read in written("befolkning", frame, required):
        assert_frame_equal(read, frame)
