"""Rules of function on places drawn by hand, with networkx and GEOS as the oracles."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.parameters import load_parameters
from askergeo.plan import _on_foot
from askergeo.plan.catalogue import load_rules
from askergeo.plan.map_layers import asked_uses
from askergeo.plan.methods import Question, ask_method
from askergeo.plan.on_map import ask_map
from askergeo.plan.place import Place
from askergeo.plan.uses import use_of
from askergeo.result import Status
from askergeo.transport.zones import sides

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.plan.answer import MapAnswer

CRS = "EPSG:25832"
ORIGIN = Origin(title="Test", fetched="2025-01-01", licence="CC0", attribution="", owner="")
# The made-up places lie here, so that no coordinate is 0 by chance.
X, Y = 560_000.0, 6_620_000.0
HOME, SHOP, PARK = "1110", "1150", "3040"
PARAMETERS = load_parameters("plansjekk")


def at(x: float, y: float) -> shapely.Point:
    return shapely.Point(X + x, Y + y)


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X + x, Y + y) for x, y in points])


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X + west, Y + south, X + east, Y + north)


def layer(shapes: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def package_of(
    path: Path, *, coverage: dict[str, Any] | None = None, **layers: gpd.GeoDataFrame
) -> DataPackage:
    made = DataPackage.create(path / "p", municipality="9999", name="prøve", example=True)
    for name, frame in layers.items():
        made.write(name, frame, origin=ORIGIN, coverage=(coverage or {}).get(name))
    return DataPackage.open(path / "p")


def place_of(*purposes: tuple[str, shapely.Geometry]) -> Place:
    shapes = [shape for _, shape in purposes]
    uses = layer(
        shapes,
        objekt=[f"f{number}" for number in range(len(purposes))],
        kode=[code for code, _ in purposes],
        bruk=[use_of(code).name for code, _ in purposes],
    )
    none = gpd.GeoDataFrame(geometry=[], crs=CRS)
    return Place(shapely.union_all(shapes), uses, none, frozenset(), {})


def ask(
    package: DataPackage, name: str, *purposes: tuple[str, shapely.Geometry], **changed: Any
) -> MapAnswer:
    rule = load_rules()[name]
    assert rule.asks is not None
    place = place_of(*purposes)
    uses = asked_uses(place.uses, rule.asks.uses)
    parameters = PARAMETERS.override(changed) if changed else PARAMETERS
    question = Question(rule, uses, place, package, parameters)
    return ask_method(rule.asks.method, question)


def road(length: float, step: float = 100.0) -> gpd.GeoDataFrame:
    """A road along the x axis, in pieces, so that it is no loose bit of the network."""
    xs = np.arange(0, length + 1, step)
    pieces = [line((a, 0), (b, 0)) for a, b in pairwise(xs)]
    return layer(pieces, veg_id=list(range(1, len(pieces) + 1)), vegtype=["bilveg"] * len(pieces))


def stops(*places: tuple[float, float, str]) -> gpd.GeoDataFrame:
    return layer(
        [at(x, y) for x, y, _ in places],
        holdeplass_id=[f"H{number}" for number in range(len(places))],
        navn=[f"Stopp {number}" for number in range(len(places))],
        transportmiddel=[kind for _, _, kind in places],
    )


def schools(*rows: tuple[float, str, int, int, str], **more: list[Any]) -> gpd.GeoDataFrame:
    return layer(
        [at(x, 0) for x, *_ in rows],
        skole_id=[name for _, name, *_ in rows],
        navn=[f"{name} skole" for _, name, *_ in rows],
        trinn_fra=[low for *_, low, _, _ in rows],
        trinn_til=[high for *_, high, _ in rows],
        eierform=[owner for *_, owner in rows],
        paralleller=[2.0] * len(rows),
        **more,
    )


# --- On foot ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataPackage, nx.Graph, np.ndarray]:
    """Streets in a bent grid with some of them gone, and three stops beside them."""
    rng = np.random.default_rng(5)
    size = 12
    grid = np.array([[(150.0 * i, 140.0 * j) for j in range(size)] for i in range(size)])
    grid += rng.uniform(-30, 30, grid.shape)
    grid = grid.round(2)
    pairs = [((i, j), (i + 1, j)) for i in range(size - 1) for j in range(size)]
    pairs += [((i, j), (i, j + 1)) for i in range(size) for j in range(size - 1)]
    graph = nx.Graph()
    for one, other in (pair for pair in pairs if rng.random() > 0.2):
        a, b = grid[one], grid[other]
        graph.add_edge(one, other, weight=float(np.hypot(*(a - b))), line=line(tuple(a), tuple(b)))
    whole = max(nx.connected_components(graph), key=len)
    graph = graph.subgraph(whole).copy()
    points = np.array([(200.0, 180.0), (1200.0, 330.0), (610.0, 1300.0)])
    package = package_of(
        tmp_path_factory.mktemp("by"),
        veg=layer(
            [edge["line"] for *_, edge in graph.edges(data=True)],
            veg_id=list(range(1, graph.number_of_edges() + 1)),
            vegtype=["bilveg"] * graph.number_of_edges(),
        ),
        holdeplass=stops(*((x, y, "buss") for x, y in points)),
    )
    return package, graph, points


def walked(
    graph: nx.Graph, points: list[shapely.Point], targets: list[shapely.Point]
) -> list[float]:
    """Metres from each point to the nearest target: networkx, on edges cut where places are."""
    edges = list(graph.edges(data=True))
    lines = np.array([edge["line"] for *_, edge in edges], dtype=object)
    split = nx.Graph()
    on_edge: dict[int, list[tuple[float, Any]]] = {number: [] for number in range(len(edges))}
    for kind, places in (("fra", points), ("til", targets)):
        for number, point in enumerate(places):
            nearest = int(np.argmin(shapely.distance(lines, point)))
            along = float(lines[nearest].project(point))
            on_edge[nearest].append((along, (kind, number, "på")))
            split.add_edge(
                (kind, number), (kind, number, "på"), weight=float(lines[nearest].distance(point))
            )
            if kind == "til":
                split.add_edge((kind, number), "mål", weight=0.0)
    for number, (one, other, edge) in enumerate(edges):
        # The line of an edge runs from its first node to its last as it was drawn.
        start = shapely.get_coordinates(edge["line"])[0]
        first = one if np.allclose(start - (X, Y), node_at(graph, one)) else other
        last = other if first == one else one
        stations = sorted(
            [(0.0, first), *on_edge[number], (edge["weight"], last)], key=lambda s: s[0]
        )
        for (a, from_), (b, to) in pairwise(stations):
            split.add_edge(from_, to, weight=b - a)
    found = nx.single_source_dijkstra_path_length(split, "mål")
    return [found[("fra", number)] for number in range(len(points))]


def node_at(graph: nx.Graph, node: Any) -> np.ndarray:
    """Where a node is: the point that all of its edges share."""
    ends = [
        {tuple(one) for one in (shapely.get_coordinates(edge["line"]) - (X, Y)).round(2)}
        for *_, edge in graph.edges(node, data=True)
    ]
    if len(ends) == 1:
        (other,) = graph.neighbors(node)
        return np.array(next(iter(ends[0] - {tuple(node_at(graph, other))})))
    return np.array(next(iter(set.intersection(*ends))))


def test_ways_are_those_of_networkx(town: tuple[DataPackage, nx.Graph, np.ndarray]) -> None:
    package, graph, points = town
    homes = [box(x, y, x + 160, y + 120) for x, y in ((850, 900), (1300, 1350), (230, 200))]
    ways = _on_foot.ways_of(package)
    assert ways is not None
    uses = place_of(*((HOME, home) for home in homes)).uses
    starts = _on_foot.starts_of(uses, ways, PARAMETERS)
    assert np.bincount(starts.owner).min() > 8
    metres = walked(graph, list(starts.points), [at(x, y) for x, y in points])
    longest = [max(np.array(metres)[starts.owner == number]) for number in range(len(homes))]
    for home, expected in zip(homes, longest, strict=True):
        answer = ask(package, "funksjon.holdeplass", (HOME, home), holdeplass_m=5_000)
        assert answer.status == Status.NO_HIT
        assert answer.distance_m == pytest.approx(expected, abs=1e-3)
        # Places close together along the boundary find none that is much farther; one that is
        # nearer to another street may be some metres off.
        dense = [home.exterior.interpolate(one) for one in np.arange(0, home.exterior.length, 8)]
        farthest = max(walked(graph, dense, [at(x, y) for x, y in points]))
        assert expected <= farthest + 3 <= expected + PARAMETERS["prove_m"]
    limit = float(np.sort(longest)[:2].mean())
    answer = ask(
        package, "funksjon.holdeplass", *((HOME, home) for home in homes), holdeplass_m=limit
    )
    (hit,) = answer.hits
    over = [f"f{n}" for n, value in enumerate(longest) if value > limit]
    assert len(over) == 2
    assert list(hit.objects) == over
    assert f"inntil {np.ceil(max(longest)):.0f}" in hit.what
    assert hit.geometry.equals(shapely.union_all([homes[int(one[1:])] for one in over]))


def test_farther_along_the_only_road_is_never_nearer(tmp_path: Path) -> None:
    package = package_of(tmp_path, veg=road(8_000), holdeplass=stops((0, 10, "buss")))
    rng = np.random.default_rng(1)
    away = np.sort(rng.uniform(0, 5_500, 12))
    far = [ask(package, "funksjon.holdeplass", (HOME, box(x, 20, x + 60, 70))).remark for x in away]
    metres = [
        float(text.split("inntil ")[1].split("\u00a0m")[0].replace("\u00a0", "")) for text in far
    ]
    assert metres == sorted(metres)
    assert metres[-1] - metres[0] == pytest.approx(away[-1] - away[0], abs=2)


@pytest.mark.parametrize(
    ("kind", "x", "status"),
    [
        ("buss", 480, Status.NO_HIT),
        ("buss", 520, Status.HIT_YELLOW),
        # People walk farther to a train.
        ("tog", 520, Status.NO_HIT),
        ("tog", 980, Status.NO_HIT),
        ("tog", 1_020, Status.HIT_YELLOW),
    ],
)
def test_a_stop_is_near_enough_or_not(tmp_path: Path, kind: str, x: float, status: Status) -> None:
    package = package_of(tmp_path, veg=road(3_000), holdeplass=stops((0, 0, kind)))
    answer = ask(package, "funksjon.holdeplass", (HOME, box(x - 10, -2, x, 2)))
    assert answer.status == status
    assert f"inntil {x + 2:.0f}" in answer.remark or f"inntil {x:.0f}" in answer.remark


def test_what_is_far_from_ways_is_unknown_and_what_has_no_stop_is_beyond(tmp_path: Path) -> None:
    package = package_of(tmp_path, veg=road(9_000), holdeplass=stops((0, 0, "buss")))
    away = ask(package, "funksjon.holdeplass", (HOME, box(1_000, 600, 1_100, 700)))
    assert away.status == Status.NOT_MAPPED
    assert away.unmapped_m2 == pytest.approx(10_000)
    assert "500\u00a0m fra gangnettet" in away.remark
    far = ask(package, "funksjon.holdeplass", (HOME, box(7_000, 0, 7_100, 50)))
    assert far.status == Status.HIT_YELLOW
    assert "ingen holdeplass innen 6000\u00a0m" in far.hits[0].what
    # Where the layer of stops says that it does not reach, nothing is known.
    lacking = package_of(
        tmp_path / "del",
        veg=road(9_000),
        holdeplass=stops((0, 0, "buss")),
        coverage={"holdeplass": box(-100, -100, 2_000, 100)},
    )
    far = ask(lacking, "funksjon.holdeplass", (HOME, box(7_000, 0, 7_100, 50)))
    assert far.status == Status.NOT_MAPPED


def test_a_purpose_that_reaches_away_from_ways_is_not_known_to_be_near(tmp_path: Path) -> None:
    package = package_of(tmp_path, veg=road(2_000), holdeplass=stops((0, 0, "buss")))
    deep = (HOME, box(0, 0, 50, 200))
    assert ask(package, "funksjon.holdeplass", deep).status == Status.NO_HIT
    answer = ask(package, "funksjon.holdeplass", deep, koble_m=100)
    assert answer.status == Status.NOT_MAPPED
    # What is known to be too far is too far, whatever the rest is.
    answer = ask(package, "funksjon.holdeplass", deep, koble_m=100, holdeplass_m=50)
    assert answer.status == Status.HIT_YELLOW


def test_a_loose_bit_of_path_is_not_walked_to(tmp_path: Path) -> None:
    loose = layer([line((400, 30), (500, 30))], sti_id=[1], stitype=["sti"])
    package = package_of(tmp_path, veg=road(2_000), sti=loose, holdeplass=stops((0, 0, "buss")))
    answer = ask(package, "funksjon.holdeplass", (HOME, box(430, 25, 450, 40)))
    assert answer.status == Status.NO_HIT


def test_a_gap_in_the_map_is_no_long_way(tmp_path: Path) -> None:
    # Two roads that do not meet: the stop, the school and the shop lie along the other.
    other = road(3_000).translate(0, 300)
    roads = pd.concat([road(7_000), layer(list(other), veg_id=range(100, 130), vegtype="bilveg")])
    package = package_of(
        tmp_path,
        veg=roads,
        holdeplass=stops((0, 300, "buss"), (3_000, 0, "buss"), (2_000, 300, "tog")),
        skole=schools(ALL, (5_000.0, "B", 1, 10, "kommunal")).assign(
            geometry=[at(0, 300), at(5_000, 0)]
        ),
        tjeneste=services(
            *((2_000, kind, "sosial") for kind in ("park", "dagligvare", "legesenter"))
        ).assign(geometry=[at(2_000, 300)] * 3),
    )
    home = (HOME, box(0, -2, 10, 2))
    for name in ("funksjon.holdeplass", "funksjon.skole.vei"):
        answer = ask(package, name, home)
        assert answer.status == Status.NOT_MAPPED
        assert "Kartet har ingen vei til en" in answer.remark
    beside = ask(package, "funksjon.tettsted", (HOME, box(1_990, -2, 2_000, 2)))
    assert beside.status == Status.NOT_MAPPED
    assert "Kartet har ingen vei til en tjeneste" in beside.remark
    # What is near in no direction is far: 800 m to the stop over the gap, 1 200 m along the road.
    assert ask(package, "funksjon.holdeplass", (HOME, box(800, -2, 810, 2))).hits
    # A train may be walked 1 km to, a bus may not.
    assert ask(package, "funksjon.holdeplass", (HOME, box(1_300, -2, 1_310, 2))).hits == ()
    assert ask(package, "funksjon.tettsted", home).hits
    # The connected school is near enough: what else there may be does not matter.
    near = ask(package, "funksjon.skole.vei", (HOME, box(3_500, -2, 3_510, 2)))
    assert near.status == Status.NO_HIT
    # 2.5 km to A in a straight line is too far for the first grade, whatever the way is; B is 2 km
    # farther for those who can walk there.
    (hit,) = ask(package, "funksjon.skole.vei", (HOME, box(2_500, -2, 2_510, 2))).hits
    assert "1. trinn inntil 2502\u00a0m til B skole" in hit.what
    far = ask(package, "funksjon.skole.vei", (HOME, box(2_100, -2, 2_110, 2)), koble_m=200)
    assert "1. trinn mer enn 21" in far.hits[0].what
    assert "2.–7. trinn" not in far.hits[0].what


# --- School ----------------------------------------------------------------------------------

ALL = (0.0, "A", 1, 10, "kommunal")


@pytest.mark.parametrize(
    ("x", "parts"),
    [
        (1_980, []),
        (2_020, ["1. trinn"]),
        (3_980, ["1. trinn"]),
        (4_020, ["1. trinn", "2.–7. trinn", "8.–10. trinn"]),
    ],
)
def test_the_right_to_transport_begins_at_2_and_4_km(
    tmp_path: Path, x: float, parts: list[str]
) -> None:
    package = package_of(tmp_path, veg=road(7_000), skole=schools(ALL))
    answer = ask(
        package, "funksjon.skole.vei", (HOME, box(x - 10, -2, x, 2)), (PARK, box(0, 0, 9, 9))
    )
    assert answer.status == (Status.HIT_YELLOW if parts else Status.NO_HIT)
    said = answer.hits[0].what if parts else ""
    assert [part for part in ("1. trinn", "2.–7. trinn", "8.–10. trinn") if part in said] == parts
    assert "Skolekretser» er ikke i datapakken" in answer.remark


def test_the_district_says_which_school_and_private_ones_are_left_out(tmp_path: Path) -> None:
    rows = (
        (500.0, "PRIVAT", 1, 10, "privat"),
        (1_000.0, "NÆR", 1, 7, "kommunal"),
        (5_500.0, "EGEN", 1, 7, "kommunal"),
        (2_000.0, "UNG", 8, 10, "kommunal"),
    )
    home = (HOME, box(0, -2, 10, 2))
    nearest = package_of(tmp_path / "uten", veg=road(7_000), skole=schools(*rows))
    answer = ask(nearest, "funksjon.skole.vei", home)
    assert answer.status == Status.NO_HIT
    assert "NÆR skole" in answer.remark
    assert "UNG skole" in answer.remark
    assert "PRIVAT" not in answer.remark
    districts = layer(
        [box(-100, -100, 100, 100)],
        krets_id=["K1"],
        navn=["Egen"],
        trinn=["barnetrinn"],
        skole_id=["EGEN"],
    )
    own = package_of(tmp_path / "med", veg=road(7_000), skole=schools(*rows), skolekrets=districts)
    answer = ask(own, "funksjon.skole.vei", home)
    (hit,) = answer.hits
    assert "1. trinn inntil 550" in hit.what
    assert "2.–7. trinn inntil 550" in hit.what
    assert "EGEN skole" in hit.what
    assert "8.–10." not in hit.what
    gone = layer(
        list(districts.geometry),
        **(districts.drop(columns="geometry").to_dict("list") | {"skole_id": ["BORTE"]}),
    )
    lost = package_of(tmp_path / "tapt", veg=road(7_000), skole=schools(*rows), skolekrets=gone)
    answer = ask(lost, "funksjon.skole.vei", home)
    assert answer.status == Status.NOT_MAPPED
    assert "ikke i laget «Skoler»" in answer.remark


def test_a_grade_that_no_school_has_is_unknown(tmp_path: Path) -> None:
    only = schools((0.0, "BARN", 1, 7, "kommunal"))
    package = package_of(tmp_path, veg=road(3_000), skole=only)
    assert ask(package, "funksjon.skole.vei", (HOME, box(0, 0, 9, 9))).status == Status.NOT_MAPPED


# --- Settlement ------------------------------------------------------------------------------


def services(*rows: tuple[float, str, str]) -> gpd.GeoDataFrame:
    return layer(
        [at(x, 0) for x, _, _ in rows],
        tjeneste_id=[f"T{number}" for number in range(len(rows))],
        type=[kind for _, kind, _ in rows],
        gruppe=[group for *_, group in rows],
        navn=[kind for _, kind, _ in rows],
    )


def test_five_minutes_are_417_metres_to_all_three_groups(tmp_path: Path) -> None:
    every = services(
        (0, "dagligvare", "hverdag"), (0, "legesenter", "helse"), (0, "park", "sosial")
    )
    package = package_of(tmp_path, veg=road(3_000), tjeneste=every)
    near = ask(package, "funksjon.tettsted", (HOME, box(405, -1, 415, 1)))
    assert near.status == Status.NO_HIT
    assert "inntil 5\u00a0min (voksen" in near.remark
    far = ask(package, "funksjon.tettsted", (HOME, box(410, -1, 420, 1)))
    assert far.status == Status.HIT_YELLOW
    # 1 000 m at 5 km/h is 12 minutes.
    worse = ask(package, "funksjon.tettsted", (HOME, box(990, -0.1, 999, 0.1)))
    assert worse.hits[0].what.count("inntil 12\u00a0min") == 3


def test_what_is_missing_is_named_and_a_group_that_nobody_listed_is_unknown(tmp_path: Path) -> None:
    some = services((0, "dagligvare", "hverdag"), (2_000, "legesenter", "helse"))
    package = package_of(tmp_path, veg=road(3_000), tjeneste=some)
    answer = ask(package, "funksjon.tettsted", (HOME, box(100, -1, 110, 1)))
    assert "helsetilbud" in answer.hits[0].what
    assert "hverdagstjeneste" not in answer.hits[0].what
    assert "Datapakken har ingen sosial arena." in answer.remark
    between = services((0, "dagligvare", "hverdag"), (0, "legesenter", "helse"))
    package = package_of(tmp_path / "to", veg=road(3_000), tjeneste=between)
    answer = ask(package, "funksjon.tettsted", (HOME, box(100, -1, 110, 1)))
    assert answer.status == Status.NOT_MAPPED


# --- Nullvekstlinje --------------------------------------------------------------------------

WAVE = [(0, 5_000), (3_000, 5_600), (6_000, 4_300), (8_000, 5_200), (10_000, 5_000)]


def divided(path: Path, *lines: shapely.LineString) -> DataPackage:
    return package_of(
        path,
        kommunegrense=layer(
            [box(0, 0, 10_000, 10_000)],
            kommunenummer=["9999"],
            kommunenavn=["Prøve"],
            omfang=["land"],
        ),
        nullvekstlinje=layer(list(lines), linje_id=list(range(1, len(lines) + 1))),
    )


@pytest.mark.parametrize(
    "pieces",
    [
        [line(*WAVE)],
        [line(*WAVE[::-1])],
        [line(*WAVE[2:]), line(*WAVE[:2]), line(*WAVE[1:3][::-1])],
        # Drawn a little too short, and too long.
        [line((30, 5_006), *WAVE[1:-1], (9_970, 5_003))],
        [line((-400, 4_920), *WAVE, (10_300, 5_000))],
    ],
    ids=["vest–øst", "øst–vest", "deler", "for kort", "for lang"],
)
def test_sides_and_areas_are_those_of_geos(tmp_path: Path, pieces: list[Any]) -> None:
    package = divided(tmp_path, *pieces)
    north = shapely.Polygon([(X + x, Y + y) for x, y in [*WAVE, (10_000, 10_000), (0, 10_000)]])
    above, below = box(2_900, 5_700, 3_100, 5_800), box(2_900, 5_000, 3_100, 5_100)
    across = box(5_000, 4_000, 5_500, 5_500)
    found = ask(package, "funksjon.nullvekst", (HOME, above), (SHOP, below), (PARK, above))
    (hit,) = found.hits
    assert (hit.code, hit.objects) == (HOME, ("f0",))
    assert hit.area_m2 == pytest.approx(20_000)
    assert found.unmapped_m2 == pytest.approx(0, abs=1e-6)
    assert ask(package, "funksjon.nullvekst", (SHOP, below)).status == Status.NO_HIT
    both = ask(package, "funksjon.nullvekst", (SHOP, across))
    assert both.area_m2 == pytest.approx(across.intersection(north).area)
    assert both.hits[0].area_m2 == pytest.approx(across.intersection(north).area)
    assert "sør for den" in both.hits[0].what


@pytest.mark.parametrize(
    "drawn",
    [
        line((0, 5_000), (6_000, 5_000)),
        line((5_000, 0), (5_000, 10_000)),
        line((1_000, 5_000), (9_000, 5_000)),
    ],
    ids=["slutter inni", "nord–sør", "når ingen av grensene"],
)
def test_a_line_that_does_not_divide_tells_nothing(tmp_path: Path, drawn: Any) -> None:
    package = divided(tmp_path, drawn)
    answer = ask(package, "funksjon.nullvekst", (HOME, box(3_000, 7_000, 3_100, 7_100)))
    assert answer.status == Status.NOT_MAPPED
    assert answer.unmapped_m2 == pytest.approx(10_000)
    assert "kan siden ikke avgjøres" in answer.remark


def test_areas_with_a_side_answer_as_a_line_between_them(tmp_path: Path) -> None:
    package = package_of(
        tmp_path,
        kommunegrense=layer(
            [box(0, 0, 10_000, 10_000)],
            kommunenummer=["9999"],
            kommunenavn=["Prøve"],
            omfang=["land"],
        ),
        nullvekstlinje=layer(
            [box(0, 5_000, 10_000, 10_000), box(0, 0, 10_000, 5_000)],
            linje_id=[1, 2],
            side=["nord", "sor"],
        ),
    )
    answer = ask(package, "funksjon.nullvekst", (HOME, box(3_000, 4_900, 3_100, 5_300)))
    assert answer.area_m2 == pytest.approx(30_000)
    assert "10\u00a0000\u00a0m² sør for den" in answer.hits[0].what
    south = ask(package, "funksjon.nullvekst", (HOME, box(3_000, 3_000, 3_100, 4_000)))
    assert south.status == Status.NO_HIT
    assert south.distance_m == pytest.approx(1_000)


def test_sides_cover_the_municipality_once() -> None:
    coast = shapely.difference(box(0, 0, 10_000, 10_000), box(4_000, 4_500, 4_800, 10_000))
    north, south = sides(np.array([line(*WAVE)]), coast, 50.0)
    assert len(north) == 2
    whole = shapely.union_all([*north, *south])
    assert whole.symmetric_difference(coast).area == pytest.approx(0, abs=1e-3)
    assert sum(shapely.area([*north, *south])) == pytest.approx(coast.area)
    assert all(part.centroid.y > Y + 5_000 for part in north)


def test_outside_the_municipality_is_unknown(tmp_path: Path) -> None:
    package = divided(tmp_path, line(*WAVE))
    answer = ask(package, "funksjon.nullvekst", (HOME, box(11_000, 7_000, 11_100, 7_100)))
    assert answer.status == Status.NOT_MAPPED


# --- Water and sewage ------------------------------------------------------------------------


def mains(*rows: tuple[float, str, str | None]) -> gpd.GeoDataFrame:
    return layer(
        [line((-100, y), (500, y)) for y, _, _ in rows],
        ledning_id=[f"L{number}" for number in range(len(rows))],
        type=[kind for _, kind, _ in rows],
        status=[status for *_, status in rows],
        dimensjon_mm=[160] * len(rows),
    )


def test_mains_are_near_or_not_by_kind_and_in_use(tmp_path: Path) -> None:
    package = package_of(
        tmp_path,
        va_ledning=mains(
            (40, "vann", "I drift"),
            (0, "vann", "Nedlagt"),
            (10, "overvann", None),
            (80, "avlop_felles", None),
            (300, "spillvann", None),
        ),
    )
    shop = (SHOP, box(0, -20, 40, 0))
    water = ask(package, "funksjon.vann", shop)
    assert water.status == Status.NO_HIT
    assert water.distance_m == pytest.approx(40)
    assert "inntil 40\u00a0m til vannledning (160\u00a0mm)" in water.remark
    sewer = ask(package, "funksjon.avlop", shop)
    assert sewer.hits[0].what == "inntil 80\u00a0m til avløpsledning"
    assert ask(package, "funksjon.avlop", shop, avlop_m=80).status == Status.NO_HIT


def test_that_no_main_is_shown_says_nothing_unless_the_map_is_whole(tmp_path: Path) -> None:
    far = (SHOP, box(0, 2_000, 40, 2_020))
    lines = mains((0, "vann", None))
    partly = package_of(tmp_path / "a", va_ledning=lines)
    assert ask(partly, "funksjon.vann", far).status == Status.NOT_MAPPED
    whole = package_of(
        tmp_path / "b", va_ledning=lines, coverage={"va_ledning": box(-5_000, -5_000, 5_000, 5_000)}
    )
    (hit,) = ask(whole, "funksjon.vann", far).hits
    assert hit.what == "ingen vannledning innen 1000\u00a0m"


def test_plants_have_room_or_not_or_nobody_knows(tmp_path: Path) -> None:
    shop = (SHOP, box(0, 0, 40, 20))

    def plants(name: str, kinds: list[str], **more: list[Any]) -> MapAnswer:
        frame = layer(
            [at(n * 100, 0) for n in range(len(kinds))],
            anlegg_id=[f"A{n}" for n in range(len(kinds))],
            type=kinds,
            **more,
        )
        return ask(package_of(tmp_path / name, va_anlegg=frame), "funksjon.va.kapasitet", shop)

    unknown = plants("a", ["renseanlegg"], kapasitet_pe=[5_000])
    assert unknown.status == Status.NOT_IMPLEMENTED
    assert "Renseanlegget: belastning er ikke i datapakken." in unknown.remark
    kinds = ["renseanlegg", "vannverk"]
    room = plants("b", kinds, kapasitet_pe=[5_000, 9_000], belastning_pe=[4_000, 8_000])
    assert room.status == Status.NO_HIT
    full = plants("c", kinds, kapasitet_pe=[5_000, 9_000], belastning_pe=[5_200, 8_000])
    assert full.hits[0].what.startswith("Renseanlegget har 5200\u00a0pe av 5000\u00a0pe i bruk")
    assert full.status == Status.HIT_RED
    two = plants("d", ["renseanlegg"] * 2, kapasitet_pe=[1, 1], belastning_pe=[1, 1])
    assert two.status == Status.NOT_IMPLEMENTED
    assert "hvilket som betjener planen er ukjent" in two.remark


# --- All together ----------------------------------------------------------------------------


def test_uses_say_where_people_live_and_work() -> None:
    assert use_of("1113").homes
    assert not use_of("1119").homes
    assert not use_of("1120").homes
    assert use_of("1300").growth
    assert not use_of("3040").growth
    assert use_of("").homes


def test_a_package_without_the_layers_says_what_is_missing(tmp_path: Path) -> None:
    bare = package_of(tmp_path, holdeplass=stops((0, 0, "buss")))
    answers = {
        one.rule.id: one
        for one in ask_map(place_of((HOME, box(0, 0, 9, 9))), bare, parameters=PARAMETERS)
    }
    mine = {name: one for name, one in answers.items() if name.startswith("funksjon.")}
    assert len(mine) == 11
    assert {one.status for one in mine.values()} == {Status.NOT_IMPLEMENTED}
    assert "«Vegnett»" in mine["funksjon.holdeplass"].remark


def test_roads_that_nobody_may_walk_on_are_said(tmp_path: Path) -> None:
    motorway = road(2_000).assign(vegtype="motorveg")
    package = package_of(tmp_path, veg=motorway, holdeplass=stops((0, 0, "buss")))
    answer = ask(package, "funksjon.holdeplass", (HOME, box(0, 0, 9, 9)))
    assert answer.status == Status.NOT_IMPLEMENTED
    assert "ingen linje å gå på" in answer.remark


def test_the_example_is_asked_and_answers_as_its_own_layers_say(demo_folder: Path) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    shop = package.read("tjeneste").geometry.iloc[0]
    home = shop.buffer(40, cap_style="square")
    place = place_of((HOME, home))
    answers = {one.rule.id: one for one in ask_map(place, package, parameters=PARAMETERS)}
    assert answers["funksjon.vann"].status != Status.NOT_IMPLEMENTED
    assert answers["funksjon.nullvekst"].status in (Status.HIT_YELLOW, Status.NO_HIT)
    drawn = package.read("nullvekstlinje").geometry.union_all()
    # The line of the example is a function of x, drawn from west to east.
    under = shapely.LineString([(home.centroid.x, 0), (home.centroid.x, home.centroid.y)])
    crossed = len(shapely.get_parts(under.intersection(drawn))) if under.intersects(drawn) else 0
    north = answers["funksjon.nullvekst"].status == Status.HIT_YELLOW
    assert north == (crossed % 2 == 1)
    way = answers["funksjon.holdeplass"]
    near = float(package.read("holdeplass").geometry.distance(home).min())
    assert way.distance_m is None or way.distance_m >= near - 1e-6
