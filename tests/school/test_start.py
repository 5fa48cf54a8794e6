"""Which year the forecast begins: what is said, else what the layers tell."""

from __future__ import annotations

import pandas as pd
import pytest

from askergeo.errors import LayerError
from askergeo.parameters import Parameter, Parameters
from askergeo.result import SourceRecord
from askergeo.school.start import start_year


def years(*some: int) -> pd.DataFrame:
    return pd.DataFrame({"aar": list(some)})


def told(year: int) -> Parameters:
    return Parameters("prove", [Parameter(name="startaar", title="Startår", value=year)])


@pytest.mark.parametrize(
    ("given", "layers", "expected"),
    [
        (2030, {"historikk": years(2020, 2026)}, 2030),
        (0, {"historikk": years(2020, 2026, 2024), "framskriving": years(2024, 2050)}, 2026),
        (0, {"framskriving": years(2050, 2025), "elevtall": years(2019)}, 2025),
        # The pupils of the school year from the autumn of 2025 are read from 1 January 2026.
        (0, {"elevtall": years(2023, 2025)}, 2026),
        (0, {"historikk": years(), "elevtall": years(2025)}, 2026),
    ],
)
def test_the_year_is_that_of_the_first_that_tells(
    given: int, layers: dict[str, pd.DataFrame], expected: int
) -> None:
    assert start_year(told(given), None, **layers) == (expected, ())


def test_nobody_is_taken_to_be_of_an_unknown_year() -> None:
    with pytest.raises(LayerError, match="hvilket år") as error:
        start_year(told(0), None)
    assert "startaar=2026" in str(error.value)


def dated(day: str) -> dict[str, SourceRecord]:
    return {
        "befolkning": SourceRecord(
            layer="befolkning", title="", origin="", date=day, sha256="", rows=1, licence="",
            attribution="",
        )
    }  # fmt: skip


@pytest.mark.parametrize(("day", "expected"), [("2025-06-30", 2025), ("2025-12-31", 2026)])
def test_the_first_of_january_nearest_to_the_layers_date_is_the_last_resort(
    day: str, expected: int
) -> None:
    assert start_year(told(0), dated(day), historikk=years(2030)) == (2030, ())
    year, said = start_year(told(0), dated(day))
    assert year == expected
    assert f"1. januar {expected}" in said[0]


def test_a_layer_without_a_date_tells_no_year() -> None:
    with pytest.raises(LayerError):
        start_year(told(0), dated(""))
