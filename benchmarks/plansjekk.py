"""The review of a plan: 500 objects against 60 layers of the large example.

The layers are those of the example that the rules of the review ask, those few rules' layers that
it lacks, and national datasets of ``../shared/data/dok-config`` until there are 60: what is added
has the objects of one of the example's layers, moved. All the configurations there are run.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import shapely

from benchmarks import asker
from benchmarks.case import Case, run_command

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from askergeo.datapackage import DataPackage
    from askergeo.dok import DokConfig
    from askergeo.plan.answer import MapAnswer

CONFIGS = Path(__file__).resolve().parents[2] / "shared" / "data" / "dok-config"
LAYERS, PACKAGE, PLAN = 60, "kart", "plan.gml"
CRS = "EPSG:25832"
# The plan: a square of 1 km² at the example's densest, 20 × 20 purposes with crooked edges.
WEST, SOUTH, CELLS, CELL_M, STEPS = 569_000, 6_615_000, 20, 50, 8
USES = ("1110", "1111", "1113", "1161", "1162", "1168", "1300", "1610", "2011", "2080", "3040")
ZONES, LINES = 60, 39
# The example's layers that the national ones are made of.
SOURCES = ("naturtype", "kvikkleire_aktsomhet", "flom", "dyrkbar_jord", "marin_leire",
           "reguleringsplan", "stoy", "stormflo")  # fmt: skip
# Layers of rules that the example may lack, with the columns that make hits of them.
LACKING: dict[str, dict[str, Any]] = {
    "skred_faresone": {"gjentaksintervall": 1000},
    "skred_aktsomhet": {"skredtype": "sno"},
    "forurenset_grunn": {},
    "kulturminne": {"vernetype": "AUT"},
}
MAP = f"{CELLS * CELLS + ZONES + LINES + 1} objects, {LAYERS} layers, asker size"


def cases() -> list[Case]:
    """Return the cases."""
    return [
        Case(
            name="plansjekk",
            work=f"review a plan: {MAP} (goal 0.5 s)",
            ours=_review,
            peer="geopandas: overlay and union, layer by layer",
            run_peer=_overlay,
            difference=_difference,
            prepare=_prepare,
        ),
        Case(
            name="plansjekk-rapport",
            work="the same with its report (limit 5 s)",
            ours=_report,
            prepare=_prepare,
            rounds=3,
        ),
        Case(
            name="plansjekk-kaldt",
            work="askergeo plansjekk as one types it, the same",
            ours=_command,
            prepare=_prepare,
            rounds=3,
        ),
    ]


# ---- the plan


@dataclass(frozen=True)
class _Object:
    kind: str
    values: dict[str, str]
    shape: shapely.Geometry


def plan_objects() -> list[_Object]:
    """Draw the plan: purposes that tile it, zones over them, and lines between them."""
    nodes = _crooked()
    purposes = [_cell(nodes, row, column) for row in range(CELLS) for column in range(CELLS)]
    whole = shapely.coverage_union_all(purposes)
    codes = cycle(USES)
    found = [_Object("RpOmråde", {"vertikalnivå": "2", "planidentifikasjon": "2025-01"}, whole)]
    for shape in purposes:
        code = next(codes)
        values = {"arealformål": code, "eierform": "3", "utnyttingstype": "16",
                  "utnyttingstall": "30"}  # fmt: skip
        found.append(_Object("RpArealformålOmråde", values, shape))
    for number in range(ZONES):
        x, y = divmod(number, 8)
        middle = shapely.Point(WEST + 90 + x * 110, SOUTH + 90 + y * 110)
        values = {"fare": "320", "hensynSonenavn": f"H320_{number + 1}"}
        found.append(_Object("RpFareSone", values, middle.buffer(60, quad_segs=8)))
    for number in range(LINES):
        row = 1 + number // 3
        line = shapely.LineString(nodes["x"][row, (number % 3) * 50 : (number % 3) * 50 + 40])
        found.append(_Object("RpJuridiskLinje", {"juridisklinje": "1222"}, line))
    return found


def _crooked() -> dict[str, Any]:
    """Edges with points 6 m apart that stand up to 1.5 m aside; neighbours share them."""
    random = np.random.default_rng(5)
    along = np.arange(CELLS * STEPS + 1) * CELL_M / STEPS
    across = np.arange(CELLS + 1) * float(CELL_M)
    aside = random.uniform(-1.5, 1.5, (2, CELLS + 1, len(along)))
    # The corners, where lines of both directions meet, and the outer edges stay where they are.
    aside[:, :, ::STEPS] = 0
    aside[:, [0, -1]] = 0
    x = np.stack([np.broadcast_to(along, aside[0].shape), across[:, None] + aside[0]], axis=2)
    y = np.stack([across[:, None] + aside[1], np.broadcast_to(along, aside[1].shape)], axis=2)
    corner = np.array([WEST, SOUTH])
    return {"x": (x + corner).round(2), "y": (y + corner).round(2)}


def _cell(nodes: dict[str, Any], row: int, column: int) -> shapely.Polygon:
    across = slice(column * STEPS, (column + 1) * STEPS + 1)
    up = slice(row * STEPS, (row + 1) * STEPS + 1)
    ring = [
        nodes["x"][row, across],
        nodes["y"][column + 1, up][1:],
        nodes["x"][row + 1, across][::-1][1:],
        nodes["y"][column, up][::-1][1:],
    ]
    return shapely.Polygon(np.concatenate(ring))


def write_plan(objects: Iterable[_Object], path: Path) -> None:
    """Write the plan as GML."""
    members = []
    for number, one in enumerate(objects):
        name = UUID(int=number + 1, version=4)
        told = "".join(f"<app:{key}>{value}</app:{key}>" for key, value in one.values.items())
        members.append(
            f'<gml:featureMember><app:{one.kind} gml:id="_{name}">'
            "<app:identifikasjon><app:Identifikasjon>"
            f"<app:lokalId>{name}</app:lokalId></app:Identifikasjon></app:identifikasjon>"
            f"{_shape(one.shape)}{told}</app:{one.kind}></gml:featureMember>"
        )
    corner = f"{WEST} {SOUTH}</gml:lowerCorner><gml:upperCorner>{WEST + 1000} {SOUTH + 1000}"
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" '
        'xmlns:app="http://skjema.geonorge.no/SOSI/produktspesifikasjon/Reguleringsplanforslag/5.0"'
        ' gml:id="_plan"><gml:boundedBy><gml:Envelope srsDimension="2" '
        'srsName="http://www.opengis.net/def/crs/EPSG/0/25832">'
        f"<gml:lowerCorner>{corner}</gml:upperCorner></gml:Envelope></gml:boundedBy>\n"
        + "\n".join(members)
        + "\n</gml:FeatureCollection>\n",
        encoding="utf-8",
    )


def _shape(shape: shapely.Geometry) -> str:
    surface = isinstance(shape, shapely.Polygon)
    shape = shapely.orient_polygons(shape) if surface else shape
    points = " ".join(f"{x:.2f} {y:.2f}" for x, y in shapely.get_coordinates(shape))
    if surface:
        return (
            "<app:område><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>"
            f"{points}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></app:område>"
        )
    return (
        "<app:senterlinje><gml:LineString><gml:posList>"
        f"{points}</gml:posList></gml:LineString></app:senterlinje>"
    )


# ---- the layers


def _prepare(folder: Path) -> None:
    """Put the plan and the package with its 60 layers in the folder."""
    from askergeo.datapackage import OWN_CATALOGUE, DataPackage  # noqa: PLC0415

    write_plan(plan_objects(), folder / PLAN)
    asker.prepare(folder)
    target = folder / PACKAGE
    shutil.copytree((folder / asker.NAME).resolve(), target)
    shutil.copytree(CONFIGS, target / OWN_CATALOGUE)
    _fill(DataPackage.open(target))


def _fill(package: DataPackage) -> None:
    """Write national datasets, each of another layer's objects, until there are 60 layers."""
    from askergeo.datapackage import Origin  # noqa: PLC0415
    from askergeo.dok.match import matching_layers  # noqa: PLC0415

    frames = {name: package.read(name, columns=[]) for name in SOURCES}
    sources = cycle(SOURCES)
    for number, (layer, columns) in enumerate(LACKING.items()):
        if layer not in package:
            frame = _moved(frames[next(sources)], 29.0 * number).assign(**columns)
            if layer == "kulturminne":
                frame["kulturminne_id"] = frame.index.astype(str)
            package.write(layer, frame, origin=Origin("moved", fetched="2026-01-01"))
    used = _own_layers(package)
    for number, config in enumerate(_configs()):
        layers = matching_layers(config, package.catalogue)
        if len(used) == LAYERS:
            return
        if config.disabled or not layers or layers[-1].id in package:
            continue
        frame = _moved(frames[next(sources)], 37.0 * number - 700)
        for part in config.layers:
            for test in part.filter.tests if part.filter else ():
                frame[test.column] = test.literals[0]
        package.write(layers[-1].id, frame, origin=Origin(config.title, fetched="2026-01-01"))
        used.add(layers[-1].id)
    raise SystemExit(f"There are {len(used)} layers, not {LAYERS}.")


