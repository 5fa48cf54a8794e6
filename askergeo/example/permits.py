"""Growth of the last ten years and of those to come: permits, planned floor area and measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.example.jobs import BRANCHES
from askergeo.example.land import YEAR
from askergeo.example.shapes import point_array
from askergeo.example.sides import north_share

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["YEARS", "make_growth"]

#: Years of permits in the register, the present one too.
YEARS: Final = 10
#: Share of the buildings of those years whose permit is in the register.
_KNOWN: Final = 0.75
#: Permits that are in no register of buildings: finished, under way, torn down, work places.
_LOOSE: Final = {"liten": (3, 6, 2, 2), "asker": (20, 120, 12, 14)}
_PROJECTS: Final = {"liten": 5, "asker": 24}
#: Latest year ahead of each state, and how sure it is (%).
_STATES: Final = (("bygges", 2, 95), ("tillatelse", 3, 90), ("regulert", 6, 75),
                  ("kommuneplan", 9, 50), ("innspill", 12, 20))  # fmt: skip
_COLUMNS: Final = ("geometry", "permitted", "finished", "homes", "branch", "area", "building")


def make_growth(land: Land) -> None:
    """Add byggetillatelse, naeringsprogram and transporttiltak."""
    rows = pd.concat([_built(land), _loose(land), _under_way(land)], ignore_index=True)
    rows = rows.sort_values(["permitted", "building"], kind="stable", ignore_index=True)
    geometry = rows["geometry"].to_numpy()
    land.add(
        "byggetillatelse",
        geometry,
        sak_id=[f"BS{k + 1:05d}" for k in range(len(rows))],
        tillatt_aar=rows["permitted"].to_numpy().astype(np.int64),
        ferdig_aar=rows["finished"].astype("Int64").array,
        boliger=rows["homes"].astype("Int64").array,
        naering=rows["branch"].astype("str").array,
        naering_m2=rows["area"].astype("Float64").array,
        planid=pd.array(_plans_at(land, geometry), dtype="str"),
        bygning_id=rows["building"].astype("str").array,
    )
    _programme(land)
    _measures(land)


def _plans_at(land: Land, points: Array) -> Array:
    plans = land.frames["reguleringsplan"]
    row, plan = shapely.STRtree(plans.geometry.to_numpy()).query(points, predicate="within")
    found = np.full(len(points), None, dtype=object)
    found[row] = plans["planid"].to_numpy()[plan]
    return found


def _rows(**columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    for name in _COLUMNS:
        if name not in frame.columns:
            frame[name] = pd.Series([None] * len(frame), dtype=object)
    return frame[list(_COLUMNS)].astype(object)


def _built(land: Land) -> pd.DataFrame:
    """Permits of buildings that stand: homes and work places, given one or two years before."""
    rng = land.rng("permits")
    house = land.tables["buildings"]
    chance, before = rng.random(len(house)), rng.integers(1, 3, len(house))
    work = house["code"].isin(list(BRANCHES)).to_numpy()
    permitted = house["year"].to_numpy() - before
    kept = (chance < _KNOWN) & (permitted > YEAR - YEARS)
    kept &= (house["dwellings"].to_numpy() > 0) | work
    one = house[kept]
    work = work[kept]
    codes = one["code"].to_numpy()
    return _rows(
        geometry=point_array(
            np.round(shapely.get_coordinates(shapely.centroid(one["geometry"].to_numpy())), 2)
        ),
        permitted=permitted[kept],
        finished=one["year"].to_numpy(),
        homes=one["dwellings"].to_numpy(),
        branch=[BRANCHES[int(c)][0] if w else None for c, w in zip(codes, work, strict=True)],
        area=np.where(work, one["area"].to_numpy(), np.nan),
        building=one["id"].astype(str).to_numpy(),
    )


def _loose(land: Land) -> pd.DataFrame:
    """Permits without a building in the register; the homes torn down are negative."""
    rng = land.rng("permits without a building")
    counts = np.array(_LOOSE[land.size.name])
    kind = np.repeat(np.arange(4), counts)
    people = land.tables["people"]
    home = rng.choice(len(people), len(kind), replace=False)
    at = people[["x", "y"]].to_numpy()[home] + rng.uniform(-8, 8, (len(kind), 2))
    permitted = np.where(kind == 1, YEAR - rng.integers(0, 2, len(kind)), YEAR - 2)
    permitted = np.where(kind == 2, YEAR - rng.integers(0, YEARS, len(kind)), permitted)
    finished = np.where(kind == 0, YEAR, np.where(kind == 2, permitted, -1))
    many, few = rng.integers(1, 13, len(kind)), rng.integers(1, 5, len(kind))
    homes = np.select([kind == 0, kind == 1, kind == 2], [many, few, -1], 0)
    branch = rng.choice(["industri", "handel", "kontor", "offentlig"], len(kind))
    area = np.round(rng.lognormal(7.2, 0.5, len(kind)), -1)
    return _rows(
        geometry=point_array(np.round(at, 2)),
        permitted=permitted,
        finished=[None if year < 0 else int(year) for year in finished],
        homes=homes,
        branch=[name if k == 3 else None for name, k in zip(branch.tolist(), kind, strict=True)],
        area=np.where(kind == 3, area, np.nan),
    )


def _under_way(land: Land) -> pd.DataFrame:
    """Permits of the housing programme's projects that are being built or have leave to be."""
    frame = land.frames["boligprogram"]
    frame = frame[frame["status"].isin(["bygges", "tillatelse"])]
    return _rows(
        geometry=shapely.point_on_surface(frame.geometry.to_numpy()),
        permitted=np.where(frame["status"] == "bygges", YEAR - 1, YEAR),
        homes=frame["boliger"].to_numpy(),
    )


