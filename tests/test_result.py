"""Results: what every analysis gives."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.errors import AskergeoError
from askergeo.result import Column, Fact, MapLayer, Result, Table


def result(**changes):
    made = {
        "analysis": "prøve",
        "title": "Prøve",
        "template": "Det er {antall}.",
        "tables": (
            Table(
                name="t",
                title="T",
                frame=pd.DataFrame({"antall": [1, 2]}, index=["a", "b"]),
                columns={"antall": Column(title="Antall")},
            ),
        ),
        "facts": {"antall": Fact(title="Antall", value=2)},
    }
    return Result(**(made | changes))


def test_a_result_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        result().title = "Annet"  # type: ignore[misc]


def test_a_table_and_a_layer_are_found_by_name():
    one = result()
    assert next(table for table in one.tables if table.name == "t").title == "T"
    layer = MapLayer(
        name="kart",
        title="Kart",
        frame=gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 1)], crs=25832),
        columns={"a": Column(title="A")},
    )
    assert result(layers=(layer,)).layers == (layer,)


def test_the_sentence_is_made_of_the_facts():
    assert result().sentence == "Det er 2."
    assert result(facts={"antall": Fact(title="Antall", value=None)}).sentence == "Det er ..."
    hidden = Fact(title="Antall", value=2, persons=True, hidden=True)
    assert "2" not in result(facts={"antall": hidden}).sentence


def hidden_fact(unit=""):
    return Fact(title="Antall", value=None, unit=unit, persons=True, hidden=True)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Av {b} er {a} her.", "Av 23 er et skjult antall her."),
        ("{a} av {b}. {a} bor her.", "Et skjult antall av 23. Et skjult antall bor her."),
        ("Det er {b} % og {c}\u00a0%.", "Det er 23 % og en skjult andel."),
        ("Fra {c} til {b} %, {{a}}.", "Fra en skjult andel til 23 %, {a}."),
    ],
)
def test_a_hidden_number_is_told_in_words_and_why(template: str, said: str):
    facts = {"a": hidden_fact(), "b": Fact(title="B", value=23), "c": hidden_fact("%")}
    sentence = result(template=template, facts=facts).sentence
    assert sentence == (
        f"{said} Tall er skjult der få personer står bak, eller der de ville røpet slike tall."
    )


def test_a_hidden_number_that_is_not_told_is_not_spoken_of():
    facts = {"a": hidden_fact(), "b": Fact(title="B", value=23)}
    assert result(template="Det er {b}.", facts=facts).sentence == "Det er 23."


def test_another_analysis_cannot_be_compared_with():
    with pytest.raises(AskergeoError):
        result().compare(result(analysis="en annen"))


def test_a_result_compared_with_itself_has_no_change():
    difference = result().compare(result())
    assert "alle nøkkeltallene som før" in difference.sentence
    more = result(facts={"antall": Fact(title="Antall", value=5)})
    assert "antall fra 2 til 5" in result().compare(more).sentence


def test_a_header_does_not_say_the_same_twice():
    def header(title, unit):
        return Column(title=title, unit=unit, decimals=0).header

    assert header("Antall", "antall") == "Antall"
    assert header("Alle bygninger", "bygninger") == "Alle bygninger"
    assert header("Satellitter, med scenario", "satellitter") == "Satellitter, med scenario"
    assert header("Areal", "m²") == "Areal (m²)"
    assert header("Landareal", "areal") == "Landareal (areal)"