def _moved(frame: gpd.GeoDataFrame, metres: float) -> gpd.GeoDataFrame:
    return frame.set_geometry(frame.geometry.translate(metres, 0.6 * metres))


def _own_layers(package: DataPackage) -> set[str]:
    """Layers of the example that the rules of the review ask."""
    from askergeo.plan.catalogue import load_rules  # noqa: PLC0415

    return {layer for rule in load_rules().values() for layer in rule.layers if layer in package}


@lru_cache(maxsize=1)
def _configs() -> list[DokConfig]:
    from askergeo.dok import read_configs  # noqa: PLC0415

    return read_configs(CONFIGS)


@lru_cache(maxsize=1)
def _package(folder: Path) -> DataPackage:
    from askergeo.datapackage import DataPackage  # noqa: PLC0415

    return DataPackage.open(folder / PACKAGE)


# ---- the work


def _review(folder: Path) -> Any:  # noqa: ANN401  (a review; the module loads it late)
    from askergeo.plan.read import read_plans  # noqa: PLC0415
    from askergeo.plan.review import review  # noqa: PLC0415

    return review(read_plans([folder / PLAN]), _package(folder), configs=_configs())


def _report(folder: Path) -> None:
    from askergeo.plan.filed import write_review  # noqa: PLC0415

    plan, out = [folder / PLAN], folder / "ut"
    write_review(_review(folder), _package(folder), plan, out, overwrite=True)


