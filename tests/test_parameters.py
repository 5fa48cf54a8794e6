"""Parameters: bounds, types, sources and doubts."""

from __future__ import annotations

from importlib.resources import files

import pytest

from askergeo.errors import ParameterError
from askergeo.parameters import Parameter, Parameters, load_parameters, value_text

SETS = sorted(
    one.name.removesuffix(".yml") for one in (files("askergeo") / "data" / "parameters").iterdir()
)


@pytest.fixture
def some():
    return Parameters(
        "prøve",
        [
            Parameter(name="bredde", title="Bredde", value=100.0, unit="m", minimum=1, maximum=500),
            Parameter(name="antall", title="Antall", value=4, minimum=1, source="gjetning"),
            Parameter(name="måte", title="Måte", value="a", choices=("a", "b"), confidence="kjent"),
            Parameter(name="koder", title="Koder", value=["1", "2"], confidence="verifisert"),
        ],
    )


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("bredde", "12,5", 12.5),
        ("bredde", 50, 50.0),
        ("antall", "7", 7),
        ("måte", "b", "b"),
        ("koder", "3, 4", ["3", "4"]),
    ],
)
def test_text_is_read_as_the_type_of_the_parameter(some, name, given, value):
    changed = some.override({name: given})
    assert changed[name] == value
    assert type(changed[name]) is type(some[name])
    assert {one.name for one in changed if one.changed} == {name}
    assert not any(one.changed for one in some)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("bredde", "bred", "kan ikke leses som et tall"),
        ("bredde", "0,5", "under 1"),
        ("bredde", 501, "over 500"),
        ("bredde", "nan", "ikke et tall som kan regnes med"),
        ("bredde", float("inf"), "ikke et tall som kan regnes med"),
        ("antall", "2,5", "kan ikke leses som et helt tall"),
        ("måte", "c", "ikke blant a, b"),
        ("lengde", 1, "finnes ikke"),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(some, name, given, said):
    with pytest.raises(ParameterError, match=said) as caught:
        some.override({name: given})
    assert f"«{name}»" in caught.value.message


def test_all_faults_are_said_at_once(some):
    with pytest.raises(ParameterError) as caught:
        some.override({"bredde": -1, "antall": "x", "rart": 1})
    assert len(caught.value.message.splitlines()) == 4


def test_only_uncertain_values_warn(some):
    warnings = some.warnings()
    assert len(warnings) == 2
    assert "gjetning" in warnings[1]


def test_a_changed_value_says_so_in_the_record(some):
    record = next(one for one in some.override({"antall": 9}).records() if one["endret"])
    assert record["kilde"] == "endret av brukeren (gjetning)"


@pytest.mark.parametrize("name", SETS)
def test_every_value_that_ships_has_a_source_and_keeps_its_bounds(name):
    parameters = load_parameters(name)
    for one in parameters:
        assert one.title
        assert one.source
        assert parameters.override({one.name: one.value})[one.name] == one.value


def test_a_list_is_written_without_brackets_and_without_the_unit():
    kinds = Parameter(name="veg", title="Veger", value=["bilveg", "gatetun"], unit="vegtype")
    (text,) = Parameters("x", [kinds]).warnings()
    assert "= bilveg, gatetun er usikker" in text
    assert value_text(12000.0, "m") == "12\u00a0000\u00a0m"
    assert value_text(0.00001) == "0,00001"
    assert value_text([1.0, 2.5]) == "1, 2,5"


def test_a_few_values_of_a_set_are_those_that_begin_so() -> None:
    few = [one.name for one in load_parameters("nullvekst_tiltak+trafikk.trafikk_m2_k")]
    assert few[-1] == "trafikk_m2_kontor"
    assert len(few) == len(list(load_parameters("nullvekst_tiltak"))) + 1
