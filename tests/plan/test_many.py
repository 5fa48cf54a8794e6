"""Many plans in one call: found, reviewed as each alone, kept, and never stopped by one of them."""

from __future__ import annotations

import csv
import json
import operator
import os
import shutil
import signal
import time
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import (
    AskergeoError,
    LockedError,
    MissingFileError,
    OverwriteError,
    ParameterError,
    SourceError,
)
from askergeo.plan._workers import CRASHED, TIMEOUT, Failed, run_each, suggested_workers
from askergeo.plan.find import find_plans
from askergeo.plan.forms import as_json
from askergeo.plan.job import Job
from askergeo.plan.many import RESULTS, _writing, check_place, review_many
from askergeo.plan.overview import FILES, sentence_of
from askergeo.result import Status

if TYPE_CHECKING:
    from askergeo.plan.overview import Row

CRS = "EPSG:25832"
AT = (570_500, 6_630_500)


def area(path: Path, *, move: float = 0.0) -> Path:
    """An area before there is a plan, 20 m wide."""
    x, y = AT[0] + move, AT[1]
    gpd.GeoDataFrame(geometry=[shapely.box(x, y, x + 20, y + 20)], crs=CRS).to_file(path)
    return path


# What runs in other processes: functions that can be imported there.


def test_a_task_that_crashes_or_hangs_harms_no_other() -> None:
    kills = [0, signal.SIGKILL, 0, 0, signal.SIGSEGV, 0]
    # In a process with id p the task is os.kill(p, signal); signal 0 does nothing.
    ended = dict(run_each(os.getpid, os.kill, kills, workers=2, limit=60))
    assert sorted(ended) == list(range(6))
    assert [number for number, one in ended.items() if isinstance(one, Failed)] == [1, 4]
    assert {ended[1].status, ended[4].status} == {CRASHED}
    assert "signal 9" in ended[1].text
    assert "signal 11" in ended[4].text


def test_a_task_that_takes_too_long_is_ended() -> None:
    sleep = partial(partial, time.sleep)
    start = time.monotonic()
    ended = dict(run_each(sleep, operator.call, [3600, 0, "ord", 0], workers=2, limit=1))
    assert time.monotonic() - start < 60
    assert ended[0].status == TIMEOUT
    assert (ended[1], ended[3]) == (None, None)
    assert ended[2].status == CRASHED
    assert "TypeError" in ended[2].text


def test_processes_that_cannot_begin_stop_the_run() -> None:
    with pytest.raises(AskergeoError, match=r"kom ikke i gang.*ValueError"):
        list(run_each(partial(int, "x"), operator.add, [1], workers=1, limit=9))
    assert list(run_each(partial(int, "x"), operator.add, [], workers=1, limit=9)) == []


def test_no_more_processes_than_plans() -> None:
    assert suggested_workers(1) == 1
    assert 1 <= suggested_workers(1000) <= (os.cpu_count() or 1)


# Where the plans are.


def test_each_file_is_a_plan_and_a_folder_below_is_one(tmp_path: Path) -> None:
    top = tmp_path / "planer"
    names = [
        "b.gml", "a.sos", "c.GPKG", "d.xml", "e.json", "notat.pdf", "svar.json", ".gjemt.gml",
        "sak/2d.gml", "sak/3d.gml", "sak/notat.docx", "sak/dypt/nede.gml", "tom/les.txt",
        "base.gdb/a00000001.gdbtable", "ut/planer/x.geojson", "pakke/askergeo.lock", "pakke/y.gml",
    ]  # fmt: skip
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("<a/>", encoding="utf-8")
    (top / "e.json").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    (top / "svar.json").write_text('{"funn": []}', encoding="utf-8")
    (top / "d.xml").write_text("<FeatureCollection></FeatureCollection>", encoding="utf-8")
    found = find_plans([top], tmp_path, leave_out=top / "ut")
    assert [one.name for one in found] == [
        "a.sos", "b.gml", "base.gdb", "c.GPKG", "d.xml", "e.json", "sak", "sak/dypt"
    ]  # fmt: skip
    case = next(one for one in found if one.name == "sak")
    assert [one.name for one in case.files] == ["2d.gml", "3d.gml"]
    assert (case.stem, found[0].stem, found[-1].stem) == ("sak", "a", "dypt")
    # The same plan given twice is one plan; what is given as a file is not looked at.
    twice = find_plans([top / "b.gml", top / "notat.pdf", top / "b.gml"], tmp_path)
    assert [one.name for one in twice] == ["b.gml", "notat.pdf"]
    both = find_plans([top / "sak", top / "tom", top / "sak" / "dypt"], tmp_path)
    assert [one.name for one in both] == ["sak/2d.gml", "sak/3d.gml", "sak/dypt"]


