"""The mappings of the national basic map, on a table with the names of the object catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from askergeo._avvik import rows_set_aside
from askergeo.catalogue import load_catalogue
from askergeo.sources.mapping import apply_mapping, load_mapping

if TYPE_CHECKING:
    from collections.abc import Callable

# What GrunnkartFlate has in the 2025 edition, and more that is not read.
NAMES = {
    "arealdekkeNiva1": ["skog", "jordbruk", "ukjentKode"],
    "arealdekkeNiva2": ["skogGran", "fulldyrka", "x"],
    "arealdekkeKode": ["31", "21", "99"],
    "arealbrukLandHovedklasse": [None, "landbruk", None],
    "arealbrukLandUnderklasse": [None, None, None],
    "arealbrukLandKode": [None, "5", None],
    "arealbrukHav": [None, None, None],
    "okosystemtypeNiva1": ["skog", "dyrketmark", "hav"],
    "okosystemtypeNiva2": ["barskog", None, None],
    "okosystemtypeNiva3": [None, None, None],
    "grunnforhold": ["jorddekt", "jorddekt", None],
    "skogbonitet": ["hoy", None, None],
    "kommunenummer": ["3203"] * 3,
}


@pytest.mark.parametrize(("mapping", "case"), [("grunnkart", str), ("grunnkart_smaa", str.lower)])
def test_the_names_of_the_object_catalogue_are_read(
    mapping: str, case: Callable[[str], str]
) -> None:
    shapes = shapely.box([0, 1, 2], 0, [1, 2, 3], 1)
    frame = gpd.GeoDataFrame(
        {case(name): values for name, values in NAMES.items()}, geometry=shapes, crs="EPSG:25832"
    )
    layer = load_catalogue()["grunnkart"]
    found = apply_mapping(frame, layer, load_mapping(mapping))
    rows = found.frame
    assert rows["arealdekke_niva1"].tolist() == ["skog", "jordbruk"]
    assert rows["okosystemtype_niva1"].tolist() == ["skog", "dyrketmark"]
    assert rows["arealbruk_kode"].tolist()[1] == "5"
    assert rows["skogbonitet"].tolist()[0] == "hoy"
    # An unknown code is never a silent zero: the row is set aside and told of.
    assert rows_set_aside(found.avvik) == 1
