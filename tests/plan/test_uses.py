"""The use of every purpose: none is forgotten, and each class is one that the law has."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from askergeo._codes import load_codes
from askergeo.plan.uses import UNKNOWN_USE, _table, use_of

if TYPE_CHECKING:
    from pathlib import Path

LISTS = ("reguleringsplan_formaal", "kommuneplan_formaal")
DIGITS = 4


def purposes() -> dict[str, str]:
    """Every code of the present law in the lists, with its name."""
    lists = (load_codes(name) for name in LISTS)
    return {
        str(code): one.name
        for codes in lists
        for code, one in codes.items()
        if len(str(code)) == DIGITS
    }


def test_every_purpose_has_a_use() -> None:
    found = purposes()
    assert len(found) >= 230
    assert not {code for code in found if use_of(code) is UNKNOWN_USE}


def test_the_official_lists_have_no_other_purposes(shared_data: Path) -> None:
    files = ("Reguleringsplankobling.csv", "Kommuneplankobling.csv")
    official = set()
    for name in files:
        text = (shared_data / "codes" / name).read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(text.splitlines(keepends=True)))
        official |= {row["OriginalArealFormålKode"].strip() for row in rows}
        official |= {row["ArealFormålKode"].strip() for row in rows}
    present = {code for code in official if len(code) == DIGITS}
    assert len(present) > 200
    # 9999 is what the list calls undefined.
    assert {code for code in present if use_of(code) is UNKNOWN_USE} == {"9999"}


@pytest.mark.parametrize("code", ["", "110", "310", "7001", "9999", "11100", "1111.0", "bolig"])
def test_what_is_no_purpose_of_the_present_law_is_unknown_and_strictest(code: str) -> None:
    use = use_of(code)
    assert use is UNKNOWN_USE
    assert (use.flood, use.slide, use.clay) == ("F3", "S3", "K4")
    assert use.built
    assert use.quiet
    assert not use.farming


@pytest.mark.parametrize("code", sorted(_table()))
def test_each_row_says_classes_of_the_law_and_where_they_come_from(code: str) -> None:
    use = _table()[code]
    assert use.flood in {"", "F1", "F2", "F3"}
    assert use.slide in {"", "S1", "S2", "S3"}
    assert use.clay in {"", "K0", "K1", "K2", "K3", "K4"}
    # A building has a class of each kind; a use without buildings may have none.
    assert all((use.flood, use.slide, use.clay)) or not (use.built or use.flood or use.slide)
    assert use.name
    assert use.source
    assert use.confidence in {"verifisert", "kjent", "usikker"}
    assert use.confidence == "usikker" or "anslag" not in use.source
    # A row that no purpose begins with would never be asked.
    assert any(one.startswith(code) for one in purposes())


def test_words_of_the_table_are_yes_or_no() -> None:
    from importlib.resources import files  # noqa: PLC0415

    text = (files("askergeo") / "data" / "planbruk.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    told = ("bebyggelse", "stoyfolsom", "jordbruk", "bolig", "arbeidsplass")
    assert {row[name] for row in rows for name in told} == {"ja", "nei"}
    assert len({row["kode"] for row in rows}) == len(rows)
    assert not any(None in row for row in rows)


@pytest.mark.parametrize(
    ("words", "flood", "slide", "clay"),
    [
        # The guide to TEK17 §§ 7-2 and 7-3, and NVE 1/2019 table 3.2.
        (("barnehage",), "F2", "S3", "K4"),
        (("undervisning",), "F2", "S3", "K4"),
        (("helse-/omsorg",), "F3", "S3", "K4"),
        (("blokk",), "F2", "S3", "K4"),
        (("terminalbygg", "kollektivterminal"), "F2", "S3", "K4"),
        (("kombinert med andre",), "F2", "S3", "K4"),
        (("naust",), "F1", "S1", "K0"),
    ],
)
def test_purposes_of_a_name_have_the_class_that_the_guides_give(
    words: tuple[str, ...], flood: str, slide: str, clay: str
) -> None:
    found = [
        code
        for code, name in purposes().items()
        if any(word in name.casefold().replace(" /", "/") for word in words)
    ]
    assert found
    wrong = {
        code: (use.flood, use.slide, use.clay)
        for code in found
        if ((use := use_of(code)).flood, use.slide, use.clay) != (flood, slide, clay)
    }
    assert not wrong
