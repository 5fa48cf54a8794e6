"""The main job in the library: every analysis that the layers allow."""

from __future__ import annotations

from concurrent.futures import Executor, Future

import geopandas as gpd
import pytest
import shapely

from askergeo.analyses import ANALYSES, Analysis
from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import PackageError
from askergeo.report import NotRun, run_all, run_with_scenario

CRS = "EPSG:25832"


@pytest.fixture
def package(tmp_path):
    made = DataPackage.create(tmp_path / "pakke", name="Prøve")
    land = shapely.box(570_000, 6_630_000, 574_000, 6_634_000)
    sea = shapely.box(570_000, 6_630_000, 576_000, 6_634_000)
    boundary = {"kommunenummer": "3203", "kommunenavn": "Asker", "omfang": ["land", "med_sjo"]}
    frame = gpd.GeoDataFrame(boundary, geometry=[land, sea], crs=CRS)
    made.write("kommunegrense", frame, origin=Origin("prøve"))
    shore = shapely.LineString([(574_000, 6_630_000), (574_000, 6_634_000)])
    made.write("kystkontur", gpd.GeoDataFrame(geometry=[shore], crs=CRS), origin=Origin("prøve"))
    return made


def test_each_analysis_has_run_or_says_why_not(package):
    steps = []
    report = run_all(package, progress=lambda share, text: steps.append((share, text)))
    ran = {one.analysis for one in report.results}
    not_run = {one.analysis: one for one in report.not_run}
    assert ran | set(not_run) == set(ANALYSES)
    assert "strandsone" in ran
    lacks = {layer.layer for layer in not_run["tettsted_avgrens"].missing}
    assert {"bygning", "befolkning"} <= lacks
    assert all(layer.consequence for layer in not_run["tettsted_avgrens"].missing)
    assert [share for share, _ in steps] == sorted(share for share, _ in steps)
    # What lacks a layer is not under way at any time.
    assert len(steps) == len([one for one in ANALYSES if one not in not_run or not_run[one].reason])


def test_a_layer_without_what_is_needed_stops_its_analysis_alone(package):
    points = gpd.GeoDataFrame(
        {"bygning_id": ["a"], "bygningstype": [111]},
        geometry=[shapely.Point(572_000, 6_632_000)],
        crs=CRS,
    )
    package.write(
        "bygning",
        points,
        origin=Origin("x"),
        coverage=shapely.box(571_000, 6_631_000, 572_500, 6_633_000),
    )
    report = run_all(package)
    assert "strandsone" in {one.analysis for one in report.results}


def test_a_changed_file_is_no_reason_to_leave_an_analysis_out(package):
    (package.path / package.record("kystkontur").file).write_bytes(b"x")
    with pytest.raises(PackageError, match="kystkontur"):
        run_all(DataPackage.open(package.path))


def test_a_scenario_gives_base_scenario_and_difference(package, tmp_path):
    scenario = DataPackage.create_scenario(tmp_path / "endring", package, name="Ingenting")
    base, changed, difference = run_with_scenario(
        "strandsone", package, scenario, overrides={"belte_m": 50}
    )
    assert base.provenance.scenario == ""
    assert changed.provenance.scenario == "Ingenting"
    assert {
        record["verdi"] for one in (base, changed) for record in one.parameters if record["endret"]
    } == {50}
    assert difference.title.endswith("endring med Ingenting")
    with pytest.raises(PackageError, match="er et scenario"):
        run_all(scenario)


class _InLine(Executor):
    """Runs what it is given at once, and remembers in which order."""

    def __init__(self):
        self.begun = []

    def submit(self, _fn, /, *args, **_kwargs):
        self.begun.append(args[0])
        future = Future()
        future.set_result(NotRun(analysis=args[0], title="", reason="prøve"))
        return future


def test_analyses_that_share_processes_begin_with_the_longest(package, monkeypatch):
    monkeypatch.setattr(Analysis, "absent", lambda _self, _layers: ())
    pool = _InLine()
    report = run_all(package, pool=pool)
    lasting = [ANALYSES[name].seconds for name in pool.begun]
    assert lasting == sorted(lasting, reverse=True)
    assert lasting[0] > lasting[-1] > 0
    assert [one.analysis for one in report.not_run] == list(ANALYSES)
