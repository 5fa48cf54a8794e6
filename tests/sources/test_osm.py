from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from askergeo.errors import SourceError
from askergeo.sources.files import read_file

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("osmium")

OSM = """<osm version="0.6">
<node id="1" lat="59.80" lon="10.40"/><node id="2" lat="59.80" lon="10.41"/>
<node id="3" lat="59.81" lon="10.41"/><node id="4" lat="59.81" lon="10.40"/>
<node id="5" lat="59.803" lon="10.403"/><node id="6" lat="59.803" lon="10.406"/>
<node id="7" lat="59.806" lon="10.406"><tag k="shop" v="supermarket"/><tag k="brand" v="Ø"/></node>
<way id="10"><nd ref="1"/><nd ref="2"/><tag k="highway" v="cycleway"/><tag k="foot" v="designated"/></way>
<way id="11"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="building" v="yes"/></way>
<way id="12"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="highway" v="residential"/></way>
<way id="13"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/></way>
<way id="14"><nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="5"/></way>
<way id="15"><nd ref="1"/><nd ref="99"/><tag k="highway" v="path"/></way>
<way id="16"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="highway" v="pedestrian"/><tag k="area" v="yes"/></way>
<relation id="20"><member type="way" ref="13" role="outer"/><member type="way" ref="14" role="inner"/>
<tag k="type" v="multipolygon"/><tag k="landuse" v="forest"/></relation>
<relation id="21"><member type="way" ref="98" role="outer"/><tag k="type" v="multipolygon"/><tag k="natural" v="water"/></relation>
</osm>"""


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    path = tmp_path / "utdrag.osm"
    path.write_text(OSM)
    return path


def test_points_keep_every_tag(extract: Path):
    frame = read_file(extract, layer="punkt").frame
    assert frame["osm_id"].tolist() == ["n7"]
    assert frame["shop"].tolist() == ["supermarket"]
    assert json.loads(frame["andre_tagger"].iloc[0]) == {"brand": "Ø"}


def test_lines(extract: Path):
    read = read_file(extract, layer="linje")
    frame = read.frame.set_index("osm_id")
    # A closed street is a line; the way whose node is missing is kept, without geometry.
    assert set(frame.index) == {"w10", "w12", "w15"}
    assert (frame.loc["w10", "highway"], frame.loc["w10", "foot"]) == ("cycleway", "designated")
    assert read.faults["objekt"].tolist() == ["w15"]
    assert frame.geometry.isna().tolist() == [False, False, True]


def test_polygons_with_holes(extract: Path):
    read = read_file(extract, layer="flate")
    frame = read.frame.set_index("osm_id")
    assert set(frame.index) == {"w11", "w16", "r20", "r21"}
    assert len(frame.geometry["r20"].interiors) == 1
    assert frame.loc["r20", "landuse"] == "forest"
    assert read.faults["objekt"].tolist() == ["r21"]


def test_chosen_tags_and_box(extract: Path):
    frame = read_file(
        extract, layer="linje", columns=["foot"], bbox=(10.409, 59.80, 10.42, 59.82)
    ).frame
    assert list(frame.columns) == ["osm_id", "foot", "andre_tagger", "geometry"]
    assert len(frame) == 2


def test_broken_extract(tmp_path: Path):
    path = tmp_path / "ødelagt.osm.pbf"
    path.write_bytes(b"dette er ikke en pbf-fil")
    with pytest.raises(SourceError, match="kan ikke leses"):
        read_file(path, layer="punkt")


def test_every_tagged_way_is_in_one_layer(shared_data: Path):
    import osmium  # noqa: PLC0415  (optional, as in the library)

    path = shared_data / "routing/oslo-east-filtered.osm.pbf"
    silent = {"source", "created_by", "note", "fixme", "type"}
    ways = {
        f"w{item.id}"
        for item in osmium.FileProcessor(str(path), osmium.osm.WAY)
        if {tag.k for tag in item.tags} - silent
    }
    lines = set(read_file(path, layer="linje").frame["osm_id"])
    polygons = {one for one in read_file(path, layer="flate").frame["osm_id"] if one[0] == "w"}
    assert not lines & polygons
    assert lines | polygons == ways
