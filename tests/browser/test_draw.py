"""The engine in Chromium: decodes what Python wrote, finds what shapely finds, paints where it is."""

from __future__ import annotations

import base64
import hashlib
import json
import runpy
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from askergeo.outputs.page.mapdata import map_document
from askergeo.outputs.page.pack import pack
from askergeo.result import Column, MapLayer, Result, Style, StyleClass

WEST, SOUTH = 580_000.0, 6_630_000.0
CORNER = np.array([WEST, SOUTH])
_read = runpy.run_path(str(Path(__file__).parents[1] / "outputs" / "page" / "decode.py"))
COLOURS = {"skog": "#009e73", "vann": "#0072b2", "by": "#cc79a7"}

# The page's map as the tests need it: B pixels are 21664 / 2^zoom metres, as in the real page.
START = """
window.A = A;
A.load().then((data) => {
  const crs = L.extend({}, L.CRS, {
    projection: L.Projection.LonLat, infinite: true,
    transformation: new L.Transformation(1, 2000000, -1, 9045984),
    scale: (zoom) => 2 ** zoom / 21664, zoom: (scale) => Math.log2(scale * 21664)
  });
  const map = L.map("kart", { crs, zoomSnap: 0.25, fadeAnimation: false, zoomAnimation: false, zoomControl: false, attributionControl: false });
  const [west, south, east, north] = A.side.home;
  map.fitBounds([[south, west], [north, east]]);
  const layer = A.drawLayer({ data });
  layer.once("load", () => { document.getElementById("kart").dataset.ready = layer._drawn; });
  layer.addTo(map);
  Object.assign(window, { data, map, layer });
}).catch((error) => { document.getElementById("kart").dataset.failed = error.message; });
"""


def harness(page) -> str:
    """A page of Leaflet, the engine and the two documents, under the policy of the real page."""
    leaflet = files("xstatic.pkg.leaflet") / "data"
    assets = files("askergeo.outputs.page") / "assets" / "js"
    parts = [(assets / name).read_text() for name in ("10-decode.js", "20-draw.js", "22-find.js")]
    engine = f'(function () {{ "use strict"; const A = {{}}; {"".join(parts)} {START} }})();'
    scripts = [(leaflet / "leaflet.js").read_text().split("//# sourceMappingURL")[0], engine]
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts
    )
    document = page.document | {"texts": {"kart.nettleser_for_gammel": "For gammel."}}
    side = json.dumps(document).replace("<", "\\u003c")
    return f"""<!DOCTYPE html><html lang="nb"><head><meta charset="utf-8"><title>Kart</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data: blob:; script-src {hashes}; style-src 'unsafe-inline'">
<style>{(leaflet / "leaflet.css").read_text().replace("url(", "(")}
html, body, #kart {{ margin: 0; height: 100%; background: #fff }}</style></head>
<body><div id="kart"></div>
<script type="application/json" id="askergeo-side">{side}</script>
<script type="text/plain" id="askergeo-data">{pack(page.sections)}</script>
{"".join(f"<script>{s}</script>" for s in scripts)}</body></html>"""


def cells(seed=4, count=120):
    random = np.random.default_rng(seed)
    points = shapely.MultiPoint(random.uniform(0, 4_000, (count, 2)))
    found = shapely.get_parts(
        shapely.voronoi_polygons(points, extend_to=shapely.box(0, 0, 4_000, 4_000))
    )
    found = shapely.intersection(found, shapely.box(0, 0, 4_000, 4_000))
    xy = shapely.get_coordinates(found := shapely.segmentize(found, 80))
    moved = xy + 15 * np.column_stack([np.sin(xy[:, 1] / 60), np.cos(xy[:, 0] / 50)])
    return shapely.set_coordinates(found, moved + CORNER)


