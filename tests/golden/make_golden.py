"""Make the golden answers with PostGIS, in SQL that shares nothing with the library.

    python tests/golden/make_golden.py

writes ``postgis.json`` beside this file. It needs Debian's ``postgresql`` and
``postgresql-15-postgis-3``: a private server is started in a temporary folder on a Unix socket,
as the user ``postgres`` when run by root, and is stopped and removed again. PostGIS and the
library both rest on GEOS; what is independent is the formulation, the union and the clipping.
The real case reads ``../shared/data`` beside the checkout.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent.parent.parent / "shared" / "data"
N1000 = SHARED / "asker" / "n1000_asker_oslofjord.gpkg"
LAND_LIMIT = SHARED / "asker" / "asker_kommune_3203_robhopM.gpkg"
REAL_KINDS = ("Skog", "Myr", "ApentOmrade", "Tettbebyggelse")


def shore_case() -> dict[str, list[Any]]:
    """A bay, a lake through the belt, two islands (one holed by a lagoon), limits, houses."""
    rng = np.random.default_rng(1)
    x = np.linspace(0, 3000, 61)
    y = 120 * np.sin(x / 170) + rng.uniform(-25, 25, len(x))
    shore = np.column_stack([x, y]).round(2)
    mainland = shapely.Polygon([*shore.tolist(), (3000, 1500), (0, 1500)])
    round_one = shapely.Point(700, -700).buffer(180, quad_segs=12)
    lagoon = shapely.Point(700, -700).buffer(40, quad_segs=6)
    long_one = shapely.box(1800, -800, 2500, -690)
    islands = [round_one.difference(lagoon), long_one]
    land = shapely.union_all([mainland, *islands])
    coast = [shapely.LineString(shore), *shapely.get_parts(shapely.boundary(np.array(islands)))]
    corners = rng.uniform((0, -800), (2990, 900), (400, 2)).round(1)
    houses = [
        shapely.box(a, b, a + 12, b + 9) for a, b in corners if land.contains(shapely.Point(a, b))
    ]
    return {
        "land": [land],
        "coast": [line for item in coast for line in shapely.get_parts(item)],
        "lake": [shapely.box(1000, -200, 1100, 600).intersection(mainland)],
        "limit_area": [shapely.box(300, -200, 620, 400), shapely.box(1900, -760, 2100, -720)],
        "limit_line": [
            shapely.LineString([(1200, 900), (1230, 60), (1650, 110), (1700, 900)]),
            shapely.LineString([(2300, 20), (2400, 40)]),
        ],
        "house": houses,
        "farm": [shapely.box(1500, -300, 1900, 900), shapely.box(1800, 0, 2300, 50)],
        "road": [shapely.LineString([(0, 90), (1400, 70), (3000, 60)])],
        "rail": [shapely.LineString([(0, 130), (3000, 10)])],
    }


def village_case() -> dict[str, list[Any]]:
    """Houses in clumps, some with large grounds, and how many live in each."""
    rng = np.random.default_rng(2)
    middles = rng.uniform(0, 4000, (14, 2))
    spread = rng.uniform(20, 160, 14)
    corners = np.concatenate(
        [rng.normal(middles[n], spread[n], (count, 2)) for n, count in enumerate(range(6, 146, 10))]
    ).round(1)
    kinds = rng.choice(
        [111, 131, 161, 181, 613, 211], len(corners), p=[0.6, 0.1, 0.1, 0.14, 0.03, 0.03]
    )
    return {
        "house": [shapely.box(a, b, a + 11, b + 8) for a, b in corners],
        "kind": kinds.tolist(),
        "people": np.where(
            np.isin(kinds, [111, 131]), rng.integers(1, 9, len(corners)), 0
        ).tolist(),
    }


def overlay_case() -> dict[str, list[Any]]:
    """Land cover with jagged common borders, a gap and an overlap; plans, a hazard, a boundary."""
    rng = np.random.default_rng(3)
    bend = np.zeros((7, 7, 2, 5, 2))
    bend[:, 1:-1, 0, 1:-1] = rng.uniform(-12, 12, (7, 5, 3, 2)).round(1)
    bend[1:-1, :, 1, 1:-1] = rng.uniform(-12, 12, (5, 7, 3, 2)).round(1)
    steps = np.arange(5)[:, None] / 4

    def border(i: int, j: int, way: int) -> Any:
        end = (i + 1, j) if way == 0 else (i, j + 1)
        line = np.array([i, j]) * 100.0 * (1 - steps) + np.array(end) * 100.0 * steps
        return line + bend[i, j, way]

    land = [
        shapely.Polygon(
            np.concatenate(
                [border(i, j, 0), border(i + 1, j, 1)[1:],
                 border(i, j + 1, 0)[::-1][1:], border(i, j, 1)[::-1][1:]]
            )
        )
        for i in range(6)
        for j in range(6)
    ]  # fmt: skip
    del land[14]
    land.append(shapely.Point(420, 260).buffer(70, quad_segs=9))
    centres = rng.uniform(50, 550, (9, 2)).round(1)
    plans = [shapely.Point(*xy).buffer(60 + 9 * n, quad_segs=5) for n, xy in enumerate(centres)]
    holed = [plan.difference(shapely.Point(*xy).buffer(25, quad_segs=2))
             for plan, xy in zip(plans, centres, strict=True)]  # fmt: skip
    return {
        "land": land,
        "land_kind": [number % 4 for number in range(len(land))],
        "plan": holed,
        "plan_kind": [number % 3 for number in range(len(holed))],
        "hazard": [shapely.box(130, 220, 480, 410), shapely.Polygon([(0, 0), (300, 0), (0, 500)])],
        "area": [shapely.Point(310, 290).buffer(300, quad_segs=40)],
    }


@functools.cache
def parts_case() -> dict[str, list[Any]]:
    """The overlay's land, and plans over each other with purposes that do not fit them."""
    case = overlay_case()
    halves, owner = [], []
    for number, plan in enumerate(case["plan"]):
        west, south, east, north = plan.bounds
        middle, top = (west + east) / 2, north - 11.3
        halves += [
            shapely.box(west - 7.1, south - 3.7, middle + 4.9, top),
            shapely.box(middle - 5.3, south - 3.7, east, top),
        ]
        owner += [number, number]
    return {
        "land": case["land"],
        "land_kind": case["land_kind"],
        "plan": case["plan"],
        "purpose": halves,
        "purpose_plan": owner,
        "area": case["area"],
    }


