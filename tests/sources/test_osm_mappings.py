"""Norwegian tagging: what each kind of way, gate and service in OpenStreetMap becomes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.sources.intake import Intake, take_in

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("osmium")

CATALOGUE = load_catalogue()

# Tags of a way → vegtype, gange, adgang; None: not among the roads.
WAYS: dict[str, tuple[str, str | None, str | None] | None] = {
    # Sign 522: the combined foot- and cycleway.
    "highway=cycleway foot=designated segregated=no": ("gang_sykkelveg", "tillatt", "offentlig"),
    "highway=cycleway foot=yes": ("gang_sykkelveg", "tillatt", "offentlig"),
    # Sign 520 alone: walked where there is no pavement; closed only with sign 306.7.
    "highway=cycleway": ("sykkelveg", None, None),
    "highway=cycleway foot=no": ("sykkelveg", "forbudt", None),
    "highway=motorway": ("motorveg", None, None),
    "highway=motorway_link foot=no": ("motorveg", "forbudt", None),
    "highway=trunk motorroad=yes": ("motorveg", None, None),
    "highway=trunk foot=no": ("bilveg", "forbudt", None),
    "highway=trunk": ("bilveg", None, None),
    "highway=trunk tunnel=yes": ("bilveg", "forbudt", None),
    "highway=trunk tunnel=yes foot=yes": ("bilveg", "tillatt", "offentlig"),
    "highway=service service=driveway": ("bilveg", None, "privat"),
    "highway=service service=driveway access=yes": ("bilveg", None, "offentlig"),
    "highway=service service=driveway foot=permissive": ("bilveg", "tillatt", "offentlig"),
    "highway=service service=parking_aisle": ("bilveg", None, None),
    "highway=service access=private": ("bilveg", None, "privat"),
    "highway=service access=private foot=yes": ("bilveg", "tillatt", "offentlig"),
    "highway=service access=no": ("bilveg", "forbudt", None),
    "highway=service access=no foot=designated": ("bilveg", "tillatt", "offentlig"),
    "highway=service access=destination": ("bilveg", None, "offentlig"),
    "highway=residential foot=use_sidepath": ("bilveg", "forbudt", None),
    "highway=busway": ("bilveg", "forbudt", None),
    "highway=footway footway=sidewalk": ("fortau", None, None),
    "highway=footway footway=crossing": ("gangfelt", None, None),
    "highway=footway": ("gang_sykkelveg", None, None),
    "highway=footway access=private": ("gang_sykkelveg", None, "privat"),
    "highway=path foot=designated bicycle=designated": ("gang_sykkelveg", "tillatt", "offentlig"),
    "highway=steps": ("trapp", None, None),
    "highway=living_street": ("gatetun", None, None),
    "highway=pedestrian": ("gang_sykkelveg", None, None),
    "railway=platform": ("gang_sykkelveg", None, None),
    "route=ferry": ("ferge", None, None),
    "highway=path": None,
    "highway=construction construction=footway": None,
    "highway=proposed proposed=residential": None,
    "construction:highway=residential": None,
    "abandoned:highway=track name=Gamle": None,
    "highway=corridor indoor=yes": None,
    "public_transport=platform": None,
    "railway=rail": None,
}
PATHS = {
    "highway=path": ("sti", None, None),
    "highway=trail": ("sti", None, None),
    "highway=bridleway": ("sti", None, None),
    "highway=track": ("traktorveg", None, None),
    "highway=track access=private": ("traktorveg", None, "privat"),
    "highway=path foot=no": ("sti", "forbudt", None),
    "highway=path foot=yes access=private": ("sti", "tillatt", "offentlig"),
    "highway=path foot=designated bicycle=designated": None,
    "highway=footway": None,
}
GATES = {
    "barrier=gate": ("port", None),
    "barrier=gate access=private": ("port", "forbudt"),
    "barrier=gate access=no foot=yes": ("port", "tillatt"),
    "barrier=gate locked=yes": ("port", "forbudt"),
    "barrier=gate locked=yes foot=yes": ("port", "tillatt"),
    "barrier=gate foot=no access=yes": ("port", "forbudt"),
    "barrier=gate access=permissive": ("port", "tillatt"),
    "barrier=lift_gate": ("bom", None),
    "barrier=bollard": ("pullert", None),
    "barrier=cycle_barrier": ("sluse", None),
    "barrier=yes": ("annet", None),
    "barrier=kerb": None,
    "barrier=toll_booth": None,
}
SERVICES = {
    "shop=supermarket": ("dagligvare", "hverdag"),
    "shop=convenience post_office=post_partner": ("dagligvare", "hverdag"),
    "shop=kiosk post_office=post_partner": ("post", "hverdag"),
    "amenity=parcel_locker": ("post", "hverdag"),
    "amenity=pharmacy healthcare=pharmacy": ("apotek", "hverdag"),
    "amenity=cafe": ("kafe", "hverdag"),
    "shop=bakery": ("kafe", "hverdag"),
    "amenity=library": ("bibliotek", "sosial"),
    "amenity=townhall": ("innbyggertorg", "sosial"),
    "amenity=doctors healthcare=doctor": ("legesenter", "helse"),
    "healthcare=clinic": ("legesenter", "helse"),
    "amenity=dentist": ("tannlege", "helse"),
    "healthcare=physiotherapist": ("fysioterapi", "helse"),
    "healthcare=midwife": ("helsestasjon", "helse"),
    "amenity=social_facility social_facility=nursing_home": ("sykehjem", "helse"),
    "amenity=social_facility social_facility=day_care social_facility:for=senior": (
        "seniorsenter",
        "sosial",
    ),
    "amenity=community_centre": ("forsamlingslokale", "sosial"),
    "amenity=place_of_worship": ("forsamlingslokale", "sosial"),
    "leisure=park": ("park", "sosial"),
    "leisure=park access=private": None,
    "disused:shop=supermarket": None,
    "shop=clothes": None,
}


def _tags(text: str) -> str:
    pairs = (pair.split("=") for pair in text.split())
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in pairs)


def _extract(path: Path, *, ways: list[str] | None = None, points: list[str] | None = None) -> Path:
    """Write an extract of lines side by side, or of points; the name of each tells its number."""
    rows = []
    for number, text in enumerate(points or []):
        place = f'lat="59.8" lon="{10.4 + number / 1000:.4f}"'
        rows.append(f'<node id="{number + 1}" {place}>{_tags(text)}</node>')
    for number in range(len(ways or [])):
        for end in (0, 1):
            place = f'lat="{59.8 + end / 1000:.4f}" lon="{10.4 + number / 1000:.4f}"'
            rows.append(f'<node id="{2 * number + end + 1}" {place}/>')
    for number, text in enumerate(ways or []):
        nodes = f'<nd ref="{2 * number + 1}"/><nd ref="{2 * number + 2}"/>'
        rows.append(f'<way id="{number + 1}">{nodes}{_tags(text)}</way>')
    path.write_text(f'<osm version="0.6">{"".join(rows)}</osm>', "utf-8")
    return path


def _number(intake: Intake) -> list[int]:
    """Tell from where each row lies which of the written objects it is."""
    west = intake.frame.to_crs("EPSG:4326").geometry.bounds["minx"]
    return [round((x - 10.4) * 1000) for x in west]


def _answers(intake: Intake, count: int, *columns: str) -> list[tuple[str | None, ...] | None]:
    found: list[tuple[str | None, ...] | None] = [None] * count
    values = intake.frame[list(columns)].astype(object)
    values = values.where(values.notna(), None)
    for number, row in zip(_number(intake), values.itertuples(index=False), strict=True):
        found[number] = tuple(row)
    return found


def _mapped(path: Path, layer: str, mapping: str = "") -> Intake:
    intake = take_in(path, CATALOGUE[layer], mapping=mapping or f"osm_{layer}")
    assert intake.rows_set_aside == 0
    return intake


@pytest.mark.parametrize(("layer", "cases"), [("veg", WAYS), ("sti", PATHS)])
def test_ways(tmp_path: Path, layer: str, cases: dict[str, tuple[str | None, ...] | None]):
    path = _extract(tmp_path / "utdrag.osm", ways=list(cases))
    kind = {"veg": "vegtype", "sti": "stitype"}[layer]
    answers = _answers(_mapped(path, layer), len(cases), kind, "gange", "adgang")
    assert dict(zip(cases, answers, strict=True)) == cases


def test_no_way_is_both_a_road_and_a_path(tmp_path: Path):
    cases = list(WAYS | PATHS)
    path = _extract(tmp_path / "utdrag.osm", ways=cases)
    both = set(_number(_mapped(path, "veg"))) & set(_number(_mapped(path, "sti")))
    assert not both


@pytest.mark.parametrize(
    ("layer", "columns", "cases"),
    [("sperring", ("type", "gange"), GATES), ("tjeneste", ("type", "gruppe"), SERVICES)],
)
def test_points(
    tmp_path: Path,
    layer: str,
    columns: tuple[str, ...],
    cases: dict[str, tuple[str | None, ...] | None],
):
    path = _extract(tmp_path / "utdrag.osm", points=list(cases))
    answers = _answers(_mapped(path, layer), len(cases), *columns)
    assert dict(zip(cases, answers, strict=True)) == cases


@pytest.mark.parametrize(
    ("tags", "medium", "level"),
    [
        ("highway=footway", "bakke", None),
        ("highway=footway bridge=yes layer=1", "bru", 1),
        ("highway=footway tunnel=yes layer=-2", "tunnel", -2),
        ("highway=footway tunnel=building_passage", "bakke", None),
        ("highway=footway tunnel=no bridge=no", "bakke", None),
        ("highway=footway layer=0;1", "bakke", None),
        ("highway=path bridge=boardwalk layer=1", "bru", 1),
    ],
)
def test_bridges_and_tunnels(tmp_path: Path, tags: str, medium: str, level: int | None):
    path = _extract(tmp_path / "utdrag.osm", ways=[tags])
    layer = "sti" if "path" in tags else "veg"
    (row,) = _mapped(path, layer).frame.to_dict("records")
    assert row["medium"] == medium
    assert (row["niva"] if level is not None else None) == level


@pytest.mark.parametrize(("value", "ploughed"), [("yes", True), ("no", False)])
def test_ploughing(tmp_path: Path, value: str, ploughed: bool):
    path = _extract(tmp_path / "utdrag.osm", ways=[f"highway=footway winter_service={value}"])
    assert _mapped(path, "veg").frame["broytet"].tolist() == [ploughed]


SQUARE = """<osm version="0.6">
<node id="1" lat="59.800" lon="10.400"/><node id="2" lat="59.800" lon="10.401"/>
<node id="3" lat="59.801" lon="10.401"/><node id="4" lat="59.801" lon="10.400"/>
<node id="5" lat="59.799" lon="10.400"/><node id="6" lat="59.802" lon="10.401"/>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
<tag k="highway" v="pedestrian"/><tag k="area" v="yes"/></way>
<way id="2"><nd ref="5"/><nd ref="1"/><tag k="highway" v="footway"/></way>
<way id="3"><nd ref="3"/><nd ref="6"/><tag k="highway" v="footway"/></way>
<way id="4"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
<tag k="highway" v="service"/><tag k="area" v="yes"/></way>
</osm>"""


def test_ways_meet_along_the_edge_of_a_square(tmp_path: Path):
    path = tmp_path / "torg.osm"
    path.write_text(SQUARE, "utf-8")
    lines = _mapped(path, "veg").frame.geometry
    # The square and the two ways; a car park drawn as a surface is no way.
    assert len(lines) == 3
    assert set(lines.geom_type) == {"LineString"}
    joined = shapely.line_merge(shapely.node(shapely.union_all(lines.to_numpy())))
    assert len(shapely.get_parts(joined)) == 4
    assert shapely.get_num_geometries(shapely.union_all(shapely.buffer(lines.to_numpy(), 0.1))) == 1


def test_every_walkable_way_of_oslo_is_mapped(shared_data: Path):
    """What the layers hold of the extract, counted from its tags without the mappings."""
    import osmium  # noqa: PLC0415  (optional, as in the library)

    path = shared_data / "routing/oslo-east-filtered.osm.pbf"
    counts: Counter[str] = Counter()
    cycle: Counter[str | None] = Counter()
    for way in osmium.FileProcessor(str(path), osmium.osm.WAY):
        if "highway" in way.tags and not (way.is_closed() and way.tags.get("area") == "yes"):
            counts[way.tags["highway"]] += 1
            if way.tags["highway"] == "cycleway":
                cycle[way.tags.get("foot")] += 1
    road, trail = _mapped(path, "veg").frame, _mapped(path, "sti").frame
    # Two paths are signed for both who walk and who cycle, and lie among the roads.
    assert len(trail) == sum(counts[kind] for kind in ("path", "track", "bridleway", "trail")) - 2
    assert (road["vegtype"] == "trapp").sum() == counts["steps"]
    assert (road["vegtype"] == "gatetun").sum() == counts["living_street"]
    alone = road["vegtype"] == "sykkelveg"
    assert alone.sum() == cycle[None] + cycle["no"] + cycle["private"]
    # One of them is closed to all (access=no).
    assert (alone & (road["gange"] != "forbudt")).sum() == cycle[None] - 1
    assert cycle["designated"] + cycle["yes"] > 300
