"""Every file of the real data: what it gives, or what it is refused as; and its known traits."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from askergeo._avvik import rows_set_aside
from askergeo.catalogue import Layer, load_catalogue
from askergeo.errors import SourceError
from askergeo.quality import inspect
from askergeo.sources.files import list_layers, read_file
from askergeo.sources.intake import Intake, take_in
from askergeo.sources.mapping import built_in_mappings, load_mapping

MANIFEST = yaml.safe_load(Path(__file__).with_name("manifest.yml").read_text("utf-8"))
READ = {name: entry for name, entry in MANIFEST.items() if "rows" in entry}
REFUSED = {name: entry["refused"] for name, entry in MANIFEST.items() if "refused" in entry}
CATALOGUE = load_catalogue()


def test_the_manifest_names_every_file(shared_data: Path):
    found = {
        str(path.relative_to(shared_data)) for path in shared_data.rglob("*") if path.is_file()
    }
    # Indexes that GDAL's SOSI driver leaves beside what it reads are no data.
    found = {name for name in found if not name.endswith(".Idx")}
    assert found == set(MANIFEST)


@pytest.mark.parametrize("name", READ)
def test_rows_and_crs(shared_data: Path, name: str):
    path = shared_data / name
    layers = {layer: read_file(path, layer=layer) for layer in list_layers(path)}
    assert {layer: len(read.frame) for layer, read in layers.items()} == READ[name]["rows"]
    assert {read.crs for read in layers.values()} - {""} <= {READ[name]["crs"]}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_what_it_is_and_what_to_do(shared_data: Path, name: str):
    with pytest.raises(SourceError) as refusal:
        read_file(shared_data / name)
    assert Path(name).name in refusal.value.message
    assert REFUSED[name] in refusal.value.message
    assert refusal.value.remedy


def test_reading_leaves_nothing_behind(shared_data: Path):
    before = {path for path in shared_data.rglob("*") if path.is_file()}
    for name in (
        "format/403_Rorledning.gml",
        "format/Brannstasjon.sos",
        "codes/Kommuneplankobling.csv",
    ):
        read_file(shared_data / name)
    assert {path for path in shared_data.rglob("*") if path.is_file()} == before


def _inspected(path: Path, kind: str, layer: str | None = None):
    frame = read_file(path, layer=layer).frame
    kept, avvik = inspect(frame, Layer(id="prøve", title="Prøve", geometry=kind))
    assert len(kept) + rows_set_aside(avvik) == len(frame)
    return avvik.groupby(["regel", "handling"]).size().to_dict()


def test_five_invalid_polygons_in_vardasen(shared_data: Path):
    path = shared_data / "asker/asker_vardasen_osm_dtm_20260509.gpkg"
    assert _inspected(path, "flate", "polygon")["ugyldig_geometri", "rettet"] == 5


def test_seven_lines_without_length_in_n50(shared_data: Path):
    path = shared_data / "asker/asker_n50_sti_traktorveg.gpkg"
    assert _inspected(path, "linje")["uten_utstrekning", "satt til side"] == 7


def test_four_kindergartens_at_null(shared_data: Path):
    path = shared_data / "asker/asker_3203_barnehager_2024.geojson"
    assert _inspected(path, "punkt")["koordinat_null", "satt til side"] == 4


def test_invalid_municipalities(shared_data: Path):
    path = shared_data / "asker/kommuner_2024_M.geojson"
    assert _inspected(path, "flate")["ugyldig_geometri", "rettet"] == 33
    assert _inspected(shared_data / "population/oslo_bydeler.gpkg", "flate") == {
        ("ugyldig_geometri", "rettet"): 1
    }


@pytest.fixture(scope="module")
def asker(shared_data: Path):
    path = shared_data / "asker/asker_kommune_3203_robhopM.gpkg"
    return take_in(path, CATALOGUE["kommunegrense"], mapping="kommunegrense_land").frame


def _taken(path: Path, mapping: str, boundary: object = None) -> Intake:
    layer = CATALOGUE[load_mapping(mapping).layer]
    taken = take_in(path, layer, mapping=mapping, boundary=boundary)
    assert taken.rows_read == len(taken.frame) + taken.rows_filtered + taken.rows_set_aside
    assert set(layer.columns) <= set(taken.frame.columns)
    return taken


# Mapping, file, rows kept, rows set aside. Those of Vardåsen are sums over `kind` in the file, as
# 22 + 224 + 2 028 + 444 roads; of the others, what the municipality and 2 km around it touch.
REAL = [
    ("n50_sti", "asker/asker_n50_sti_traktorveg.gpkg", 2654, 1947),
    ("n1000_kystkontur", "asker/n1000_asker_oslofjord.gpkg", 42, 104),
    ("n1000_vann", "asker/n1000_asker_oslofjord.gpkg", 9, 49),
    ("n1000_arealdekke", "asker/n1000_asker_oslofjord.gpkg", 37, 247),
    ("udir_barnehage", "asker/asker_3203_barnehager_2024.geojson", 88, 4),
    ("udir_skole", "asker/asker_3203_grunnskoler_nsr_partial_coords.csv", 26, 21),
    ("vardasen_veg", "asker/asker_vardasen_osm_dtm_20260509.gpkg", 2718, 0),
    ("vardasen_sti", "asker/asker_vardasen_osm_dtm_20260509.gpkg", 1758, 1),
    ("vardasen_bygning", "asker/asker_vardasen_osm_dtm_20260509.gpkg", 837, 0),
    ("vardasen_vann", "asker/asker_vardasen_osm_dtm_20260509.gpkg", 28, 0),
    ("vardasen_arealdekke", "asker/asker_vardasen_osm_dtm_20260509.gpkg", 382, 0),
    ("vardasen_jernbane", "asker/asker_vardasen_osm_dtm_20260509.gpkg", 60, 0),
]


@pytest.mark.parametrize(("mapping", "file", "kept", "aside"), REAL, ids=[row[0] for row in REAL])
def test_asker(shared_data: Path, asker, mapping, file, kept, aside):  # noqa: PLR0917  (one row)
    taken = _taken(shared_data / file, mapping, asker)
    assert (len(taken.frame), taken.rows_set_aside) == (kept, aside)


def test_n50_paths_of_asker_are_those_of_the_sources_note(shared_data: Path, asker):
    paths = _taken(shared_data / "asker/asker_n50_sti_traktorveg.gpkg", "n50_sti", asker).frame
    inside = paths[paths.intersects(asker.geometry.iloc[0])]
    # 2 015 lines and 681 km in SOURCES.md; the exact double and those without length are set aside
    assert 2_005 <= len(inside) <= 2_015
    assert inside.length.sum() / 1000 == pytest.approx(681, abs=1)


def test_schools_without_truth_are_flagged(shared_data: Path, asker):
    file = shared_data / "asker/asker_3203_grunnskoler_nsr_partial_coords.csv"
    schools = _taken(file, "udir_skole", asker).frame
    assert schools["stedfesting"].value_counts().to_dict() == {"eksakt": 14, "omtrentlig": 12}
    assert int(schools["trinn_fra"].isna().sum()) == 1
    assert "973601997" in set(schools["skole_id"])


def test_quick_clay_zones_get_their_letter_back(shared_data: Path):
    taken = _taken(
        shared_data / "hazard/trondheim_kvikkleire_nve_2015.geojson", "nve_kvikkleire_faresone"
    )
    assert taken.frame["faregrad"].value_counts().to_dict() == {"middels": 54, "hoy": 34, "lav": 24}
    repairs = taken.avvik[taken.avvik["handling"] == "rettet"]
    assert len(repairs) == 34
    assert set(repairs["tekst"]) == {"«Hy» i «faregrad» er lest som «Høy»."}
    # areal_km2 in the file sums to 40.58
    assert taken.frame.area.sum() / 1e6 == pytest.approx(40.58, rel=0.01)


def test_flood_zones_without_an_interval_are_set_aside(shared_data: Path):
    taken = _taken(shared_data / "hazard/trondheim_flom_nve_2015.geojson", "nve_flom")
    assert (len(taken.frame), taken.rows_filtered, taken.rows_set_aside) == (125, 5, 1)
    assert set(taken.frame["gjentaksintervall"]) == {500}


def test_population_grids(shared_data: Path):
    fine = _taken(shared_data / "population/oslo_befolkning_100m_2015.gpkg", "ssb_rute_100m")
    assert (len(fine.frame), int(fine.frame["bosatte"].sum())) == (9_371, 640_797)
    assert fine.frame["rute_id"].iloc[0] == "22536006661600"
    coarse = _taken(shared_data / "population/BefolkningOslo1km2019.gml", "ssb_befolkning_rute")
    assert len(coarse.frame) == 258
    assert coarse.frame.area.to_numpy() == pytest.approx(1e6, rel=0.002)  # zone 33 to 32


def test_pipes_and_manholes_of_the_roads(shared_data: Path):
    pipes = _taken(shared_data / "format/403_Rorledning.gml", "nvdb_rorledning")
    assert pipes.frame["type"].value_counts().to_dict() == {
        "overvann": 361,
        "spillvann": 3,
        "vann": 2,
    }
    assert pipes.rows_filtered == 4
    assert len(_taken(shared_data / "format/403_NVDB_Kum.gml", "nvdb_kum").frame) == 707


def test_every_built_in_mapping_is_sound():
    for name in built_in_mappings():
        mapping = load_mapping(name)
        layer = CATALOGUE[mapping.layer]
        assert set(mapping.columns) <= set(layer.columns), name
        for column in mapping.columns:
            codes = layer.columns[column].codes
            rule = mapping.columns[column]
            given = [*rule.codes.values(), *(value for _, value in rule.rules)]
            assert codes is None or {str(one) for one in given} <= {str(one) for one in codes}, name
