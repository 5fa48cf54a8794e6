"""The medium of a trace, as people write it."""

from __future__ import annotations

import pytest

from askergeo.cli.va_trace import _medium
from askergeo.errors import ParameterError


@pytest.mark.parametrize(
    ("told", "medium"),
    [("avløp", "avlop"), ("avlop", "avlop"), ("Vann", "vann"), ("overvann", "overvann")],
)
def test_the_medium_is_read_with_and_without_its_letter(told: str, medium: str) -> None:
    assert _medium(told) == medium


def test_another_medium_is_refused_with_those_there_are() -> None:
    with pytest.raises(ParameterError, match="--medium kloakk") as refused:
        _medium("kloakk")
    assert refused.value.remedy == "Velg vann, avløp eller overvann."
