"""resultat.json and its published schema."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import jsonschema
import numpy as np
import pandas as pd
import pytest

from askergeo.outputs.json_output import plain, report_document, schema, write_json
from askergeo.outputs.report import NotRun, Report
from askergeo.privacy import suppress
from askergeo.result import Missing, Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def document(*results: Result, **more: object) -> dict:
    return report_document(Report(results=tuple(map(suppress, results)), title="T", **more))


def test_the_schema_is_a_schema_and_every_document_follows_it(
    small: Result, hostile: Result
) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    lack = Missing(layer="ar5", title="AR5", consequence="Ingen jord.")
    absent = NotRun(analysis="jord", title="Jordvern", missing=(lack,))
    jsonschema.validate(document(small, hostile, not_run=(absent,)), schema())
    jsonschema.validate(document(replace(small, provenance=None)), schema())
    jsonschema.validate(document(), schema())


def test_the_schema_refuses_a_hidden_fact_with_a_value(small: Result) -> None:
    wrong = document(small)
    wrong["resultater"][0]["nokkeltall"]["nord"]["verdi"] = 3
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema())


def test_hidden_is_null_and_named_and_unknown_is_null_alone(small: Result) -> None:
    table = document(small)["resultater"][0]["tabeller"][0]
    names = [column["navn"] for column in table["kolonner"]]
    north, south = (dict(zip(names, row["verdier"], strict=True)) for row in table["rader"][:2])
    assert north["barn"] is None
    assert "barn" in table["rader"][0]["skjult"]
    assert south["areal"] is None
    assert "areal" not in table["rader"][1]["skjult"]
    assert table["rader"][2]["verdier"][1] == 50
    assert table["radsummer"] == [{"sum": "alle", "deler": ["n", "s", "o"]}]


def test_layers_are_named_as_in_the_geopackage(small: Result) -> None:
    assert document(small)["resultater"][0]["kartlag"][0]["geopackage_lag"] == ["bosatte_kretser"]


def test_a_finding_has_a_place(small: Result) -> None:
    assert document(small)["resultater"][0]["funn"][0]["sted"] == [580500.0, 6630500.0]


def test_the_file_is_utf8_without_nan(small: Result, tmp_path: Path) -> None:
    write_json(Report(results=(small,), title="Blåbær"), tmp_path / "r.json")
    text = (tmp_path / "r.json").read_text(encoding="utf-8")
    assert "Blåbær" in text
    assert "NaN" not in text
    assert json.loads(text)["format"] == 1


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.int64(3), 3),
        (np.float64("nan"), None),
        (float("inf"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.bool_(True), True),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        ([np.int64(1), None], [1, None]),
        ("a\x00b", "a\ufffdb"),
    ],
)
def test_values_become_plain(value: object, wanted: object) -> None:
    assert plain(value) == wanted
    json.dumps(plain(value), allow_nan=False)


def test_diagrams_and_what_forbids_publishing_are_in_the_document(
    small: Result, account: Callable[..., Result]
) -> None:
    written = document(account(), small)
    jsonschema.validate(written, schema())
    one, other = written["resultater"]
    assert one["ma_ikke_publiseres"] == ["Regnskapet «Nå» går ikke opp."]
    (chart,) = one["diagrammer"]
    assert (chart["tabell"], chart["fra"], chart["til"]) == ("endring", "fra", "til")
    assert {chart["fra"], chart["til"], chart["verdi"]} <= {
        column["navn"] for column in one["tabeller"][1]["kolonner"]
    }
    assert (other["ma_ikke_publiseres"], other["diagrammer"]) == ([], [])


def test_a_document_from_before_diagrams_is_still_one(small: Result) -> None:
    old = document(small)
    for one in old["resultater"]:
        del one["ma_ikke_publiseres"], one["diagrammer"]
    jsonschema.validate(old, schema())
