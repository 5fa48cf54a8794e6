"""Make the golden answers of the map rules with PostGIS: a plan in Eksempelbygda, and Trondheim.

    python tests/plan/golden/make_golden.py [PACKAGE]

writes ``postgis.json`` beside this file; ``tests/golden/make_golden.py`` says what it needs.
PACKAGE is the small example; without it, it is built. The rules' choice of rows, of purposes and
of return periods is written here a second time, by hand, and not read from the rules.
"""

from __future__ import annotations

import json
import runpy
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from askergeo.datapackage import DataPackage

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[3] / "shared" / "data"
TESTS = HERE.parents[1]
CRS = "EPSG:25832"
# Metres round the plan in which the nearest object is looked for.
NEAR = 1_000
SHIFT = 140.0

# Purposes: those that a rule of each kind is about, of the codes in the plans below.
ALL = (1110, 1119, 1168, 2010, 3040, 5100)
GROUPS = {
    "all": ALL,
    "not_farming": (1110, 1119, 1168, 2010, 3040),
    "clay": (1110, 1119, 1168, 2010),
    "quiet": (1110, 1168),
    "flood": (1110, 1119, 1168, 2010),
    "slide": (1110, 1119, 1168, 2010),
}
# The rarest flood and slide (years) that each must stand outside.
RAREST = {
    "flood": {1110: 200, 1119: 20, 1168: 1000, 2010: 200},
    "slide": {1110: 1000, 1119: 100, 1168: 5000, 2010: 1000},
}
# Rule → layer, which of its rows (red first), and which purposes.
RULES: dict[str, tuple[str, dict[str, tuple[Any, ...]], str]] = {
    "kart.kvikkleire.faresone": ("kvikkleire_faresone", {}, "clay"),
    "kart.kvikkleire.aktsomhet": ("kvikkleire_aktsomhet", {}, "clay"),
    "kart.marin_leire": ("marin_leire", {"mulighet": ("svaert_stor", "stor", "middels")}, "clay"),
    "kart.flom": ("flom", {}, "flood"),
    "kart.stormflo": ("stormflo", {}, "flood"),
    "kart.skred.faresone": ("skred_faresone", {}, "slide"),
    "kart.skred.aktsomhet": ("skred_aktsomhet", {}, "slide"),
    "kart.forurenset": ("forurenset_grunn", {}, "all"),
    "kart.kulturminne": ("kulturminne", {"vernetype": ("AUT", "VED", "FOR", "UAV")}, "all"),
    "kart.stoy": ("stoy", {"sone": ("rod", "gul")}, "quiet"),
    "kart.dyrket": ("ar5", {"arealtype": (21, 22, 23)}, "not_farming"),
    "kart.dyrkbar": ("dyrkbar_jord", {}, "not_farming"),
    "kart.myr": ("ar5", {"arealtype": (60,)}, "not_farming"),
    "kart.markagrense": ("markagrense", {}, "not_farming"),
    "kart.naturtype": ("naturtype", {}, "not_farming"),
    "kart.reguleringsplan": ("reguleringsplan", {"planstatus": (3, 6)}, "all"),
}
NUMBERS = {name: number for number, name in enumerate([*RULES, "kart.strandsone", "kart.kommune"])}


def purposes() -> list[tuple[str, int, Any]]:
    """Objects of the plan: over each other, in two parts, with a hole, over the border, ashore."""
    ring = shapely.Point(563_180, 6_605_730).buffer(330, quad_segs=7)
    road = shapely.LineString([(562_600, 6_606_150), (563_300, 6_605_500), (564_250, 6_603_480)])
    return [
        ("bolig-1", 1110, ring.difference(shapely.Point(563_150, 6_605_700).buffer(90))),
        ("bolig-2", 1110, shapely.Polygon([(562_850, 6_604_700), (563_300, 6_604_650),
                                           (563_240, 6_605_130), (562_900, 6_605_260)])),
        ("garasje", 1119, shapely.box(563_300, 6_605_500, 563_700, 6_606_100)),
        ("sykehjem", 1168, shapely.box(564_080, 6_603_330, 564_420, 6_603_640)),
        ("veg", 2010, road.buffer(14, quad_segs=3)),
        ("park", 3040, shapely.Polygon([(563_000, 6_605_300), (563_520, 6_605_380),
                                        (563_150, 6_605_900)])),
        ("jorde", 5100, shapely.box(562_500, 6_605_200, 562_900, 6_605_800)),
    ]  # fmt: skip


