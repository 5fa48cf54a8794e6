"""A plan proposal for Eksempelbygda as GML, SOSI and GeoPackage, with faults that are known.

The three files are the same plan. What is wrong with it stands in ``planfiler`` of the key: how
many findings each rule has in each file, those that only GML can have apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import shapely

from askergeo.crs import CRS_OF_RECORD
from askergeo.example.land import MUNICIPALITY
from askergeo.stores.geopackage import fixed_date

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from askergeo.example.land import Land

__all__ = ["FOLDER", "Thing", "make_plan_proposal", "plan_proposal", "write_plan_files"]

FOLDER: Final = "planer"
WIDTH, HEIGHT = 200, 140
# The last purpose: its ring runs the wrong way in GML.
_TURNED = 5
PLAN_ID = "2025-01"
# What the rules find in every form, and in GML besides.
_FAULTS: Final = {
    "rpf.o.2": 1,
    "rpf.a.14": 1,
    "plan.formaal.hull": 1,
    "plan.formaal.overlapp": 2,
    "plan.formaal.utgaatt": 1,
    "plan.eierform": 1,
    "plan.utnytting.type": 1,
    "plan.hensyn.navn": 1,
}
_GML_FAULTS: Final = {
    "gml.gmlid.1": 1,
    "gml.uuid.1": 1,
    "gml.xlink.1": 1,
    "gml.kurve.2": 1,
    "gml.flate.3": 1,
}


@dataclass(frozen=True)
class Thing:
    """One object of the plan: its type, its values, and its shape in the CRS of record."""

    kind: str
    values: dict[str, tuple[str, ...]]
    shape: BaseGeometry
    id: str = field(default="")


def make_plan_proposal(land: Land) -> None:
    """Note the faults of the plan in the key."""
    land.key["planfiler"] = {
        "planforslag.gml": _FAULTS | _GML_FAULTS,
        # In SOSI the outline of the zone that reaches outside is an object of its own.
        "planforslag.sos": _FAULTS | {"rpf.o.2": 2},
        "planforslag.gpkg": _FAULTS,
    }


def plan_proposal(key: dict[str, Any]) -> tuple[Thing, ...]:
    """Draw the plan where the proposed kommuneplan of the key has new dwellings."""
    new = [one for one in key["planendringer"] if one["endring"] == "ny"]
    at = next((one for one in new if one["til_kode"] == 1110), new[0])
    west, south = round(at["x"]) - WIDTH // 2, round(at["y"]) - HEIGHT // 2
    return tuple(_things(float(west), float(south)))


def _things(west: float, south: float) -> list[Thing]:
    def box(x: float, y: float, to_x: float, to_y: float) -> shapely.Polygon:
        return shapely.box(west + x, south + y, west + to_x, south + to_y)

    def use(code: str, owner: str, place: shapely.Polygon, *kinds: str) -> Thing:
        values = {
            "arealformål": (code,),
            "eierform": (owner,) if owner else (),
            "utnyttingstype": kinds,
        }
        values["utnyttingstall"] = ("30",) if set(kinds) - {"10"} else ()
        return Thing("RpArealformålOmråde", {k: v for k, v in values.items() if v}, place)

    number = {"kommunenummer": (MUNICIPALITY,), "planidentifikasjon": (PLAN_ID,)}
    things = [
        Thing("RpOmråde", {"vertikalnivå": ("2",), **number}, box(0, 0, WIDTH, HEIGHT)),
        # A way of reckoning that plans of today may not use.
        use("1111", "3", box(0, 0, 80, 140), "3"),
        # Not to be built on, and built on all the same.
        use("2011", "1", box(80, 0, 90, 140), "10", "16"),
        # A purpose that is no more, 2 m into its neighbours.
        use("1163", "1", box(90, 0, 200, 62), "16"),
        # 1 m short of the next.
        use("3040", "1", box(90, 60, 149, 140)),
        # Nobody says who owns it.
        use("1610", "", box(150, 60, 200, 140), "11"),
        # Named for flood, coded for slides.
        Thing("RpFareSone", {"fare": ("310",), "hensynSonenavn": ("H320_1",)}, box(0, 0, 60, 40)),
        # 10 m outside the plan.
        Thing("RpStøySone", {"støy": ("220",), "hensynSonenavn": ("H220_1",)},
              box(-10, 100, 60, 140)),
        Thing("RpFormålGrense", {}, shapely.LineString([(west + 80, south),
                                                        (west + 80, south + 140)])),
    ]  # fmt: skip
    return [
        Thing(one.kind, one.values, one.shape, str(UUID(int=2025_0100 + number, version=4)))
        for number, one in enumerate(things)
    ]


def write_plan_files(things: tuple[Thing, ...], folder: Path) -> None:
    """Write the plan in its three forms."""
    folder.mkdir(exist_ok=True)
    (folder / "planforslag.gml").write_text(_gml(things), encoding="utf-8")
    (folder / "planforslag.sos").write_text(_sosi(things), encoding="utf-8")
    _geopackage(things, folder / "planforslag.gpkg")


def _gml(things: tuple[Thing, ...]) -> str:
    """Write GML with the faults of its own: links, ids, a ring and a curve."""
    system = f"http://www.opengis.net/def/crs/EPSG/0/{CRS_OF_RECORD.partition(':')[2]}"
    area = f"_{things[0].id}"
    members = []
    for number, one in enumerate(things):
        # The last purpose runs the wrong way, the zone of noise has a number that is no UUID, and
        # the zone of danger belongs to an area that is not there.
        identity = "ikke-en-uuid" if one.kind == "RpStøySone" else one.id
        link = "_finnes-ikke" if one.kind == "RpFareSone" else area
        inside = [
            "<app:identifikasjon><app:Identifikasjon>",
            f"<app:lokalId>{identity}</app:lokalId>",
            "</app:Identifikasjon></app:identifikasjon>",
            _gml_shape(one, turned=number == _TURNED),
        ]
        inside += [
            f"<app:{name}>{escape(value)}</app:{name}>"
            for name, values in one.values.items()
            for value in values
        ]
        if one.kind != "RpOmråde":
            inside.append(f'<app:planområde xlink:href="#{link}"/>')
        members.append(_gml_member(one.kind, f"_{one.id}", "".join(inside)))
    # A text that was exported twice.
    point = shapely.get_coordinates(things[0].shape.centroid)[0]
    text = "<app:posisjon><gml:Point><gml:pos>{:.2f} {:.2f}</gml:pos></gml:Point></app:posisjon>"
    members += [_gml_member("RpPåskrift", "_paaskrift", text.format(*point))] * 2
    west, south, east, north = things[0].shape.bounds
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:app="http://skjema.geonorge.no/SOSI/'
        'produktspesifikasjon/Reguleringsplanforslag/5.0" gml:id="_planforslag">\n'
        f'<gml:boundedBy><gml:Envelope srsName="{system}" srsDimension="2"><gml:lowerCorner>'
        f"{west:.2f} {south:.2f}</gml:lowerCorner><gml:upperCorner>{east:.2f} {north:.2f}"
        "</gml:upperCorner></gml:Envelope></gml:boundedBy>\n"
        + "\n".join(members)
        + "\n</gml:FeatureCollection>\n"
    )


def _gml_member(kind: str, identity: str, inside: str) -> str:
    return (
        f'<gml:featureMember><app:{kind} gml:id="{identity}">{inside}</app:{kind}>'
        "</gml:featureMember>"
    )


def _gml_shape(one: Thing, *, turned: bool) -> str:
    if isinstance(one.shape, shapely.LineString):
        xy = shapely.get_coordinates(one.shape)
        # The end is written twice.
        points = _pairs(np.vstack([xy, xy[-1:]]))
        return (
            "<app:grense><gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>"
            f"{points}</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve></app:grense>"
        )
    ring = shapely.get_coordinates(shapely.orient_polygons(one.shape))
    points = _pairs(ring[::-1] if turned else ring)
    return (
        "<app:område><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>"
        f"{points}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></app:område>"
    )


def _pairs(points: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> str:
    return " ".join(f"{x:.2f} {y:.2f}" for x, y in points)


_SOSI_NAMES: Final = {
    "arealformål": "..RPAREALFORMÅL {}",
    "eierform": "..EIERFORM {}",
    "vertikalnivå": "..VERTNIV {}",
    "fare": "..RPFARE {}",
    "støy": "..RPSTØY {}",
    "hensynSonenavn": "..HENSYNSONENAVN {}",
    "utnyttingstype": "..UTNYTT\n...UTNTYP {}",
    "utnyttingstall": "..UTNYTT\n...UTNTALL {}",
    "kommunenummer": "..NASJONALAREALPLANID\n...KOMM {}",
    "planidentifikasjon": "..NASJONALAREALPLANID\n...PLANID {}",
}


def _sosi(things: tuple[Thing, ...]) -> str:
    """Write SOSI: a closed curve for each surface, in centimetres."""
    west, south, east, north = (round(value) for value in things[0].shape.bounds)
    lines = [
        ".HODE", "..TEGNSETT UTF-8", "..TRANSPAR", "...KOORDSYS 22",
        f"...ORIGO-NØ {south} {west}", "...ENHET 0.01", "..OMRÅDE",
        f"...MIN-NØ {south} {west}", f"...MAX-NØ {north} {east}",
        "..SOSI-VERSJON 5.0", "..SOSI-NIVÅ 4",
    ]  # fmt: skip
    for number, one in enumerate(things, start=1):
        points = [
            f"{round(100 * (y - south))} {round(100 * (x - west))}"
            for x, y in shapely.get_coordinates(one.shape)
        ]
        told = [
            _SOSI_NAMES[name].format(value)
            for name, values in one.values.items()
            for value in values
        ]
        surface = isinstance(one.shape, shapely.Polygon)
        kind = "RpGrense" if surface else one.kind
        lines += [f".KURVE {number}:", f"..OBJTYPE {kind}", "..NØ", *points]
        if surface:
            lines += [f".FLATE {100 + number}:", f"..OBJTYPE {one.kind}", "..IDENT"]
            lines += [f"...LOKALID {one.id}", *told, f"..REF :{number}", "..NØ", points[0]]
    return "\n".join([*lines, ".SLUTT", ""])


def _geopackage(things: tuple[Thing, ...], file: Path) -> None:
    with fixed_date():
        for kind in dict.fromkeys(one.kind for one in things):
            some = [one for one in things if one.kind == kind]
            names = dict.fromkeys(name for one in some for name in one.values)
            columns = {
                name: [";".join(one.values.get(name, ())) or None for one in some] for name in names
            }
            frame = gpd.GeoDataFrame(
                {"lokalId": [one.id for one in some], **columns},
                geometry=[one.shape for one in some],
                crs=CRS_OF_RECORD,
            )
            frame.to_file(file, layer=kind)
