"""Plan proposals for Eksempelbygda as GML, SOSI and GeoPackage, with faults that are known.

There is a reguleringsplan and a kommuneplan, each in three files that are the same plan. What is
wrong with them stands in ``planfiler`` of the key: how many findings each rule has in each file,
those that only GML can have apart. The provisions lie beside them; what of the reguleringsplan they
do not mention stands in ``planbestemmelser``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import shapely

from askergeo.example.land import MUNICIPALITY
from askergeo.example.plan_writing import Thing, write_forms

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.example.land import Land

__all__ = [
    "FOLDER",
    "PROVISIONS",
    "make_plan_proposal",
    "plan_proposal",
    "write_plan_files",
]

FOLDER: Final = "planer"
WIDTH, HEIGHT = 200, 140
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
    "plan.objekt.eldre": 1,
    "plan.objekt.kjent": 1,
    "plan.objekt.egenskap": 1,
    "plan.felt.navn": 1,
    "plan.juridisk.linje": 1,
    "plan.juridisk.punkt": 1,
    "plan.bestemmelse.kode": 1,
    "plan.bestemmelse.navn": 1,
    "plan.hoyde": 1,
    "plan.vertikalniva": 1,
    "plan.plantype": 1,
    "plan.lovreferanse": 1,
    "plan.planbestemmelse": 1,
}
# What the provisions do not mention, in every form.
_UNMENTIONED: Final = {
    "plan.hensyn.bestemmelse": 1,
    "plan.bestemmelse.tekst": 1,
    "plan.felt.bestemmelse": 1,
}
# What is wrong with the kommuneplan, in every form.
_BROAD_FAULTS: Final = {
    "plan.formaal.hull": 1,
    "plan.formaal.overlapp": 1,
    "plan.formaal.kode": 1,
    "plan.hensyn.kode": 1,
    "plan.arealstatus": 2,
    "plan.juridisk.linje": 1,
    "plan.planstatus": 1,
    "plan.plannavn": 1,
    "plan.id.form": 1,
}
_FORMS: Final = ("gml", "sos", "gpkg")
PROVISIONS: Final = "planforslag-bestemmelser.txt"
_PROVISIONS_TEXT: Final = """Bestemmelser til detaljregulering for Eksempelåsen
Plan-ID 9999 2025-01

§ 1 Felles bestemmelser
Utomhusplan skal følge søknad om tiltak. Område #2 er riggområde.

§ 2 Bebyggelse og anlegg (felt BFS1)
Boliger kan ha to etasjer.

§ 3 Veg og grønnstruktur
o_SKV1 skal være ferdig før boligene tas i bruk. GF1 er felles for BFS1–BFS3.

