"""The verbs of ``askergeo data``, ``katalog`` and ``parametre`` on good input."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from askergeo.datapackage import DataPackage
from askergeo.recipe import built_in_recipes

CRS = "EPSG:25832"


def test_a_new_package_is_made_and_shown(askergeo, tmp_path):
    path = tmp_path / "asker"
    made = askergeo("data", "ny", path, "--kommune", "3203", "--json", "--stille")
    assert (made.code, made.err) == (0, "")
    assert json.loads(made.out) == {
        "mappe": str(path),
        "navn": "Asker",
        "kommune": "3203",
        "crs": CRS,
    }
    shown = askergeo("data", "vis", path)
    assert shown.code == 0
    assert shown.out.startswith("Asker, kommune 3203, EPSG:25832")


def test_a_scenario_without_a_name_is_told_without_one(askergeo, tmp_path):
    askergeo("data", "ny", tmp_path / "asker", "--kommune", "3203")
    made = askergeo("data", "ny", tmp_path / "ny-skole", "--over", tmp_path / "asker")
    assert made.code == 0
    assert f"ny-skole: kommune 3203, {CRS}" in made.out


def test_a_text_that_is_no_plan_is_told_what_a_plan_is(askergeo, tmp_path):
    (tmp_path / "README.md").write_text("# Les meg\n", encoding="utf-8")
    ran = askergeo("plansjekk", tmp_path / "README.md")
    assert ran.code == 2
    assert "GML, SOSI, GeoPackage" in ran.err


def test_the_help_of_zone_data_says_how_the_csv_is_written(askergeo):
    said = " ".join(askergeo("nullvekst", "eksport", "--hjelp").out.split())
    assert "semikolon mellom kolonnene og punktum som desimaltegn" in said


def test_a_package_needs_a_municipality(askergeo, tmp_path):
    ran = askergeo("data", "ny", tmp_path / "x")
    assert (ran.code, ran.out) == (2, "")
    assert "Kommunen mangler" in ran.err
    assert "--kommune 3203" in ran.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("store", ["parquet", "gpkg"])
def test_a_file_becomes_a_layer(askergeo, tmp_path, houses, store):
    path = tmp_path / "asker"
    askergeo("data", "ny", path, "--kommune", "3203", "--lager", store)
    added = askergeo(
        "data", "legg-til", path, "bygning", houses, "--dato", "2026-01-31", "--stille"
    )
    assert (added.code, added.err) == (0, "")
    assert added.out == "bygning: 6 rader fra hus.gpkg\n"
    record = DataPackage.open(path).record("bygning")
    assert (record.rows, record.format, record.fetched) == (6, store, "2026-01-31")


def test_adding_counts_every_row(askergeo, package, tmp_path):
    rows = gpd.GeoDataFrame(
        {"bygning_id": ["c1", "c2", "c3"], "bygningstype": [111, 111, None]},
        geometry=[shapely.Point(572_000, 6_632_000), None, shapely.Point(572_100, 6_632_000)],
        crs=CRS,
    )
    rows.to_file(tmp_path / "tre.gpkg")
    added = askergeo(
        "data", "legg-til", package, "bygning", tmp_path / "tre.gpkg", "--overskriv", "--json"
    )
    record = json.loads(added.out)
    assert record["lest"] == 3 == record["rader"] + record["filtrert"] + record["satt_til_side"]
    assert record["satt_til_side"] == 2
    avvik = DataPackage.open(package).read_avvik("bygning")
    assert sorted(avvik["rad"]) == [2, 3]


def test_a_layer_is_not_replaced_unasked_but_can_grow(askergeo, package, houses, tree):
    before = tree(package)
    refused = askergeo("data", "legg-til", package, "bygning", houses)
    assert refused.code == 2
    assert "--overskriv" in refused.err
    assert tree(package) == before
    assert askergeo("data", "legg-til", package, "bygning", houses, "--tillegg").code == 0
    assert len(DataPackage.open(package).read("bygning")) == 12
    again = askergeo("data", "legg-til", package, "bygning", houses, "--tillegg")
    assert again.code == 2
    assert "b21" in again.err
    assert askergeo("data", "legg-til", package, "bygning", houses, "--overskriv").code == 0
    assert len(DataPackage.open(package).read("bygning")) == 6


def test_check_ends_with_1_from_the_threshold_on(askergeo, package, tmp_path):
    clean = askergeo("data", "sjekk", package, "--stille")
    assert (clean.code, clean.out, clean.err) == (0, "Ingen funn.\n", "")
    rows = gpd.GeoDataFrame(
        {"bygning_id": ["c1", "c2"], "bygningstype": [111, 111]},
        geometry=[shapely.Point(572_000, 6_632_000), shapely.Point(0, 0)],
        crs=CRS,
    )
    rows.to_file(tmp_path / "to.gpkg")
    askergeo("data", "legg-til", package, "bygning", tmp_path / "to.gpkg", "--overskriv")
    warned = askergeo("data", "sjekk", package, "--json")
    assert warned.code == 1
    finding, undated = json.loads(warned.out)
    assert undated["alvor"] == "info"
    assert finding["alvor"] == "advarsel"
    assert "bygning" in finding["tekst"]
    assert "satt til side" in finding["tekst"]
    assert askergeo("data", "sjekk", package, "--terskel", "feil").code == 0
    (package / DataPackage.open(package).record("kystkontur").file).unlink()
    broken = askergeo("data", "sjekk", package, "--terskel", "feil")
    assert broken.code == 1
    assert "kystkontur" in broken.out
    assert "mangler" in broken.out


def test_missing_layers_say_what_they_give_and_where_they_come_from(askergeo, package):
    ran = askergeo("data", "mangler", package, "--json", "--stille")
    assert (ran.code, ran.err) == (0, "")
    found = {one["lag"]: one for one in json.loads(ran.out)}
    assert "bygning" not in found
    for one in found.values():
        assert all(one[key] for key in ("tittel", "gir", "eier", "bestilles", "format")), one["lag"]
    assert "Tettsteder" in found["befolkning"]["analyser"]
    assert "sammen med adresse, eller befolkning_rute" in found["befolkning"]["analyser"]
    text = askergeo("data", "mangler", package).out
    assert "ar5 –" in text
    assert "  Bestilles: " in text


def test_lock_accepts_a_change_made_by_hand(askergeo, package, tree):
    same = askergeo("data", "lås", package, "--json", "--stille")
    assert (same.code, same.err) == (0, "")
    assert json.loads(same.out) == {"endret": []}
    file = package / DataPackage.open(package).record("bygning").file
    gpd.read_parquet(file).iloc[:4].to_parquet(file)
    assert "bygning" in askergeo("data", "sjekk", package).out
    changed = askergeo("data", "lås", package)
    assert changed.code == 0
    assert "bygning" in changed.out
    assert askergeo("data", "sjekk", package).code == 0
    reopened = DataPackage.open(package)
    assert len(reopened.read("bygning")) == 4
    assert reopened.record("bygning").origin == "prøvedata (endret for hånd)"


def test_a_recipe_builds_a_package(askergeo, tmp_path, houses):
    recipe = tmp_path / "to lag.yml"
    recipe.write_text(
        "kommune: 3203\nnavn: Prøve\nlag:\n"
        "  - {lag: bygning, fil: hus.gpkg, dato: 2026-01-02}\n"
        "  - {lag: senter, senterstruktur: asker}\n",
        encoding="utf-8",
    )
    path = tmp_path / "ny"
    built = askergeo("data", "bygg", path, recipe, "--fra", tmp_path, "--json", "--stille")
    assert (built.code, built.err) == (0, "")
    assert [one["lag"] for one in json.loads(built.out)] == ["bygning", "senter"]
    assert DataPackage.open(path).verify() == []
    assert {one.name for one in tmp_path.iterdir()} == {"to lag.yml", "hus.gpkg", "ny"}
    assert askergeo("data", "bygg", path, recipe, "--fra", tmp_path).code == 2
    assert askergeo("data", "bygg", path, recipe, "--fra", tmp_path, "--overskriv").code == 0


def test_a_recipe_that_fails_leaves_the_old_package(askergeo, package, houses, tree, tmp_path):
    recipe = tmp_path / "feil.yml"
    recipe.write_text(
        "kommune: 3203\nlag:\n  - {lag: bygning, fil: hus.gpkg}\n  - {lag: veg, fil: hus.gpkg}\n",
        encoding="utf-8",
    )
    before = tree(tmp_path)
    ran = askergeo("data", "bygg", package, recipe, "--fra", tmp_path, "--overskriv")
    assert (ran.code, ran.out) == (2, "")
    assert "vegtype" in ran.err
    assert tree(tmp_path) == before


def test_the_catalogue_shows_all_layers_or_one(askergeo):
    whole = askergeo("katalog", "--json", "--stille")
    assert (whole.code, whole.err) == (0, "")
    assert {"bygning", "ar5", "va_ledning"} <= {one["lag"] for one in json.loads(whole.out)}
    one = askergeo("katalog", "bygning", "--json")
    assert json.loads(one.out)["lag"] == "bygning"
    assert "bygningstype" in askergeo("katalog", "bygning").out


def test_parameters_show_value_unit_and_certainty(askergeo):
    ran = askergeo("parametre", "strandsone", "--json", "--stille")
    assert (ran.code, ran.err) == (0, "")
    records = {one["navn"]: one for one in json.loads(ran.out)["strandsone"]}
    assert (records["belte_m"]["verdi"], records["belte_m"]["enhet"]) == (100, "m")
    assert "belte_m" in askergeo("parametre").out
    assert "har ingen parametre" in askergeo("parametre", "oversikt").out


def test_a_file_without_stated_terms_is_of_unknown_owner(askergeo, package, houses):
    added = askergeo("data", "legg-til", package, "bygning", houses, "--overskriv")
    assert added.code == 0
    assert all(option in added.err for option in ("--eier", "--lisens", "--navngivelse"))
    record = DataPackage.open(package).record("bygning")
    assert (record.owner, record.licence, record.attribution) == ("ukjent", "ukjent", "hus.gpkg")


def test_terms_of_use_are_kept_as_stated(askergeo, package, houses):
    terms = ("--eier", "Kommunen", "--lisens", "NLOD 2.0", "--navngivelse", "© Kommunen")
    added = askergeo("data", "legg-til", package, "bygning", houses, "--overskriv", *terms)
    assert (added.code, added.err) == (0, "")
    record = DataPackage.open(package).record("bygning")
    assert (record.owner, record.licence) == ("Kommunen", "NLOD 2.0")
    assert record.attribution == "© Kommunen"


def test_a_built_in_mapping_states_its_terms(askergeo, package, tmp_path):
    rows = gpd.GeoDataFrame(
        {"objtype": ["Sti"]},
        geometry=[shapely.LineString([(572_000, 6_632_000), (572_100, 6_632_000)])],
        crs=CRS,
    )
    rows.to_file(tmp_path / "sti.gpkg")
    plain = askergeo("data", "legg-til", package, "sti", tmp_path / "sti.gpkg")
    assert plain.code == 2
    assert "objtype" in plain.err
    assert "--kolonner n50_sti" in plain.err
    wrong = askergeo(
        "data", "legg-til", package, "sti", tmp_path / "sti.gpkg", "--kolonner", "osm_veg"
    )
    assert wrong.code == 2
    assert "«veg», ikke «sti»" in wrong.err
    assert "n50_sti" in wrong.err
    assert "kart.yml" not in wrong.err


def test_the_remarks_are_shown_with_row_and_reason(askergeo, package, tmp_path):
    assert askergeo("data", "avvik", package).out == "Ingen avvik.\n"
    rows = gpd.GeoDataFrame(
        {"bygning_id": ["c1", "c2"], "bygningstype": [111, 111]},
        geometry=[shapely.Point(572_000, 6_632_000), shapely.Point(0, 0)],
        crs=CRS,
    )
    rows.to_file(tmp_path / "to.gpkg")
    askergeo("data", "legg-til", package, "bygning", tmp_path / "to.gpkg", "--overskriv")
    text = askergeo("data", "avvik", package, "bygning")
    assert text.code == 0
    assert "Koordinaten er 0,0" in text.out
    (row,) = json.loads(askergeo("data", "avvik", package, "--json").out)
    assert (row["lag"], row["rad"], row["handling"]) == ("bygning", 2, "satt til side")


def test_the_catalogue_names_the_built_in_mappings(askergeo):
    assert "Innebygde kolonnefiler: n50_sti, nvdb_sti, osm_sti, vardasen_sti" in askergeo(
        "katalog", "sti"
    ).out.replace("\n", " ")
    assert json.loads(askergeo("katalog", "sti", "--json").out)["kolonnefiler"]


def test_help_names_recipes_and_both_ways_to_make_a_package(askergeo):
    text = " ".join(askergeo("data", "bygg", "--hjelp").out.split())
    assert all(name in text for name in built_in_recipes())
    assert "--kommune NR | --over MAPPE" in askergeo("data", "ny", "--hjelp").out


def test_each_absent_file_of_a_recipe_is_named_once(askergeo, tmp_path):
    ran = askergeo("data", "bygg", tmp_path / "x", "asker", "--fra", tmp_path)
    assert ran.code == 2
    assert ran.err.count("n1000_asker_oslofjord.gpkg") == 1


def test_a_layer_in_the_way_can_be_replaced_or_grow(askergeo, package, houses):
    refused = askergeo("data", "legg-til", package, "bygning", houses)
    assert "--overskriv" in refused.err
    assert "--tillegg" in refused.err
