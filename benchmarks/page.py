"""The page of a topic beside folium's and bare MapLibre's: size, time to see it, panning.

All three show the same polygons, one at a time from ``file://`` in the same browser: a map of the
same size with the same middle and metres a pixel, the same fills, opaque, and borders of the fill's
own colour. The peers' polygons are laid out so that their Web Mercator is our plane: the pictures
are compared pixel by pixel, and a page that does not show the same is refused. Folium's outside
files are downloaded once with npm (see ``NPM``) to a folder of the user's cache and served from
there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from contextlib import suppress
from functools import lru_cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import browser
from benchmarks.case import Case, Told, run_command
from benchmarks.overlay import jagged

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from askergeo.result import Result

CRS = 25832
COLOURS = {"Skog": "#9ccc65", "Jorder": "#ffd180", "Bebygd": "#e57373", "Vann": "#64b5f6"}
SIZE_M = 20_000.0
# Polygons a side, and edges a side of each: 20 164 polygons of 100 corners, 50 176 of 16.
FINE, MANY = (142, 25), (224, 4)
_SEED = 3203
# Files that folium's page asks the net for: the end of the address, package and file.
NPM = {
    "leaflet@1.9.3/dist/leaflet.js": ("leaflet@1.9.3", "dist/leaflet.js"),
    "leaflet@1.9.3/dist/leaflet.css": ("leaflet@1.9.3", "dist/leaflet.css"),
    "jquery-3.7.1.min.js": ("jquery@3.7.1", "dist/jquery.min.js"),
    "bootstrap.bundle.min.js": ("bootstrap@5.2.2", "dist/js/bootstrap.bundle.min.js"),
    "bootstrap.min.css": ("bootstrap@5.2.2", "dist/css/bootstrap.min.css"),
    "all.min.css": ("@fortawesome/fontawesome-free@6.2.0", "css/all.min.css"),
    "leaflet.awesome-markers.js": (
        "leaflet.awesome-markers@2.0.5",
        "dist/leaflet.awesome-markers.js",
    ),
    "leaflet.awesome-markers.css": (
        "leaflet.awesome-markers@2.0.5",
        "dist/leaflet.awesome-markers.css",
    ),
}
# The box (px) of our map in the browser's window, the room that it leaves around the polygons, and
# the steps of its zoom: the peers get the same. EDGE is what it draws around an opaque area without
# a border, and DETAIL what it simplifies by (px).
BOX, ROOM, SNAP, EDGE, DETAIL = (934, 702), 8, 0.25, 0.6, 0.4
COARSEST, MERCATOR = 21664.0, 2 * np.pi * 6378137.0 / 256
# Pixels are the same within so many levels of 255, less than half the way from fill to fill; of the
# pixels, at most this share may not be.
COLOURS_APART, PIXELS_APART = 48, 0.05
# Panning with everything in view, and two levels closer, round the municipality.
FAR, NEAR = (0, "EWWENSSN"), (2, "NNWWSSSSEENN")
_NEEDS = ("playwright", "PIL", "folium")


def cases() -> list[Case]:
    """Return the cases."""
    fine = f"{FINE[0] ** 2:,} polygons, {FINE[0] ** 2 * 4 * FINE[1]:,} corners".replace(",", " ")
    many = f"{MANY[0] ** 2:,} polygons".replace(",", " ")
    return [
        _case("page-size", f"size of a page, {fine}", _size, FINE, "folium", unit="MB"),
        _case("page", f"page ready from file://, {fine}", _ready, FINE, "folium"),
        _case("page-canvas", "the same", _ready, FINE, "canvas"),
        _case("page-emulated", "the same, graphics card in software", _emulated, FINE, "folium"),
        _case("page-maplibre", "the same, graphics card in software", _emulated, FINE, "maplibre"),
        _case("page-pan", f"frame, p95, panning {many}", _far, MANY, "folium"),
        _case("page-pan-canvas", "the same", _far, MANY, "canvas"),
        _case("page-pan-near", f"frame, p95, panning {many}, two levels in", _near, MANY, "folium"),
        _case("page-pan-near-canvas", "the same", _near, MANY, "canvas"),
        _case(
            "page-pan-maplibre", f"panning {many}, software card", _far_emulated, MANY, "maplibre"
        ),
        Case(
            name="page-demo",
            work="all pages of the small example municipality from its results (limit 10 s)",
            ours=_build,
            prepare=_package,
            inputs=_results,
            rounds=2,
            group="pages",
        ),
    ]


def _case(
    name: str,
    work: str,
    measure: Callable[[str, Path], float | Told],
    shape: tuple[int, int],
    peer: str,
    *,
    unit: str = "",
) -> Case:
    titles = {
        "folium": "folium GeoJson (SVG)",
        "canvas": "folium GeoJson, prefer_canvas",
        "maplibre": "maplibre-gl, GeoJSON source",
    }
    return Case(
        name=name,
        work=work,
        ours=partial(measure, "ours"),
        run_peer=partial(measure, peer),
        peer=titles[peer],
        prepare=partial(_prepare, shape, peer),
        needs=(*_NEEDS, *(["maplibre"] if peer == "maplibre" else [])),
        why_absent=_why_absent,
        unit=unit or ("s" if measure in {_ready, _emulated} else "ms"),
        tells=True,
        rounds=0,
        difference=_apart if measure in {_ready, _emulated} else None,
        most_apart=None if peer == "maplibre" else PIXELS_APART,
        group="pages",
    )


def _why_absent() -> str:
    missing = [end for end, path in _served().items() if not path.is_file()]
    return browser.why_absent() or (f"npm could not fetch {missing[0]}" if missing else "")


# ---- the pages ---------------------------------------------------------------------------------


def polygons(shape: tuple[int, int]) -> gpd.GeoDataFrame:
    """Make a coverage of a municipality's size, with attributes that people read."""
    import geopandas as gpd  # noqa: PLC0415  (loaded where it is used)

    shapes = jagged(shape[0], shape[1], SIZE_M, _SEED)
    kinds = np.array(list(COLOURS))[np.random.default_rng(_SEED).integers(0, 4, len(shapes))]
    return gpd.GeoDataFrame(
        {
            "navn": [f"Felt {number}" for number in range(len(shapes))],
            "klasse": kinds,
            "areal": [round(shape.area / 1000, 1) for shape in shapes],
        },
        index=[f"f{number}" for number in range(len(shapes))],
        geometry=shapes,
        crs=CRS,
    )


