"""`askergeo plansjekk` as a planner meets it: exit codes, streams, wrong use, many plans."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import jsonschema
import pytest
import shapely

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json.loads(
    (ROOT / "askergeo/data/schema/plansjekk.schema.json").read_text(encoding="utf-8")
)


@pytest.fixture
def area(tmp_path):
    """Write an area before there is a plan, 20 m wide, in the municipality of ``package``."""

    def write(name, *, move=0.0):
        x, y = 570_500 + move, 6_630_500
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        frame = gpd.GeoDataFrame(geometry=[shapely.box(x, y, x + 20, y + 20)], crs="EPSG:25832")
        frame.to_file(path)
        return path

    return write


@pytest.fixture
def refused(askergeo, tree, tmp_path, package):
    """Run, and hold what every refusal must be; give the message."""

    def call(*arguments):
        before = tree(tmp_path)
        ran = askergeo("plansjekk", *arguments)
        assert (ran.code, ran.out) == (2, ""), ran
        assert "Traceback" not in ran.err
        message = ran.err[ran.err.index("Feil: ") :]
        assert len(message.splitlines()) >= 2, f"no remedy: {message}"
        assert tree(tmp_path) == before
        return message

    return call


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "argumentet «PLAN» mangler"),
        (("--data", "PAKKE"), "argumentet «PLAN» mangler"),
        (("PLAN", "--ut", "ut"), "«--ut» trenger «--data MAPPE»"),
        (("PLAN", "--format", "dok"), "«--format dok» trenger «--data MAPPE»"),
        (("PLAN", "--scenario", "PAKKE"), "«--scenario» trenger «--data MAPPE»"),
        (("PLAN", "--dok", "PAKKE"), "«--dok» trenger «--data MAPPE»"),
        (("PLAN", "--rapport"), "«--rapport» gjelder bare sammen med «--hver»"),
        (("PLAN", "--prosesser", "2"), "«--prosesser» gjelder bare sammen med «--hver»"),
        (("PLAN", "--tidsgrense", "9"), "«--tidsgrense» gjelder bare sammen med «--hver»"),
        (("PLAN", "--hver"), "«--hver» trenger «--ut MAPPE»"),
        (("PLAN", "--hver", "--ut", "ut", "--mot", "PLAN"), "«--mot» gjelder én plan"),
        (("PLAN", "--hver", "--ut", "ut", "--format", "sarif"), "«--format» gjelder én plan"),
        (("PLAN", "--hver", "--ut", "ut", "--rapport"), "«--rapport» trenger «--data MAPPE»"),
        (("PLAN", "--hver", "--ut", "ut", "--prosesser", "0"), "den må være minst 1"),
        (("PLAN", "--hver", "--ut", "ut", "--prosesser", "999"), "kan ikke være over 256"),
        (("PLAN", "--hver", "--ut", "ut", "--prosesser", "to"), "skriv et helt tall"),
        (("PLAN", "--hver", "--ut", "ut", "--tidsgrense", "0"), "den må være minst 0,001"),
        (("PLAN", "--hver", "--ut", "ut", "--tidsgrense", "x"), "skriv et tall"),
        (("PLAN", "--terskel", "blå"), "bruk en av 'rød', 'gul', 'ikke-kartlagt'"),
        (("PLAN", "--format", "xml"), "bruk en av 'json', 'sarif', 'dok'"),
        (("PLAN", "--data", "PLAN"), "er en fil, ikke en datapakke"),
        (("PLAN", "--data", "borte"), "ingen datapakke der"),
        (("PAKKE", "--data", "PAKKE"), "er en datapakke, ikke en plan"),
        (("MAPPE", "--data", "PAKKE"), "er en mappe, ikke en plan"),
        (("borte.gml", "--json"), "Finner ikke borte.gml"),
        (("PLAN", "--data", "PAKKE", "--ut", "borte/ut"), "borte» finnes ikke"),
        (("PLAN", "--data", "PAKKE", "--ut", "PLAN"), "er en fil, ikke en mappe"),
        (("PLAN", "--data", "PAKKE", "--parameter", "x=1"), "parameteren «x» finnes ikke"),
        (("PLAN", "--data", "PAKKE", "--parameter", "x"), "NAVN=VERDI"),
        (("PAKKE", "--hver", "--ut", "ut"), "er en datapakke, ikke en mappe med planer"),
        (("TOM", "--hver", "--ut", "ut"), "ingen planfiler"),
        (("PLAN", "--hver", "--ut", "borte/ut"), "borte» finnes ikke"),
        (("PLAN", "--hver", "--ut", "PLAN"), "er en fil, ikke en mappe"),
        (("PLAN", "--hver", "--ut", "ut", "--parameter", "x=1"), "parameteren «x» finnes ikke"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_said_before_anything_is_done(  # noqa: PLR0917  (fixtures)
    refused, area, package, tmp_path, monkeypatch, arguments, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tom").mkdir()
    names = {
        "PLAN": area("mappe/plan.geojson"),
        "MAPPE": tmp_path / "mappe",
        "TOM": tmp_path / "tom",
        "PAKKE": package,
    }
    assert said in refused(*(names.get(one, one) for one in arguments))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write")
@pytest.mark.parametrize("more", [(), ("--hver",)], ids=["en", "hver"])
def test_a_folder_that_cannot_be_written(refused, area, package, more):
    said = refused(area("plan.geojson"), "--data", package, "--ut", "/proc/askergeo", *more)
    assert "/proc/askergeo" in said
    assert "skrivetilgang" in said


def test_a_report_that_is_there_is_refused_before_the_plan_is_read(refused, package, tmp_path):
    out = tmp_path / "ut"
    out.mkdir()
    (out / "plansjekk.html").write_text("min", encoding="utf-8")
    (tmp_path / "plan.gml").write_text("<ikke lest", encoding="utf-8")
    said = refused(tmp_path / "plan.gml", "--data", package, "--ut", out)
    assert "--overskriv" in said
    (out / "oversikt.csv").write_text("min", encoding="utf-8")
    said = refused(tmp_path / "plan.gml", "--hver", "--ut", out)
    assert "oversikt.csv" in said


def test_the_exit_code_follows_the_threshold(askergeo, area, package):
    inside, outside = area("a.geojson"), area("b.geojson", move=50_000)
    # Of the inside most layers are not in the package; to lie outside is a red finding besides.
    for plan, codes in ((inside, (1, 0, 0)), (outside, (1, 1, 1))):
        found = tuple(
            askergeo("plansjekk", plan, "--data", package, "--terskel", level).code
            for level in ("ikke-kartlagt", "gul", "rød")
        )
        assert found == codes
    # Without a map nothing is claimed of the map.
    assert askergeo("plansjekk", inside).code == 0


def test_json_says_what_it_rests_on(askergeo, area, package):
    plan = area("a.geojson")
    more = ("--parameter", "holdeplass_m=400", "--stille")
    ran = askergeo("plansjekk", plan, "--data", package, "--json", *more)
    written = json.loads(ran.out)
    jsonschema.validate(written, SCHEMA)
    assert ran.err == ""
    assert written["grunnlag"]["valg"] == {"parametre": {"holdeplass_m": "400"}}
    assert written["grunnlag"]["planfiler"][0]["navn"] == "a.geojson"
    assert written["grunnlag"]["datapakke"]["navn"] == "Prøve"
    other = json.loads(askergeo("plansjekk", plan, "--data", package, "--json").out)
    assert other["grunnlag"]["nokkel"] != written["grunnlag"]["nokkel"]
    sarif = json.loads(askergeo("plansjekk", plan, "--json", "--format", "sarif").out)
    assert sarif["version"] == "2.1.0"


def test_parameters_of_the_review_are_shown(askergeo):
    assert "holdeplass_m" in askergeo("parametre", "plansjekk").out
    assert "plansjekk" in askergeo("parametre", "--json").out


def test_many_plans_end_by_the_worst_of_them(askergeo, area, package, tmp_path):
    for name, move in (("p/a.geojson", 0), ("p/b.geojson", 50_000)):
        area(name, move=move)
    call = ("plansjekk", tmp_path / "p", "--hver", "--data", package, "--ut", tmp_path / "ut")
    ran = askergeo(*call, "--terskel", "gul", "--rapport")
    assert ran.code == 1, ran.err
    assert ran.out.startswith("2 planer: ")
    assert all(name in ran.out for name in ("oversikt.json", "oversikt.csv", "oversikt.xlsx"))
    assert "100%" in ran.err
    reports = {one.name for one in (tmp_path / "ut" / "rapporter").iterdir()}
    assert reports == {one.stem for one in (tmp_path / "ut" / "planer").iterdir()}
    assert all((tmp_path / "ut" / "rapporter" / one / "plansjekk.html").exists() for one in reports)
    # Once more, without the red one: a plan that cannot be read is nobody else's fault.
    (tmp_path / "p" / "b.geojson").unlink()
    (tmp_path / "p" / "c.gml").write_text("<gml", encoding="utf-8")
    ran = askergeo(*call, "--terskel", "rød", "--rapport", "--json", "--stille")
    assert (ran.code, ran.err) == (0, "")
    rows = json.loads(ran.out)["planer"]
    assert [one["status"] for one in rows] == ["NOT-IMPLEMENTED", "ERROR"]
    result = json.loads((tmp_path / "ut" / rows[0]["resultat"]).read_text(encoding="utf-8"))
    jsonschema.validate(result, SCHEMA)


def test_many_plans_of_which_none_can_be_read_end_with_2(askergeo, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "c.gml").write_text("<gml", encoding="utf-8")
    ran = askergeo("plansjekk", tmp_path / "p", "--hver", "--ut", tmp_path / "ut")
    assert ran.code == 2
    assert "1 plan: " in ran.out
    assert "c.gml: " in ran.out


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["drept", "Ctrl-C"])
def test_a_run_that_is_cut_off_goes_on_from_there(askergeo, area, tmp_path, how):
    plans, out = tmp_path / "p", tmp_path / "ut"
    text = area("p/plan00.geojson").read_text(encoding="utf-8")
    for number in range(1, 40):
        (plans / f"plan{number:02}.geojson").write_text(f"{text}{' ' * number}", encoding="utf-8")
    call = ["plansjekk", str(plans), "--hver", "--ut", str(out), "--prosesser", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", "askergeo", *call], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as begun:
        assert begun.stderr is not None
        # The line comes when a tenth of the plans is done.
        next(line for line in begun.stderr if "10%" in line)
        begun.send_signal(how)
        rest = begun.stderr.read()
    assert begun.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert ("Avbrutt" in rest) == (how == signal.SIGINT)
    done = {one.name: one.stat().st_mtime_ns for one in (out / "planer").glob("*.json")}
    whole = {name for name in done if not name.startswith(".")}
    assert 4 <= len(whole) < 40
    for name in whole:
        jsonschema.validate(json.loads((out / "planer" / name).read_text("utf-8")), SCHEMA)
    assert not (out / "oversikt.json").exists()
    if how == signal.SIGINT:
        return
    assert askergeo(*call, "--stille").code == 0
    after = {one.name: one.stat().st_mtime_ns for one in (out / "planer").iterdir()}
    assert len(after) == 40
    assert {name: after[name] for name in whole} == {name: done[name] for name in whole}
    rows = json.loads((out / "oversikt.json").read_text(encoding="utf-8"))["planer"]
    assert [one["plan"] for one in rows] == [f"plan{number:02}.geojson" for number in range(40)]
