"""Pupils by school and grade, and the places that schools have: full in the north, empty elsewhere.

Pupils are the children of the school's district less those who go to the private school and to the
neighbour school, at shares that are planted. Special units are apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.example.districts import NORTH, STAGES, north_of
from askergeo.example.land import YEAR
from askergeo.example.population_history import BACK, even_rounding
from askergeo.example.schools import OPENS

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["FIRST", "GROUP", "make_measures", "make_pupils"]

#: First autumn with pupils in the layer elevtall.
FIRST: Final = YEAR - 4
#: Pupils in a class, by stage.
GROUP: Final = {"barnetrinn": 28, "ungdomstrinn": 30}
GRADES: Final = {"barnetrinn": range(1, 8), "ungdomstrinn": range(8, 11)}
#: Share of the children who go to the private school: everywhere, and in the district it lies in.
PRIVATE: Final = (0.03, 0.09)
#: Share of the children of one district who go to the neighbour school.
GUESTS: Final = 0.06


def make_pupils(land: Land) -> None:
    """Add elevtall, and paralleller, kapasitet and spesialplasser of skole."""
    schools, districts = land.frames["skole"], land.frames["skolekrets"]
    private = schools.index[schools["eierform"] == "privat"][0]
    at = schools["geometry"].to_numpy()[private]
    home = int(np.flatnonzero(shapely.intersects(districts.geometry.to_numpy(), at))[0])
    guests = _guests(land)
    counts = land.arrays["history"]
    years = range(FIRST, YEAR + 1)
    table = np.zeros((len(years), len(schools), 10), np.int64)
    place = {name: k for k, name in enumerate(schools["skole_id"])}
    children: dict[str, Array] = {}
    for stage, column in zip(STAGES, ("barn", "ungdom"), strict=True):
        mine = districts[districts["trinn"] == stage]
        school = mine["skole_id"].map(place).to_numpy()
        grades = np.array(GRADES[stage])
        share = np.full(len(mine), PRIVATE[0])
        if stage == "barnetrinn":
            share[home] = PRIVATE[1]
        own = land.tables["parts"][column].to_numpy()
        for k in range(len(years)):
            there = np.zeros((len(mine), len(grades)), np.int64)
            # A pupil of grade g is g + 5 years old on the 1 January after school begins.
            np.add.at(there, own, counts[BACK - len(years) + 1 + k][:, grades + 5])
            away = _whole(there * share[:, None])
            next_door = np.zeros_like(there)
            if stage == "barnetrinn":
                next_door[guests[0]] = _whole(there[guests[0]][None] * GUESTS)[0]
            table[k][np.ix_(school, grades - 1)] += there - away - next_door
            if stage == "barnetrinn":
                table[k][school[guests[1]], grades - 1] += next_door.sum(axis=0)
            table[k][private, grades - 1] += away.sum(axis=0)
            children[f"{stage} {FIRST + k}"] = there.sum(axis=1)
    _add_pupils(land, table)
    _set_places(land, table[-1])
    land.key["elever"] = _facts(land, children, districts["krets_id"].tolist(), home, guests)


def _whole(values: Array) -> Array:
    """Round to whole pupils so that the sum over districts and grades is kept."""
    flat = even_rounding(values.reshape(-1, 1), np.array([0.5]))
    return np.asarray(flat.reshape(values.shape))


def _guests(land: Land) -> tuple[int, int]:
    """Two neighbours among primary districts: from the largest one of those outside the north."""
    districts = land.frames["skolekrets"].query("trinn == 'barnetrinn'").geometry.to_numpy()
    size = np.bincount(
        land.tables["parts"]["barn"], land.arrays["history"][-1][:, 6:13].sum(axis=1)
    )
    first = int(np.argmax(np.where(north_of(land), -1, size)))
    near = shapely.length(
        shapely.intersection(shapely.boundary(districts), districts[first].boundary)
    )
    near[first] = -1.0
    return first, int(np.argmax(near))


def _add_pupils(land: Land, table: Array) -> None:
    year, school, grade = np.nonzero(table)
    land.add(
        "elevtall",
        skole_id=land.frames["skole"]["skole_id"].to_numpy()[school],
        aar=FIRST + year,
        trinn=grade + 1,
        antall=table[year, school, grade],
    )


def _set_places(land: Land, now: Array) -> None:
    """Classes a grade (in halves) that the pupils of today fill in the north and not elsewhere."""
    schools = land.frames["skole"]
    districts = land.frames["skolekrets"]
    north = set(districts["skole_id"].to_numpy()[: len(north_of(land))][north_of(land)])
    full = schools["skole_id"].isin(north).to_numpy()
    pupils = {"barnetrinn": now[:, :7].sum(axis=1), "ungdomstrinn": now[:, 7:].sum(axis=1)}
    need = np.maximum(
        pupils["barnetrinn"] / (7 * GROUP["barnetrinn"]),
        pupils["ungdomstrinn"] / (3 * GROUP["ungdomstrinn"]),
    )
    classes = np.where(full, np.round(need * 2.0) / 2.0, np.ceil(need / 0.78 * 2.0) / 2.0)
    private = (schools["eierform"] == "privat").to_numpy()
    lower = schools["trinn_fra"].to_numpy() == 8
    # Large years are on their way to the lower secondary schools: in the north they do not fit.
    y = shapely.get_y(schools["geometry"].to_numpy())
    high = lower & (y >= np.quantile(y[lower], 1.0 - NORTH))
    classes = np.where(lower, np.ceil(need / np.where(high, 0.88, 0.74) * 2.0) / 2.0, classes)
    upper = schools["trinn_fra"].to_numpy() > 10
    # A new school has no building yet: its places come with the measure that opens it.
    opens = schools["fra_aar"].notna().to_numpy()
    classes = np.select([upper, opens], [schools["paralleller"].to_numpy(), 0.0], classes)
    least = np.where(opens, 0.0, np.where(full | private, 0.5, 1.0))
    schools["paralleller"] = np.maximum(classes, least)
    own = np.full(len(schools), None, dtype=object)
    grades = np.where(lower, 3 * 30, 7 * 28)
    only = (
        ~upper & ~opens & ~private & ((schools["trinn_til"] - schools["trinn_fra"]).to_numpy() < 9)
    )
    # Some schools know their own number: a full one is a little smaller than its classes say.
    for turn, k in enumerate(np.flatnonzero(only & full)):
        if turn % 2 == 0:
            own[k] = min(int(pupils["barnetrinn"][k] // 1.04), int(classes[k] * grades[k]))
    for turn, k in enumerate(np.flatnonzero(only & ~full)):
        if turn % 4 == 1:
            own[k] = int(schools["paralleller"].iloc[k] * grades[k] * 0.95)
    schools["kapasitet"] = pd.array(own, dtype="Int64")
    special = np.full(len(schools), None, dtype=object)
    special[np.flatnonzero(only)[1::6]] = 12
    schools["spesialplasser"] = pd.array(special, dtype="Int64")


def _facts(
    land: Land, children: dict[str, Array], ids: list[str], home: int, guests: tuple[int, int]
) -> dict[str, Any]:
    """Sum the layer by plain loops, and the children of each district from the parts."""
    pupils: dict[str, dict[str, int]] = {}
    frame = land.frames["elevtall"]
    for school, year, number in zip(frame["skole_id"], frame["aar"], frame["antall"], strict=True):
        by_year = pupils.setdefault(str(school), {})
        by_year[str(year)] = by_year.get(str(year), 0) + int(number)
    first = {"barnetrinn": 0, "ungdomstrinn": ids.index("U01")}
    return {
        "etter_skole_og_aar": pupils,
        "barn_i_kretsen": {
            f"{ids[first[stage.split()[0]] + k]} {stage.split()[1]}": int(number)
            for stage, numbers in children.items()
            for k, number in enumerate(numbers)
        },
        "privat_andel": {"ellers": PRIVATE[0], ids[home]: PRIVATE[1], "ungdomstrinn": PRIVATE[0]},
        "naboskole": {"fra": ids[guests[0]], "til": ids[guests[1]], "andel": GUESTS},
    }


def make_measures(land: Land) -> None:
    """Add skoletiltak: pavilions, extensions, a new school and a closing."""
    schools = land.frames["skole"].set_index("skole_id")
    districts = land.frames["skolekrets"].query("trinn == 'barnetrinn'")
    north = north_of(land)
    pupils = land.frames["elevtall"].query("aar == @YEAR").groupby("skole_id")["antall"].sum()
    size = districts["skole_id"].map(pupils).to_numpy()
    full = districts["skole_id"].to_numpy()[north][np.argsort(-size[north], kind="stable")]
    rest = districts["skole_id"].to_numpy()[~north][np.argsort(size[~north], kind="stable")]
    # A combined school stays: its lower secondary pupils would have nowhere to go.
    small = [one for one in rest if schools["trinn_til"][one] == 7]
    lower = schools.index[(schools["trinn_fra"] == 8)]
    new = schools.index[schools["fra_aar"].notna()][0]
    small_size = land.size.name == "liten"
    rows: list[tuple[Any, ...]] = [
        (full[0], "paviljong", "barnetrinn", None, 56, YEAR - 2, YEAR + 3, "vedtatt"),
        (full[0], "utvidelse", "barnetrinn", 0.5 if small_size else 1.0, None, YEAR + 4, None,
         "vedtatt"),
        (new, "ny_skole", "barnetrinn", 1.0 if small_size else 2.0, None, OPENS,
         None, "planlagt"),
        (small[0], "nedlegging", None, None, None, YEAR + 6, None, "mulig"),
        (lower[0], "ombygging", "ungdomstrinn", None, 30, YEAR + 3, None, "planlagt"),
    ]  # fmt: skip
    if len(full) > 3:
        rows += [
            (full[1], "paviljong", "barnetrinn", None, 28, YEAR + 1, YEAR + 6, "vedtatt"),
            (full[1], "utvidelse", "barnetrinn", 0.5, None, YEAR + 7, None, "planlagt"),
            (full[2], "utvidelse", "barnetrinn", 1.0, None, YEAR + 8, None, "mulig"),
            (lower[1], "paviljong", "ungdomstrinn", None, 60, YEAR - 1, YEAR + 2, "vedtatt"),
            (small[1], "nedlegging", None, None, None, YEAR + 8, None, "mulig"),
        ]
    words = {"paviljong": "Paviljong ved", "utvidelse": "Utvidelse av", "ny_skole": "Bygging av",
             "nedlegging": "Nedlegging av", "ombygging": "Ombygging av"}  # fmt: skip
    school, kind, stage, classes, places, start, end, status = zip(*rows, strict=True)
    land.add(
        "skoletiltak",
        tiltak_id=[f"T{k + 1:02d}" for k in range(len(rows))],
        skole_id=list(school),
        navn=[f"{words[k]} {schools['navn'][s]}" for k, s in zip(kind, school, strict=True)],
        type=list(kind),
        trinn=list(stage),
        paralleller=np.array(classes, dtype=float),
        plasser=pd.array(places, dtype="Int64"),
        fra_aar=list(start),
        til_aar=pd.array(end, dtype="Int64"),
        status=list(status),
    )
    land.key["plasser"] = {
        level: _places(land, known)
        for level, known in (
            ("bygg", ()),
            ("vedtatt", ("vedtatt",)),
            ("planlagt", ("vedtatt", "planlagt")),
            ("mulig", ("vedtatt", "planlagt", "mulig")),
        )
    }


def _places(land: Land, known: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Places of each school and stage by year, with the measures of some states, row by row."""
    found: dict[str, dict[str, float]] = {}
    measures = [
        one for one in land.frames["skoletiltak"].to_dict("records") if one["status"] in known
    ]
    for school in land.frames["skole"].to_dict("records"):
        mine = [one for one in measures if one["skole_id"] == school["skole_id"]]
        for stage, grades in GRADES.items():
            taught = [g for g in grades if school["trinn_fra"] <= g <= school["trinn_til"]]
            if taught and school["eierform"] == "kommunal":
                each = len(taught) * GROUP[stage]
                own = school["kapasitet"]
                base = school["paralleller"] * each if pd.isna(own) else float(own)
                found[f"{school['skole_id']} {stage}"] = {
                    str(year): _in_year(base, each, stage, mine, year)
                    for year in range(YEAR, YEAR + 13)
                }
    return found


def _in_year(base: float, each: int, stage: str, measures: list[Any], year: int) -> float:
    total = base
    for one in measures:
        ended = not pd.isna(one["til_aar"]) and one["til_aar"] < year
        other = not pd.isna(one["trinn"]) and one["trinn"] != stage
        if one["fra_aar"] > year or ended or other:
            continue
        if one["type"] == "nedlegging":
            return 0.0
        total += one["paralleller"] * each if pd.isna(one["plasser"]) else float(one["plasser"])
    return total
