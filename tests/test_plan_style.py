"""The official colours of land-use purposes."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
import yaml

from askergeo._codes import BUILT_IN, load_codes
from askergeo._plan_style import GROUPS, NOW, PLANS, group_colours, purpose_labels, purpose_style
from askergeo.outputs.symbols import colour, symbols

LISTS = (*PLANS.values(), GROUPS)


def rows(name):
    with (BUILT_IN / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("name", LISTS)
def test_every_purpose_has_a_colour_and_says_where_it_is_from(name):
    said = yaml.safe_load((BUILT_IN / "formaal_farger.yml").read_text(encoding="utf-8"))
    for row in rows(name):
        assert colour(row["farge"]) == row["farge"]
        assert row["fargekilde"] in said["fargekilde"]
        if "farge_framtidig" in row:
            assert colour(row["farge_framtidig"])
            assert row["farge_framtidig"] != row["farge"]
    assert all(one["sikkerhet"] in ("høy", "middels", "lav") for one in said["fargekilde"].values())


@pytest.mark.parametrize("name", LISTS)
def test_a_code_without_a_colour_of_its_own_has_that_of_its_main_code(name):
    main = {row["kode"]: row for row in rows("kommuneplan_formaal")}
    own = (
        {row["kode"]: row for row in rows(name)} | main
        if name == GROUPS
        else {
            **main,
            **{row["kode"]: row for row in rows(name)},
        }
    )
    for row in rows(name):
        if row["fargekilde"] == "hovedkode":
            assert row["farge"] in {own[row["hovedkode"]]["farge"], main[row["hovedkode"]]["farge"]}


def test_the_groups_are_those_of_the_codes():
    groups = {row["gruppe"] for name in PLANS.values() for row in rows(name)}
    assert groups <= set(load_codes(GROUPS))
    assert list(group_colours()) == sorted(group_colours())
    assert group_colours(future=True)["01 Bolig eller sentrumsformål"] == "#ffff33"


def test_a_style_has_what_the_layer_holds_and_no_more():
    style = purpose_style("formaal_kode", [5100, 1110.0, "1300", 4711, None, pd.NA, float("nan")])
    assert [(one.value, one.label, one.fill) for one in style.classes] == [
        (1110.0, "1110 Boligbebyggelse", "#ffff99"),
        ("1300", "1300 Næringsvirksomhet", "#cc99ff"),
        (5100, "5100 LNFR areal for nødvendige tiltak for landbruk og reindrift", "#ccff99"),
    ]
    assert style.column == "formaal_kode"
    assert symbols(style, "Plan")[-1].label == "Annet"


def test_future_differs_in_more_than_colour():
    labels = purpose_labels(pd.Series([1110, 1110, 1110]), pd.Series([1, 2, 3]))
    now, future, developing = purpose_style("tegn", labels).classes
    assert [one.label for one in (now, future, developing)] == [
        f"Boligbebyggelse, {NOW[status]}" for status in (1, 2, 3)
    ]
    assert (now.fill, future.fill) == ("#ffff99", "#ffff33")
    assert not now.dash
    assert future.dash
    drawn = symbols(purpose_style("tegn", labels), "Plan")
    assert [one.dash for one in drawn] == [False, True, True, False]
    assert drawn[0].stroke != drawn[1].stroke


def test_unknown_and_missing_codes_are_named_so():
    labels = purpose_labels(pd.Series([4711, None, 1110]), pd.Series([1, 2, None]))
    assert labels.tolist() == [
        "ukjent kode 4711, nåværende",
        "formål mangler, framtidig",
        "Boligbebyggelse",
    ]


def test_groups_are_known_by_name_and_by_number():
    style = purpose_style("gruppe", ["07", "14 LNFR"])
    assert [(one.value, one.label) for one in style.classes] == [
        ("07", "07 Råstoffutvinning"),
        ("14 LNFR", "14 LNFR"),
    ]
    detailed = purpose_style("formaal_kode", [1111], plan="reguleringsplan")
    assert detailed.classes[0].fill == "#ffff99"
