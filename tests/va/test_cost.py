"""What pipes cost, by diameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from askergeo.errors import ParameterError, SourceError
from askergeo.va.cost import pipe_costs, price_file, read_prices

if TYPE_CHECKING:
    from pathlib import Path


def test_a_diameter_without_a_price_makes_the_sum_unknown() -> None:
    costs = pipe_costs(np.array([100.0, 150.0]), np.array([10.0, 20.0]), {100.0: 3.0})
    assert costs.loc["100", "kostnad"] == 30.0
    assert np.isnan(costs.loc["150", "kostnad"])
    assert np.isnan(costs.loc["sum", "kostnad"])
    assert costs.loc["sum", "meter"] == 30.0


def test_a_pipe_of_unknown_diameter_is_a_row_of_its_own() -> None:
    costs = pipe_costs(np.array([100.0, np.nan]), np.array([10.0, 20.0]), {100.0: 3.0})
    assert costs.loc["ukjent", "meter"] == 20.0
    assert np.isnan(costs.loc["sum", "kostnad"])


@pytest.mark.parametrize("pair", ["110", "x=3", "110=-1", "0=5", "110=inf", "110="])
def test_a_price_that_is_none_is_refused(pair: str) -> None:
    with pytest.raises(ParameterError, match="Prisene på rør"):
        read_prices([pair])


def test_a_diameter_priced_twice_is_refused() -> None:
    with pytest.raises(ParameterError, match="fra før"):
        read_prices(["110=1", "110.2=2"])


def test_prices_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "priser.csv"
    file.write_text("dimensjon_mm;pris_m\n110;2500\n160;3100,5\n", encoding="utf-8")
    assert price_file(file) == {110.0: 2500.0, 160.0: 3100.5}
    file.write_text("dim;pris_m\n110;2500\n", encoding="utf-8")
    with pytest.raises(SourceError, match="dimensjon_mm"):
        price_file(file)
