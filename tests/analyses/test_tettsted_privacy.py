"""An attacker with everything that is written, and the ground, recovers no small count.

Who reads the map knows which addresses are in which set: the minutes stand in the GeoPackage. The
attacker knows every published count, the rounding, that counts are whole, and who lives where in
the sense of which addresses there are; what is sought is the difference between two nested sets.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from scipy.optimize import Bounds, LinearConstraint, milp

from askergeo.analyses import _reach_tables
from askergeo.analyses.tettsted import tettsted
from askergeo.network.graph import build_graph
from askergeo.network.lines import walkable_lines
from askergeo.outputs.write import write_all
from askergeo.parameters import load_parameters
from askergeo.privacy import THRESHOLD, suppress

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

CRS = "EPSG:25832"
PROFILES = ("voksen", "eldre", "rullator")
LIMITS = (5, 10, 15)
GROUPS = ("hverdag", "helse", "sosial")
# Ages that are drawn, one for each part; the parts of each published group.
AGES = (8, 40, 70, 85)
SHOWN = {"alle": (0, 1, 2, 3), "barn": (0,), "eldre": (2, 3), "eldst": (3,)}
PARTS = [*SHOWN.values(), (1,), (2,)]
MOST = 400


def town(seed: int) -> dict[str, Any]:
    """Thirty addresses along a street with services at some of them."""
    random = np.random.default_rng(seed)
    places = np.sort(random.choice(np.arange(0, 1500, 10), 30, replace=False)).astype(float)
    persons = random.poisson(random.choice([0.3, 2, 7], (30, 4)))
    ids = [f"a{n}" for n in range(30)]
    rows = [
        (ids[n], AGES[part], int(persons[n, part]))
        for n in range(30)
        for part in range(4)
        if persons[n, part]
    ]
    kinds = ["dagligvare", "legesenter", "bibliotek"]
    at = random.choice(places[:20], 4)
    return {
        "adresse": frame(places, adresse_id=ids),
        "befolkning": pd.DataFrame(rows, columns=["adresse_id", "alder", "antall"]),
        "tjeneste": frame(
            at[[0, 1, 2, 3]],
            type=[*kinds, "dagligvare"],
            gruppe=[*GROUPS, "hverdag"],
            navn=[""] * 4,
        ),
        "senter": frame(
            places[[3, 12]], senter_id=["s1", "s2"], navn=["A", "B"], niva=["naersenter"] * 2
        ),
    }


def frame(x: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, np.zeros(len(x))), crs=CRS)


def run(layers: dict[str, Any]) -> Result:
    roads = gpd.GeoDataFrame(
        {"vegtype": ["bilveg"]}, geometry=[shapely.LineString([(0, 0), (1500, 0)])], crs=CRS
    )
    built = build_graph(walkable_lines(roads, None), tolerance_m=0.5, gap_m=0)
    return tettsted(built, **layers, parameters=load_parameters("tettsted"))


class Attacker:
    """Whole numbers of persons at each address and age, under all that is published."""

    def __init__(self, paths: dict[str, Path], *, exact: bool = False) -> None:
        self.exact = exact
        document = json.loads(paths["json"].read_text(encoding="utf-8"))
        self.tables = {t["navn"]: t for t in document["resultater"][0]["tabeller"]}
        self.minutes = pyogrio.read_dataframe(
            paths["geopackage"], layer="tettsted_adresser", read_geometry=False
        )
        self.x = pyogrio.read_dataframe(paths["geopackage"], layer="tettsted_adresser").geometry.x
        self.rows: list[np.ndarray] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.sets: dict[tuple[str, str], np.ndarray] = {}
        for profile in PROFILES:
            times = self.minutes[[f"{group}_{profile}" for group in GROUPS]].fillna(np.inf)
            there = times.to_numpy()
            for limit in LIMITS:
                self.sets["andel", f"{profile}_{limit}"] = (there <= limit).all(axis=1)
            self.sets["andel", f"{profile}_lenger"] = ~(there <= LIMITS[-1]).all(axis=1)
            count = (there <= LIMITS[0]).sum(axis=1)
            names = {"ingenting": count == 3, "har_1": count == 1, "alt": count == 0}
            for number, group in enumerate(GROUPS):
                names[group] = (count == 2) & (there[:, number] > LIMITS[0])
            self.sets |= {("mangler", f"{profile}_{k}"): v for k, v in names.items()}
        self.sets["andel", "bosatte"] = np.ones(len(self.x), dtype=bool)
        self._read("andel")
        self._read("mangler")
        self._read_services()

    def equation(self, members: np.ndarray, parts: tuple[int, ...]) -> np.ndarray:
        row = np.zeros((len(members), len(AGES)))
        row[np.ix_(members, parts)] = 1
        return row.ravel()

    def know(self, row: np.ndarray, low: float, high: float) -> None:
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def _cells(self, table: str):
        names = [column["navn"] for column in self.tables[table]["kolonner"]]
        for row in self.tables[table]["rader"]:
            for name, value in zip(names, row["verdier"], strict=True):
                yield row["rad"], name, value, name in row["skjult"]

    def _read(self, table: str) -> None:
        for label, name, value, hidden in self._cells(table):
            if name not in SHOWN or (table, label) not in self.sets:
                continue
            self._count(self.sets[table, label], name, value, hidden=hidden)

    def _count(self, members: np.ndarray, age: str, value: float, *, hidden: bool) -> None:
        """Whole tens: 10 is 5–14, 20 is 15–24; hidden is 1–4, and zero is none."""
        low, high = (1, 4) if hidden else (max(value - 5, 5), value + 4) if value else (0, 0)
        if self.exact and not hidden:
            low = high = value
        self.know(self.equation(members, SHOWN[age]), low, high)

    def _read_services(self) -> None:
        """Use the services too: what lies within 5, 10 and 15 minutes."""
        for label, name, value, hidden in self._cells("tjenester"):
            age, _, limit = name.partition("_")
            kind, _, profile = label.rpartition("_")
            if age not in SHOWN or kind not in GROUPS:
                continue
            members = (self.minutes[f"{kind}_{profile}"].fillna(np.inf) <= float(limit)).to_numpy()
            self._count(members, age, value, hidden=hidden)

    def bounds(self, target: np.ndarray) -> tuple[float, float]:
        """Least and most that the target may be."""
        known = LinearConstraint(np.array(self.rows), np.array(self.low), np.array(self.high))
        ends = []
        for sign in (1.0, -1.0):
            answer = milp(
                sign * target,
                constraints=known,
                integrality=np.ones(len(target)),
                bounds=Bounds(0, MOST),
                options={"mip_rel_gap": 0.0, "time_limit": 20},
            )
            assert answer.status == 0, answer.message
            ends.append(sign * answer.fun)
        return round(ends[0]), round(ends[1])

    def broken(self, persons: np.ndarray) -> list[str]:
        """Differences of nested sets with 1 to 4 persons that can only be one number."""
        found = []
        sought: set[bytes] = set()
        for (_, one), inner in self.sets.items():
            for (_, other), outer in self.sets.items():
                if not (inner <= outer).all() or (inner == outer).all():
                    continue
                for parts in PARTS:
                    target = self.equation(outer & ~inner, parts)
                    true = float(target @ persons.ravel())
                    if not 0 < true < THRESHOLD or target.tobytes() in sought:
                        continue
                    sought.add(target.tobytes())
                    low, high = self.bounds(target)
                    assert low <= true <= high
                    if low == high:
                        found.append(f"{other} uten {one}, {parts}: {true:.0f}")
        assert sought
        return found


def persons_of(layers: dict[str, Any], order: pd.Series) -> np.ndarray:
    """The truth, in the attacker's order of addresses."""
    counts = layers["befolkning"].pivot_table(
        index="adresse_id", columns="alder", values="antall", aggfunc="sum", fill_value=0
    )
    homes = layers["adresse"].set_index(layers["adresse"].geometry.x)["adresse_id"].loc[order]
    return counts.reindex(index=homes, columns=AGES, fill_value=0).to_numpy(dtype=float)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_difference_of_nested_sets_tells_of_one_to_four_persons(
    seed: int, tmp_path: Path
) -> None:
    layers = town(seed)
    attacker = Attacker(write_all([run(layers)], tmp_path / "ut"))
    assert attacker.broken(persons_of(layers, attacker.x)) == []


@pytest.mark.slow
def test_the_attack_succeeds_when_counts_are_not_rounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_reach_tables, "rounded", lambda table: table)
    layers = town(0)
    attacker = Attacker(write_all([run(layers)], tmp_path / "ut"), exact=True)
    assert attacker.broken(persons_of(layers, attacker.x))


def test_what_the_comparison_knows_of_each_place_is_in_no_file(tmp_path: Path) -> None:
    layers = town(1)
    base = run(layers)
    secret = base.microdata.assign(mikrodata_lekkasje=1)
    base = replace(base, microdata=secret)
    changed = run({**layers, "tjeneste": layers["tjeneste"].iloc[:3]})
    paths = write_all([base, changed, base.compare(changed)], tmp_path / "ut")
    unzipped = zipfile.ZipFile(paths["regneark"])
    texts = [paths[key].read_bytes() for key in ("side", "json", "geopackage")]
    texts += [unzipped.read(name) for name in unzipped.namelist()]
    assert not any(b"mikrodata_lekkasje" in text for text in texts)
    assert suppress(base).microdata is None
