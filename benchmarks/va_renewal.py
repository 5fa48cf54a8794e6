"""The renewal plan of 100 000 municipal pipes with breaks, from layers to result."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.parameters import load_parameters
from benchmarks.case import Case

if TYPE_CHECKING:
    from pathlib import Path

_PIPES = 100_000
_EVENTS = 12_000
_STREETS = 400
_SEED = 20_262


def cases() -> list[Case]:
    """Return the case: lives, breaks, trenches, projects, plan, rates, tables and map."""
    return [
        Case(
            name="va-fornyelse",
            work="renewal plan of 100 000 pipes, 12 000 breaks, 4 rates over 20 years (limit 10 s)",
            ours=_plan,
            inputs=lambda _folder: _layers(),
            rounds=2,
            group="va",
        )
    ]


@lru_cache(maxsize=1)
def _layers() -> dict[str, Any]:
    """Lay water, sewage and storm water beside each other along straight streets."""
    random = np.random.default_rng(_SEED)
    each = _PIPES // _STREETS
    street, place = np.divmod(np.arange(_PIPES), each)
    kind, step = np.divmod(place, each // 3)
    kind = np.minimum(kind, 2)
    x, y = 60.0 * step, 80.0 * street + 1.2 * kind
    ends = np.stack([np.stack([x, y], axis=1), np.stack([x + 60.0, y], axis=1)], axis=1)
    material = random.choice(np.array(["SJG", "SJK", "PVC", "PE", "BET", None]), _PIPES)
    year = random.integers(1930, 2024, _PIPES).astype(float)
    year[random.random(_PIPES) < 0.1] = np.nan
    pipes = gpd.GeoDataFrame(
        {
            "ledning_id": np.char.mod("L%06d", np.arange(_PIPES)),
            "type": np.array(["vann", "spillvann", "overvann"])[kind],
            "materiale": material,
            "anleggsaar": pd.array(year, dtype="Float64").astype("Int64"),
            "dimensjon_mm": random.choice([100, 150, 200, 300], _PIPES),
            "eier": "kommunal",
        },
        geometry=shapely.linestrings(ends),
        crs="EPSG:25832",
    )
    events = pd.DataFrame(
        {
            "ledning_id": pipes["ledning_id"].to_numpy()[random.integers(0, _PIPES, _EVENTS)],
            "aar": random.integers(2010, 2026, _EVENTS),
            "type": "brudd",
        }
    )
    line = np.arange(_STREETS) * 80.0
    long = 60.0 * (each // 3 + 2)
    roads = gpd.GeoDataFrame(
        {
            "vegtype": "bilveg",
            "vegkategori": "K",
            "navn": np.char.mod("Gate %d", np.arange(_STREETS)),
        },
        geometry=[shapely.LineString([(0, at - 4), (long, at - 4)]) for at in line],
        crs="EPSG:25832",
    )
    return {"va_ledning": pipes, "va_hendelse": events, "veg": roads}


def _plan(_folder: Path) -> int:
    from askergeo.analyses.va_fornyelse import va_fornyelse  # noqa: PLC0415  (not the work)

    sets = load_parameters(
        "va_fornyelse+va_bortfall+va_nett",
        {"va_fornyelse_aar": 2025, "va_fornyelse_budsjett": 900.0},
    )
    return len(va_fornyelse(**_layers(), parameters=sets).table("prosjekter").frame)