§ 4 Hensynssoner
I faresonen H320_1 kan det ikke bygges før sikkerheten er dokumentert.
"""
_GML_FAULTS: Final = {
    "gml.gmlid.1": 1,
    "gml.uuid.1": 1,
    "gml.xlink.1": 1,
    "gml.kurve.2": 1,
    "gml.flate.3": 1,
}


def make_plan_proposal(land: Land) -> None:
    """Note the faults of the plan in the key."""
    land.key["planfiler"] = {
        "planforslag.gml": _FAULTS | _GML_FAULTS,
        # In SOSI the outline of the zone that reaches outside is an object of its own.
        "planforslag.sos": _FAULTS | {"rpf.o.2": 2},
        "planforslag.gpkg": _FAULTS,
    }
    land.key["planfiler"] |= {f"kommuneplanforslag.{form}": _BROAD_FAULTS for form in _FORMS}
    land.key["planbestemmelser"] = {"fil": PROVISIONS, "funn": _UNMENTIONED}


def plan_proposal(key: dict[str, Any]) -> tuple[Thing, ...]:
    """Draw the plan where the proposed kommuneplan of the key has new dwellings."""
    new = [one for one in key["planendringer"] if one["endring"] == "ny"]
    at = next((one for one in new if one["til_kode"] == 1110), new[0])
    west, south = round(at["x"]) - WIDTH // 2, round(at["y"]) - HEIGHT // 2
    return tuple(_things(float(west), float(south)))


@dataclass(frozen=True)
class _Site:
    """Draws in metres from the south-west corner of the plan."""

    west: float
    south: float

    def box(self, x: float, y: float, to_x: float, to_y: float) -> shapely.Polygon:
        return shapely.box(self.west + x, self.south + y, self.west + to_x, self.south + to_y)

    def line(self, *points: tuple[float, float]) -> shapely.LineString:
        return shapely.LineString([(self.west + x, self.south + y) for x, y in points])

    def point(self, x: float, y: float) -> shapely.Point:
        return shapely.Point(self.west + x, self.south + y)


def _things(west: float, south: float) -> list[Thing]:
    site = _Site(west, south)
    told = {
        "kommunenummer": (MUNICIPALITY,),
        "planidentifikasjon": (PLAN_ID,),
        "plannavn": ("Eksempelåsen",),
        "planstatus": ("2",),
        # A type and an act of older plans, and it says that it has no provisions for its zones.
        "plantype": ("30",),
        "lovreferanse": ("4",),
        "planbestemmelse": ("2",),
        "vertikalnivå": ("2",),
    }
    area = Thing("RpOmråde", told, site.box(0, 0, WIDTH, HEIGHT))
    return _numbered([area, *_purposes(site), *_zones(site), *_marks(site)], 0)


def _numbered(things: list[Thing], first: int) -> list[Thing]:
    return [
        Thing(one.kind, one.values, one.shape, str(UUID(int=2025_0100 + first + number, version=4)))
        for number, one in enumerate(things)
    ]


def _use(code: str, owner: str, name: str, place: shapely.Polygon, *kinds: str) -> Thing:
    values = {
        "arealformål": (code,),
        "feltnavn": (name,) if name else (),
        "eierform": (owner,) if owner else (),
        "utnyttingstype": kinds,
    }
    values["utnyttingstall"] = ("30",) if set(kinds) - {"10"} else ()
    return Thing("RpArealformålOmråde", {k: v for k, v in values.items() if v}, place)


def _purposes(site: _Site) -> list[Thing]:
    return [
        # A way of reckoning that plans of today may not use.
        _use("1111", "3", "BFS1", site.box(0, 0, 80, 140), "3"),
        # Not to be built on, and built on all the same.
        _use("2011", "1", "o_SKV1", site.box(80, 0, 90, 140), "10", "16"),
        # A purpose that is no more, 2 m into its neighbours, that the provisions do not mention.
        _use("1163", "1", "BOP1", site.box(90, 0, 200, 62), "16"),
        # 1 m short of the next.
        _use("3040", "1", "GF1", site.box(90, 60, 149, 140)),
        # Nobody says who owns it, or what it is called.
        _use("1610", "", "", site.box(150, 60, 200, 140), "11"),
    ]


def _zones(site: _Site) -> list[Thing]:
    flood = {"fare": ("310",), "hensynSonenavn": ("H320_1",)}
    noise = {"støy": ("220",), "hensynSonenavn": ("H220_1",), "vertikalnivå": ("6",)}
    return [
        # Named for flood, coded for slides.
        Thing("RpFareSone", flood, site.box(0, 0, 60, 40)),
        # 10 m outside the plan, on a level that is none, and not in the provisions.
        Thing("RpStøySone", noise, site.box(-10, 100, 60, 140)),
        # A zone of the act of 1985.
        Thing("RbFareOmråde", {"reguleringsformål": ("540",)}, site.box(160, 80, 190, 120)),
    ]


def _marks(site: _Site) -> list[Thing]:
    unnamed = {"bestemmelseHjemmel": ("10",)}
    endless = {"bestemmelseOmrådeNavn": ("#2",), "avgjørelsesdato": ("20250101",)}
    unknown = {"bestemmelseHjemmel": ("15",), "bestemmelseOmrådeNavn": ("#1",)}
    return [
        Thing("RpFormålGrense", {}, site.line((80, 0), (80, 140))),
        # The building limit of a kommuneplan.
        Thing("RpJuridiskLinje", {"juridisklinje": ("1111",)}, site.line((5, 5), (75, 5))),
        # A line's code on a point.
        Thing("RpJuridiskPunkt", {"juridiskpunkt": ("1211",)}, site.point(85, 20)),
        # A provision that the act does not have, for an area that the provisions do not name.
        Thing("RpBestemmelseOmråde", unknown, site.box(10, 60, 40, 90)),
        # Nobody says what it is called.
        Thing("RpBestemmelseOmråde", unnamed, site.box(100, 10, 120, 30)),
        # For the time of building, without an end.
        Thing("PblMidlByggAnleggOmråde", endless, site.box(150, 10, 180, 50)),
        # A type that is in no model.
        Thing("RpLekeområde", {}, site.box(160, 65, 170, 75)),
        # Nobody says what it is measured from.
        Thing("RpRegulertHøyde", {"regulerthøyde": ("56.5",)}, site.line((10, 110), (70, 110))),
    ]


def _broad_things(west: float, south: float) -> list[Thing]:
    """Draw a kommuneplan with faults of its own."""
    site = _Site(west, south)
    told = {
        "kommunenummer": (MUNICIPALITY,),
        # More than the 16 characters that a number may have.
        "planidentifikasjon": ("kommuneplan-2025-2037",),
        "plantype": ("20",),
        "planstatus": ("9",),
        "lovreferanse": ("6",),
    }

    def use(code: str, state: str, place: shapely.Polygon) -> Thing:
        values = {"arealformål": (code,), "arealbruksstatus": (state,) if state else ()}
        return Thing("KpArealformålOmråde", {k: v for k, v in values.items() if v}, place)

    clear_sight = {"sikring": ("140",), "hensynSonenavn": ("H140_1",)}
    things = [
        # Nobody says what it is called, and its status is none.
        Thing("KpOmråde", told, site.box(0, 0, WIDTH, HEIGHT)),
        # A purpose of reguleringsplaner only, there already.
        use("1111", "1", site.box(0, 0, 80, 140)),
        # New or old, nobody says; 1 m into its neighbour.
        use("1110", "", site.box(79, 0, 150, 140)),
        # The state of older plans, and 5 m short of the border.
        use("5100", "3", site.box(150, 0, 195, 140)),
        # For reguleringsplaner only.
        Thing("KpSikringSone", clear_sight, site.box(10, 10, 40, 40)),
        # The building limit of a reguleringsplan.
        Thing("KpJuridiskLinje", {"juridisklinje": ("1211",)}, site.line((5, 5), (75, 5))),
    ]
    return _numbered(things, 100)


def write_plan_files(things: tuple[Thing, ...], folder: Path) -> None:
    """Write the plan in its three forms with its provisions, and a kommuneplan for its place."""
    folder.mkdir(exist_ok=True)
    (folder / PROVISIONS).write_text(_PROVISIONS_TEXT, encoding="utf-8")
    write_forms(things, folder, "planforslag")
    west, south, _, _ = things[0].shape.bounds
    write_forms(tuple(_broad_things(west, south)), folder, "kommuneplanforslag")