def land_case() -> dict[str, list[Any]]:
    """Eksempelbygda: its land, AR5, and the kommuneplan with the proposal (code · 10 + status)."""
    from askergeo.example import make_example  # noqa: PLC0415  (only this case needs it)

    layers = make_example("liten", 3203).frames
    limit = layers["kommunegrense"]
    case = {
        "area": list(limit[limit["omfang"] == "land"].geometry),
        "ar5": list(layers["ar5"].geometry),
        "ar5_kind": layers["ar5"]["arealtype"].tolist(),
    }
    for name, layer in (("plan", "kommuneplan"), ("draft", "kommuneplan_forslag")):
        frame = layers[layer]
        case[name] = list(frame.geometry)
        case[f"{name}_kind"] = (frame["formaal_kode"] * 10 + frame["arealstatus"]).tolist()
    return case


def real_case() -> dict[str, list[Any]]:
    """Asker from N1000: municipality with its sea, shoreline and sea."""
    area = gpd.read_file(N1000, layer="Kommune", where="kommunenummer = '3203'")
    return {
        "area": list(area.geometry),
        "coast": list(gpd.read_file(N1000, layer="Kystkontur").geometry),
        "sea": list(gpd.read_file(N1000, layer="Havflate").geometry),
    }


def real_land_case() -> dict[str, list[Any]]:
    """Asker as the municipality without sea, and the land cover of N1000."""
    limit = gpd.read_file(LAND_LIMIT)
    land = [gpd.read_file(N1000, layer=name) for name in REAL_KINDS]
    return {
        "area": list(limit.to_crs(25832).geometry),
        "land": [shape for frame in land for shape in frame.geometry],
        "land_kind": [number for number, frame in enumerate(land) for _ in frame.geometry],
    }


