"""The main job from the command line: demo, report, analyses, scenarios, and making them again."""

from __future__ import annotations

import json
import shutil
import time

import geopandas as gpd
import pytest
import shapely

from askergeo.analyses import ANALYSES
from askergeo.datapackage import DataPackage

FILES = ["index.html", "askergeo.gpkg", "askergeo.xlsx", "resultat.json"]
CRS = "EPSG:25832"


def results(folder):
    return json.loads((folder / "resultat.json").read_text(encoding="utf-8"))["resultater"]


def rows(result, table):
    """Rows of a table by label, each a dict from column to value."""
    found = next(one for one in result["tabeller"] if one["navn"] == table)
    names = [column["navn"] for column in found["kolonner"]]
    return {row["rad"]: dict(zip(names, row["verdier"], strict=True)) for row in found["rader"]}


def test_demo_prints_its_paths_and_nothing_else(demo_run):
    paths = [str(demo_run.folder / name) for name in FILES]
    assert demo_run.out.splitlines() == paths
    assert "100" in demo_run.err or "90%" in demo_run.err
    # What to try next, and it is there.
    plan = demo_run.folder / "datapakke" / "planer" / "planforslag.gml"
    assert f"askergeo plansjekk {plan} --data" in demo_run.err
    assert plan.is_file()
    assert sorted(one.name for one in demo_run.folder.iterdir()) == sorted(
        [*FILES, "bilder", "datapakke", "saksfremlegg.txt", "tema", "tilgjengelighet.html"]
    )
    assert not list(demo_run.folder.parent.glob(".askergeo-*"))
    assert DataPackage.open(demo_run.folder / "datapakke").verify() == []


def test_demo_runs_every_analysis(demo_run):
    report = json.loads((demo_run.folder / "resultat.json").read_text(encoding="utf-8"))
    assert {one["analyse"] for one in report["resultater"]} == set(ANALYSES)
    assert report["ikke_kjort"] == []
    assert report["eksempel"] is True
    for name in FILES:
        content = (demo_run.folder / name).read_bytes().decode("latin-1")
        assert str(demo_run.made) not in content


@pytest.mark.slow
def test_demo_replaces_an_old_one_when_asked(askergeo, demo_folder, tmp_path, tree, monkeypatch):
    # That all analyses run is asked elsewhere.
    monkeypatch.setattr("askergeo.report.ANALYSES", {"strandsone": ANALYSES["strandsone"]})
    out = tmp_path / "eksempel"
    shutil.copytree(demo_folder, out)
    (out / "min.txt").write_text("min", encoding="utf-8")
    (out / "index.html").write_text("gammel", encoding="utf-8")
    before = tree(out)
    ran = askergeo("demo", "--ut", out, "--overskriv", "--json", "--stille")
    assert (ran.code, ran.err) == (0, "")
    assert list(json.loads(ran.out).values()) == [str(out / name) for name in FILES]
    after = tree(out)
    assert after["min.txt"] == before["min.txt"]
    assert after["index.html"] != before["index.html"]
    # The same seed gives the same package, file by file.
    assert {k: v for k, v in after.items() if k.startswith("datapakke/lag")} == {
        k: v for k, v in before.items() if k.startswith("datapakke/lag")
    }


def test_a_report_says_what_could_not_run_and_ends_with_0(askergeo, package, tmp_path):
    ran = askergeo("rapport", package, "--ut", tmp_path / "ut")
    assert ran.code == 0
    assert ran.out.splitlines() == [str(tmp_path / "ut" / name) for name in FILES]
    assert "Ikke kjørt: Tettsteder" in ran.err
    assert "befolkning" in ran.err
    quiet = askergeo(
        "rapport", package, "--ut", tmp_path / "ut", "--overskriv", "--stille", "--json"
    )
    assert (quiet.code, quiet.err) == (0, "")
    assert list(json.loads(quiet.out)) == ["side", "geopackage", "regneark", "json"]


def test_a_report_of_an_empty_package_ends_with_0(askergeo, tmp_path):
    askergeo("data", "ny", tmp_path / "tom", "--kommune", "3203")
    ran = askergeo("rapport", tmp_path / "tom", "--ut", tmp_path / "ut")
    assert ran.code == 0
    assert "Ikke kjørt: Strandsonen" in ran.err
    assert ran.out.startswith("Ingen analyser kunne kjøres.")
    assert "data legg-til" in ran.out.splitlines()[0]
    assert "Ingen analyser kunne kjøres. Begynn med kommunegrensen" in ran.err