def away() -> list[tuple[str, int, Any]]:
    """A small plan beside most things, and one over the municipality's border."""
    return [
        ("bolig", 1110, shapely.box(562_395, 6_607_400, 562_425, 6_607_420)),
        ("lager", 3040, shapely.box(560_100, 6_607_900, 560_420, 6_608_100)),
    ]


PLANS = {"plan": purposes, "borte": away}


def covers() -> dict[str, Any]:
    """What some layers map: half of the plan, an area with a hole in it, and two parts."""
    holed = shapely.box(562_000, 6_603_000, 564_000, 6_606_500)
    return {
        "flom": shapely.box(562_800, 6_603_000, 563_250, 6_607_000),
        "kvikkleire_faresone": holed.difference(shapely.Point(563_200, 6_605_600).buffer(150)),
        "naturtype": shapely.union_all(
            [shapely.box(562_700, 6_605_200, 563_100, 6_606_000),
             shapely.box(564_100, 6_603_300, 564_300, 6_603_700)]
        ),
    }  # fmt: skip


def layers(package: DataPackage) -> dict[str, gpd.GeoDataFrame]:
    """The example's layers, and those that it lacks, made of others moved a little."""
    taken = {layer for layer, _, _ in RULES.values() if layer in package}
    frames = {name: package.read(name) for name in sorted(taken)}
    frames |= {name: package.read(name) for name in ("kommunegrense", "kystkontur", "vann")}
    frames["skred_faresone"] = _moved(
        frames["flom"],
        gjentaksintervall=frames["flom"]["gjentaksintervall"].map(
            {20: 100, 200: 1000, 1000: 5000, 2100: 5000}
        ),
    )
    frames["skred_aktsomhet"] = _moved(frames["kvikkleire_aktsomhet"])
    frames["forurenset_grunn"] = _moved(frames["dyrkbar_jord"])
    count = len(frames["naturtype"])
    types = pd.Series(["AUT", "UAV", "FJE", "VED"] * count)[:count]
    frames["kulturminne"] = _moved(
        frames["naturtype"],
        kulturminne_id=[str(number) for number in range(count)],
        vernetype=types.to_numpy(),
    )
    return frames


def _moved(frame: gpd.GeoDataFrame, **columns: Any) -> gpd.GeoDataFrame:
    shapes = frame.geometry.translate(SHIFT, -SHIFT).array
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def case(frames: dict[str, gpd.GeoDataFrame], plan: str) -> dict[str, list[Any]]:
    """One plan, and all that lies so near that it may count, with the number of its rule."""
    drawn = PLANS[plan]()
    west, south, east, north = shapely.total_bounds([shape for _, _, shape in drawn])
    window = west - NEAR - 1, south - NEAR - 1, east + NEAR + 1, north + NEAR + 1
    near = {name: frame.cx[window[0] : window[2], window[1] : window[3]]
            for name, frame in frames.items()}  # fmt: skip
    things = [one for name, rule in RULES.items() for one in _things(near, name, rule)]
    covered = [(shape, NUMBERS[name]) for name, shape in _covered(near)]
    limit = near["kommunegrense"]
    water = near["vann"]
    return {
        "part": [shape for _, _, shape in drawn],
        "part_code": [code for _, code, _ in drawn],
        "thing": [shape for shape, _, _ in things],
        "thing_rule": [rule for _, rule, _ in things],
        "thing_period": [period for _, _, period in things],
        "cover": [shape for shape, _ in covered],
        "cover_rule": [rule for _, rule in covered],
        "border": list(limit.geometry),
        "coast": list(near["kystkontur"].geometry),
        "sea": [shapely.Point(0, 0).buffer(1), *water[water["vanntype"] == "hav"].geometry],
    }


def _things(
    frames: dict[str, gpd.GeoDataFrame], name: str, rule: tuple[str, dict[str, Any], str]
) -> Iterator[tuple[Any, int, int]]:
    layer, where, about = rule
    frame = frames[layer]
    for column, values in where.items():
        frame = frame[frame[column].isin(values)]
    periods = [0] * len(frame)
    if about in RAREST and "gjentaksintervall" in frame:
        # The layer's own code for the flood of 200 years with the climate to come.
        periods = frame["gjentaksintervall"].replace(2100, 200).astype(int).tolist()
    for shape, period in zip(frame.geometry, periods, strict=True):
        yield shape, NUMBERS[name], period


def _covered(frames: dict[str, gpd.GeoDataFrame]) -> Iterator[tuple[str, Any]]:
    """What each rule's layer maps, where that is known: an area, known rows, or the whole."""
    by_layer = covers()
    for name, (layer, _, _) in RULES.items():
        if layer in by_layer:
            yield name, by_layer[layer]
        elif layer == "ar5":
            known = frames["ar5"][frames["ar5"]["arealtype"] != 99]
            yield from ((name, shape) for shape in known.geometry)
        elif name == "kart.reguleringsplan":
            yield from ((name, shape) for shape in frames["kommunegrense"].geometry)
    yield from (("kart.strandsone", shape) for shape in frames["kommunegrense"].geometry)