def _programme(land: Land) -> None:
    """Add naeringsprogram: floor area to come beside the work places, one of them torn down."""
    rng = land.rng("business programme")
    count = _PROJECTS[land.size.name]
    house = land.tables["buildings"]
    able = house[house["code"].isin([212, 219, 231, 239, 311, 321, 322, 731])]
    site = able.iloc[np.sort(rng.choice(len(able), count, replace=False))]
    centre = np.round(shapely.get_coordinates(shapely.centroid(site["geometry"].to_numpy())), 2)
    geometry = np.asarray(shapely.points(centre))
    plots = shapely.intersection(
        shapely.box(*(centre - 35.0).T, *(centre + 35.0).T), land.shapes["ground"]
    )
    drawn = (np.arange(count) % 2 == 0) & (shapely.get_type_id(plots) == 3)  # Polygon
    geometry[drawn] = plots[drawn]
    branch = [BRANCHES[int(code)] for code in site["code"]]
    area = np.round(rng.lognormal(7.6, 0.6, count), -2) + 100
    area[count // 2] = -np.round(site["area"].to_numpy()[count // 2])
    ahead = rng.integers(1, 12, count)
    state = np.searchsorted([last for _, last, _ in _STATES], ahead)
    jobs = np.round(area / np.array([space for _, space in branch]))
    told = np.arange(count) % 3 != 1
    near = land.frames["grunnkrets"]
    tree = shapely.STRtree(near.geometry.to_numpy())
    names = near["grunnkretsnavn"].to_numpy()[tree.nearest(point_array(centre))]
    land.add(
        "naeringsprogram",
        geometry,
        prosjekt_id=[f"N{k + 1:03d}" for k in range(count)],
        navn=[f"{name}, næring {k + 1}" for k, name in enumerate(names)],
        naering=[name for name, _ in branch],
        aar=YEAR + ahead,
        naering_m2=area,
        arbeidsplasser=pd.array(np.where(told, jobs, np.nan), dtype="Int64"),
        sannsynlighet=np.array([float(_STATES[k][2]) for k in state]),
        status=[_STATES[k][0] for k in state],
        planid=pd.array(_plans_at(land, point_array(centre)), dtype="str"),
    )


def _measures(land: Land) -> None:
    """Add transporttiltak: most of them in the north, one for the plan that straddles the line."""
    plans = land.frames["reguleringsplan"]
    share = north_share(land, plans.geometry.to_numpy())
    across = int(np.argmax(share * (1 - share)))  # the one most evenly divided
    plan = str(plans["planid"].iloc[across]) if 0 < share[across] < 1 else None
    times = 1.0 if land.size.name == "liten" else 18.0
    rows = [
        ("TT1", "Avgift på parkering i sentrum", "nord", 420.0, YEAR + 1, "vedtatt", None),
        ("TT2", "Sykkelveg hele vegen til stasjonen", "nord", 180.0, YEAR + 3, "planlagt", None),
        ("TT3", "Færre parkeringsplasser i planen", "nord", 60.0, YEAR + 2, "planlagt", plan),
        ("TT4", "Dobbelt så mange bussavganger", "nord", 350.0, YEAR + 5, "mulig", None),
        ("TT5", "Innfartsparkering ved stasjonen", "sor", 90.0, YEAR + 1, "vedtatt", None),
    ]  # fmt: skip
    number, name, side, km, year, state, where = zip(*rows, strict=True)
    land.add(
        "transporttiltak",
        tiltak_id=list(number),
        navn=list(name),
        sone=list(side),
        km_dogn=np.round(np.array(km) * times, 1),
        fra_aar=np.array(year, np.int64),
        status=list(state),
        planid=pd.array(where, dtype="str"),
        kilde=["Oppdiktet anslag"] * len(rows),
    )
