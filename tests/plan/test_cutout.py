"""Map cut-outs: what is drawn is what lies there, to the pixel, and it is read without colour."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from lxml import etree

from askergeo.datapackage import DataPackage, Origin
from askergeo.outputs._map_svg import View, path_data, scale_bar
from askergeo.plan._svg import HEIGHT, WIDTH, view_of
from askergeo.plan.cutout import Mark, cutout, key_symbols, read_ground
from askergeo.plan.place import Place
from askergeo.result import Status

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:25832"
ORIGIN = Origin(title="Test", fetched="2025-01-01", licence="CC0", attribution="", owner="")
X, Y = 560_000.0, 6_620_000.0
SVG = "{http://www.w3.org/2000/svg}"
RED, YELLOW = Status.HIT_RED, Status.HIT_YELLOW


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X + west, Y + south, X + east, Y + north)


def layer(shapes: list[shapely.Geometry], **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> DataPackage:
    """A square municipality with a lake, two roads, a tunnel and houses near and far."""
    path = tmp_path_factory.mktemp("kart") / "p"
    made = DataPackage.create(path, municipality="9999", name="prøve", example=True)
    whole = [box(-9000, -9000, 9000, 9000)]
    names = {"kommunenummer": ["9999"], "kommunenavn": ["Prøve"], "omfang": ["land"]}
    made.write("kommunegrense", layer(whole, **names), origin=ORIGIN)
    lake = shapely.Point(X + 150, Y + 60).buffer(40)
    made.write("vann", layer([lake], vanntype=["innsjo"]), origin=ORIGIN)
    ways = [shapely.LineString([(X - 500, Y + y), (X + 900, Y + y)]) for y in (20.0, 40.0, 50.0)]
    kinds = {"vegtype": ["bilveg", "fortau", "bilveg"], "medium": ["bakke", "bakke", "tunnel"]}
    made.write("veg", layer(ways, **kinds), origin=ORIGIN)
    houses = [box(10, 10, 20, 18), shapely.Point(X + 60, Y + 90).buffer(5), box(8000, 0, 8010, 10)]
    known = {"bygning_id": ["1", "2", "3"], "bygningstype": [111, 111, 111]}
    made.write("bygning", layer(houses, **known), origin=ORIGIN)
    return DataPackage.open(path)


def place(outline: shapely.Geometry | None = None) -> Place:
    whole = outline or box(0, 0, 200, 100)
    rows = {"objekt": ["a", "b"], "kode": ["1110", "2010"], "bruk": ["Bolig", "Veg"]}
    west, south, east, north = whole.bounds
    middle = (west + east) / 2
    halves = [
        whole.intersection(shapely.box(west, south, middle, north)),
        whole.intersection(shapely.box(middle, south, east, north)),
    ]
    return Place(
        outline=whole,
        uses=layer(halves, **rows),
        limits=gpd.GeoDataFrame(geometry=[], crs=CRS),
        plan_ids=frozenset(),
        other_levels={},
    )


def drawn(data: str, view: View) -> list[np.ndarray]:
    """Read a path back into map coordinates: an M, then relative steps."""
    found = []
    for part in filter(None, data.split("M")):
        start, _, steps = part.rstrip("z").partition("l")
        numbers = [int(n) for n in re.findall(r"-?\d+", f"{start} {steps}")]
        pixels = np.cumsum(np.array(numbers).reshape(-1, 2), axis=0)
        found.append(pixels * (view.pixel, -view.pixel) + (view.box[0], view.box[3]))
    return found


def test_surfaces_are_those_of_geos_to_the_pixel() -> None:
    random = np.random.default_rng(5)
    centres = random.uniform((X, Y), (X + 400, Y + 200), (40, 2))
    shapes = shapely.buffer(shapely.points(centres), random.uniform(2, 40, 40))
    shapes[0] = shapes[0].difference(shapes[0].centroid.buffer(1.5))
    view = View((X + 50, Y + 20, X + 390, Y + 156), 2000)
    data = path_data(shapes, view, closed=True)
    rings = [shapely.Polygon(ring).buffer(0) for ring in drawn(data, view) if len(ring) > 2]
    frame = shapely.box(*view.box)
    for shape in shapely.intersection(shapes, frame):
        if shape.area < 100:
            continue
        whole = shapely.Polygon(shape.exterior)
        off = min(ring.intersection(frame).symmetric_difference(whole).area for ring in rings)
        assert off <= shape.length * view.pixel


def test_lines_follow_the_ground_and_end_outside_the_frame() -> None:
    wave = np.linspace(0, 40, 4000)
    line = shapely.LineString(np.column_stack([X + wave * 20, Y + 60 + 30 * np.sin(wave)]))
    view = View((X + 50, Y, X + 390, Y + 136), 2000)
    data = path_data(np.array([line], dtype=object), view, closed=False)
    (seen,) = [shapely.LineString(part) for part in drawn(data, view)]
    inside = line.intersection(shapely.box(*view.box))
    assert shapely.hausdorff_distance(inside, seen.intersection(shapely.box(*view.box))) < 1.0
    # Some hundred points of the four thousand are left.
    assert len(data) < 3000
    assert seen.bounds[0] < view.box[0] < view.box[2] < seen.bounds[2]


def test_nothing_gives_no_path() -> None:
    view = View((X, Y, X + 340, Y + 136), 2000)
    nothing = np.array([], dtype=object)
    assert path_data(nothing, view, closed=True) == ""
    far = np.array([box(5000, 5000, 5001, 5001)], dtype=object)
    assert path_data(far, view, closed=True) == ""
    speck = np.array([box(10, 10, 10.01, 10.01)], dtype=object)
    assert path_data(speck, view, closed=True) == ""


@pytest.mark.parametrize("side", [1.0, 90.0, 400.0, 3_000.0, 60_000.0, 2_000_000.0])
def test_a_view_holds_what_it_is_about_at_a_round_scale(side: float) -> None:
    shape = box(0, 0, side, side / 3)
    view = view_of([shape])
    assert shapely.box(*view.box).contains(shape)
    assert (view.box[2] - view.box[0]) / WIDTH == pytest.approx(view.pixel)
    assert (view.box[3] - view.box[1]) / HEIGHT == pytest.approx(view.pixel)
    assert view.scale % 500 == 0


def test_a_view_never_leaves_the_ground_that_was_read() -> None:
    ground = view_of([box(0, 0, 1000, 400)])
    corner = view_of([box(0, 0, 5, 5)], ground)
    assert corner.scale < ground.scale
    assert shapely.box(*ground.box).covers(shapely.box(*corner.box))
    assert shapely.box(*corner.box).covers(box(0, 0, 5, 5))
    assert view_of([box(0, 0, 1000, 400)], ground) == ground


@pytest.mark.parametrize("scale", [1_000, 2_500, 30_000, 400_000])
def test_the_bar_is_as_long_as_it_says(scale: int) -> None:
    view = View((0, 0, 170 * scale / 1000, 68 * scale / 1000), scale)
    svg = scale_bar(view)
    length = int(re.search(r"M14 \d+h(\d+)v-6h-\1z\" fill=\"none\"", svg)[1]) * view.pixel
    number, unit = re.search(r">([\d\u00a0,]+)\u00a0(k?m)</text>$", svg).groups()
    said = float(number.replace("\u00a0", "").replace(",", ".")) * (1000 if unit == "km" else 1)
    assert length == pytest.approx(said, abs=2 * view.pixel)
    assert "0</text>" in svg


def test_the_ground_is_read_in_its_box_only(package: DataPackage) -> None:
    ground = read_ground(package, place())
    assert {name: len(frame) for name, frame in ground.frames.items()} == {
        "vann": 1, "veg": 3, "bygning": 2, "kommunegrense": 1,
    }  # fmt: skip
    wide = read_ground(package, place(box(-6000, -3000, 6000, 3000)))
    assert set(wide.frames) == {"vann", "kommunegrense"}
    far = Mark(box(500_000, 0, 500_010, 10), RED)
    assert read_ground(package, place(), [far]).view == ground.view


def test_a_cut_out_is_whole_svg_and_says_what_it_shows(package: DataPackage) -> None:
    mark = Mark(box(20, 20, 80, 60), RED)
    ground = read_ground(package, place(), [mark])
    title = 'Planen «A» & <b>"farlig"</b>'
    made = cutout([mark], ground, number=7, title=title)
    root = etree.fromstring(made.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == made.alt
    assert made.alt.startswith(f"Kart: {title}, rødt treff. 170\u00a0m × 68\u00a0m, målestokk")
    assert "1:1000" in made.caption
    assert "nord 6\u00a0620\u00a0040, øst 560\u00a0050 (EUREF89 UTM\u00a032)" in made.caption
    ids = {one.get("id") for one in root.iter() if one.get("id")}
    used = set(re.findall(r"url\(#(\w+)\)", made.svg))
    assert used == {"r7"}
    assert used <= ids
    assert {"script", "image", "use", "style"}.isdisjoint(
        one.tag.removeprefix(SVG) for one in root.iter()
    )
    assert len(made.svg) < 10_000
    assert cutout([mark], ground, number=7, title=title) == made


def test_red_and_yellow_differ_without_colour(package: DataPackage) -> None:
    shape = box(20, 20, 80, 60)
    ground = read_ground(package, place())
    pictures = {
        status: etree.fromstring(cutout([Mark(shape, status)], ground, number=1, title="x").svg)
        for status in (RED, YELLOW)
    }
    marked = {
        status: [one for one in root.iter(f"{SVG}path") if "url(#" in one.get("fill", "")]
        for status, root in pictures.items()
    }
    (red,), (yellow,) = marked[RED], marked[YELLOW]
    assert red.get("d") == yellow.get("d")
    assert red.get("stroke-dasharray") is None
    assert yellow.get("stroke-dasharray")
    signs = etree.fromstring(
        f"<a>{key_symbols(ground)[0]['svg']}{key_symbols(ground)[1]['svg']}</a>"
    )
    kinds = [{one.tag for one in pattern} for pattern in signs.iter(f"{SVG}pattern")]
    assert f"{SVG}circle" in kinds[1]
    assert f"{SVG}circle" not in kinds[0]


@pytest.mark.parametrize(
    ("shape", "rings"),
    [
        (shapely.Point(X + 50, Y + 50), 2),
        (box(50, 50, 50.3, 50.4), 2),
        (shapely.LineString([(X + 50, Y + 50), (X + 50.1, Y + 50)]), 2),
        (box(20, 20, 80, 60), 0),
    ],
)
def test_what_is_too_small_to_see_gets_a_ring(
    package: DataPackage, shape: shapely.Geometry, rings: int
) -> None:
    ground = read_ground(package, place())
    root = etree.fromstring(cutout([Mark(shape, RED)], ground, number=1, title="x").svg)
    circles = [one for one in root.findall(f"{SVG}circle") if one.get("r") == "16"]
    assert len(circles) == rings
    if rings:
        west, _, _, north = view_of([shape], ground.view).box
        pixel = view_of([shape], ground.view).pixel
        centre = shapely.Point(
            west + int(circles[0].get("cx")) * pixel, north - int(circles[0].get("cy")) * pixel
        )
        assert centre.distance(shape) < 2 * pixel


def test_a_broken_surface_is_drawn_and_stops_nothing(package: DataPackage) -> None:
    bow = shapely.Polygon([(X, Y), (X + 60, Y + 60), (X + 60, Y), (X, Y + 60)])
    assert not bow.is_valid
    ground = read_ground(package, place())
    svg = cutout([Mark(bow, RED)], ground, number=1, title="x").svg
    data = re.search(r'<path d="([^"]*)" fill="url\(#r1\)"', svg)[1]
    assert len(drawn(data, ground.view)) == 2


def test_tunnels_are_not_drawn_and_signs_follow_what_is_there(package: DataPackage) -> None:
    ground = read_ground(package, place())
    svg = cutout([], ground, number=1, title="x", whole=True).svg
    roads = re.findall(r'<path d="([^"]*)" fill="none" stroke="#9a9a9a"', svg)
    assert len(roads) == 1
    assert roads[0].count("M") == 1
    texts = [one["tekst"] for one in key_symbols(ground)]
    assert texts[:3] == ["Rødt treff", "Gult treff", "Planområde"]
    assert {"Vann", "Veg", "Bygning"} <= set(texts)
    # The boundary is far outside the frame.
    assert {"Kystlinje", "Kommunegrense"}.isdisjoint(texts)
    assert [text for text in texts if text.startswith(("1110", "2010"))] == [
        "1110 Boligbebyggelse", "2010 Veg",
    ]  # fmt: skip


def test_a_package_without_a_map_still_draws_the_plan(tmp_path: Path) -> None:
    empty = DataPackage.create(tmp_path / "p", municipality="9999", name="tom", example=True)
    ground = read_ground(empty, place())
    assert not ground.frames
    made = cutout([Mark(box(0, 0, 50, 50), YELLOW)], ground, number=1, title="x")
    assert etree.fromstring(made.svg).findall(f"{SVG}path")
