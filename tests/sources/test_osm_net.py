"""OpenStreetMap over the net: a server on this machine that speaks what osmnx asks for."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.cli.main import run
from askergeo.datapackage import DataPackage
from askergeo.errors import ParameterError, ServiceError, SourceError
from askergeo.sources.intake import take_in
from askergeo.sources.osm_net import LAYERS, Area, asked_tags, fetch_osm, find_place, parse_box

if TYPE_CHECKING:
    from collections.abc import Iterator

osmnx = pytest.importorskip("osmnx")
pytest.importorskip("osmium")

BOX = "10.399,59.799,10.412,59.812"
NODES: dict[int, tuple[float, float, dict[str, str]]] = {
    1: (59.800, 10.400, {}),
    2: (59.800, 10.401, {"barrier": "gate", "access": "private"}),
    3: (59.801, 10.401, {}),
    4: (59.801, 10.400, {}),
    5: (59.802, 10.402, {"shop": "supermarket", "name": "Matboden", "brand": "Ø"}),
    6: (59.803, 10.403, {"shop": "clothes"}),
}
WAYS: dict[int, tuple[list[int], dict[str, str]]] = {
    10: ([1, 2], {"highway": "cycleway", "foot": "designated"}),
    11: ([2, 3], {"highway": "path"}),
    12: ([3, 4], {"highway": "construction", "construction": "footway"}),
    13: ([1, 2, 3, 4, 1], {"highway": "pedestrian", "area": "yes"}),
    14: ([1, 2, 3, 4, 1], {"highway": "service"}),
    15: ([1, 2, 3, 4, 1], {"leisure": "park", "name": "Parken"}),
    16: ([3, 4], {"highway": "motorway"}),
    17: ([2, 4], {"barrier": "fence"}),
}


def _elements(query: str) -> list[dict[str, Any]]:
    """Answer the part of Overpass QL that osmnx writes: a kind, a key and perhaps a value."""
    asked = re.findall(r"\((node|way)\['([^']+)'(?:='([^']*)')?\]\(poly:", query)

    def wanted(kind: str, tags: dict[str, str]) -> bool:
        return any(
            k == kind and key in tags and value in ("", tags[key]) for k, key, value in asked
        )

    ways = {number: way for number, way in WAYS.items() if wanted("way", way[1])}
    used = {node for nodes, _ in ways.values() for node in nodes}
    found = [number for number, node in NODES.items() if number in used or wanted("node", node[2])]
    return [
        {"type": "node", "id": number, "lat": NODES[number][0], "lon": NODES[number][1]}
        | ({"tags": NODES[number][2]} if NODES[number][2] else {})
        for number in found
    ] + [
        {"type": "way", "id": number, "nodes": nodes, "tags": tags}
        for number, (nodes, tags) in ways.items()
    ]


class _Server(BaseHTTPRequestHandler):
    mode = ""
    asked: list[str]

    def do_POST(self) -> None:
        query = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0]
        type(self).asked.append(query)
        if self.mode == "silent":
            time.sleep(3)
        self._answer({"elements": [] if self.mode == "empty" else _elements(query)})

    def do_GET(self) -> None:
        asked = urlparse(self.path)
        type(self).asked.append(asked.path)
        name = parse_qs(asked.query).get("q", [""])[0]
        corners = [[10.39, 59.79], [10.43, 59.79], [10.43, 59.83], [10.395, 59.83], [10.39, 59.79]]
        place = {
            "osm_type": "relation",
            "osm_id": 1,
            "lat": "59.8",
            "lon": "10.4",
            "importance": 0.5,
            "boundingbox": ["59.799", "59.812", "10.399", "10.412"],
            "geojson": {"type": "Polygon", "coordinates": [corners]}
            if name.startswith("Asker")
            else {"type": "Point", "coordinates": [10.4, 59.8]},
        }
        self._answer([] if name.startswith("Ingensteds") else [place])

    def _answer(self, content: object) -> None:
        status = {"busy": 429, "refused": 400}.get(self.mode, 200)
        if self.mode == "cut short" and isinstance(content, dict):
            content["remark"] = "runtime error: Query timed out"
        body = b"<html>Logg inn</html>" if self.mode == "portal" else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base's name)
        """Say nothing."""


@contextmanager
def _serving(monkeypatch: pytest.MonkeyPatch, mode: str = "") -> Iterator[type[_Server]]:
    handler = type("Handler", (_Server,), {"mode": mode, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(osmnx.settings, "overpass_url", address)
    monkeypatch.setattr(osmnx.settings, "nominatim_url", address)
    try:
        yield handler
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "pakke"
    DataPackage.create(path, municipality="3203", name="Asker")
    return path


def _extract(path: Path) -> Path:
    """Write the same objects as an extract."""

    def tags(of: dict[str, str]) -> str:
        return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in of.items())

    nodes = "".join(
        f'<node id="{number}" lat="{lat}" lon="{lon}">{tags(of)}</node>'
        for number, (lat, lon, of) in NODES.items()
    )
    ways = "".join(
        f'<way id="{number}">{"".join(f"<nd ref={chr(34)}{n}{chr(34)}/>" for n in used)}'
        f"{tags(of)}</way>"
        for number, (used, of) in WAYS.items()
    )
    path.write_text(f'<osm version="0.6">{nodes}{ways}</osm>', "utf-8")
    return path


@pytest.mark.parametrize("layer", LAYERS)
def test_the_net_gives_what_an_extract_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layer: str
):
    with _serving(monkeypatch):
        fetched = fetch_osm(parse_box(BOX), tmp_path, timeout=20)
    extract = _extract(tmp_path / "utdrag.osm")
    catalogue, mapping = load_catalogue(), LAYERS[layer]
    net, file = (take_in(one, catalogue[layer], mapping=mapping) for one in (fetched, extract))
    columns = [name for name in file.frame if name not in (*catalogue[layer].generated, "geometry")]
    order = [*columns, "wkt"]

    def rows(frame: Any) -> list[tuple[object, ...]]:
        # Which node a ring starts in is nobody's choice.
        shapes = frame.geometry.normalize().set_precision(0.001).to_wkt()
        table = frame.assign(wkt=shapes)[order].astype("str").fillna("")
        return sorted(table.itertuples(index=False, name=None))

    assert rows(net.frame) == rows(file.frame)
    assert len(net.frame) == {"veg": 4, "sti": 1, "sperring": 1, "tjeneste": 2}[layer]


def test_what_is_asked_for_is_short_whole_and_in_whole_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # A shore of 20 000 corners that reaches the ways from all sides, and an island.
    turn = np.linspace(0, 2 * np.pi, 20_000)
    wide = 0.01 + 0.002 * np.sin(200 * turn)
    shore = np.column_stack([10.401 + wide * np.cos(turn), 59.801 + wide / 2 * np.sin(turn)])
    place = shapely.MultiPolygon([shapely.Polygon(shore), shapely.box(10.5, 59.8, 10.501, 59.801)])
    with _serving(monkeypatch) as server:
        path = fetch_osm(Area(polygon=place, name="Skjærgården"), tmp_path, timeout=20)
    questions = [one for one in server.asked if one.startswith("[out")]
    assert all("[timeout:20]" in one for one in questions)
    assert sum(map(len, questions)) < 500_000
    asked = [
        shapely.Polygon(
            [(float(x), float(y)) for y, x in zip(*[iter(text.split())] * 2, strict=True)]
        )
        for one in questions
        for text in set(re.findall(r"\(poly:'([^']+)'\)", one))
    ]
    assert shapely.covers(shapely.union_all(asked), place)
    assert len(take_in(path, load_catalogue()["veg"], mapping="osm_veg").frame) == 4


def test_what_lies_outside_the_place_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # Wavy enough to be simplified: the shop and nothing else lies in it.
    near = shapely.Point(10.402, 59.802).buffer(0.0004, quad_segs=50)
    with _serving(monkeypatch):
        path = fetch_osm(Area(polygon=near, name="Matboden"), tmp_path, timeout=20)
    catalogue = load_catalogue()
    assert len(take_in(path, catalogue["tjeneste"], mapping="osm_tjeneste").frame) == 1
    assert len(take_in(path, catalogue["veg"], mapping="osm_veg").frame) == 0


def test_cycleways_are_asked_for_and_unfinished_ways_are_not():
    asked = asked_tags()
    roads = asked["highway"]
    assert isinstance(roads, list)
    assert {"cycleway", "footway", "steps", "path", "track", "pedestrian"} <= set(roads)
    assert not {"construction", "proposed"} & set(roads)
    assert "ferry" in asked["route"]  # type: ignore[operator]
    assert "fence" not in asked["barrier"]  # type: ignore[operator]


def test_a_place_fills_a_package(package: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    with _serving(monkeypatch) as server:
        code = run(["data", "hent", str(package), "osm", "--sted", "Asker, Norge"])
    assert code == 0, capsys.readouterr()
    opened = DataPackage.open(package)
    assert {layer: opened.record(layer).rows for layer in LAYERS} == {
        "veg": 4,
        "sti": 1,
        "sperring": 1,
        "tjeneste": 2,
    }
    record = opened.record("veg")
    assert record.licence == "ODbL 1.0"
    assert record.attribution == "© OpenStreetMap-bidragsyterne"
    assert "OpenStreetMap, Asker, Norge" in record.origin
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", record.fetched)
    # The area that the server gave as the boundary is what is mapped.
    coverage = opened.coverage("veg")
    assert coverage is not None
    assert 9_000_000 < coverage.area < 9_600_000
    assert server.asked[0] == "/search"
    # Nothing is left of the settings that this one question needed.
    assert osmnx.settings.use_cache
    assert osmnx.settings.requests_kwargs == {}
    assert socket.getaddrinfo.__module__ == "socket"


def test_layers_that_are_there_are_not_replaced_unasked(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    with _serving(monkeypatch) as server:
        assert run(["data", "hent", str(package), "osm", "--boks", BOX]) == 0
        before = len(server.asked)
        assert run(["data", "hent", str(package), "osm", "--boks", BOX]) == 2
        assert len(server.asked) == before
        assert "--overskriv" in capsys.readouterr().err
        assert run(["data", "hent", str(package), "osm", "--boks", BOX, "--overskriv"]) == 0


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("busy", "er opptatt (svar 429)"),
        ("refused", "avviste spørsmålet (svar 400)"),
        ("portal", "noe annet enn data"),
        ("cut short", "rakk ikke å svare på alt"),
        ("empty", "området er tomt"),
        ("silent", "svarte ikke innen 1 sekunder"),
    ],
)
def test_a_service_that_fails_is_named_and_nothing_is_added(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, mode: str, said: str
):
    with _serving(monkeypatch, mode):
        code = run(["data", "hent", str(package), "osm", "--boks", BOX, "--frist", "1"])
    told = capsys.readouterr().err
    assert code == 2
    assert said in told
    assert not DataPackage.open(package).records


def test_no_net_is_told_with_what_to_do(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    monkeypatch.setattr(osmnx.settings, "overpass_url", f"http://127.0.0.1:{port}")
    start = time.perf_counter()
    assert run(["data", "hent", str(package), "osm", "--boks", BOX]) == 2
    told = capsys.readouterr().err
    assert f"Får ikke kontakt med 127.0.0.1:{port}" in told
    assert "geofabrik.de" in told
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    ("name", "said"), [("Ingensteds", "finnes ikke"), ("Punktvik", "ikke grensen")]
)
def test_a_place_without_boundary(monkeypatch: pytest.MonkeyPatch, name: str, said: str):
    with _serving(monkeypatch), pytest.raises(SourceError, match=said):
        find_place(name, timeout=5)


@pytest.mark.parametrize(
    "text",
    ["", "1,2,3", "a,b,c,d", "10.5,59.8,10.4,59.9", "10,59,10,60", "0,0,nan,1", "0,50,30,70"],
)
def test_a_box_that_is_none(text: str):
    with pytest.raises(ParameterError):
        parse_box(text)


def test_a_place_or_a_box_and_not_both(package: Path, capsys: Any):
    assert run(["data", "hent", str(package), "osm"]) == 2
    assert run(["data", "hent", str(package), "osm", "--boks", BOX, "--sted", "Asker"]) == 2
    assert "enten --sted eller --boks" in capsys.readouterr().err


def test_help_says_that_it_goes_out_on_the_net(capsys: Any):
    assert run(["data", "hent", "--help"]) == 0
    assert "den eneste kommandoen som går på nettet" in " ".join(capsys.readouterr().out.split())


def test_no_other_module_knows_the_net():
    """Only one module may import what opens a connection; the desk's only listens on loopback."""
    outward = re.compile(
        r"^\s*(?:import|from) +(?:requests|urllib\.request|urllib3|socket|ssl|ftplib|smtplib|aiohttp"
        r"|http\.client|httpx|osmnx)\b",
        re.MULTILINE,
    )
    root = Path(__file__).resolve().parents[2]
    found = {
        str(path.relative_to(root))
        for folder in ("askergeo", "cli")
        for path in (root / folder).rglob("*.py")
        if outward.search(path.read_text("utf-8"))
    }
    assert found == {"askergeo/sources/osm_net.py", "askergeo/desk/app.py"}
    desk = (root / "askergeo" / "desk" / "app.py").read_text("utf-8")
    assert not re.search(r"\.connect(?:_ex)?\(|create_connection", desk)


def test_service_errors_are_connection_errors():
    assert issubclass(ServiceError, ConnectionError)
