"""The year of the map of pipes, and the facilities that do not run in it."""

from __future__ import annotations

import pandas as pd
import pytest

from askergeo.analyses._va_year import idle_warning, map_year
from askergeo.parameters import load_parameters
from askergeo.result import SourceRecord


def record(date: str) -> dict[str, SourceRecord]:
    return {
        "va_ledning": SourceRecord(
            layer="va_ledning", title="", origin="", date=date, sha256="", rows=1, licence="",
            attribution="",
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "date", "year"), [(0, "2026-05-01", 2026), (2019, "2026-05-01", 2019), (0, "", None)]
)
def test_the_year_is_the_one_given_else_that_of_the_layer(
    given: int, date: str, year: int | None
) -> None:
    parameters = load_parameters("va_nett", {"va_nett_aar": given})
    assert map_year(parameters, "va_nett_aar", record(date)) == year


def test_facilities_that_do_not_run_are_named_and_an_unknown_year_is_said() -> None:
    plants = pd.DataFrame(
        {"anlegg_id": list("abc"), "fra_aar": [None, 2031, 1980], "til_aar": [2019, None, 2026]}
    )
    (told,) = idle_warning(plants, 2026)
    assert told.startswith("2 anlegg")
    assert told.endswith("2026, og er ikke med i nettet: a, b.")
    assert "askergeo data legg-til" in idle_warning(plants, None)[0]
    assert idle_warning(plants[["anlegg_id"]], None) == idle_warning(None, 2026) == ()
