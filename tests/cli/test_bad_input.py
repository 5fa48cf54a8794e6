"""Bad input: a clear message in bokmål, exit code 2, no trace back, and nothing changed."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from askergeo.datapackage import DataPackage

ROOT = Path(__file__).parent.parent.parent
CRS = "EPSG:25832"


@pytest.fixture
def refused(askergeo, tree, tmp_path, package):
    """Run, and hold what every refusal must be; give the message."""

    def call(*arguments):
        before = tree(tmp_path)
        ran = askergeo(*arguments)
        assert (ran.code, ran.out) == (2, ""), ran
        message = ran.err[ran.err.index("Feil: ") :]
        assert "Traceback" not in ran.err
        assert len(message.splitlines()) >= 2, f"no remedy: {message}"
        assert tree(tmp_path) == before
        return message

    return call


def test_a_file_that_does_not_exist(refused, package):
    said = refused("data", "legg-til", package, "veg", "finnes_ikke.gpkg")
    assert "finnes_ikke.gpkg finnes ikke" in said


def test_a_file_without_the_needed_columns(refused, package, houses):
    said = refused("data", "legg-til", package, "veg", houses)
    assert "«vegtype»" in said
    assert "bygning_id" in said
    assert "--kolonner n1000_veg" in said
    assert "docs/kart-yml.md" in said


@pytest.mark.parametrize("verb", [("data", "legg-til"), ("katalog",)])
def test_a_layer_that_the_catalogue_does_not_know(refused, package, houses, verb):
    more = (package, "bygnng", houses) if len(verb) > 1 else ("bygnng",)
    assert "«bygning»" in refused(*verb, *more)


def test_a_layer_that_the_file_does_not_have(refused, package, houses):
    said = refused("data", "legg-til", package, "veg", houses, "--lag-i-fil", "huss")
    assert "Mente du «hus»?" in said


@pytest.mark.parametrize(
    "verb", ["vis", "sjekk", "mangler", "lås", "legg-til", "rapport", "strandsone", "tettsted"]
)
def test_a_package_made_by_a_newer_version(refused, package, houses, tmp_path, verb):
    lock = package / "askergeo.lock"
    content = json.loads(lock.read_text(encoding="utf-8"))
    lock.write_text(json.dumps(content | {"format_version": 99}), encoding="utf-8")
    calls = {
        "legg-til": ("data", "legg-til", package, "bygning", houses, "--overskriv"),
        "rapport": ("rapport", package, "--ut", tmp_path / "ut"),
        "strandsone": ("strandsone", "--data", package, "--ut", tmp_path / "ut"),
        "tettsted": ("tettsted", "avgrens", "--data", package, "--ut", tmp_path / "ut"),
    }
    said = refused(*calls.get(verb, ("data", verb, package)))
    assert "format 99" in said
    assert "Oppgrader" in said


@pytest.mark.parametrize(
    ("number", "said"),
    [("3025", "3203"), ("0220", "3203"), ("9999", "9999"), ("asker", "asker"), ("320", "320")],
)
def test_a_municipality_number_that_is_replaced_or_unknown(refused, tmp_path, number, said):
    assert said in refused("data", "ny", tmp_path / "ny", "--kommune", number)


def test_a_recipe_for_a_replaced_municipality(refused, tmp_path, houses):
    recipe = tmp_path / "gammel.yml"
    recipe.write_text("kommune: 3025\nlag: [{lag: bygning, fil: hus.gpkg}]\n", encoding="utf-8")
    assert "3203" in refused("data", "bygg", tmp_path / "ny", recipe, "--fra", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kommune: [", "YAML"),
        ("kommune: 3203\n", "«lag»"),
        ("kommune: 3203\nlag: [{fil: hus.gpkg}]\nnavnn: x\n", "«navnn»"),
        ("kommune: 3203\nlag: [{lag: bygning, fil: 3}]\n", "skal være tekst"),
        ("kommune: 3203\nlag: [{lag: bygning, fil: borte.gpkg}]\n", "borte.gpkg"),
        ("kommune: 3203\nlag: [{lag: bygnng, fil: hus.gpkg}]\n", "«bygning»"),
    ],
)
def test_a_recipe_with_a_fault(refused, tmp_path, houses, text, said):
    recipe = tmp_path / "oppskrift.yml"
    recipe.write_text(text, encoding="utf-8")
    assert said in refused("data", "bygg", tmp_path / "ny", recipe, "--fra", tmp_path)


def test_a_recipe_that_is_not_there(refused, tmp_path):
    assert "asker" in refused("data", "bygg", tmp_path / "ny", "askr", "--fra", tmp_path)


@pytest.mark.parametrize("where", ["mangler", "tom", "fil"])
def test_a_folder_that_is_no_package(refused, tmp_path, where):
    path = tmp_path / where
    if where == "tom":
        path.mkdir()
    if where == "fil":
        path.write_text("hei", encoding="utf-8")
    for arguments in (
        ("data", "vis", path),
        ("rapport", path, "--ut", tmp_path / "ut"),
        ("strandsone", "--data", path, "--ut", tmp_path / "ut"),
    ):
        said = refused(*arguments)
        assert str(path) in said
        assert "data ny" in said


def test_a_package_whose_lock_is_broken(refused, package):
    (package / "askergeo.lock").write_text("{", encoding="utf-8")
    assert "askergeo.lock" in refused("data", "vis", package)


@pytest.mark.parametrize(
    ("out", "said"), [("borte/ut", "borte» finnes ikke"), ("fil.txt", "er en fil")]
)
@pytest.mark.parametrize("verb", ["rapport", "strandsone", "demo"])
def test_an_output_folder_that_cannot_be(  # noqa: PLR0917  (fixtures)
    refused, package, tmp_path, out, said, verb
):
    (tmp_path / "fil.txt").write_text("min", encoding="utf-8")
    target = ("--ut", tmp_path / out)
    calls = {
        "rapport": ("rapport", package, *target),
        "strandsone": ("strandsone", "--data", package, *target),
        "demo": ("demo", *target),
    }
    assert said in refused(*calls[verb])


def test_a_report_that_is_there_already(refused, askergeo, package, tmp_path):
    out = ("--ut", tmp_path / "ut")
    assert askergeo("strandsone", "--data", package, *out).code == 0
    assert "--overskriv" in refused("strandsone", "--data", package, *out)
    assert "--overskriv" in refused("rapport", package, *out)
    assert "--overskriv" in refused("demo", *out)
    assert askergeo("strandsone", "--data", package, *out, "--overskriv").code == 0


def test_a_folder_that_is_not_a_package_is_never_emptied(refused, tmp_path):
    mine = tmp_path / "mine bilder"
    mine.mkdir()
    (mine / "ferie.jpg").write_bytes(b"bilde")
    for overwrite in ((), ("--overskriv",)):
        refused("data", "ny", mine, "--kommune", "3203", *overwrite)
    (mine / "datapakke").mkdir()
    (mine / "datapakke" / "min.txt").write_bytes(b"x")
    refused("demo", "--ut", mine, "--overskriv")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write")
@pytest.mark.parametrize(
    "arguments",
    [
        ("data", "ny", "/proc/askergeo", "--kommune", "3203"),
        ("strandsone", "--ut", "/proc/askergeo"),
        ("demo", "--ut", "/proc/askergeo"),
    ],
)
def test_a_folder_that_cannot_be_written(refused, package, arguments):
    more = ("--data", package) if arguments[0] == "strandsone" else ()
    said = refused(*arguments, *more)
    assert "/proc/askergeo" in said
    assert "skrive" in said


@pytest.mark.parametrize("verb", ["strandsone", "rapport"])
def test_a_file_of_the_package_that_has_changed(refused, package, tmp_path, verb):
    file = package / DataPackage.open(package).record("bygning").file
    gpd.read_parquet(file).iloc[:4].to_parquet(file)
    arguments = (package,) if verb == "rapport" else ("--data", package)
    said = refused(verb, *arguments, "--ut", tmp_path / "ut")
    assert "«bygning»" in said
    assert "data lås" in said


def test_a_changed_file_that_is_no_longer_the_layer(refused, package):
    file = package / DataPackage.open(package).record("bygning").file
    whole = gpd.read_parquet(file)
    whole.drop(columns="bygningstype").to_parquet(file)
    assert "bygningstype" in refused("data", "lås", package)
    whole.to_crs("EPSG:25833").to_parquet(file)
    assert "EPSG:25833" in refused("data", "lås", package)
    file.write_bytes(b"PAR1 ikke noe PAR1")
    assert "bygning" in refused("data", "lås", package)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"lag: [bygning", "kart.yml"),
        ("lag: bygning\nbeskrivelse: Nærøy".encode("latin-1"), "UTF-8"),
        (b"- bygning", "kart.yml"),
        (b"lag: bygning\nkolonnr: {}", "kolonnr"),
        (b"lag: veg\n", "«veg»"),
        (b"lag: bygning\nkolonner: {bygningstype: typ}", "«typ»"),
        (b"lag: bygning\nkolonner: {bygningstype: {konstant: 1234567}}", "1234567"),
        (b"lag: bygning\nkolonner: {bygningstype: {fra: bygningstype, regex: '('}}", "regex"),
        (b"lag: bygning\nles: {crs: 'EPSG:99999'}", "EPSG:99999"),
    ],
)
def test_a_mapping_with_a_fault(  # noqa: PLR0917  (fixtures)
    refused, package, houses, tmp_path, content, said
):
    mapping = tmp_path / "kart.yml"
    mapping.write_bytes(content)
    call = ("data", "legg-til", package, "bygning", houses, "--overskriv", "--kolonner")
    assert said in refused(*call, mapping)


def test_a_mapping_that_is_not_there(refused, package, houses):
    call = ("data", "legg-til", package, "bygning", houses, "--overskriv", "--kolonner")
    assert "«udir_barnehage»" in refused(*call, "udir_barnehagr")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("belte=50", "belte_m"),
        ("belte_m", "NAVN=VERDI"),
        ("belte_m=bred", "belte_m"),
        ("belte_m=-5", "belte_m"),
        ("belte_m=nan", "belte_m"),
        ("belte_m=1e9", "belte_m"),
    ],
)
def test_a_parameter_that_cannot_be(refused, package, tmp_path, value, said):
    call = ("strandsone", "--data", package, "--ut", tmp_path / "ut", "--parameter")
    assert said in refused(*call, value)


def test_parameters_of_an_analysis_that_is_not_there(refused):
    assert "strandsone" in refused("parametre", "strandsona")


@pytest.mark.parametrize(
    ("crs", "said"), [("EPSG:99999", "EPSG:99999"), ("tull", "tull"), ("EPSG:25833", "25832")]
)
def test_a_crs_that_cannot_be(refused, package, houses, crs, said):
    call = ("data", "legg-til", package, "bygning", houses, "--overskriv", "--crs")
    assert said in refused(*call, crs)


@pytest.mark.parametrize("date", ["i går", "31.12.2025", "2025-13-01", "20250101"])
def test_a_date_that_is_none(refused, package, houses, date):
    call = ("data", "legg-til", package, "bygning", houses, "--overskriv", "--dato")
    assert date in refused(*call, date)


def test_a_coverage_without_areas(refused, package, houses, tmp_path):
    point = gpd.GeoDataFrame(geometry=[shapely.Point(572_000, 6_632_000)], crs=CRS)
    point.to_file(tmp_path / "punkt.gpkg")
    (tmp_path / "tabell.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    call = ("data", "legg-til", package, "bygning", houses, "--overskriv", "--dekning")
    for name in ("punkt.gpkg", "tabell.csv"):
        assert name in refused(*call, tmp_path / name)


def damaged(kind, tmp_path, houses):  # noqa: C901  (a branch a kind)
    """Make a file of a kind that is broken in its middle, at its end, or from the start."""
    content = houses.read_bytes()
    if kind == "avkortet.gpkg":
        content = content[: len(content) // 3]
    elif kind == "ødelagt.gpkg":
        half = len(content) // 2
        content = content[:5000] + b"\xff" * 60_000 + content[5000 + half :]
    elif kind == "tekst.gpkg":
        content = b"ikke en geopackage"
    elif kind == "tom.gpkg":
        content = b""
    elif kind.endswith(".zip"):
        packed = tmp_path / "hel.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
            opened.write(houses, "hus.gpkg")
        content = packed.read_bytes()
        packed.unlink()
        middle = len(content) // 2
        if kind == "ødelagt.zip":
            content = content[:middle] + b"\x00" * 200 + content[middle + 200 :]
        else:
            content = content[:middle]
    elif kind.endswith(".parquet"):
        gpd.read_file(houses).to_parquet(tmp_path / "hel.parquet")
        content = (tmp_path / "hel.parquet").read_bytes()
        (tmp_path / "hel.parquet").unlink()
        content = content[: len(content) // 2] if kind[0] == "a" else b"PAR1" + content[300:]
    elif kind.endswith(".geojson"):
        content = gpd.read_file(houses).to_crs(4326).to_json().encode()[:-400]
    elif kind.endswith(".gml"):
        content = b"<?xml version='1.0'?><gml:FeatureCollection xmlns:gml='http://www.opengis.net/gml/3.2'><gml:fea"
    elif kind.endswith(".sos"):
        content = b".HODE\n..TEGNSETT UTF-8\n.FLATE 1:\n..OBJTYPE Bygning\n..REF :7\n..N"
    elif kind.endswith(".csv"):
        content = "bygning_id;bygningstype;x;y\nå;111;1;\udcff".encode("utf-8", "surrogateescape")
    path = tmp_path / kind
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "avkortet.gpkg",
        "ødelagt.gpkg",
        "tekst.gpkg",
        "tom.gpkg",
        "ødelagt.zip",
        "avkortet.zip",
        "avkortet.parquet",
        "ødelagt.parquet",
        "avkortet.geojson",
        "avkortet.gml",
        "avkortet.sos",
        "ødelagt.csv",
    ],
)
def test_a_damaged_file(refused, package, houses, tmp_path, kind):
    path = damaged(kind, tmp_path, houses)
    said = refused("data", "legg-til", package, "bygning", path, "--overskriv")
    assert kind in said or "bygning" in said


@pytest.fixture
def terrain(tmp_path):
    path = tmp_path / "terreng.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=200, height=200, count=1, dtype="float32", crs=CRS,
        transform=Affine(10, 0, 570_000, 0, -10, 6_634_000), compress="deflate",
    ) as out:  # fmt: skip
        out.write(np.random.default_rng(1).random((200, 200), dtype="float32"), 1)
    return path


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_raster_that_is_cut_short(refused, package, terrain, share):
    content = terrain.read_bytes()
    terrain.write_bytes(content[: int(len(content) * share)])
    assert "terreng.tif" in refused("data", "legg-til", package, "terreng", terrain)


def test_options_that_a_raster_cannot_have(refused, askergeo, package, terrain):
    call = ("data", "legg-til", package, "terreng", terrain)
    assert "raster" in refused(*call, "--crs", CRS)
    assert askergeo(*call).code == 0


def test_a_scenario_is_not_a_package_of_its_own(refused, askergeo, package, tmp_path):
    change = tmp_path / "endring"
    assert askergeo("data", "ny", change, "--over", package).code == 0
    out = ("--ut", tmp_path / "ut")
    for arguments in (("rapport", change), ("strandsone", "--data", change)):
        said = refused(*arguments, *out)
        assert "scenario" in said
        assert "grunnpakken" in said
    said = refused("rapport", package, "--scenario", package, *out)
    assert "er ikke et scenario" in said


def test_layers_that_an_analysis_needs_are_named(refused, package, tmp_path):
    out = ("--data", package, "--ut", tmp_path / "ut")
    said = refused("tettsted", "avgrens", *out)
    assert "befolkning" in said
    assert "data mangler" in said
    said = refused("tettsted", *out)
    assert "- veg (" in said
    assert "- tjeneste (" in said
    assert "data mangler" in said


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--profil", "trollmann"), "voksen, voksen_4_8, eldre, rullator, barn"),
        (("--parameter", "minutter=10,5"), "10, 5"),
        (("--parameter", "helse_typer=lege"), "lege"),
    ],
)
def test_who_walks_how_far_to_what_must_make_sense(refused, demo_folder, tmp_path, option, said):
    package = demo_folder / "datapakke"
    assert said in refused("tettsted", "--data", package, "--ut", tmp_path / "ut", *option)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "ikke et resultat"),
        (b"\xff\xfe", "ikke et resultat"),
        (b"[]", "ikke et resultat"),
        (b'{"format": 99, "resultater": [], "tittel": ""}', "nyere askergeo"),
        (b'{"format": "x", "resultater": [], "tittel": ""}', "resultat"),
        (b'{"format": 1, "resultater": [{}], "tittel": ""}', "resultat"),
        (
            b'{"format": 1, "resultater": [], "tittel": "", "eksempel": false, "ikke_kjort": []}',
            "ingen resultater",
        ),
    ],
)
def test_a_result_that_cannot_be_repeated(refused, tmp_path, content, said):
    path = tmp_path / "resultat.json"
    path.write_bytes(content)
    assert said in refused("gjenta", path)


def test_a_result_that_is_not_there(refused, tmp_path):
    assert "resultat.json" in refused("gjenta", tmp_path / "resultat.json")


HOLD = """
import sys
import zipfile
from pathlib import Path
from askergeo.stores.folder import writing
with writing(Path(sys.argv[1])):
    print("holder", flush=True)
    sys.stdin.read()
