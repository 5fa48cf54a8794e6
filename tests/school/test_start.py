"""Which year the forecast begins: what is said, else what the layers tell."""

from __future__ import annotations

import pandas as pd
import pytest

from askergeo.errors import LayerError
from askergeo.parameters import Parameter, Parameters
from askergeo.school.start import start_or_date, start_year


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
    assert start_year(told(given), **layers) == expected


def test_nobody_is_taken_to_be_of_an_unknown_year() -> None:
    with pytest.raises(LayerError, match="hvilket år") as error:
        start_year(told(0))
    assert "startaar=2026" in str(error.value)


def test_the_date_of_the_residents_is_the_last_resort_and_told() -> None:
    assert start_or_date(told(0), "2025-06-30", historikk=years(2026)) == (2026, ())
    year, said = start_or_date(told(0), "2025-06-30")
    assert year == 2025
    assert "1. januar 2025" in said[0]
    with pytest.raises(LayerError):
        start_or_date(told(0), "")