SHORE_SQL = """
WITH l AS (SELECT ST_Union(g) g FROM land), c AS (SELECT ST_Union(g) g FROM coast),
 -- Rings in two halves: GEOS 3.11 leaves a false hole when it buffers the ring of the lagoon.
 piece AS (SELECT g FROM coast WHERE NOT ST_IsClosed(g)
   UNION ALL SELECT ST_LineSubstring(g, 0, 0.5) FROM coast WHERE ST_IsClosed(g)
   UNION ALL SELECT ST_LineSubstring(g, 0.5, 1) FROM coast WHERE ST_IsClosed(g)),
 gross AS (SELECT ST_Intersection(l.g, (
   SELECT ST_Union(ST_Buffer(g, 100, 'quad_segs=32')) FROM piece)) g FROM l),
 fine AS (SELECT ST_Intersection(l.g, (
   SELECT ST_Union(ST_Buffer(g, 100, 'quad_segs=512')) FROM piece)) g FROM l),
 belt AS (SELECT ST_Difference(gross.g, (SELECT ST_Union(g) FROM lake)) g FROM gross),
 main AS (SELECT d.geom g FROM l, ST_Dump(l.g) d ORDER BY ST_Area(d.geom) DESC LIMIT 1),
 surface AS (SELECT ST_Intersection((SELECT ST_Union(g) FROM limit_area), gross.g) g FROM gross),
 faces AS (SELECT (ST_Dump(ST_Polygonize(n.g))).geom g FROM (
   SELECT ST_Union(ST_Boundary(gross.g), (SELECT ST_Union(g) FROM limit_line)) g
   FROM gross) n),
 behind AS (SELECT ST_Union(f.g) g FROM faces f, gross, c
   WHERE ST_Intersects(gross.g, ST_PointOnSurface(f.g))
   AND ST_Length(ST_Intersection(f.g, ST_Buffer(c.g, 0.01))) = 0
   AND NOT ST_DWithin(f.g, c.g, 0.5)),
 exempt AS (SELECT ST_Difference(ST_Union(surface.g, coalesce(behind.g, surface.g)),
   (SELECT ST_Union(g) FROM lake)) g FROM surface, behind),
 near AS (SELECT ST_Union(ST_Buffer(g, 50, 'quad_segs=32')) g FROM house),
 farmed AS (SELECT ST_Union(g) g FROM farm),
 paved AS (SELECT ST_Union(ST_Buffer(g, 2.5, 'quad_segs=8')) g FROM road),
 railed AS (SELECT ST_Union(ST_Buffer(g, 6, 'quad_segs=8')) g FROM rail),
 counted AS (SELECT ST_Intersection(belt.g, main.g) g FROM belt, main),
 s1 AS (SELECT ST_Difference(counted.g, near.g) g FROM counted, near),
 s2 AS (SELECT ST_Difference(s1.g, farmed.g) g FROM s1, farmed),
 s3 AS (SELECT ST_Difference(s2.g, paved.g) g FROM s2, paved),
 s4 AS (SELECT ST_Difference(s3.g, railed.g) g FROM s3, railed)
SELECT json_build_object(
 'brutto', ST_Area(gross.g), 'brutto_fin', ST_Area(fine.g), 'belte', ST_Area(belt.g),
 'fastland', ST_Area(counted.g), 'unntatt', ST_Area(exempt.g),
 'gjelder', ST_Area(ST_Difference(belt.g, exempt.g)),
 'kyst', ST_Length(c.g),
 'kyst_fastland', (SELECT sum(ST_Length(g)) FROM coast WHERE ST_DWithin(g, main.g, 0.001)),
 'bygningsnaer', ST_Area(counted.g) - ST_Area(s1.g), 'dyrket', ST_Area(s1.g) - ST_Area(s2.g),
 'veg', ST_Area(s2.g) - ST_Area(s3.g), 'jernbane', ST_Area(s3.g) - ST_Area(s4.g),
 'tilgjengelig', ST_Area(s4.g),
 'bygninger', (SELECT count(*) FROM house WHERE ST_Intersects(ST_PointOnSurface(g), gross.g)))
FROM l, c, gross, fine, belt, main, exempt, counted, s1, s2, s3, s4
"""

