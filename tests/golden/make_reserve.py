"""Make the golden answers of the conflicts of the land reserve with PostGIS.

    python tests/golden/make_reserve.py

writes ``postgis_reserve.json`` beside this file, with the private server of ``make_golden.py``.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import shapely.affinity

HERE = Path(__file__).resolve().parent
EAST, NORTH = 570_000.0, 6_630_000.0


def case() -> dict[str, list[Any]]:
    """Pieces of a reserve, jagged farmland, nature, floods in one another, and two proposals."""
    rng = np.random.default_rng(11)

    def circles(count: int, low: float, high: float) -> list[Any]:
        middles = rng.uniform((EAST, NORTH), (EAST + 900, NORTH + 900), (count, 2)).round(1)
        return [
            shapely.Point(*middle).buffer(radius, quad_segs=int(segments))
            for middle, radius, segments in zip(
                middles, rng.uniform(low, high, count).round(1), rng.integers(2, 9, count),
                strict=True,
            )
        ]  # fmt: skip

    steps = [(EAST + 180 * i, NORTH + 180 * j) for i in range(5) for j in range(5)]
    pieces = [
        shapely.Polygon(
            [(x, y), (x + 150, y + 7.3), (x + 140.1, y + 151), (x + 75, y + 90), (x - 3, y + 140)]
        )
        for x, y in steps
    ]
    return {
        "piece": pieces,
        "farm": circles(14, 30, 120),
        "nature": circles(12, 20, 60),
        "nature_red": [number % 2 for number in range(12)],
        "flood": circles(10, 40, 110),
        "flood_red": [int(number % 3 > 0) for number in range(10)],
        "marka": [shapely.box(EAST - 50, NORTH + 400, EAST + 1000, NORTH + 777.7)],
        "later": [shapely.affinity.translate(one, 31.7, -12.9) for one in pieces[:20]],
    }


SQL = """
WITH p AS (SELECT ST_Union(g) g FROM piece), l AS (SELECT ST_Union(g) g FROM later),
 red AS (SELECT ST_Union(g) g FROM (
   SELECT g FROM farm UNION ALL SELECT g FROM marka
   UNION ALL SELECT n.g FROM nature n JOIN nature_red r USING (id) WHERE r.v = 1
   UNION ALL SELECT f.g FROM flood f JOIN flood_red r USING (id) WHERE r.v = 1) u),
 every AS (SELECT ST_Union(g) g FROM (
   SELECT g FROM farm UNION ALL SELECT g FROM marka UNION ALL SELECT g FROM nature
   UNION ALL SELECT g FROM flood) u)
SELECT json_build_object(
 'reserve', ST_Area(p.g),
 'dyrket', ST_Area(ST_Intersection(p.g, (SELECT ST_Union(g) FROM farm))),
 'naturtype', ST_Area(ST_Intersection(p.g, (SELECT ST_Union(g) FROM nature))),
 'flom', ST_Area(ST_Intersection(p.g, (SELECT ST_Union(g) FROM flood))),
 'marka', ST_Area(ST_Intersection(p.g, (SELECT g FROM marka))),
 'rød', ST_Area(ST_Intersection(p.g, red.g)), 'alle', ST_Area(ST_Intersection(p.g, every.g)),
 'stykker', (SELECT json_agg(ST_Area(ST_Intersection(piece.g, every.g)) ORDER BY id) FROM piece),
 'tatt ut', ST_Area(ST_Difference(p.g, l.g)), 'ny', ST_Area(ST_Difference(l.g, p.g)),
 'beholdt', ST_Area(ST_Intersection(p.g, l.g)))
FROM p, l, red, every
"""


if __name__ == "__main__":
    maker = runpy.run_path(str(HERE / "make_golden.py"))
    with maker["server"](maker["bin_folder"]()) as psql:
        answer = maker["ask"](psql, case(), SQL)
    text = json.dumps(answer, indent=2, ensure_ascii=False, sort_keys=True)
    (HERE / "postgis_reserve.json").write_text(text + "\n", encoding="utf-8")
