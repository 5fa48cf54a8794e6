"""The rules as data: every value has a source, and the purposes fit the catalogue's codes."""

from __future__ import annotations

import pytest
import yaml

from askergeo._codes import BUILT_IN, load_codes
from askergeo.parameters import CONFIDENCE
from askergeo.reserve import load_purposes, load_rules

GROUPS = {f"{number:02}" for number in range(1, 20)}


def test_every_value_has_title_source_and_confidence():
    path = BUILT_IN.parent / "parameters" / "arealreserve.yml"
    for name, record in yaml.safe_load(path.read_text(encoding="utf-8")).items():
        assert {"title", "value", "source", "confidence"} <= set(record), name
        assert record["confidence"] in CONFIDENCE, name
        assert record["title"].strip(), name
        assert record["source"].strip(), name
        assert "unit" in record or "choices" in record or name == "rundhet_under", name


def test_what_is_assumed_is_flagged_as_uncertain():
    uncertain = {one.name for one in load_rules() if one.confidence == "usikker"}
    assert {name for name in uncertain if name.startswith("veg_halv_bredde")} == {
        f"veg_halv_bredde_{letter}_m" for letter in "erfkp"
    }
    assert {"boliger_per_dekar", "boliger_per_dekar_lav", "boliger_per_dekar_hoy"} <= uncertain


@pytest.mark.parametrize("plan", ["kommuneplan", "reguleringsplan"])
def test_purposes_are_those_of_the_code_list(plan):
    purposes, codes = load_purposes(plan), load_codes(f"{plan}_formaal")
    assert set(purposes.index) == set(codes)
    for code, one in codes.items():
        assert purposes.loc[code, "gruppe"] == one.group[:2], code
    assert set(purposes["gruppe"]) <= GROUPS
    assert set(purposes["utbygging"]) <= {"ja", "nei", "ukjent"}


@pytest.mark.parametrize("plan", ["kommuneplan", "reguleringsplan"])
def test_development_is_groups_to_eleven_and_camps_and_harbours(plan):
    purposes = load_purposes(plan)
    extra = purposes["hovedkode"].isin([4030, 2040, 2044])
    built = (purposes["gruppe"] <= "11") | extra
    assert (purposes.loc[built, "utbygging"] == "ja").all()
    assert (purposes.loc[purposes["gruppe"] == "19", "utbygging"] == "ukjent").all()
    rest = ~built & (purposes["gruppe"] != "19")
    assert (purposes.loc[rest, "utbygging"] == "nei").all()


def test_the_highlights_of_the_traced_map():
    purposes = load_purposes("kommuneplan")["gruppe"]
    wanted = {1001: "01", 1110: "01", 1130: "01", 1120: "02", 1160: "03", 1140: "04", 1150: "04",
              1170: "05", 1300: "06", 1200: "07", 1800: "08", 1400: "09", 1500: "10", 1600: "10",
              1700: "10", 2001: "11", 2800: "11"}  # fmt: skip
    assert purposes[list(wanted)].to_dict() == wanted