def test_a_report_takes_its_folder_without_an_option(askergeo, package, tmp_path):
    ran = askergeo("rapport", "--data", package, "--ut", tmp_path / "ut")
    assert ran.code == 2
    assert "skriv mappen rett etter «askergeo rapport»" in ran.err


def test_the_folder_of_a_report_will_do_to_repeat_but_is_no_package(
    askergeo, demo_folder, tmp_path
):
    refused = askergeo("rapport", demo_folder, "--ut", tmp_path / "ut")
    assert refused.code == 2
    assert f"«{demo_folder / 'datapakke'}»" in refused.err
    absent = askergeo("gjenta", tmp_path)
    assert absent.code == 2
    assert "resultat.json" in absent.err


@pytest.mark.parametrize("verb", [("strandsone",), ("tettsted",), ("tettsted", "avgrens")])
def test_an_analysis_states_its_finding(askergeo, demo_folder, tmp_path, verb):
    call = (*verb, "--data", demo_folder / "datapakke", "--ut", tmp_path / "ut")
    ran = askergeo(*call, "--stille")
    assert (ran.code, ran.err) == (0, "")
    (result,) = results(tmp_path / "ut")
    assert ran.out.splitlines() == [
        result["setning"],
        *(str(tmp_path / "ut" / name) for name in FILES),
    ]
    as_json = askergeo(*call, "--json", "--overskriv")
    assert list(json.loads(as_json.out)) == ["side", "geopackage", "regneark", "json"]


@pytest.mark.slow
def test_the_real_asker_gives_a_report(askergeo, asker_package, tmp_path):
    ran = askergeo("rapport", asker_package, "--ut", tmp_path / "ut", "--stille")
    assert (ran.code, ran.err) == (0, "")
    shore = next(one for one in results(tmp_path / "ut") if one["analyse"] == "strandsone")
    assert shore["nokkeltall"]["kyst"]["verdi"] > 40
    assert "oppdiktet" not in shore["setning"]
    assert askergeo("data", "sjekk", asker_package, "--terskel", "feil").code == 0


# Making a result again.


@pytest.fixture
def copy(demo_folder, tmp_path):
    """A copy of the demo that a test may change."""
    return shutil.copytree(demo_folder, tmp_path / "kopi")


@pytest.mark.slow
def test_an_untouched_demo_repeats_itself(askergeo, copy, tmp_path):
    one = tmp_path / "en"
    call = ("strandsone", "--data", copy / "datapakke", "--ut", one, "--stille")
    assert askergeo(*call).code == 0
    same = askergeo("gjenta", one / "resultat.json", "--stille")
    assert (same.code, same.err) == (0, "")
    assert same.out.startswith("Alt er likt")
    shutil.move(copy / "datapakke", tmp_path / "flyttet")
    lost = askergeo("gjenta", copy / "resultat.json")
    assert (lost.code, lost.out) == (2, "")
    assert "Fant ikke datapakke" in lost.err
    assert "--data MAPPE" in lost.err
    # Every analysis.
    found = askergeo("gjenta", copy / "resultat.json", "--data", tmp_path / "flyttet", "--json")
    assert found.code == 0
    assert json.loads(found.out) == {"likt": True, "forskjeller": []}


def test_a_changed_layer_is_named_with_the_numbers_that_it_changes(askergeo, package, tmp_path):
    out = tmp_path / "ut"
    askergeo("strandsone", "--data", package, "--ut", out)
    assert askergeo("gjenta", out / "resultat.json").code == 0
    file = package / DataPackage.open(package).record("bygning").file
    gpd.read_parquet(file).iloc[:2].to_parquet(file)
    refused = askergeo("gjenta", out / "resultat.json")
    assert refused.code == 2
    assert "«bygning»" in refused.err
    askergeo("data", "lås", package)
    ran = askergeo("gjenta", out / "resultat.json", "--json")
    assert ran.code == 1
    lines = json.loads(ran.out)["forskjeller"]
    assert any("laget «bygning» er endret (6 → 2 rader" in line for line in lines)
    assert any("Bygninger" in line and " → " in line for line in lines), lines
    assert not any("kystkontur" in line for line in lines)


