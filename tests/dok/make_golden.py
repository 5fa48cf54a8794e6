"""Make the golden answers of the DOK check with PostGIS: areas against NVE's zones in Trondheim.

    python tests/dok/make_golden.py

writes ``postgis.json`` beside this file; ``tests/golden/make_golden.py`` says what it needs. The
zones are read from ``../shared/data`` with GDAL, not by the library.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

HERE = Path(__file__).resolve().parent
HAZARD = HERE.parent.parent.parent / "shared" / "data" / "hazard"
CRS = "EPSG:25832"
SHIFT_M = 80


def areas() -> list[Any]:
    """Areas in Trondheim: two in zones, a large one over many, a ring, two parts, two outside."""
    ring = shapely.Point(569_500, 7_031_300).buffer(900, quad_segs=12)
    parts = [shapely.box(556_000, 7_022_000, 557_500, 7_023_000)]
    parts.append(shapely.box(571_500, 7_028_000, 573_500, 7_030_000))
    return [
        shapely.Point(555_100, 7_021_900).buffer(600, quad_segs=16),
        shapely.Polygon([(568_200, 7_030_100), (570_900, 7_030_700), (569_000, 7_032_900)]),
        shapely.box(560_000, 7_020_000, 577_000, 7_034_000),
        ring.difference(shapely.Point(569_500, 7_031_300).buffer(450, quad_segs=7)),
        shapely.MultiPolygon(parts),
        shapely.box(562_000, 7_040_000, 562_400, 7_040_300),
        shapely.box(540_000, 7_010_000, 540_100, 7_010_100),
    ]


def zones(name: str, kind: str) -> Any:
    """Zones of one of the files, of one object type, in metres."""
    frame = gpd.read_file(HAZARD / f"trondheim_{name}_nve_2015.geojson")
    return frame[frame["objType"] == kind].to_crs(CRS).reset_index(drop=True)


def case() -> dict[str, list[Any]]:
    """Areas, quick-clay zones, the same with a shifted copy on top, and flood zones."""
    clay = list(zones("kvikkleire", "KvikkleireFaresone").geometry)
    twice = clay + [shapely.transform(one, lambda xy: xy + SHIFT_M) for one in clay]
    flood = zones("flom", "FlomAreal")
    return {
        "area": areas(),
        "clay": clay,
        "twice": twice,
        "flood": list(flood.geometry),
        "flood_kind": flood["GJENTAKINT"].astype(int).tolist(),
    }


SQL = """
WITH a AS (SELECT id, g FROM area
   UNION ALL SELECT id + 100, ST_Buffer(g, 50, 'quad_segs=32') FROM area),
 z AS (SELECT 'clay' k, g FROM clay UNION ALL SELECT 'twice', g FROM twice
   UNION ALL SELECT 'flood ' || v, g FROM flood JOIN flood_kind USING (id)),
 pair AS (SELECT a.id, z.k, ST_Area(ST_Intersection(a.g, ST_Union(z.g))) m2, count(*) n
   FROM a JOIN z ON ST_Intersects(a.g, z.g) GROUP BY a.id, a.g, z.k),
 far AS (SELECT o.id, z.k, min(ST_Distance(o.g, z.g)) m
   FROM area o, z GROUP BY o.id, z.k),
 answer AS (SELECT id || ' ' || k || ' m2' k, m2 v FROM pair
   UNION ALL SELECT id || ' ' || k || ' antall', n FROM pair
   UNION ALL SELECT id || ' ' || k || ' avstand', m FROM far)
SELECT json_object_agg(k, v) FROM answer
"""


def answers() -> dict[str, Any]:
    """What PostGIS answers."""
    golden = runpy.run_path(str(HERE.parent / "golden" / "make_golden.py"))
    programs = golden["bin_folder"]()
    if programs is None:
        raise FileNotFoundError("postgresql and postgresql-15-postgis-3 are not installed")
    with golden["server"](programs) as psql:
        found: dict[str, Any] = golden["ask"](psql, case(), SQL)
    return found


if __name__ == "__main__":
    text = json.dumps(answers(), indent=2, ensure_ascii=False, sort_keys=True)
    (HERE / "postgis.json").write_text(text + "\n", encoding="utf-8")