def _values(rows: list[tuple[int, ...]]) -> str:
    return ", ".join(f"({', '.join(map(str, row))})" for row in rows)


def question() -> str:
    """The SQL: rules, purposes and periods as values, the rest from the tables."""
    asked = [(NUMBERS[n], code) for n, rule in RULES.items() for code in GROUPS[rule[2]]]
    asked += [(NUMBERS["kart.strandsone"], code) for code in GROUPS["not_farming"]]
    asked += [(NUMBERS["kart.kommune"], code) for code in GROUPS["all"]]
    rarest = [(NUMBERS[n], code, years) for n, rule in RULES.items()
              for code, years in RAREST.get(rule[2], {}).items()]  # fmt: skip
    return SQL.format(asked=_values(asked), rarest=_values(rarest), near=NEAR,
                      shore=NUMBERS["kart.strandsone"], outside=NUMBERS["kart.kommune"])  # fmt: skip


SQL = """
WITH asked (rule, code) AS (VALUES {asked}), rarest (rule, code, years) AS (VALUES {rarest}),
 use AS (SELECT c.v code, ST_Union(p.g) g FROM part p JOIN part_code c USING (id) GROUP BY c.v),
 whole AS (SELECT a.rule, ST_Union(u.g) g FROM asked a JOIN use u USING (code) GROUP BY a.rule),
 belt AS (SELECT ST_Difference(
   (SELECT ST_Union(ST_Buffer(g, 100, 'quad_segs=32')) FROM coast), ST_Union(g)) g FROM sea),
 foreign_land AS (SELECT ST_Difference(w.g, (SELECT ST_Union(g) FROM border)) g
   FROM whole w WHERE w.rule = {outside}),
 thing_all AS (SELECT r.v rule, y.v period, t.g FROM thing t JOIN thing_rule r USING (id)
   JOIN thing_period y USING (id)
   UNION ALL SELECT {shore}, 0, g FROM belt WHERE g IS NOT NULL
   UNION ALL SELECT {outside}, 0, g FROM foreign_land WHERE NOT ST_IsEmpty(g)),
 meant AS (SELECT a.rule, a.code, t.g FROM asked a JOIN use u USING (code)
   JOIN thing_all t USING (rule) LEFT JOIN rarest r ON r.rule = a.rule AND r.code = a.code
   WHERE r.years IS NULL OR t.period <= r.years),
 hit AS (SELECT m.rule, m.code, ST_Intersection(u.g, ST_Union(m.g)) g
   FROM meant m JOIN use u USING (code) WHERE ST_Intersects(m.g, u.g)
   GROUP BY m.rule, m.code, u.g),
 far AS (SELECT m.rule, min(ST_Distance(u.g, m.g)) m
   FROM meant m JOIN use u USING (code) GROUP BY m.rule),
 map AS (SELECT r.v rule, ST_Union(c.g) g FROM cover c JOIN cover_rule r USING (id) GROUP BY r.v),
 answer AS (
  SELECT 'treff ' || rule || ' ' || code k, ST_Area(g) v FROM hit WHERE ST_Area(g) > 0.5
  UNION ALL SELECT 'treff ' || rule, ST_Area(ST_Union(g)) FROM hit GROUP BY rule
   HAVING ST_Area(ST_Union(g)) > 0.5
  UNION ALL SELECT 'avstand ' || rule, m FROM far WHERE m > 0 AND m <= {near}
  UNION ALL SELECT 'ukartlagt ' || w.rule, ST_Area(ST_Difference(w.g, map.g))
   FROM whole w JOIN map USING (rule))
SELECT json_object_agg(k, v) FROM answer
"""


def trondheim_purposes() -> list[tuple[str, int, Any]]:
    """A plan in Trondheim: dwellings in two parts over the zones, a nursing home, a park."""
    return [
        ("bolig-1", 1110, shapely.Point(555_100, 7_021_900).buffer(600, quad_segs=16)),
        ("bolig-2", 1110, shapely.box(571_500, 7_028_000, 573_500, 7_030_000)),
        ("garasje", 1119, shapely.box(569_500, 7_030_000, 570_500, 7_031_500)),
        ("sykehjem", 1168, shapely.Polygon([(568_200, 7_030_100), (570_900, 7_030_700),
                                            (569_000, 7_032_900)])),
        ("park", 3040, shapely.Point(569_500, 7_031_300).buffer(900, quad_segs=12)),
    ]  # fmt: skip


