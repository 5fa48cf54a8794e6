"""Fire water as a result."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from askergeo.analyses import find
from askergeo.analyses.va_brannvann import va_brannvann
from askergeo.parameters import load_parameters

P = load_parameters("va_brannvann+va_hydraulikk+va_nett+va_bortfall")


def test_the_tables_count_every_building_once() -> None:
    buildings = gpd.GeoDataFrame(
        {"bygning_id": [1, 2, 3, 4], "bygningstype": [111, 111, 146, 181]},
        geometry=[shapely.Point(x, 10) for x in (0, 300, 0, 0)],
        crs="EPSG:25832",
    )
    nodes = gpd.GeoDataFrame(
        {"node_id": ["h"], "type": ["hydrant"], "kapasitet_l_s": np.array([25.0])},
        geometry=[shapely.Point(0, 0)],
        crs="EPSG:25832",
    )
    district = gpd.GeoDataFrame(
        {"grunnkretsnummer": ["1"]}, geometry=[shapely.box(-50, -50, 50, 50)], crs="EPSG:25832"
    )
    result = va_brannvann(nodes, bygning=buildings, grunnkrets=district, parameters=P)
    for name in ("bygningstyper", "omraader"):
        row = result.table(name).frame.loc["alle"]
        assert (row["mangler"], row["ukjent"], row["har"]) == (2, 0, 1)
    assert set(result.table("uten").frame["bygning"]) == {"2", "3"}
    assert result.sentence.startswith("1 brannuttak: av 3 bygninger mangler 2")
    assert find("va_brannvann").absent({"va_node"}) == ("bygning",)