def _command(folder: Path) -> None:
    command = [sys.executable, "-m", "askergeo", "plansjekk", str(folder / PLAN), "--json"]
    given = ["--data", str(folder / PACKAGE), "--dok", str(CONFIGS)]
    # 1 says that there are findings; so does a command that is not there, but it writes no JSON.
    done = run_command(["sh", "-c", '"$@" || test $? = 1', "sh", *command, *given])
    if not json.loads(done.stdout)["funn"]:
        raise SystemExit("The review found nothing.")


# ---- the peer


def _overlay(folder: Path) -> dict[str, dict[str, float]]:
    """Find the hit area of each purpose in each layer that a rule or a dataset asks whole."""
    import geopandas as gpd  # noqa: PLC0415

    objects = [one for one in plan_objects() if one.kind == "RpArealformålOmråde"]
    uses = gpd.GeoDataFrame(
        {"kode": [one.values["arealformål"] for one in objects]},
        geometry=[one.shape for one in objects],
        crs=CRS,
    )
    package = _package(folder)
    bounds = tuple(uses.total_bounds)
    found = {}
    for layer in _whole_layers(folder):
        file = package.path / package.record(layer).file
        frame = gpd.read_parquet(file, bbox=bounds, columns=["geometry"])
        found[layer] = _areas(uses, frame)
    return found


def _areas(uses: gpd.GeoDataFrame, frame: gpd.GeoDataFrame) -> dict[str, float]:
    import geopandas as gpd  # noqa: PLC0415

    shared = gpd.overlay(uses, frame, how="intersection", keep_geom_type=True)
    return {code: float(some.union_all().area) for code, some in shared.groupby("kode")["geometry"]}


@lru_cache(maxsize=1)
def _whole_layers(folder: Path) -> tuple[str, ...]:
    """Layers all of whose rows are hits for all purposes: what the peer can be held against."""
    from askergeo.dok.match import matching_layers  # noqa: PLC0415

    package = _package(folder)
    alone = [matching_layers(one, package.catalogue) for one in _configs() if not one.disabled]
    return tuple(
        dict.fromkeys(
            layers[0].id
            for layers in alone
            if len(layers) == 1 and layers[0].id in package and layers[0].geometry == "ukjent"
        )
    )


def _difference(ours: Any, peer: dict[str, dict[str, float]]) -> float:  # noqa: ANN401  (as above)
    """Largest difference of an area, m²."""
    answers: dict[str, MapAnswer] = {}
    for one in ours.answers:
        if one.rule.id.startswith("dok.") and len(one.rule.layers) == 1:
            answers[one.rule.layers[0]] = one
    off = [0.0]
    for layer, areas in peer.items():
        mine = {hit.code: hit.area_m2 or 0.0 for hit in answers[layer].hits}
        off += [abs(mine.get(c, 0.0) - areas.get(c, 0.0)) for c in {*mine, *areas}]
    return max(off)