def sample(**style) -> Result:
    random = np.random.default_rng(9)
    shapes = cells()
    # A lake with an island in it, over the cells; lines and points over both.
    lake = shapely.Point(WEST + 2_000, SOUTH + 2_000).buffer(600, 32)
    lake = lake.difference(shapely.Point(WEST + 2_000, SOUTH + 2_000).buffer(200))
    kinds = np.array(list(COLOURS))[random.integers(0, 3, len(shapes))]
    classes = tuple(StyleClass(value=k, label=k, fill=c) for k, c in COLOURS.items())
    name = {"navn": Column(title="Navn")}

    def layer(name_, geometry, style_, **values):
        frame = gpd.GeoDataFrame(
            {"navn": [f"{name_} {i}" for i in range(len(geometry))]} | values,
            geometry=list(geometry),
            crs=25832,
        )
        return MapLayer(name=name_, title=name_, frame=frame, columns=name, style=style_)

    line = shapely.LineString(
        [(WEST + 100, SOUTH + 100), (WEST + 3_900, SOUTH + 300), (WEST + 3_900, SOUTH + 3_900)]
    )
    points = shapely.points(random.uniform(200, 3_800, (25, 2)) + CORNER)
    return Result(
        analysis="a",
        title="A",
        template="",
        layers=(
            layer("celler", shapes, Style(column="slag", classes=classes, **style), slag=kinds),
            layer("sjø", [lake], Style(fill="#56b4e9", stroke="")),
            layer("vei", [line], Style(stroke="#000000", width=1.0)),
            layer("skoler", points, Style(fill="#e69f00", size=3.0)),
        ),
    )


@pytest.fixture
def opened(visit, tmp_path):
    """Open the harness of a result; gives the visit and the page's document and data."""

    def open_(result, budget=4_000_000, **more):
        page = map_document([(result, "")], None, budget=budget)
        path = tmp_path / "kart.html"
        path.write_text(harness(page), encoding="utf-8")
        seen = visit(path, **{"ready": "#kart[data-ready]", "width": 900, "height": 900} | more)
        return seen, page

    return open_


def test_chromium_decodes_what_python_wrote(opened):
    seen, page = opened(sample())
    assert seen.complaints() == []
    for number in range(4):
        read = seen.page.evaluate(
            "(i) => Array.from({length: data.layers[i].n}, (_, row) =>"
            " [data.layers[i].kinds[row], A.coordinates(data.layers[i], row)])",
            number,
        )
        ours = _read["features_of"](page, number)
        assert [kind for kind, _ in read] == [kind for kind, _ in ours]
        for (_, theirs), (_, lines) in zip(read, ours, strict=True):
            assert [len(line) for line in theirs] == [len(line) for line in lines]
            for a, b in zip(theirs, lines, strict=True):
                assert np.allclose(a, b, atol=1e-6)
    layer = seen.page.evaluate(
        "[data.layers[0].labels(), data.layers[0].cells(), data.layers[0].n]"
    )
    assert layer[0] == [str(i) for i in range(layer[2])]
    assert layer[1][0][3] == "celler 3"


def test_every_level_is_what_python_means_by_it(opened):
    seen, page = opened(sample(), budget=3_500)
    assert page.document["tolerance"] > 0
    for level in range(len(page.document["levels"])):
        counts = seen.page.evaluate(
            "(k) => { const l = data.arcs.level(k); return [Array.from(l.x), Array.from(l.start)]; }",
            level,
        )
        arcs = _read["arcs_of"](page, level)
        assert np.diff(counts[1]).tolist() == [len(arc) for arc in arcs]
        west, unit = page.document["origin"][0], page.document["unit"]
        x = np.array([point[0] for arc in arcs for point in arc])
        assert np.allclose(np.array(counts[0]) * unit + west, x)