def _prepare(shape: tuple[int, int], peer: str, folder: Path) -> None:
    """Write our page and the peer's, or take them from an earlier case of the same polygons."""
    kept = _kept(shape)
    for name in ("ours", peer):
        if not (kept / name).is_dir():
            _write(name, shape, kept / name)
        (folder / name).symlink_to(kept / name, target_is_directory=True)


@lru_cache(maxsize=2)
def _kept(shape: tuple[int, int]) -> Path:
    import atexit  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix=f"askergeo-bench-page-{shape[0]}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _write(name: str, shape: tuple[int, int], folder: Path) -> None:
    folder.mkdir()
    frame = _polygons(shape)
    if name == "ours":
        _write_ours(frame, folder)
    elif name == "maplibre":
        _write_maplibre(_plane(frame), folder)
    else:
        _write_folium(_plane(frame), folder, canvas=name == "canvas")


_polygons = lru_cache(maxsize=1)(polygons)


def _write_ours(frame: gpd.GeoDataFrame, folder: Path) -> None:
    from askergeo.outputs.page import write_pages  # noqa: PLC0415
    from askergeo.outputs.report import Report  # noqa: PLC0415

    write_pages(Report(results=(_result(frame),), title="Flater"), folder)


def _result(frame: gpd.GeoDataFrame) -> Result:
    from askergeo.result import (  # noqa: PLC0415
        Column,
        MapLayer,
        Result,
        Style,
        StyleClass,
        Table,
    )

    columns = {
        "navn": Column(title="Navn"),
        "klasse": Column(title="Klasse"),
        "areal": Column(title="Areal", unit="dekar", decimals=1),
    }
    style = Style(
        column="klasse",
        stroke="",
        width=0.0,
        classes=tuple(StyleClass(value=k, label=k, fill=c) for k, c in COLOURS.items()),
    )
    table = frame.drop(columns="geometry")
    return Result(
        analysis="flater",
        title="Flater",
        template="Her er alle flatene.",
        tables=(Table(name="flater", title="Flater", frame=table, columns=columns),),
        layers=(
            MapLayer(
                name="flater",
                title="Flater",
                frame=frame,
                columns=columns,
                style=style,
                rows_of="flater",
            ),
        ),
    )


