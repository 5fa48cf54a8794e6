"""Runs: the command line in its own process, what it says, how it ends, and that it can be ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from lxml import html

import askergeo
from askergeo.cli.main import run
from askergeo.desk.compare import answers, compare
from askergeo.desk.jobs import REPORT, Jobs, State
from askergeo.desk.pages import ended_as

PACKAGE = "kommune/datapakke"
PATIENCE = 180


def begin(jobs, words, verb="oversikt"):
    return jobs.start(
        jobs.reserve(verb),
        verb=verb,
        title="T",
        words=words,
        package=("p", "P"),
        values={"a": ["b"]},
    )


def page(desk, path):
    return html.document_fromstring(desk.client.get(path).text)


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_run_by_the_form_gives_a_page_and_all_its_files(desk, root):
    job = desk.ended("strandsone", {"parameter.belte_m": "50"})
    assert (job.state, job.code) == (State.DONE, 0), desk.jobs.log(job)
    shown = page(desk, f"/kjoring/{job.id}")
    assert "Ferdig. Siden sier hva svaret tar forbehold om." in shown.text_content()
    assert "Strandsonen er" in shown.text_content()
    links = [one for one in shown.xpath("//main//a/@href") if one.startswith("/rapport/")]
    assert {one.rpartition("/")[2] for one in links} >= {
        "index.html", "askergeo.xlsx", "askergeo.gpkg", "resultat.json",
    }  # fmt: skip
    for link in links:
        assert httpx.get(desk.base + link, trust_env=False).status_code == 200
    # The same again is filled in as it was.
    again = page(desk, f"/analyse/strandsone?pakke={PACKAGE}&fra={job.id}")
    assert again.xpath("//input[@name='parameter.belte_m']/@value") == ["50"]

    # A second run, and both side by side.
    other = desk.ended("strandsone", {})
    both = page(desk, f"/sammenlign?kjoring={job.id}&kjoring={other.id}").text_content()
    assert "Bredde på beltet" in both
    assert "Forskjell fra 1" in both
    assert "+1" in both

    # It is all there when the desk is opened again.
    kept = Jobs(desk.workspace.results)
    try:
        assert {one.id for one in kept.all()} == {job.id, other.id}
        assert kept.get(job.id) == job
    finally:
        kept.close()
    assert "key" not in json.loads((desk.jobs.path(job) / "kjoring.json").read_text())


def test_a_plan_that_is_handed_in_with_the_form_is_checked(desk, root):
    plan = root / PACKAGE / "planer" / "planforslag.gml"
    with plan.open("rb") as file:
        job = desk.ended("plansjekk", {}, files={"fil.plan": ("Planforslag 1.gml", file)})
    assert (root / "planer" / "Planforslag-1.gml").read_bytes() == plan.read_bytes()
    assert (job.state, job.code) == (State.DONE, 1), desk.jobs.log(job)
    text = page(desk, f"/kjoring/{job.id}").text_content()
    assert "Ferdig, med funn på eller over terskelen" in text


def test_wrong_use_is_told_in_words_with_the_remedy(desk):
    job = desk.ended("plansjekk", {})
    assert job.code == 2
    shown = page(desk, f"/kjoring/{job.id}")
    assert "Kunne ikke kjøres" in shown.text_content()
    assert "PLAN" in shown.xpath("//pre[@class='message']")[0].text


def test_a_wrong_value_starts_no_run(desk):
    answer = desk.post("/analyse/strandsone", data={"pakke": PACKAGE, "parameter.belte_m": "x"})
    assert answer.status_code == 422
    assert desk.jobs.all() == []
    assert not [one for one in desk.workspace.results.iterdir() if one.is_dir()]
    shown = html.document_fromstring(answer.text)
    field = shown.get_element_by_id("felt-parameter-belte-m")
    assert field.get("value") == "x"
    assert field.get("aria-invalid") == "true"
    assert field.get("aria-describedby").split()[1] == "felt-parameter-belte-m-feil"


@pytest.mark.skipif(os.name != "posix", reason="groups of processes are POSIX")
def test_a_run_that_is_cancelled_ends_with_all_its_processes(opening, root):
    with opening(root, at_once=1) as desk:
        job = desk.run("rapport", {})
        waiting = desk.run("oversikt", {})
        with desk.jobs._changed:
            assert desk.jobs._changed.wait_for(lambda: job.process is not None, PATIENCE)
        group = job.process.pid
        assert desk.jobs.before(waiting) == 0
        assert waiting.state == State.WAITING
        assert desk.post(f"/kjoring/{waiting.id}/avbryt").status_code == 303
        assert desk.post(f"/kjoring/{job.id}/avbryt").status_code == 303
        assert desk.jobs.wait(job, PATIENCE)
        assert not alive(group)
        assert (job.state, waiting.state) == (State.CANCELLED, State.CANCELLED)
        assert waiting.process is None
        assert not desk.jobs.report(job).exists()
        assert "Avbrutt" in page(desk, f"/kjoring/{job.id}").text_content()


def test_a_crash_is_no_finding(tmp_path):
    """Python ends with 1 after a fault of the program, as a check does after findings."""
    jobs = Jobs(tmp_path)
    try:
        job = begin(jobs, ["oversikt"])
        jobs.cancel(job)
        job.state, job.code = State.DONE, 1
        assert "uventet feil" in ended_as(job, jobs.report(job))
        jobs.report(job).mkdir()
        assert "funn" in ended_as(job, jobs.report(job))
        assert "publiseres" in ended_as(job, jobs.report(job), stops=("x",))
        job.code = -9
        assert "uventet feil" in ended_as(job, jobs.report(job))
    finally:
        jobs.close()


def test_a_run_that_the_last_desk_never_ended_is_told_as_stopped(tmp_path):
    jobs = Jobs(tmp_path)
    job = begin(jobs, ["--hjelp"])
    assert jobs.wait(job, PATIENCE)
    jobs.close()
    record = tmp_path / job.id / "kjoring.json"
    kept = json.loads(record.read_text(encoding="utf-8"))
    record.write_text(json.dumps(kept | {"state": "pagar"}), encoding="utf-8")
    again = Jobs(tmp_path)
    again.close()
    assert again.get(job.id).state == State.LOST


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "null", '{"id": "x", "values": 1}', '{"id": "../x", "verb": "y"}']
)
def test_folders_that_are_no_runs_are_left_alone(tmp_path, text):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "kjoring.json").write_text(text)
    (tmp_path / "fil").write_text("x")
    jobs = Jobs(tmp_path)
    jobs.close()
    assert jobs.all() == []


def test_progress_is_read_as_it_comes(desk):
    job = desk.run("oversikt", {})
    seen = set()
    while not job.over:
        with desk.jobs._changed:
            desk.jobs._changed.wait(0.02)
        seen.add(job.text)
    assert "Skriver" in seen | {job.text}
    status = desk.client.get(f"/kjoring/{job.id}/status").json()
    assert (status["over"], status["percent"]) == (True, 100)
    assert "@framdrift" not in desk.jobs.log(job)


def document(tmp_path, name, value, *, hidden=False, analysis="a"):
    fact = {"tittel": "Elever", "verdi": value, "enhet": "elever", "desimaler": 0, "skjult": hidden}
    result = {
        "analyse": analysis,
        "tittel": "Skole",
        "setning": f"{name}.",
        "ma_ikke_publiseres": [],
        "nokkeltall": {"elever": fact},
        "parametre": [],
        "opphav": None,
    }
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps({"resultater": [result]}), encoding="utf-8")
    return answers(path)


def test_what_is_unknown_or_hidden_has_no_difference(tmp_path):
    runs = [
        document(tmp_path, "en", 1200),
        document(tmp_path, "to", 1100.4),
        document(tmp_path, "tre", None),
        document(tmp_path, "fire", 3, hidden=True),
        document(tmp_path, "fem", 1200.2),
    ]
    row = compare(runs)[0].rows[0]
    assert row.differences == ("−100", "", "", "0")
    assert row.values[2:4] == ("..", ":")


@pytest.mark.parametrize("text", ["", "[]", '{"resultater": 1}', '{"resultater": [{}]}', "\0"])
def test_a_file_that_is_no_report_has_no_answers(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    assert answers(tmp_path / "x.json") == {}


def test_only_runs_of_the_same_analysis_are_compared(desk):
    for query in ("", "?kjoring=x", "?kjoring=x&kjoring=y", "?kjoring=../x&kjoring=.."):
        answer = desk.client.get(f"/sammenlign{query}")
        assert answer.status_code == 422
        assert "minst to" in answer.text


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal")
def test_the_command_opens_and_closes_a_desk(root):
    home = Path(askergeo.__file__).parent.parent
    process = subprocess.Popen(
        [sys.executable, "-m", "askergeo", "skrivebord", str(root), "--ikke-åpne"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        # A shell in the background would let Ctrl-C be ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    try:
        address = process.stdout.readline().rpartition(" ")[2].strip()
        assert address.startswith("http://127.0.0.1:")
        with httpx.Client(trust_env=False, follow_redirects=True, timeout=60) as client:
            assert "Eksempelbygda" in client.get(address).text
            # Two desks in one folder would both believe that the runs are theirs.
            other = subprocess.run(
                [sys.executable, "-m", "askergeo", "skrivebord", str(root), "--ikke-åpne"],
                capture_output=True,
                text=True,
                cwd=home,
                timeout=PATIENCE,
                check=False,
            )
            assert other.returncode == 2
            assert "åpen i et annet skrivebord" in other.stderr
            base = address.partition("/inn")[0]
            answer = client.post(
                f"{base}/analyse/rapport",
                data={"pakke": PACKAGE},
                headers={"origin": base},
                follow_redirects=False,
            )
            run = answer.headers["location"].rpartition("/")[2]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert "Skrivebordet er lukket" in err
    assert address not in err
    record = json.loads((root / "resultater" / run / "kjoring.json").read_text(encoding="utf-8"))
    assert record["state"] == State.CANCELLED
    assert not (root / "resultater" / run / REPORT).exists()
    assert out == ""


def test_a_missing_extra_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.delitem(sys.modules, "askergeo.desk.app")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert run(["skrivebord", str(tmp_path)]) == 2
    assert 'pip install "askergeo[skrivebord]"' in capsys.readouterr().err
