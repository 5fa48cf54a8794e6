"""Residents of a municipality of Asker's size, twenty years ahead, in three alternatives."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from benchmarks import asker
from benchmarks.case import Case

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from askergeo.school.forecast import Forecast

YEAR = 2026
_PLACES = ("adresse", "befolkning", "grunnkrets", "skolekrets", "boligprogram")
_PAST = ("befolkning_historikk", "framskriving")


def cases() -> list[Case]:
    """Return the case: parts, calibration, back-tests, alternatives, causes and band."""
    return [
        Case(
            name="framskriving",
            work="forecast, 98 000 residents, 250 units, 20 years, 3 alternatives (limit 10 s)",
            ours=_forecast,
            prepare=_prepare,
            inputs=_layers,
            rounds=3,
        )
    ]


def _prepare(folder: Path) -> None:
    asker.link(folder)


@lru_cache(maxsize=1)
def _layers(folder: Path) -> dict[str, Any]:
    package = asker.package(folder)
    return {name: package.read(name) for name in (*_PLACES, *_PAST)}


def _forecast(folder: Path) -> Forecast:
    from askergeo.parameters import load_parameters  # noqa: PLC0415  (imports are not the work)
    from askergeo.school.areas import make_areas  # noqa: PLC0415
    from askergeo.school.forecast import make_forecast  # noqa: PLC0415

    layers = _layers(folder)
    homes: gpd.GeoDataFrame = layers["boligprogram"]
    past: pd.DataFrame = layers["befolkning_historikk"]
    areas = make_areas(
        layers["adresse"],
        layers["befolkning"],
        year=YEAR,
        grunnkrets=layers["grunnkrets"],
        skolekrets=layers["skolekrets"],
        boligprogram=homes,
    )
    return make_forecast(
        areas,
        historikk=past,
        boligprogram=homes,
        framskriving=layers["framskriving"],
        parameters=load_parameters("prognose"),
    )
