"""The small example municipality, made once for all tests here."""

from __future__ import annotations

import pytest

from askergeo.example import Example, make_example


@pytest.fixture(scope="session")
def example() -> Example:
    return make_example("liten", 3203)