"""


def test_a_package_that_another_process_is_writing(refused, package, houses, tmp_path):
    recipe = tmp_path / "o.yml"
    recipe.write_text("kommune: 3203\nlag: [{lag: bygning, fil: hus.gpkg}]\n", encoding="utf-8")
    command = [sys.executable, "-c", HOLD, str(package)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "holder\n"
        for arguments in (
            ("data", "legg-til", package, "bygning", houses, "--overskriv"),
            ("data", "ny", package, "--kommune", "3203", "--overskriv"),
            ("data", "bygg", package, recipe, "--fra", tmp_path, "--overskriv"),
        ):
            said = refused(*arguments)
            assert "annen prosess" in said
            assert str(package) in said
        holder.stdin.close()


def on_full_disk(limit, *arguments):
    """Run where no file may grow beyond ``limit`` bytes, as on a disk that fills up."""

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-m", "askergeo", *map(str, arguments)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, preexec_fn=small, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_a_disk_that_fills_up(package, houses, tree, tmp_path):
    recipe = tmp_path / "o.yml"
    recipe.write_text("kommune: 3203\nlag: [{lag: bygning, fil: hus.gpkg}]\n", encoding="utf-8")
    out = ("--ut", tmp_path / "ut")
    before = tree(tmp_path)
    for limit, arguments in (
        (100, ("data", "legg-til", package, "bygning", houses, "--overskriv")),
        (1000, ("data", "bygg", package, recipe, "--fra", tmp_path, "--overskriv")),
        (2000, ("strandsone", "--data", package, *out)),
    ):
        ran = on_full_disk(limit, *arguments)
        assert (ran.returncode, ran.stdout) == (2, ""), ran.stderr
        assert "Traceback" not in ran.stderr
        assert "skrive" in ran.stderr
        assert "full" in ran.stderr
        assert tree(tmp_path) == before


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 400 kB, when the machine lets us mount one."""
    folder = tmp_path / "liten disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("may not mount a small disk here; the limit on file size is tested above")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_changes_nothing(refused, tree, package, tiny_disk):
    (tiny_disk / "min.txt").write_bytes(b"x" * 390_000)
    before = tree(tiny_disk)
    for arguments in (
        ("strandsone", "--data", package, "--ut", tiny_disk / "ut"),
        ("rapport", package, "--ut", tiny_disk / "ut"),
    ):
        said = refused(*arguments)
        assert "full" in said
        assert tree(tiny_disk) == before


@pytest.mark.slow
def test_a_demo_that_meets_a_full_disk_leaves_nothing(refused, tree, tiny_disk):
    (tiny_disk / "min.txt").write_bytes(b"x" * 390_000)
    before = tree(tiny_disk)
    assert "full" in refused("demo", "--ut", tiny_disk / "demo")
    assert tree(tiny_disk) == before
