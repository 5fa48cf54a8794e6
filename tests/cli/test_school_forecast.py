"""`askergeo skole prognose`: the back-test on SSB's files, and the options that go together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askergeo.cli.main import run


@pytest.fixture(scope="module")
def around_asker(shared_data, tmp_path_factory):
    """SSB's persons by age of the counties around Asker, in the files' own dialects."""
    folder = tmp_path_factory.mktemp("ssb")
    for path in sorted((shared_data / "population").glob("Personer*.csv")):
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines[1:] if line.lstrip(b'"')[:2] in (b"02", b"06")]
        (folder / path.name).write_bytes(b"".join([lines[0], *kept]))
    return folder


@pytest.fixture(scope="module")
def tested(around_asker, tmp_path_factory):
    out = tmp_path_factory.mktemp("ut") / "prøvd"
    call = ["skole", "prognose", "--etterprøv", "2015", "--kommune", "0220+0627+0628"]
    code = run([*call, "--folketall", str(around_asker), "--ut", str(out), "--stille"])
    assert code == 0
    (found,) = json.loads((out / "resultat.json").read_text(encoding="utf-8"))["resultater"]
    return out, found


def table(found, name):
    (one,) = [one for one in found["tabeller"] if one["navn"] == name]
    names = [column["navn"] for column in one["kolonner"]]
    return [dict(zip(names, row["verdier"], strict=True)) for row in one["rader"]]


def test_the_forecast_beats_both_naive_ones_for_asker(tested):
    _, found = tested
    short = [row for row in table(found, "etterproving") if row["navn"] == "I alt"]
    better = {row["gruppe"]: row["forbedring"] for row in short}
    assert better["6–12 år"] > 70
    assert better["13–15 år"] > 70
    assert better["6–15 år"] > 75
    # Also in the sum of each group of school ages, in the mean of the years ahead.
    for row in short:
        if row["gruppe"] in ("6–12 år", "13–15 år", "6–15 år"):
            naive = min(row["i_fjor_sumfeil"], row["trend_sumfeil"])
            assert row["modell_sumfeil"] < 0.25 * naive
    steps = table(found, "etterproving_aar")
    school = [
        row for row in steps if row["navn"] == "I alt" and row["gruppe"] in ("6–12 år", "13–15 år")
    ]
    assert sorted({row["horisont"] for row in school}) == [1, 2, 3, 4]
    assert all(row["forbedring"] > 50 for row in school)
    # SSB, 1 January 2019: children of 6–12 and 13–15 in Asker, Røyken and Hurum together.
    last = {row["gruppe"]: row["faktisk"] for row in school if row["horisont"] == 4}
    assert last == {"6–12 år": 9083, "13–15 år": 3875}


def test_it_is_no_luck_and_where_a_naive_one_wins_is_told(tested):
    _, found = tested
    years = table(found, "etterproving_flere")
    assert sorted({row["fra"] for row in years}) == list(range(2009, 2019))
    school = [row for row in years if row["gruppe"] in ("6–12 år", "13–15 år", "6–15 år")]
    assert all(row["forbedring"] > 50 for row in school)
    lost = [row for row in years if row["forbedring"] < 0]
    told = " ".join(found["forbehold"])
    for row in lost:
        assert row["gruppe"] == "0–5 år"
        assert str(row["fra"]) in told
    assert "0–5 år" in told


def test_it_says_how_and_from_what(tested):
    out, found = tested
    reading = " ".join(found["slik_leser_du"])
    assert "kohortrater" in reading
    assert "ikke per kvinne" in reading
    assert "årene til og med 2015" in reading
    assert len(found["opphav"]["kilder"]) == 4
    assert all(len(one["sha256"]) == 64 for one in found["opphav"]["kilder"])
    assert "--etterprøv 2015" in found["opphav"]["kommando"]
    assert "skjult" not in found["setning"]
    assert {one.name for one in out.iterdir()} >= {"index.html", "askergeo.xlsx", "resultat.json"}


def test_a_municipality_in_force_stands_for_those_it_replaced(
    askergeo, around_asker, tested, tmp_path
):
    ran = askergeo(
        "skole", "prognose", "--etterprøv", "2015", "--folketall", around_asker, "--kommune", "3203",
        "--ut", tmp_path / "ut", "--stille", "--json",
    )  # fmt: skip
    assert ran.code == 0
    written = json.loads(ran.out)
    (found,) = json.loads(Path(written["json"]).read_text(encoding="utf-8"))["resultater"]
    assert found["setning"] == tested[1]["setning"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--folketall", "x", "--kommune", "3203"], "etterprøv"),
        (["--folketall", "x", "--etterprøv", "2015"], "kommune"),
        (["--etterprøv", "2015"], "--data"),
        (["--data", "a", "--folketall", "b"], "sammen"),
        (["--data", "a", "--kommune", "3203"], "folketall"),
        (
            ["--folketall", "finnes-ikke.csv", "--etterprøv", "2015", "--kommune", "3203"],
            "Finner ikke",
        ),
        (["--folketall", ".", "--etterprøv", "2015", "--kommune", "9876"], "9876"),
    ],
)
def test_options_that_do_not_go_together(askergeo, tmp_path, monkeypatch, options, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tom.csv").write_text("region;alder;2015\n", encoding="utf-8")
    ran = askergeo("skole", "prognose", *options, "--ut", tmp_path / "ut")
    assert ran.code == 2
    assert told in ran.err
    assert not (tmp_path / "ut").exists()


def test_a_year_that_cannot_be_tested_says_which_can(askergeo, around_asker, tmp_path):
    ran = askergeo(
        "skole", "prognose", "--etterprøv", "2019", "--folketall", around_asker, "--kommune", "3203",
        "--ut", tmp_path / "ut",
    )  # fmt: skip
    assert ran.code == 2
    assert "2007 til 2018" in ran.err
