"""The standard factors, and conversions that are made in one line."""

from __future__ import annotations

import pandas as pd
import pytest

from askergeo.carbon import load_factors


@pytest.fixture(scope="session")
def factors():
    return load_factors()


@pytest.fixture(scope="session")
def conversion():
    """Make a table of conversions of one hectare each, or of the areas given."""

    def make(*pairs, area=1.0, **columns):
        before, after = zip(*pairs, strict=True) if pairs else ((), ())
        return pd.DataFrame({"fra": before, "til": after, "areal_ha": area, **columns})

    return make