def trondheim_case() -> dict[str, list[Any]]:
    """The plan, NVE's quick-clay zones and its flood areas, read with GDAL."""
    clay, flood = (
        gpd.read_file(SHARED / "hazard" / f"trondheim_{name}_nve_2015.geojson")
        for name in ("kvikkleire", "flom")
    )
    clay = clay[clay["objType"] == "KvikkleireFaresone"].to_crs(CRS)
    flood = flood[flood["objType"] == "FlomAreal"].to_crs(CRS)
    borders = gpd.read_file(SHARED / "asker" / "kommuner_2024_M.geojson")
    drawn = trondheim_purposes()
    return {
        "border": list(borders[borders["kommunenummer"] == "5001"].to_crs(CRS).geometry),
        "part": [shape for _, _, shape in drawn],
        "part_code": [code for _, code, _ in drawn],
        "clay": list(clay.geometry),
        "flood": list(flood.geometry),
        "flood_years": flood["GJENTAKINT"].astype(int).tolist(),
    }


# Garages stand outside the flood of 20 years, dwellings that of 200, a nursing home that of 1000.
TRONDHEIM_SQL = """
WITH use AS (SELECT c.v code, ST_Union(p.g) g FROM part p JOIN part_code c USING (id) GROUP BY c.v),
 f AS (SELECT y.v years, f.g FROM flood f JOIN flood_years y USING (id)),
 bare AS (SELECT p.id, ST_Intersection(p.g, ST_Union(z.g)) g FROM part p
   JOIN clay z ON ST_Intersects(p.g, z.g) GROUP BY p.id, p.g),
 bare_flood AS (SELECT p.id, ST_Intersection(p.g, ST_Union(f.g)) g FROM part p
   JOIN f ON ST_Intersects(p.g, f.g) GROUP BY p.id, p.g),
 clay_hit AS (SELECT u.code, ST_Intersection(u.g, ST_Union(z.g)) g FROM use u
   JOIN clay z ON ST_Intersects(u.g, z.g) WHERE u.code <> 3040 GROUP BY u.code, u.g),
 flood_hit AS (SELECT u.code, ST_Intersection(u.g, ST_Union(f.g)) g FROM use u
   JOIN f ON ST_Intersects(u.g, f.g) WHERE f.years <= CASE u.code
    WHEN 1119 THEN 20 WHEN 1110 THEN 200 WHEN 1168 THEN 1000 ELSE 0 END GROUP BY u.code, u.g),
 answer AS (
  SELECT 'flate kvikkleire ' || id k, ST_Area(g) v FROM bare
  UNION ALL SELECT 'flate flom ' || id, ST_Area(g) FROM bare_flood
  UNION ALL SELECT 'kvikkleire ' || code, ST_Area(g) FROM clay_hit
  UNION ALL SELECT 'kvikkleire', ST_Area(ST_Union(g)) FROM clay_hit
  UNION ALL SELECT 'utenfor', ST_Area(ST_Difference(ST_Union(p.g),
   (SELECT ST_Union(ST_MakeValid(g)) FROM border))) FROM part p
  UNION ALL SELECT 'flom ' || code, ST_Area(g) FROM flood_hit
  UNION ALL SELECT 'flom', ST_Area(ST_Union(g)) FROM flood_hit)
SELECT json_object_agg(k, v) FROM answer
"""


def answers(package: DataPackage) -> dict[str, Any]:
    """What PostGIS answers, by case."""
    golden = runpy.run_path(str(TESTS / "golden" / "make_golden.py"))
    programs = golden["bin_folder"]()
    if programs is None:
        raise FileNotFoundError("postgresql and postgresql-15-postgis-3 are not installed")
    frames = layers(package)
    with golden["server"](programs) as psql:
        found = {name: golden["ask"](psql, case(frames, name), question()) for name in PLANS}
        if SHARED.is_dir():
            found["trondheim"] = golden["ask"](psql, trondheim_case(), TRONDHEIM_SQL)
    return found


def _example(folder: str) -> DataPackage:
    from askergeo.example import build_example  # noqa: PLC0415  (slow: only when it is not given)

    return build_example(Path(folder) / "datapakke", size="liten")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        given = sys.argv[1:]
        made = answers(DataPackage.open(given[0]) if given else _example(place))
    text = json.dumps(made, indent=2, ensure_ascii=False, sort_keys=True)
    (HERE / "postgis.json").write_text(text + "\n", encoding="utf-8")
