"""Decisions of the last years that let land be used for something else, with known sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo.example.key import ring_areas
from askergeo.example.land import YEAR
from askergeo.example.plots import find_room
from askergeo.example.shapes import rectangles

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["YEARS", "make_decisions"]

#: How many years back, the present one too.
YEARS = 6
FIELD, FOREST, BOG = (21, 22, 23), 30, 60
# The later of the two decisions on the same land lies this far into the first, metres.
INTO = (18.0, 12.0)
NAMES = {
    "plan": "Detaljregulering",
    "dispensasjon": "Dispensasjon fra arealformål",
    "byggetillatelse": "Oppføring av bygg",
    "jordlov": "Omdisponering av dyrka jord",
}


def make_decisions(land: Land) -> None:
    """Add arealvedtak, and to the key its sums by year, from the shoelace of each piece."""
    rng = land.rng("arealvedtak")
    times = 1 if land.size.name == "liten" else 8
    frame = pd.concat(
        [_plans(land, 4 * times), _farmland(land, rng, 7 * times),
         _exemptions(land, rng, 8 * times), _permits(land, rng, 10 * times)],
        ignore_index=True,
    )  # fmt: skip
    frame = frame[find_room(frame["geometry"].to_numpy())].reset_index(drop=True)
    frame = pd.concat([frame, _on_top(frame)], ignore_index=True)
    frame = frame.sort_values("date", kind="stable", ignore_index=True)
    names = [NAMES[kind] for kind in frame["kind"]]
    land.add(
        "arealvedtak",
        frame["geometry"].to_numpy(),
        vedtak_id=[f"{date.year}-{k + 1:03d}" for k, date in enumerate(frame["date"])],
        sakstype=frame["kind"].to_numpy(),
        vedtaksdato=pd.to_datetime(frame["date"].to_numpy()),
        formaal_kode=frame["use"].astype("Int64").array,
        planid=frame["plan"].array,
        navn=[f"{name} {k + 1}" for k, name in enumerate(names)],
    )
    land.key["arealvedtak"] = _facts(land)


def _dates(rng: np.random.Generator, number: int) -> list[pd.Timestamp]:
    """Dates that go round the years, so that every year has some."""
    month, day = rng.integers(1, 13, number), rng.integers(1, 28, number)
    return [
        pd.Timestamp(YEAR - k % YEARS, m, d)
        for k, (m, d) in enumerate(zip(month, day, strict=True))
    ]


def _rows(
    geometry: Array, kind: str, dates: list[pd.Timestamp], use: Array, plan: list[str | None]
) -> pd.DataFrame:
    return pd.DataFrame(
        {"geometry": geometry, "kind": kind, "date": dates, "use": use, "plan": plan}
    )


def _plans(land: Land, number: int) -> pd.DataFrame:
    """Zoning plans that came into force in the years, and building areas without a number yet."""
    plans = land.frames["reguleringsplan"]
    new = plans[plans["ikrafttredelse"].dt.year > YEAR - YEARS]
    new = new[new.geom_type == "Polygon"].head(number)
    adopted = _rows(
        new.geometry.to_numpy(), "plan", list(new["ikrafttredelse"]),
        np.full(len(new), 1110.0), new["planid"].tolist(),
    )  # fmt: skip
    patches = land.shapes["patches"]
    change = pd.DataFrame(land.key["planendringer"])
    own = np.flatnonzero((change["til_status"] == 2).to_numpy())[: number // 2]
    later = [pd.Timestamp(YEAR - k % YEARS, 6, 15) for k in range(len(own))]
    use = change["til_kode"].to_numpy(dtype=float)[own]
    return pd.concat([adopted, _rows(patches[own], "plan", later, use, [None] * len(own))])


def _farmland(land: Land, rng: np.random.Generator, number: int) -> pd.DataFrame:
    """Consent to use tilled land, and land that can be tilled, for something else."""
    ar5, till = land.frames["ar5"], land.frames["dyrkbar_jord"].geometry.to_numpy()
    fields = ar5.geometry.to_numpy()[ar5["arealtype"].isin(FIELD)]
    places = np.concatenate(
        [_sample(rng, fields, number - number // 3), _sample(rng, till, number // 3)]
    )
    sides = rng.uniform(30, 80, (len(places), 2))
    use = np.where(np.arange(len(places)) % 3 == 2, np.nan, 1110.0)
    plots = _plots(rng, places, sides)
    return _rows(plots, "jordlov", _dates(rng, len(plots)), use, [None] * len(plots))


def _exemptions(land: Land, rng: np.random.Generator, number: int) -> pd.DataFrame:
    """Exemptions in forest and on bogs, for cabins and for what nobody wrote down."""
    ar5 = land.frames["ar5"]
    faces, kinds = ar5.geometry.to_numpy(), ar5["arealtype"].to_numpy()
    bogs = number // 3
    places = np.concatenate(
        [_sample(rng, faces[kinds == BOG], bogs),
         _sample(rng, faces[kinds == FOREST], number - bogs)]
    )  # fmt: skip
    plots = _plots(rng, places, rng.uniform(18, 45, (len(places), 2)))
    use = np.where(np.arange(len(places)) % 4 == 1, np.nan, 1120.0)
    return _rows(plots, "dispensasjon", _dates(rng, len(plots)), use, [None] * len(plots))


def _permits(land: Land, rng: np.random.Generator, number: int) -> pd.DataFrame:
    """Permits for houses of the years, with the plan that the house stands in."""
    houses = land.tables["buildings"]
    new = houses[houses["year"] > YEAR - YEARS].reset_index(drop=True)
    new = new.loc[np.sort(rng.permutation(len(new))[:number])]
    plots = rectangles(
        new[["x", "y"]].to_numpy(), new[["dx", "dy"]].to_numpy(),
        new["length"].to_numpy() + 12.0, new["depth"].to_numpy() + 16.0,
    )  # fmt: skip
    plans = land.frames["reguleringsplan"]
    tree = shapely.STRtree(plans.geometry.to_numpy())
    house, plan = tree.query(shapely.points(new[["x", "y"]].to_numpy()), predicate="within")
    of = dict(zip(house.tolist(), plans["planid"].to_numpy()[plan].tolist(), strict=True))
    month = rng.integers(1, 13, len(new))
    dates = [pd.Timestamp(y, m, 10) for y, m in zip(new["year"], month, strict=True)]
    use = np.where(new["code"].to_numpy() < 161, 1110.0, np.nan)
    return _rows(plots, "byggetillatelse", dates, use, [of.get(k) for k in range(len(new))])


def _on_top(frame: pd.DataFrame) -> pd.DataFrame:
    """Make a permit two years after the oldest consent, in a corner of the same land."""
    first = frame[frame["kind"] == "jordlov"].sort_values("date").iloc[0]
    corner, along, _, across, _ = shapely.get_coordinates(first["geometry"])
    sides = np.stack([along - corner, across - corner])
    sides *= (np.array(INTO) / np.hypot(*sides.T))[:, None]
    ways = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    plot = shapely.polygons(np.round(corner + ways @ sides, 2))
    later = first["date"] + pd.DateOffset(years=2)
    return _rows(np.array([plot]), "byggetillatelse", [later], np.array([1110.0]), [None])


def _sample(rng: np.random.Generator, faces: Array, number: int) -> Array:
    """Points in polygons, the larger ones more often, each polygon once."""
    size = shapely.area(faces)
    number = min(number, len(faces))
    chosen = rng.choice(len(faces), number, replace=False, p=size / size.sum())
    return shapely.get_coordinates(shapely.point_on_surface(faces[chosen]))


def _plots(rng: np.random.Generator, places: Array, sides: Array) -> Array:
    turn = rng.uniform(0, np.pi, len(places))
    direction = np.column_stack([np.cos(turn), np.sin(turn)])
    return rectangles(places, direction, sides[:, 0], sides[:, 1])


def _facts(land: Land) -> dict[str, object]:
    """Sum areas by year; a decision on land that has one already counts again."""
    frame, ar5 = land.frames["arealvedtak"], land.frames["ar5"]
    shapes, years = frame.geometry.to_numpy(), frame["vedtaksdato"].dt.year.to_numpy()
    kinds = ar5["arealtype"]
    themes = {
        "dyrket": ar5.geometry.to_numpy()[kinds.isin(FIELD)],
        "dyrkbar": land.frames["dyrkbar_jord"].geometry.to_numpy(),
        "myr": ar5.geometry.to_numpy()[kinds == BOG],
    }
    facts: dict[str, object] = {
        "antall": len(frame),
        "etter_sakstype": frame["sakstype"].value_counts().sort_index().to_dict(),
        "areal_m2": _by_year(years, ring_areas(shapes)),
    }
    for name, faces in themes.items():
        facts[f"{name}_m2"] = _by_year(years, _shared(shapes, faces))
    a, b = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    a, b = a[a < b], b[a < b]
    facts["overlapp"] = [
        {"vedtak": frame["vedtak_id"].iloc[[i, j]].tolist(), "areal_m2": float(area)}
        for i, j, area in zip(
            a, b, ring_areas(shapely.intersection(shapes[a], shapes[b])), strict=True
        )
    ]
    return facts


def _shared(shapes: Array, faces: Array) -> Array:
    """How much of each shape lies on faces that do not overlap, m²."""
    shape, face = shapely.STRtree(faces).query(shapes, predicate="intersects")
    common = shapely.intersection(shapes[shape], faces[face])
    flat = shapely.area(common) > 0
    weights = ring_areas(common[flat])
    return np.bincount(shape[flat], weights=weights, minlength=len(shapes))


def _by_year(years: Array, area: Array) -> dict[str, float]:
    sums = pd.Series(area).groupby(years).sum()
    return {str(year): float(sums.get(year, 0.0)) for year in range(YEAR - YEARS + 1, YEAR + 1)}