VILLAGE_SQL = """
WITH zone AS (SELECT ST_Buffer(h.g, CASE WHEN k.v IN (613, 211) THEN 100 ELSE 25 END,
   'quad_segs=16') g FROM house h JOIN kind k USING (id) WHERE k.v <> 181),
 part AS (SELECT row_number() OVER () id, g FROM (
   SELECT (ST_Dump(ST_Union(g))).geom g FROM zone) u),
 filled AS (SELECT p.id, p.g, coalesce(sum(n.v), 0) people,
   count(h.id) FILTER (WHERE k.v IN (111, 131, 211)) useful
   FROM part p LEFT JOIN house h ON ST_Intersects(p.g, ST_PointOnSurface(h.g))
   LEFT JOIN kind k ON k.id = h.id LEFT JOIN people n ON n.id = h.id GROUP BY p.id, p.g),
 core AS (SELECT * FROM filled WHERE people >= 200),
 satellite AS (SELECT f.* FROM filled f WHERE people < 200 AND useful >= 5
   AND EXISTS (SELECT 1 FROM core c WHERE ST_Distance(f.g, c.g) <= 400)),
 settled AS (SELECT * FROM core UNION ALL SELECT * FROM satellite)
SELECT json_build_object('klynger', (SELECT count(*) FROM part),
 'tettsteder', (SELECT count(*) FROM core), 'satellitter', (SELECT count(*) FROM satellite),
 'bosatte', (SELECT sum(people) FROM settled), 'alle', (SELECT sum(v) FROM people),
 'areal', (SELECT sum(ST_Area(g)) FROM settled))
"""

REAL_SQL = """
WITH a AS (SELECT ST_Union(g) g FROM area), s AS (SELECT ST_Union(g) g FROM sea),
 land AS (SELECT ST_Difference(a.g, s.g) g FROM a, s),
 c AS (SELECT ST_Union(k.g) g FROM coast k, a WHERE ST_DWithin(k.g, a.g, 200)),
 belt AS (SELECT ST_Intersection(land.g, ST_Buffer(c.g, 100, 'quad_segs=32')) g FROM land, c)
SELECT json_build_object('land', ST_Area(land.g), 'belte', ST_Area(belt.g),
 'kyst', ST_Length(ST_Intersection(c.g, a.g)), 'landmasser', ST_NumGeometries(land.g))
FROM a, land, c, belt
"""

OVERLAY_SQL = """
WITH l AS (SELECT l.id, k.v, ST_Intersection(l.g, a.g) g
   FROM land l JOIN land_kind k ON k.id = l.id, area a),
 p AS (SELECT p.id, k.v, ST_Intersection(p.g, a.g) g
   FROM plan p JOIN plan_kind k ON k.id = p.id, area a),
 lu AS (SELECT ST_Union(g) g FROM l), pu AS (SELECT ST_Union(g) g FROM p),
 h AS (SELECT ST_Intersection(ST_Union(h.g), a.g) g FROM hazard h, area a GROUP BY a.g),
 answer AS (
  SELECT 'grense' k, ST_Area(g) v FROM area
  UNION ALL SELECT 'land ' || v, sum(ST_Area(g)) FROM l GROUP BY v
  UNION ALL SELECT 'land ikke', ST_Area(ST_Difference(a.g, lu.g)) FROM area a, lu
  UNION ALL SELECT 'land to ganger', sum(ST_Area(l.g)) - ST_Area(lu.g) FROM l, lu GROUP BY lu.g
  UNION ALL SELECT 'plan to ganger', ST_Area(ST_Union(ST_Intersection(p.g, q.g)))
   FROM p, p q WHERE p.id < q.id AND ST_Overlaps(p.g, q.g)
  UNION ALL SELECT 'par ' || l.v || ' ' || p.v, sum(ST_Area(ST_Intersection(l.g, p.g)))
   FROM l, p WHERE ST_Intersects(l.g, p.g) GROUP BY l.v, p.v
  UNION ALL SELECT 'par ' || l.v || ' ikke', sum(ST_Area(ST_Difference(l.g, pu.g)))
   FROM l, pu GROUP BY l.v
  UNION ALL SELECT 'par ikke ' || p.v, sum(ST_Area(ST_Difference(p.g, lu.g)))
   FROM p, lu GROUP BY p.v
  UNION ALL SELECT 'fare ' || l.v || ' ' || p.v,
   sum(ST_Area(ST_Intersection(ST_Intersection(l.g, p.g), h.g)))
   FROM l, p, h WHERE ST_Intersects(l.g, p.g) GROUP BY l.v, p.v)
SELECT json_object_agg(k, v) FROM answer WHERE v > 1e-9
"""