def test_parameters_are_repeated(askergeo, package, tmp_path):
    out = tmp_path / "ut"
    call = ("strandsone", "--data", package, "--ut", out, "--parameter", "belte_m=50")
    askergeo(*call)
    (result,) = results(out)
    changed = {one["navn"]: one["verdi"] for one in result["parametre"] if one["endret"]}
    assert changed == {"belte_m": 50}
    assert askergeo("gjenta", out / "resultat.json").code == 0
    document = json.loads((out / "resultat.json").read_text(encoding="utf-8"))
    for one in document["resultater"][0]["parametre"]:
        one["endret"] = False
    (out / "resultat.json").write_text(json.dumps(document), encoding="utf-8")
    ran = askergeo("gjenta", out / "resultat.json")
    assert ran.code == 1
    assert "parameteren «belte_m» 50" in ran.out


# Scenarios.


@pytest.fixture
def scenario(askergeo, package, tmp_path):
    """One new house in the belt, one beyond it moved into it, and one in it torn down."""
    path = tmp_path / "endring"
    assert askergeo("data", "ny", path, "--over", package, "--navn", "Nye hus").code == 0
    places = [shapely.box(573_900, 6_633_000, 573_910, 6_633_010)]
    places += [shapely.box(573_950, 6_633_100, 573_960, 6_633_110), None]
    changes = gpd.GeoDataFrame(
        {
            "bygning_id": ["n1", "b6", "b1"],
            "bygningstype": [111, 111, None],
            "tatt_i_bruk": [2024, 2024, None],
            "endring": ["ny", "Erstatt", "slett"],
        },
        geometry=places,
        crs=CRS,
    )
    changes.to_file(tmp_path / "endringer.gpkg")
    added = askergeo("data", "legg-til", path, "bygning", tmp_path / "endringer.gpkg", "--json")
    assert added.code == 0, added.err
    assert json.loads(added.out)["rader"] == 3
    assert json.loads(added.out)["satt_til_side"] == 0
    return path


def test_a_scenario_shows_exactly_what_it_changes(askergeo, package, scenario, tmp_path):
    out = tmp_path / "ut"
    ran = askergeo("strandsone", "--data", package, "--scenario", scenario, "--ut", out)
    assert ran.code == 0, ran.err
    base, changed, difference = results(out)
    # b1 and b2 lie in the belt of 100 m; then n1 comes, b6 moves in and b1 goes.
    labels = ("vindu", "alle"), ("2024", "bolig"), ("i_alt", "gjelder")
    for row, column in labels:
        compared = rows(difference, "bygninger")[row]
        assert rows(base, "bygninger")[row][column] == compared[column] == 2
        assert rows(changed, "bygninger")[row][column] == compared[f"{column}_scenario"] == 3
        assert compared[f"{column}_endring"] == 1
    layer = next(one for one in difference["kartlag"] if one["navn"] == "nye_bygg")
    drawn = gpd.read_file(out / "askergeo.gpkg", layer=layer["geopackage_lag"][0])
    states = dict(zip(drawn["bygning_id"], drawn["endring"], strict=True))
    assert states == {"n1": "ny", "b6": "ny", "b1": "fjernet"}
    assert "fra 2 til 3 bygninger" in difference["setning"]
    assert len(ran.out.splitlines()) == 3 + len(FILES)


def test_a_report_with_a_scenario_is_repeated(askergeo, package, scenario, tmp_path):
    out = tmp_path / "ut"
    assert askergeo("rapport", package, "--scenario", scenario, "--ut", out).code == 0
    assert len(results(out)) % 3 == 0
    assert askergeo("gjenta", out / "resultat.json").code == 0
    shutil.move(scenario, tmp_path / "flyttet")
    lost = askergeo("gjenta", out / "resultat.json")
    assert lost.code == 2
    assert "--scenario MAPPE" in lost.err
    moved = ("--scenario", tmp_path / "flyttet")
    assert askergeo("gjenta", out / "resultat.json", *moved).code == 0
    fewer = gpd.read_file(tmp_path / "endringer.gpkg").iloc[:1]
    fewer.to_file(tmp_path / "færre.gpkg")
    call = ("data", "legg-til", tmp_path / "flyttet", "bygning", tmp_path / "færre.gpkg")
    assert askergeo(*call, "--overskriv").code == 0
    differs = askergeo("gjenta", out / "resultat.json", *moved)
    assert differs.code == 1
    assert "laget «bygning»" in differs.out


def test_reports_are_quick_enough_to_try_things(askergeo, package, tmp_path):
    start = time.process_time()
    askergeo("strandsone", "--data", package, "--ut", tmp_path / "ut")
    assert time.process_time() - start < 10