def test_a_hit_is_what_shapely_finds(opened):
    result = sample()
    seen, _ = opened(result)
    random = np.random.default_rng(5)
    places = random.uniform(-200, 4_200, (300, 2)) + CORNER
    found = seen.page.evaluate(
        "(places) => places.map((p) => A.hit(data, p, 0).map((h) => [h.layer.meta.name, h.row]))",
        places.tolist(),
    )
    frames = {layer.name: layer.frame.geometry for layer in result.layers[:2]}
    close = shapely.union_all([g.boundary for frame in frames.values() for g in frame]).buffer(0.2)
    for place, hits in zip(shapely.points(places), found, strict=True):
        if close.contains(place):
            continue
        expected = [
            [name, row]
            for name in ("sjø", "celler")
            for row in np.flatnonzero(frames[name].contains(place)).tolist()
        ]
        assert hits == expected
    # Lines and points within reach come first: they are drawn on top.
    at = shapely.get_coordinates(result.layers[3].frame.geometry.iloc[7])[0]
    top = seen.page.evaluate(
        "(p) => { const h = A.hit(data, p, 20)[0]; return [h.layer.meta.name, h.row]; }",
        at.tolist(),
    )
    assert top == ["skoler", 7]


def colour_at(seen, place):
    """Colour of the pixel at a place of the map, as a person sees it."""
    from io import BytesIO  # noqa: PLC0415

    from PIL import Image  # noqa: PLC0415

    x, y = seen.page.evaluate(
        "([x, y]) => { const p = map.latLngToContainerPoint([y, x]); return [p.x, p.y]; }", place
    )
    image = Image.open(BytesIO(seen.page.screenshot())).convert("RGB")
    return image.getpixel((round(x), round(y)))


def drawn_at(seen, zoom, place):
    seen.page.evaluate(
        "([zoom, [x, y]]) => { map.setView([y, x], zoom, { animate: false }); layer.drawNow(); }",
        [zoom, place],
    )


def rgb(colour):
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


@pytest.mark.parametrize("zoom", [10.75, 13])
def test_colours_stand_where_they_should(opened, zoom):
    seen, _ = opened(sample(stroke="", width=0.0))
    lake, island = (WEST + 2_400, SOUTH + 2_000), (WEST + 2_000, SOUTH + 2_000)
    drawn_at(seen, zoom, lake)
    assert colour_at(seen, lake) == rgb("#56b4e9")
    drawn_at(seen, zoom, island)
    assert colour_at(seen, island) != rgb("#56b4e9")
    drawn_at(seen, zoom, (WEST + 2_000, SOUTH + 199))
    assert colour_at(seen, (WEST + 2_000, SOUTH + 200)) == (0, 0, 0)
    drawn_at(seen, zoom, (WEST - 500, SOUTH - 500))
    assert colour_at(seen, (WEST - 300, SOUTH - 300)) == (255, 255, 255)


def test_switches_masks_and_years_change_the_picture(opened):
    result = sample(stroke="", width=0.0)
    seen, _ = opened(result)
    lake = (WEST + 2_400, SOUTH + 2_000)
    drawn_at(seen, 12, lake)
    now = "layer.drawNow(); 0"
    seen.page.evaluate("A.state.visible['sjø'] = false; " + now)
    under = colour_at(seen, lake)
    assert under != rgb("#56b4e9")
    assert seen.page.evaluate("(p) => A.hit(data, p, 0)[0].layer.meta.name", lake) == "celler"
    seen.page.evaluate("A.state.masks.celler = new Uint8Array(data.layers[0].n); " + now)
    assert colour_at(seen, lake) == (255, 255, 255)
    assert seen.page.evaluate("(p) => A.hit(data, p, 0).length", lake) == 0
    seen.page.evaluate(
        "A.state.masks = {}; data.layers[0].years = { 2030: new Uint8Array(data.layers[0].n).fill(0) };"
        " A.state.year = 2030; " + now
    )
    assert colour_at(seen, lake) == rgb(COLOURS["skog"])