# Areas by land cover; by land cover and purpose; and by both purposes where they differ. What a
# polygon wholly covers is not cut by it.
LAND_SQL = """
CREATE INDEX ON ar5 USING gist (g); CREATE INDEX ON plan USING gist (g);
CREATE INDEX ON draft USING gist (g); ANALYZE;
CREATE TABLE cut AS SELECT k.v, CASE WHEN ST_Covers(a.g, l.g) THEN l.g
   ELSE ST_CollectionExtract(ST_Intersection(a.g, l.g), 3) END g
  FROM area a JOIN ar5 l ON ST_Intersects(a.g, l.g) JOIN ar5_kind k ON k.id = l.id;
CREATE INDEX ON cut USING gist (g);
CREATE TABLE moved AS SELECT pk.v old, dk.v new,
   ST_CollectionExtract(ST_Intersection(p.g, d.g), 3) g
  FROM plan p JOIN plan_kind pk ON pk.id = p.id JOIN draft d ON ST_Intersects(p.g, d.g)
  JOIN draft_kind dk ON dk.id = d.id WHERE pk.v <> dk.v AND NOT ST_Touches(p.g, d.g);
CREATE INDEX ON moved USING gist (g); ANALYZE;
WITH answer AS (
  SELECT 'grense' k, ST_Area(g) m2 FROM area
  UNION ALL SELECT 'dekke ' || v, sum(ST_Area(g)) FROM cut GROUP BY v
  UNION ALL SELECT 'plan ' || c.v || ' ' || k.v, sum(CASE WHEN ST_Covers(p.g, c.g)
   THEN ST_Area(c.g) ELSE ST_Area(ST_Intersection(c.g, p.g)) END)
   FROM plan p JOIN plan_kind k ON k.id = p.id JOIN cut c ON ST_Intersects(p.g, c.g)
   GROUP BY c.v, k.v
  UNION ALL SELECT 'endring ' || old || ' ' || new || ' ' || c.v,
   sum(ST_Area(ST_Intersection(m.g, c.g)))
   FROM moved m JOIN cut c ON ST_Intersects(m.g, c.g) GROUP BY old, new, c.v)
SELECT json_object_agg(k, m2) FROM answer WHERE m2 > 0.5
"""

# The classes of the map of 1:1 000 000 in Asker without its sea.
REAL_LAND_SQL = """
WITH a AS (SELECT ST_Union(g) g FROM area), answer AS (
  SELECT 'grense' k, ST_Area(g) m2 FROM a
  UNION ALL SELECT 'dekke ' || k.v, sum(ST_Area(ST_Intersection(a.g, l.g)))
   FROM a, land l JOIN land_kind k ON k.id = l.id GROUP BY k.v
  UNION ALL SELECT 'ikke dekket', ST_Area(ST_Difference(a.g, u.g))
   FROM a, (SELECT ST_Union(g) g FROM land) u)
SELECT json_object_agg(k, m2) FROM answer
"""

PARTS_SQL = """
WITH cut AS (SELECT u.id, o.v p, ST_Intersection(u.g, p.g) g, ST_Area(u.g) whole
   FROM purpose u JOIN purpose_plan o ON o.id = u.id JOIN plan p ON p.id = o.v),
 joined AS (SELECT p, ST_Union(g) g, sum(ST_Area(g)) parts, sum(whole) whole FROM cut GROUP BY p),
 kinds AS (SELECT l.g, k.v FROM land l JOIN land_kind k ON k.id = l.id),
 green AS (SELECT (ST_Dump(ST_Intersection(ST_Union(k.g), a.g))).geom g
   FROM kinds k, area a WHERE k.v IN (0, 2) GROUP BY a.g),
 built AS (SELECT (ST_Dump(ST_Difference(green.g, (SELECT ST_Union(g) FROM plan)))).geom g
   FROM green),
 grouped AS (SELECT g, ST_ClusterDBSCAN(g, 25, 1) OVER () c FROM built WHERE ST_Area(g) > 0.001),
 answer AS (
  SELECT 'formaal ' || c.id || ' ' || k.v k, sum(ST_Area(ST_Intersection(c.g, k.g))) v
   FROM cut c, kinds k WHERE ST_Intersects(c.g, k.g) GROUP BY c.id, k.v
  UNION ALL SELECT 'uten ' || j.p, ST_Area(ST_Difference(p.g, j.g))
   FROM joined j JOIN plan p ON p.id = j.p
  UNION ALL SELECT 'overlapp ' || p, parts - ST_Area(g) FROM joined
  UNION ALL SELECT 'utenfor ' || p, whole - parts FROM joined
  UNION ALL SELECT 'flater', count(*) FROM green
  UNION ALL SELECT 'kvadrat', sum(ST_Area(g) ^ 2) FROM green
  UNION ALL SELECT 'storste', max(ST_Area(g)) FROM green
  UNION ALL SELECT 'bygd flater', count(*) FROM grouped
  UNION ALL SELECT 'bygd kvadrat', sum(ST_Area(g) ^ 2) FROM grouped
  UNION ALL SELECT 'bygd grupper', count(DISTINCT c) FROM grouped
  UNION ALL SELECT 'bygd gruppe storst', max(s) FROM (
   SELECT sum(ST_Area(g)) s FROM grouped GROUP BY c) t)
SELECT json_object_agg(k, v) FROM answer WHERE v > 1e-9
"""