def test_a_zip_with_several_plans_is_as_a_folder(tmp_path: Path) -> None:
    def packed(name: str, *members: str) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as made:
            for member in members:
                made.writestr(member, "<a/>")
        return tmp_path / name

    one = packed("en.zip", "plan.gml", "notat.pdf")
    several = packed("flere.zip", "x.gml", "y.gml", "sak/1.gml", "sak/2.gml")
    outside = packed("ute.zip", "../x.gml", "y.gml")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    unpacked = tmp_path / "ut"
    unpacked.mkdir()
    found = find_plans([several, one, outside, tmp_path / "broken.zip"], unpacked)
    assert [one.name for one in found] == [
        "flere.zip/x.gml", "flere.zip/y.gml", "flere.zip/sak", "en.zip", "ute.zip", "broken.zip"
    ]  # fmt: skip
    assert all(file.exists() for plan in found for file in plan.files)
    assert not (tmp_path / "x.gml").exists()


def test_what_is_no_plans_is_refused(tmp_path: Path) -> None:
    DataPackage.create(tmp_path / "pakke", municipality="9999", name="p", example=True)
    with pytest.raises(SourceError, match="er en datapakke"):
        find_plans([tmp_path / "pakke"], tmp_path)
    with pytest.raises(MissingFileError):
        find_plans([tmp_path / "borte"], tmp_path)
    (tmp_path / "tom").mkdir()
    with pytest.raises(SourceError, match="ingen planfiler"):
        find_plans([tmp_path / "tom"], tmp_path)


# The run.