def _resolution() -> float:
    """Metres a pixel at which our page opens."""
    fits = SIZE_M / (min(BOX) - 2 * ROOM)
    return float(COARSEST / 2 ** (np.floor(np.log2(COARSEST / fits) / SNAP) * SNAP))


def _plane(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lay the polygons out around 0°, 0° so that Web Mercator shows them as they are."""
    west, south, east, north = frame.total_bounds
    moved = frame.translate(-(west + east) / 2, -(south + north) / 2)
    return frame.set_geometry(moved.set_crs(3857, allow_override=True).to_crs(4326))


def _write_folium(frame: gpd.GeoDataFrame, folder: Path, *, canvas: bool) -> None:
    import folium  # noqa: PLC0415

    def style(feature: dict[str, Any]) -> dict[str, object]:
        colour = COLOURS[feature["properties"]["klasse"]]
        return {"fillColor": colour, "fillOpacity": 1, "color": colour, "weight": EDGE}

    made = folium.Map(
        location=[0, 0],
        zoom_start=float(np.log2(MERCATOR / _resolution())),
        zoom_snap=0,
        tiles=None,
        prefer_canvas=canvas,
        width=BOX[0],
        height=BOX[1],
    )
    folium.GeoJson(
        frame,
        style_function=style,
        smooth_factor=DETAIL,
        popup=folium.GeoJsonPopup(["navn", "klasse", "areal"]),
    ).add_to(made)
    made.save(folder / "index.html")


def _write_maplibre(frame: gpd.GeoDataFrame, folder: Path) -> None:
    for name in ("maplibre-gl.js", "maplibre-gl.css"):
        shutil.copy(str(files("maplibre") / "srcjs" / name), folder)
    (folder / "index.html").write_text(
        _MAPLIBRE.format(
            width=BOX[0],
            height=BOX[1],
            # MapLibre counts levels of tiles of 512 pixels.
            zoom=float(np.log2(MERCATOR / _resolution())) - 1,
            data=frame.to_json(drop_id=True),
            colours=json.dumps([part for pair in COLOURS.items() for part in pair]),
        ),
        encoding="utf-8",
    )


_MAPLIBRE = """<!DOCTYPE html><html lang="nb"><meta charset="utf-8"><title>Flater</title>
<link rel="stylesheet" href="maplibre-gl.css"><script src="maplibre-gl.js"></script>
<body style="margin:0"><div id="kart" style="width:{width}px;height:{height}px"></div>
<script type="application/json" id="data">{data}</script>
<script>
window.drawing = true;
const map = new maplibregl.Map({{
  container: "kart", center: [0, 0], zoom: {zoom}, fadeDuration: 0,
  style: {{version: 8, sources: {{f: {{type: "geojson",
    data: JSON.parse(document.getElementById("data").textContent)}}}}, layers: [
    {{id: "fill", type: "fill", source: "f", paint: {{
      "fill-color": ["match", ["get", "klasse"], ...{colours}, "#cccccc"]}}}}]}}
}});
map.on("idle", () => {{ window.drawing = false; }});
map.on("click", "fill", e => new maplibregl.Popup().setLngLat(e.lngLat)
  .setText(JSON.stringify(e.features[0].properties)).addTo(map));
</script></body></html>
"""


# ---- measures ----------------------------------------------------------------------------------


def _entry(name: str, folder: Path) -> Path:
    return folder / name / "index.html"


def _box(name: str) -> str:
    return ".folium-map" if name in {"folium", "canvas"} else "#kart"


def _size(name: str, folder: Path) -> float:
    """Megabytes of the page and, of MapLibre's, of what lies beside it."""
    return sum(file.stat().st_size for file in (folder / name).iterdir()) / 1e6


_drawn: dict[str, browser.Drawn] = {}


def _ready(name: str, folder: Path, *, emulated: bool = False) -> Told:
    """Seconds until the map is drawn."""
    one = browser.ready(_entry(name, folder), _box(name), _served(), emulated=emulated)
    _drawn[name] = one
    more = {"share of the map that is coloured": one.inked}
    if len(_drawn) > 1:
        more["share of pixels that are ours"] = 1 - _apart()
    print(f"{name}: {one.seconds:.2f} s, {more}", file=sys.stderr)
    return Told(one.seconds, {"share of the map that is coloured": one.inked})


def _apart(*_told: object) -> float:
    """Share of the polygons' pixels that are not alike in the two maps."""
    ours, peer = (one.picture for one in list(_drawn.values())[:2])
    side = SIZE_M / _resolution()
    return 1 - browser.equal_share(ours, peer, COLOURS_APART, side)


def _pan(name: str, folder: Path, *, path: tuple[int, str] = FAR, emulated: bool = False) -> Told:
    """Milliseconds of the frame that 95 % of the frames are shorter than."""
    closer, strokes = path
    moved = browser.pan(
        _entry(name, folder), _box(name), _served(), strokes, closer=closer, emulated=emulated
    )
    print(f"{name}: {moved}", file=sys.stderr)
    return Told(
        moved.p95,
        {
            "p95 over the time, ms": moved.wait,
            "longest frame, ms": moved.longest,
            "frames": moved.frames,
            "all strokes, s": moved.seconds,
        },
    )


_emulated = partial(_ready, emulated=True)
_far = partial(_pan, path=FAR)
_near = partial(_pan, path=NEAR)
_far_emulated = partial(_pan, path=FAR, emulated=True)


def _served() -> dict[str, Path]:
    """Files that folium's page asks for; downloaded the first time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "askergeo-benchmarks"
    found = {}
    for end, (package, file) in NPM.items():
        folder = cache / package.strip("@").replace("/", "-")
        found[end] = folder / "package" / file
        if not found[end].is_file() and shutil.which("npm"):
            folder.mkdir(parents=True, exist_ok=True)
            # What is not fetched is named by the case.
            with suppress(subprocess.CalledProcessError):
                made = subprocess.run(
                    ["npm", "pack", "--silent", package],
                    cwd=folder,
                    check=True,
                    capture_output=True,
                    text=True,
                )
                with tarfile.open(folder / made.stdout.split()[-1]) as archive:
                    archive.extractall(folder, filter="data")
    return found


# ---- building ----------------------------------------------------------------------------------

_loaded: dict[Path, Any] = {}


def _package(folder: Path) -> None:
    run_command([sys.executable, "-m", "askergeo", "demo", "--ut", str(folder / "d"), "--stille"])


def _results(folder: Path) -> None:
    """Run every analysis of the example, outside the time."""
    from askergeo.background import background_of  # noqa: PLC0415
    from askergeo.datapackage import DataPackage  # noqa: PLC0415
    from askergeo.outputs.report import Report  # noqa: PLC0415
    from askergeo.privacy import suppress_all  # noqa: PLC0415
    from askergeo.report import run_all  # noqa: PLC0415

    package = DataPackage.open(folder / "d" / "datapakke")
    found = run_all(package)
    _loaded[folder] = Report(
        results=tuple(suppress_all(found.results)),
        title=package.name,
        not_run=tuple(found.not_run),
        background=background_of(package),
    )


def _build(folder: Path) -> list[str]:
    from askergeo.outputs.page import write_pages  # noqa: PLC0415

    out = folder / "sider"
    out.mkdir(exist_ok=True)
    return write_pages(_loaded[folder], out)
