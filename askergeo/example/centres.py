"""The centre structure: 1 kommunesenter, 9 lokalsentre and 26 nærsentre on buildable ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import ndimage

from askergeo.example.shapes import noise, point_array

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["COUNTS", "LEVELS", "make_centres"]

LEVELS = ("kommunesenter", "lokalsenter", "naersenter")
COUNTS = (1, 9, 26)
NAMES = (
    "Eksempelbyen", "Sjøholt", "Storelva", "Granheim", "Brattvika", "Solbukta", "Furudalen",
    "Leirmoen", "Kvernvika", "Tangenstrand", "Steinvika", "Lauvlia", "Bekkedalen", "Hasselvik",
    "Nordmoen", "Rognlia", "Myrvoll", "Skjærvika", "Sundbrua", "Kirkelia", "Orelunden",
    "Grindbakken", "Selvika", "Almelia", "Vestmarka", "Haugerlia", "Fossbekk", "Kleivmoen",
    "Strandheim", "Østerneset", "Tjernlia", "Bjørkemoen", "Skogbygda", "Eikelund", "Moltemyra",
    "Fagerneset",
)  # fmt: skip


def make_centres(land: Land) -> None:
    """Place the centres, spread along coast and valleys; adds the layer senter."""
    grid, size, arrays = land.grid, land.size, land.arrays
    step = 2 if size.name == "liten" else 3
    pick = (slice(step // 2, None, step), slice(step // 2, None, step))
    index = np.arange(arrays["z"].size).reshape(grid.shape)[pick].ravel()
    score = _suitability(land).ravel()[index]
    index, score = index[score > 0], score[score > 0]
    xy = grid.xy(index)
    left, low, right, high = grid.box.bounds
    goal = np.array([left + 0.5 * (right - left), low + 0.7 * (high - low)])
    near = np.exp(-((np.hypot(*(xy - goal).T) / (0.2 * size.width)) ** 2))
    chosen = [int(np.argmax(score * near))]
    chosen += _spread(
        xy, score, chosen, count=COUNTS[1], spacing=size.spacing[0], least=size.spacing[1]
    )
    chosen += _spread(
        xy, score, chosen, count=COUNTS[2], spacing=size.spacing[1], least=0.6 * size.spacing[1]
    )
    level = np.repeat(np.arange(3), COUNTS)
    spread = land.rng("centre size").lognormal(0.0, 0.28, len(chosen))
    spread[0] = 1.0
    for k in (1, 2):
        spread[level == k] /= spread[level == k].mean()
    residents = np.array(size.residents_by_level)[level] * spread
    place = xy[chosen]
    land.tables["centres"] = pd.DataFrame(
        {
            "name": NAMES,
            "level": level,
            "x": place[:, 0],
            "y": place[:, 1],
            "residents": residents,
            "area": residents / np.array(size.density)[level] * 1e6,
        }
    )
    land.add(
        "senter",
        point_array(np.round(place, 2)),
        senter_id=[f"S{k + 1:02d}" for k in range(len(chosen))],
        navn=list(NAMES),
        niva=[LEVELS[k] for k in level],
        konfidens=["verifisert"] * len(chosen),
        kilde=["Eksempelbygda (oppdiktet)"] * len(chosen),
    )


def _suitability(land: Land) -> Array:
    """Score the ground: flat, low, near shore or river, within reach of the mainland."""
    grid, arrays = land.grid, land.arrays
    # an island can hold a centre when a bridge can reach it
    near = ndimage.distance_transform_edt(~arrays["land"]) * grid.cell < 110
    label, _ = ndimage.label(near)
    large = label == np.argmax(np.bincount(label.ravel())[1:]) + 1
    flat = ndimage.uniform_filter(arrays["slope"], round(160 / grid.cell))
    inner = ndimage.distance_transform_edt(arrays["inside"]) * grid.cell
    river = ndimage.distance_transform_edt(~arrays["channel"]) * grid.cell
    dry = ndimage.distance_transform_edt(~arrays["lake"]) * grid.cell
    good = large & (flat < 0.13) & (arrays["z"] > 2.5) & (arrays["z"] < 190)
    good &= (arrays["shore_m"] > 70) & (inner > 350) & (dry > 90)
    score = 1.2 - flat / 0.13 + 0.9 * np.exp(-arrays["shore_m"] / 900)
    score += 0.5 * np.exp(-river / 300) - arrays["z"] / 260
    score += 0.25 * noise(land.rng("suitability"), grid, 4_000, 300, 2.5)
    return np.where(good, np.maximum(score, 0.02) + 0.3, 0.0)


def _spread(
    xy: Array, score: Array, taken: list[int], *, count: int, spacing: float, least: float
) -> list[int]:
    """Greedy choice by score with a soft distance to the centres already there."""
    free = np.full(len(xy), np.inf)
    for k in taken:
        free = np.minimum(free, np.hypot(*(xy - xy[k]).T))
    chosen: list[int] = []
    for _ in range(count):
        value = np.where(free > least, score * np.minimum(free / spacing, 1.0) ** 2.2, -1.0)
        best = int(np.argmax(value))
        chosen.append(best)
        free = np.minimum(free, np.hypot(*(xy - xy[best]).T))
    return chosen