@dataclass(frozen=True)
class Run:
    plans: Path
    out: Path
    job: Job
    rows: tuple[Row, ...]

    def again(self, **options: object) -> tuple[tuple[Row, ...], list[str]]:
        """Run once more; give the rows and the result files that were written anew."""
        before = {one.name: one.stat().st_mtime_ns for one in (self.out / RESULTS).iterdir()}
        rows = review_many(find_plans([self.plans], self.out), self.job, self.out, **options)
        after = {one.name: one.stat().st_mtime_ns for one in (self.out / RESULTS).iterdir()}
        return rows, sorted(name for name, when in after.items() if before.get(name) != when)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A municipality of 4 by 4 km with a noise map of a part of it."""
    made = DataPackage.create(tmp_path_factory.mktemp("data") / "pakke", municipality="3203")
    origin = Origin("prøvedata", "2026-01-01", "CC0 1.0", "Prøve", "Prøve")
    whole = shapely.box(570_000, 6_630_000, 574_000, 6_634_000)
    boundary = {"kommunenummer": ["3203"], "kommunenavn": ["Asker"], "omfang": ["land"]}
    made.write(
        "kommunegrense", gpd.GeoDataFrame(boundary, geometry=[whole], crs=CRS), origin=origin
    )
    return made.path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Run:
    """Five good plans, one of them two files, and two that cannot be read."""
    folder = tmp_path_factory.mktemp("mange")
    plans = folder / "planer"
    (plans / "sak").mkdir(parents=True)
    for number, name in enumerate(("a", "=b", "ute")):
        area(plans / f"{name}.geojson", move=100.0 * number if name != "ute" else 50_000.0)
    area(plans / "sak" / "1.geojson")
    area(plans / "sak" / "2.geojson", move=20.0)
    (plans / "ikke-xml.gml").write_text("<gml", encoding="utf-8")
    (plans / "tom.gml").write_bytes(b"")
    job, out = Job(data=package), folder / "ut"
    rows = review_many(find_plans([plans], folder), job, out, workers=2)
    return Run(plans, out, job, rows)


def test_every_plan_has_a_row_whatever_is_wrong_with_it(run: Run) -> None:
    assert [one.plan for one in run.rows] == [
        "=b.geojson", "a.geojson", "ikke-xml.gml", "tom.gml", "ute.geojson", "sak"
    ]  # fmt: skip
    failed = {one.plan: one for one in run.rows if one.feil}
    assert set(failed) == {"ikke-xml.gml", "tom.gml"}
    assert {one.status for one in failed.values()} == {Status.ERROR}
    assert "tom.gml er tom" in failed["tom.gml"].feil
    assert {one.rode for one in failed.values()} == {None}
    outside = next(one for one in run.rows if one.plan == "ute.geojson")
    inside = next(one for one in run.rows if one.plan == "a.geojson")
    assert (outside.status, inside.status) == (Status.HIT_YELLOW, Status.NOT_IMPLEMENTED)
    assert (outside.gule, inside.gule) == (1, 0)
    assert sentence_of(run.rows).startswith("6 planer: ")
    assert "2 som ikke lot seg kontrollere" in sentence_of(run.rows)


def test_each_result_is_that_of_the_plan_alone(run: Run) -> None:
    opened = run.job.open()
    good = [one for one in run.rows if not one.feil]
    assert sorted(one.name for one in (run.out / RESULTS).iterdir()) == sorted(
        Path(one.resultat).name for one in good
    )
    for row in good:
        path = run.plans / row.plan
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        alone = as_json(opened.review(files), basis=opened.basis(files))
        written = json.loads((run.out / row.resultat).read_text(encoding="utf-8"))
        assert written == json.loads(json.dumps(alone))
        counts = [one["status"] for one in alone["funn"]]
        assert (row.rode, row.gule) == (counts.count("HIT-RED"), counts.count("HIT-YELLOW"))
        assert (row.status, row.setning) == (alone["status"], alone["oppsummering"])
        assert row.ikke_kontrollert == len(alone["ikke_kontrollert"])


def test_the_three_overviews_say_the_same_and_no_cell_is_a_formula(run: Run) -> None:
    plain = json.loads((run.out / FILES["json"]).read_text(encoding="utf-8"))["planer"]
    assert [one["plan"] for one in plain] == [one.plan for one in run.rows]
    text = (run.out / FILES["csv"]).read_text(encoding="utf-8-sig")
    table = list(csv.DictReader(text.splitlines(), delimiter=";"))
    assert [one["sha256"] for one in table] == [one.sha256 for one in run.rows]
    assert table[0]["plan"] == "'=b.geojson"
    assert not any(cell.startswith(tuple("=+-@\t")) for row in table for cell in row.values())
    book = openpyxl.load_workbook(run.out / FILES["regneark"])
    cells = list(book["Planer"].iter_rows(min_row=2))
    assert [row[0].value for row in cells] == [one.plan for one in run.rows]
    assert {row[0].data_type for row in cells} == {"s"}
    yellow = [".." if one.gule is None else one.gule for one in run.rows]
    assert [row[4].value for row in cells] == yellow


def test_only_what_has_changed_is_run_again(run: Run, tmp_path: Path) -> None:
    copy = Run(tmp_path / "planer", tmp_path / "ut", run.job, run.rows)
    shutil.copytree(run.plans, copy.plans)
    shutil.copytree(run.out, copy.out)
    for one in ("ikke-xml.gml", "tom.gml"):
        (copy.plans / one).unlink()
    seen: list[float] = []
    rows, written = copy.again(progress=lambda share, _: seen.append(share))
    assert written == []
    assert seen == [1.0]  # no process was started
    assert rows == tuple(one for one in run.rows if not one.feil)
    # A plan that is new, one that is changed, and a result that was cut off.
    area(copy.plans / "ny.geojson", move=300)
    area(copy.plans / "a.geojson", move=310)
    broken = next(one for one in rows if one.plan == "sak")
    (copy.out / broken.resultat).write_text('{"funn": [', encoding="utf-8")
    rows, written = copy.again(workers=1)
    assert [one.partition("-")[0] for one in written] == ["a", "ny", "sak"]
    assert not any(one.feil for one in rows)
    # Other data than before: everything is run again.
    other = Run(copy.plans, copy.out, Job(), rows)
    again, written = other.again(workers=1)
    assert len(written) == len(again) == 5
    assert {one.ikke_kontrollert for one in again} != {one.ikke_kontrollert for one in rows}


def test_a_plan_over_the_time_limit_is_told_of(run: Run, tmp_path: Path) -> None:
    plans = find_plans([run.plans / "a.geojson"], tmp_path)
    out = tmp_path / "ut"
    (row,) = review_many(plans, Job(), out, workers=1, limit=1e-6)
    assert row.status == Status.TIMEOUT
    assert "--tidsgrense" in row.feil
    assert row.sha256 == next(one.sha256 for one in run.rows if one.plan == "a.geojson")
    assert list((out / RESULTS).iterdir()) == []


def test_what_would_stop_the_run_is_said_before_it_begins(run: Run, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        check_place(tmp_path / "borte" / "ut")
    (tmp_path / "fil").write_text("min", encoding="utf-8")
    with pytest.raises(OverwriteError, match="er en fil"):
        check_place(tmp_path / "fil")
    (tmp_path / "annet").mkdir()
    (tmp_path / "annet" / FILES["csv"]).write_text("mitt", encoding="utf-8")
    with pytest.raises(OverwriteError, match=FILES["csv"]):
        check_place(tmp_path / "annet")
    check_place(tmp_path / "annet", overwrite=True)
    check_place(run.out)
    plans = find_plans([run.plans], tmp_path)
    with pytest.raises(ParameterError):
        review_many(plans, Job(parameters={"finnes_ikke": "1"}), tmp_path / "ut")
    assert not (tmp_path / "ut").exists()


def test_two_runs_do_not_share_a_folder_and_half_files_are_swept(tmp_path: Path) -> None:
    from askergeo.plan.many import _Batch  # noqa: PLC0415  (only here)

    batch = _Batch(Job().open(), tmp_path / "ut", report=True)
    with _writing(batch):
        half = tmp_path / "ut" / RESULTS / ".skrives-1.json"
        half.write_text("{", encoding="utf-8")
        with pytest.raises(LockedError), _writing(batch):
            pass
    assert not half.exists()
