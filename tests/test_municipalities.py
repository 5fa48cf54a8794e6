"""Municipality numbers in force, replaced and unknown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from askergeo.errors import MunicipalityError
from askergeo.municipalities import Municipality, check_municipality, municipalities, replaced

if TYPE_CHECKING:
    from pathlib import Path


def test_a_number_in_force_gives_the_name() -> None:
    assert check_municipality("3203") == Municipality("3203", "Asker")
    assert check_municipality(" 0301 ").name == "Oslo"


@pytest.mark.parametrize(
    ("old", "successors"),
    [
        ("3025", "3203 Asker"),
        ("0220", "3203 Asker"),
        ("0627", "3203 Asker"),
        ("0628", "3203 Asker"),
        ("3005", "3301 Drammen"),
        ("3030", "3205 Lillestrøm"),
        ("3018", "3114 Våler"),
        ("3803", "3905 Tønsberg"),
        ("3817", "4020 Midt-Telemark"),
        ("5401", "5501 Tromsø"),
        ("5403", "5601 Alta"),
        ("1507", "1508 Ålesund eller 1580 Haram"),
    ],
)
def test_a_replaced_number_names_its_successors(old: str, successors: str) -> None:
    with pytest.raises(MunicipalityError, match=rf"Kommunenummer {old} .* gikk ut etter") as caught:
        check_municipality(old)
    assert caught.value.remedy == f"Bruk {successors}."


@pytest.mark.parametrize(
    ("wrong", "suggestion"),
    [
        ("3204", "3203 Asker"),
        ("220", "3203 Asker"),
        ("301", "0301 Oslo"),
        ("Asker", "3203 Asker"),
        ("tromso", "5501 Tromsø"),
        ("lilestrøm", "3205 Lillestrøm"),
    ],
)
def test_an_unknown_number_gets_the_nearest(wrong: str, suggestion: str) -> None:
    with pytest.raises(MunicipalityError, match="finnes ikke") as caught:
        check_municipality(wrong)
    assert suggestion in caught.value.remedy


@pytest.mark.parametrize("wrong", ["", "9999", "32033203", "²³", "32 03"])
def test_a_number_like_no_other_says_what_is_wanted(wrong: str) -> None:
    with pytest.raises(MunicipalityError, match="finnes ikke") as caught:
        check_municipality(wrong)
    assert "fire siffer" in caught.value.remedy


def test_each_number_is_four_digits_and_either_in_force_or_replaced() -> None:
    assert len(municipalities()) == 357
    assert not set(municipalities()) & set(replaced())
    assert all(len(n) == 4 and n.isdigit() for n in (*municipalities(), *replaced()))


def test_the_counties_that_were_split_are_covered_whole() -> None:
    split = ("31", "32", "33", "39", "40", "55", "56")
    new = {n for n in municipalities() if n.startswith(split)}
    reached = {s.number for _, _, successors in replaced().values() for s in successors}
    assert new <= reached


def test_a_replaced_number_kept_its_name() -> None:
    before = {n: entry for n, entry in replaced().items() if entry[1] == "2023" and n != "1507"}
    # Viken had 51 municipalities, Vestfold og Telemark 23, Troms og Finnmark 39.
    assert len(before) == 51 + 23 + 39
    for name, _, (successor,) in before.values():
        assert name in successor.name.split(" - ")


def test_numbers_in_force_are_those_of_the_map(shared_data: Path) -> None:
    text = (shared_data / "asker" / "kommuner_2024_M.geojson").read_text(encoding="utf-8")
    facts = [feature["properties"] for feature in json.loads(text)["features"]]
    assert {f["kommunenummer"]: f["kommunenavn"] for f in facts} == {
        m.number: m.name for m in municipalities().values()
    }