CASES = {"strandsone": (shore_case, SHORE_SQL), "tettsted": (village_case, VILLAGE_SQL)}
CASES["overlay"] = (overlay_case, OVERLAY_SQL)
CASES["delregnskap"] = (parts_case, PARTS_SQL)
CASES["areal"] = (land_case, LAND_SQL)


def bin_folder() -> Path | None:
    """Folder of Debian's PostgreSQL with PostGIS, the newest; ``None`` when absent."""
    found = [
        path
        for path in Path("/usr/lib/postgresql").glob("*/bin")
        if (path / "initdb").is_file()
        and Path(f"/usr/share/postgresql/{path.parent.name}/extension/postgis.control").is_file()
    ]
    return max(found, key=lambda path: int(path.parent.name), default=None)


@contextlib.contextmanager
def server(programs: Path) -> Iterator[list[str]]:
    """Start a private server; gives the beginning of a psql command line."""
    folder = Path(tempfile.mkdtemp(prefix="golden"))
    # The server refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    control = [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-w"]

    def call(*command: str) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    try:
        setup = [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-E", "UTF8", "-N"]
        call(*as_user, *setup, "--locale=C", "-U", "golden")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        call(*control, "-l", str(folder / "log"), "-o", options, "start")
        try:
            psql = [*as_user, str(programs / "psql"), "-h", str(folder), "-U", "golden", "-XqAt"]
            yield [*psql, "-v", "ON_ERROR_STOP=1", "-d", "postgres"]
        finally:
            call(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ask(psql: list[str], tables: dict[str, list[Any]], question: str) -> dict[str, Any]:
    """Load the tables into a schema of their own and ask one question of them."""
    script = ["DROP SCHEMA IF EXISTS work CASCADE; CREATE SCHEMA work;", _SETUP]
    for name, rows in tables.items():
        shapes = isinstance(rows[0], shapely.Geometry)
        column = "g geometry" if shapes else "v integer"
        script.append(f"CREATE TABLE {name} (id integer, {column}); COPY {name} FROM stdin;")
        values = [shapely.to_wkb(row, hex=True) if shapes else row for row in rows]
        script += [f"{number}\t{value}" for number, value in enumerate(values)]
        script.append("\\.")
    script.append(question + ";")
    done = subprocess.run(
        psql, input="\n".join(script), capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


_SETUP = "CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public; SET search_path = work, public;"


def answers() -> dict[str, Any]:
    """Every case's answer, and the version that gave it."""
    programs = bin_folder()
    if programs is None:
        raise FileNotFoundError("postgresql and postgresql-15-postgis-3 are not installed")
    with server(programs) as psql:
        found = {name: ask(psql, case(), question) for name, (case, question) in CASES.items()}
        if N1000.is_file():
            found["asker_n1000"] = ask(psql, real_case(), REAL_SQL)
            found["asker_areal"] = ask(psql, real_land_case(), REAL_LAND_SQL)
        version = "SELECT json_build_object('postgis', PostGIS_Full_Version())"
        found["laget_med"] = ask(psql, {}, version)
    return found


if __name__ == "__main__":
    text = json.dumps(answers(), indent=2, ensure_ascii=False, sort_keys=True)
    (HERE / "postgis.json").write_text(text + "\n", encoding="utf-8")