def test_small_areas_are_seen_from_afar(opened):
    """Ten areas of a metre stand as small marks on a map of many kilometres."""
    xy = np.column_stack([np.arange(10) * 2_000.0 + WEST, np.full(10, SOUTH)])
    tiny = shapely.box(xy[:, 0], xy[:, 1], xy[:, 0] + 1, xy[:, 1] + 1)
    frame = gpd.GeoDataFrame({"navn": ["x"] * 10}, geometry=list(tiny), crs=25832)
    layer = MapLayer(
        name="små",
        title="Små",
        frame=frame,
        columns={"navn": Column(title="Navn")},
        style=Style(fill="#000000", stroke=""),
    )
    seen, _ = opened(Result(analysis="a", title="A", template="", layers=(layer,)))
    dark = seen.page.evaluate(
        "() => { let n = 0; document.querySelectorAll('canvas').forEach((c) => {"
        " const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " for (let i = 3; i < p.length; i += 4) { if (p[i] > 30) { n++; } } }); return n; }"
    )
    assert 10 <= dark <= 120


@pytest.mark.parametrize("fill", ["#ffff00", ""])
def test_some_small_areas_with_heavy_borders_keep_their_colour(opened, fill):
    """Thirty areas of a few pixels are spots of their colour, not of their borders."""
    xy = np.column_stack([np.arange(30) * 2_000.0 + WEST, np.full(30, SOUTH)])
    small = shapely.box(xy[:, 0], xy[:, 1], xy[:, 0] + 250, xy[:, 1] + 250)
    frame = gpd.GeoDataFrame({"navn": ["x"] * 30}, geometry=list(small), crs=25832)
    layer = MapLayer(
        name="små",
        title="Små",
        frame=frame,
        columns={"navn": Column(title="Navn")},
        style=Style(fill=fill, stroke="#000000", width=0.4),
    )
    seen, _ = opened(Result(analysis="a", title="A", template="", layers=(layer,)))
    seen.page.wait_for_timeout(100)
    middle = tuple(xy[15] + 125)
    edge = tuple(xy[15] + (250, 125))
    if fill:
        assert colour_at(seen, middle) == rgb(fill)
        assert min(colour_at(seen, edge)[:2]) > 150
    else:
        assert max(colour_at(seen, edge)) < 235


def test_crisp_on_a_dense_screen_and_on_paper(opened):
    seen, _ = opened(sample(), scale=2)
    assert seen.page.evaluate("document.querySelector('canvas').width") == 512
    seen.page.evaluate("layer.options.ratio = 4; layer.drawNow(); 0")
    assert seen.page.evaluate("document.querySelector('canvas').width") == 1024
    assert seen.complaints() == []


def test_one_feature_is_outlined_and_let_go(opened):
    seen, _ = opened(sample())
    outlined = (
        "(() => { const h = window.mark || (window.mark = A.highlight(map)); h.show(data.layers[%d], 0);"
        " return document.querySelectorAll('path.leaflet-interactive, .leaflet-overlay-pane path').length; })()"
    )
    for number in range(4):
        assert seen.page.evaluate(outlined % number) == 2
    seen.page.evaluate("mark.clear()")
    assert seen.page.evaluate("document.querySelectorAll('.leaflet-overlay-pane path').length") == 0


def test_an_old_browser_is_told(visit, tmp_path):
    page = map_document([(sample(), "")], None, budget=4_000_000)
    path = tmp_path / "kart.html"
    path.write_text(
        harness(page).replace("new DecompressionStream(", "new Lacking("), encoding="utf-8"
    )
    # The script was changed, so its hash too.
    text = path.read_text().split('<meta http-equiv="Content-Security-Policy"')
    path.write_text(text[0] + text[1].split(">", 1)[1], encoding="utf-8")
    seen = visit(path, ready="#kart[data-failed]", width=300, height=300)
    assert seen.page.get_attribute("#kart", "data-failed") == "For gammel."
