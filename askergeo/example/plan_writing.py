"""Writes the objects of a plan as GML, SOSI and GeoPackage.

The plan proposal of Eksempelbygda has faults that only GML can have; they are put in here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import shapely

from askergeo.crs import CRS_OF_RECORD
from askergeo.stores.geopackage import fixed_date

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

__all__ = ["Thing", "write_forms"]

# The last purpose: its ring runs the wrong way in GML.
_TURNED: Final = 5
_TEXT_ID: Final = "5d9a1f60-7d43-4d0a-8a52-0b2f4f6e9c11"
_PRODUCTS: Final = {"Rp": "Reguleringsplanforslag", "Kp": "Kommuneplan"}


@dataclass(frozen=True)
class Thing:
    """One object of the plan: its type, its values, and its shape in the CRS of record."""

    kind: str
    values: Mapping[str, tuple[str, ...]]
    shape: BaseGeometry
    id: str = field(default="")


def write_forms(things: tuple[Thing, ...], folder: Path, name: str) -> None:
    """Write a plan in its three forms; a reguleringsplan with the faults that GML can have.

    Parameters
    ----------
    things
        Its objects, the plan area first.
    folder, name
        Where, and the files' name without suffix.
    """
    faulty = things[0].kind.startswith("Rp")
    (folder / f"{name}.gml").write_text(_gml(things, faulty=faulty), encoding="utf-8")
    (folder / f"{name}.sos").write_text(_sosi(things), encoding="utf-8")
    _geopackage(things, folder / f"{name}.gpkg")


def _gml(things: tuple[Thing, ...], *, faulty: bool) -> str:
    """Write GML; ``faulty`` with faults of its own: links, ids, a ring and a curve."""
    system = f"http://www.opengis.net/def/crs/EPSG/0/{CRS_OF_RECORD.partition(':')[2]}"
    area = f"_{things[0].id}"
    members = []
    for number, one in enumerate(things):
        # The last purpose runs the wrong way, the zone of noise has a number that is no UUID, and
        # the zone of danger belongs to an area that is not there.
        identity = "ikke-en-uuid" if faulty and one.kind == "RpStøySone" else one.id
        link = "_finnes-ikke" if faulty and one.kind == "RpFareSone" else area
        inside = [_gml_id(identity), _gml_shape(one, turned=faulty and number == _TURNED)]
        inside += [
            f"<app:{name}>{escape(value)}</app:{name}>"
            for name, values in one.values.items()
            for value in values
        ]
        if number:
            inside.append(f'<app:planområde xlink:href="#{link}"/>')
        members.append(_gml_member(one.kind, f"_{one.id}", "".join(inside)))
    if faulty:
        # A text that was exported twice.
        point = _gml_shape(Thing("RpPåskrift", {}, things[0].shape.centroid), turned=False)
        text = f"{_gml_id(_TEXT_ID)}{point}<app:tekststreng>BFS1</app:tekststreng>"
        members += [_gml_member("RpPåskrift", "_paaskrift", text)] * 2
    west, south, east, north = things[0].shape.bounds
    product = _PRODUCTS[things[0].kind[:2]]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:app="http://skjema.geonorge.no/SOSI/'
        f'produktspesifikasjon/{product}/5.0" gml:id="_planforslag">\n'
        f'<gml:boundedBy><gml:Envelope srsName="{system}" srsDimension="2"><gml:lowerCorner>'
        f"{west:.2f} {south:.2f}</gml:lowerCorner><gml:upperCorner>{east:.2f} {north:.2f}"
        "</gml:upperCorner></gml:Envelope></gml:boundedBy>\n"
        + "\n".join(members)
        + "\n</gml:FeatureCollection>\n"
    )


def _gml_id(identity: str) -> str:
    return (
        f"<app:identifikasjon><app:Identifikasjon><app:lokalId>{identity}</app:lokalId>"
        "</app:Identifikasjon></app:identifikasjon>"
    )


def _gml_member(kind: str, identity: str, inside: str) -> str:
    return (
        f'<gml:featureMember><app:{kind} gml:id="{identity}">{inside}</app:{kind}>'
        "</gml:featureMember>"
    )


def _gml_shape(one: Thing, *, turned: bool) -> str:
    xy = shapely.get_coordinates(one.shape)
    if isinstance(one.shape, shapely.Point):
        return (
            f"<app:posisjon><gml:Point><gml:pos>{_pairs(xy)}</gml:pos></gml:Point></app:posisjon>"
        )
    if isinstance(one.shape, shapely.LineString):
        # The end of the border between purposes is written twice.
        border = one.kind == "RpFormålGrense"
        role = "grense" if border else "senterlinje"
        points = _pairs(np.vstack([xy, xy[-1:]]) if border else xy)
        return (
            f"<app:{role}><gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>"
            f"{points}</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve></app:{role}>"
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
    "sikring": "..{kind}SIKRING {value}",
    "arealbruksstatus": "..AREALST {value}",
    "områdenavn": '..OMRNAVN "{value}"',
    "arealformål": "..{kind}AREALFORMÅL {value}",
    "eierform": "..EIERFORM {value}",
    "feltnavn": "..FELTNAVN {value}",
    "vertikalnivå": "..VERTNIV {value}",
    "plannavn": '..PLANNAVN "{value}"',
    "plantype": "..PLANTYPE {value}",
    "planstatus": "..PLANSTAT {value}",
    "lovreferanse": "..LOVREFERANSE {value}",
    "planbestemmelse": "..PLANBEST {value}",
    "juridisklinje": "..{kind}JURLINJE {value}",
    "juridiskpunkt": "..{kind}JURPUNKT {value}",
    "bestemmelseHjemmel": "..{kind}BESTEMMELSEHJEMMEL {value}",
    "bestemmelseOmrådeNavn": '..BESTEMMELSEOMRNAVN "{value}"',
    "regulerthøyde": "..HØYDEFRAPLANBEST\n...REGULERTHØYDE {value}",
    "avgjørelsesdato": "..AVGJDATO {value}",
    "reguleringsformål": "..REGFORM {value}",
    "fare": "..{kind}FARE {value}",
    "støy": "..{kind}STØY {value}",
    "hensynSonenavn": "..HENSYNSONENAVN {value}",
    "utnyttingstype": "..UTNYTT\n...UTNTYP {value}",
    "utnyttingstall": "..UTNYTT\n...UTNTALL {value}",
    "kommunenummer": "..NASJONALAREALPLANID\n...KOMM {value}",
    "planidentifikasjon": "..NASJONALAREALPLANID\n...PLANID {value}",
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
    plan = things[0].kind[:2]
    kind = plan.upper()
    for number, one in enumerate(things, start=1):
        points = [
            f"{round(100 * (y - south))} {round(100 * (x - west))}"
            for x, y in shapely.get_coordinates(one.shape)
        ]
        told = [
            _SOSI_NAMES[name].format(value=value, kind=kind)
            for name, values in one.values.items()
            for value in values
        ]
        own = [f"..OBJTYPE {one.kind}", "..IDENT", f"...LOKALID {one.id}", *told]
        if isinstance(one.shape, shapely.Polygon):
            lines += [f".KURVE {number}:", f"..OBJTYPE {plan}Grense", "..NØ", *points]
            lines += [f".FLATE {100 + number}:", *own, f"..REF :{number}", "..NØ", points[0]]
        else:
            form = ".PUNKT" if isinstance(one.shape, shapely.Point) else ".KURVE"
            lines += [f"{form} {number}:", *own, "..NØ", *points]
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
