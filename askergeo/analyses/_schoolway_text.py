"""What is said of the ways to school: the sentence, the findings, and how to read it all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.analyses._data_finding import data_finding
from askergeo.analyses._schoolway_scene import open_now
from askergeo.analyses._schoolway_tables import ALL
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.result import Fact, Finding, Severity
from askergeo.school._layers import year_text
from askergeo.school.route import (
    CLOSED,
    GRADES,
    HOW,
    NO_DISTRICT,
    NO_GRADE,
    NO_SCHOOL,
    NOT_THERE,
    STAGES,
    grades_of,
    stage_of,
)
from askergeo.school.route_rights import NO_WAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.analyses._schoolway_scene import Scene
    from askergeo.result import Table

__all__ = ["LEGAL", "findings", "reading", "statement", "warnings"]

_TABLE = "skoleskyss"
_KM = 1000.0
# Parts of the network without a way to school, and schools, that are named one by one.
_NAMED = 20
_finding = partial(data_finding, "skoleveg")
#: What every answer must say of unsafe ways.
LEGAL = (
    "Rett til skyss fordi skolevegen er særlig farlig eller vanskelig, er en vurdering av den ene "
    "eleven og vegen (opplæringslova kapittel 4). Strekningene her er funnet etter enkle regler og "
    "er et sted å begynne, ikke en avgjørelse."
)


def statement(scene: Scene, rights: Table, found: gpd.GeoDataFrame) -> tuple[str, dict[str, Fact]]:
    """State how many have the right, and how many have no way that avoids unsafe stretches."""
    value = rights.frame.loc[ALL].to_dict()

    def persons(title: str, column: str) -> Fact:
        cell = (_TABLE, ALL, column)
        return Fact(title=title, value=int(value[column]), unit="personer", persons=True, cell=cell)

    unsafe = found[found["rule"] > 0]
    vague = found[found["rule"] == 0]
    facts = {
        "elever": persons("Bosatte i grunnskolealder", "elever"),
        "rett": persons("Rett til skyss etter avstand", "rett"),
        "farlig": persons("Ingen veg utenom usikre strekninger innenfor grensen", "farlig"),
        "ukjent": persons("Ukjent skoleveg", "ukjent"),
        "ingen_veg": persons("Ingen veg til fots", "ingen_veg"),
        "usikre_km": Fact(
            title="Usikre strekninger på skolevegen",
            value=float(unsafe["lengde_m"].sum() / _KM),
            unit="km",
            decimals=1,
        ),
        "ukjent_fart_km": Fact(
            title="Skoleveg med ukjent fartsgrense",
            value=float(vague["lengde_m"].sum() / _KM),
            unit="km",
            decimals=1,
        ),
        "naer": Fact(title="Adresser nær grensen", value=int(value["naer"]), unit="adresser"),
    }
    of = f" i skoleåret {year_text(scene.year)}" if scene.year else ""
    template = (
        f"{{rett}} av {{elever}} elever har rett til skoleskyss etter avstand{of}. Av de andre har "
        "{farlig} ingen skoleveg innenfor grensen som går utenom usikre strekninger. {ukjent} "
        "elever har ukjent skoleveg."
    )
    return template, facts


def reading(scene: Scene) -> tuple[str, ...]:
    """Tell how the answer was made and what it does not say."""
    limits = [scene.parameters[f"skoleveg_{name}_m"] for name in ("grense_1", "grense")]
    first, later = (format_number(limit, unit="m") for limit in limits)
    measured = (
        "Skolevegen er korteste veg til fots fra dør til dør, målt i meter langs veger, gangveger "
        f"og stier. Grensen er {first} på 1. trinn og {later} på 2.–10. trinn (opplæringslova, "
        "LOV-2023-06-09-30, kapittel 4); retten gjelder når vegen er lengre. Luftlinjen mellom dør "
        "og gangnett er med. Tillegget som fylkeskommunen bruker, er en parameter."
    )
    school = (
        "Skolen er den som kretsen hører til. Der det ikke går, er det den nærmeste offentlige "
        "skolen som har trinnet. Elevene er alle bosatte i alderen: de som går på privat skole "
        "eller på en annen skole, har ikke retten som står her."
    )
    unsafe = (
        f"{LEGAL} Usikker er en veg med høy fart, eller en hovedveg, uten fortau eller gangveg ved "
        "siden av, og en veg som krysser motorveg. Bredde, lys, trafikk, brøyting og hvordan vegen "
        "krysses, er ikke vurdert. En veg med ukjent fartsgrense er ukjent, ikke trygg."
    )
    paths = (
        "Stier er med der kartet har dem, også om de ikke brøytes. Fylkeskommuner som bare regner "
        "vinterbrøytet veg, får lengre skoleveger enn her."
    )
    return measured, school, unsafe, paths


def warnings(scene: Scene) -> tuple[str, ...]:
    """Tell what makes the answer less certain."""
    said = list(scene.built.report.warnings)
    if not scene.year:
        said.append(
            "Skoleåret er ikke kjent: alle skoler i laget er regnet som åpne. Oppgi "
            "skoleveg_skoleaar."
        )
    if scene.pupils.elsewhere.any():
        # Without a number: with it a count that the table hides could be worked out.
        said.append(
            "Noen bosatte i skolealder har en adresse som ikke er i laget «Adresser»: de står i "
            "raden «Uten adresse i kartet»."
        )
    loose = int(scene.ways.starts.loose.sum())
    if loose:
        said.append(
            f"{format_number(loose)} adresser ligger ved en kort del av gangnettet som henger for "
            "seg selv: skolevegen er ukjent. Rett bruddene i kartet, som står i «tettsted»."
        )
    return tuple(said)


def findings(scene: Scene) -> tuple[Finding, ...]:
    """List what is wrong with the input or has no way to school, with place and remedy."""
    return (
        *_school_findings(scene),
        *_district_findings(scene),
        *_address_findings(scene),
        *_island_findings(scene),
    )


def _school_findings(scene: Scene) -> Iterator[Finding]:
    """Schools that cannot be measured to, or are vague."""
    skole, doors = scene.skole, scene.ways.schools
    ids, names = skole["skole_id"].astype(str), skole["navn"].astype(str)
    points = geometries(skole)
    away = dict(zip(doors.places.unsnapped.tolist(), doors.places.distance, strict=True))
    _, known = grades_of(skole)
    there = open_now(scene)
    vague = np.zeros(len(skole), dtype=bool)
    if "stedfesting" in skole:
        vague = skole["stedfesting"].eq("omtrentlig").to_numpy(dtype=bool, na_value=False)
    reach = format_number(scene.parameters["skoleveg_koble_skole_m"], unit="m")
    for row in range(len(skole)):
        common = {"row": ids.iloc[row], "geometry": points[row]}
        if row in away:
            far = f"ligger {format_number(away[row], unit='m')} fra gangnettet, over {reach}"
            far = "har ikke sted" if np.isnan(away[row]) else far
            yield _finding(
                "skole_ikke_koblet", "Skole som ikke kan nås", f"{names.iloc[row]} {far}. "
                "Skolevegen dit er ukjent.", "skole",
                action="Rett punktet til skolen, eller legg til vegen dit.", **common,
            )  # fmt: skip
        if not known[row]:
            yield _finding(
                "skole_uten_trinn", "Skole med ukjente trinn", f"{names.iloc[row]} mangler trinn. "
                "Den er regnet som skolen i sin krets, men aldri som nærmeste skole.", "skole",
                action="Fyll ut trinn_fra og trinn_til.", **common,
            )  # fmt: skip
        if not there[row]:
            yield _finding(
                "skole_ikke_aapen", "Skole som ikke er åpen", f"{names.iloc[row]} er ikke åpen i "
                f"{year_text(scene.year)}.", "skole", severity=Severity.INFO, **common,
            )  # fmt: skip
        if vague[row] and there[row]:
            yield _finding(
                "skole_omtrentlig", "Skole som er omtrentlig stedfestet", f"{names.iloc[row]} er "
                "omtrentlig stedfestet. Retten kan ikke avgjøres etter disse avstandene.", "skole",
                action="Rett punktet til skolens dør.", **common,
            )  # fmt: skip


def _district_findings(scene: Scene) -> Iterator[Finding]:
    """Districts whose school is not there, closed, or without the grade; and overlaps."""
    if scene.skolekrets is None:
        return
    for stage in STAGES:
        places = scene.places_of(stage)
        column = STAGES[stage][0] - 1
        of = scene.district(stage)
        for code in (NO_SCHOOL, NO_GRADE, CLOSED, NOT_THERE):
            rows = np.unique(of[(scene.own.how[:, column] == code) & (of >= 0)])
            for one in places.loc[rows].itertuples():
                yield _finding(
                    "krets_uten_skole", "Krets uten skole som kan brukes",
                    f"{one.navn} ({stage}, skole: {one.skole}): {HOW[code]}.", "skolekrets",
                    row=str(one.id), action="Rett skole_id i laget «Skolekretser», eller skolen.",
                )  # fmt: skip
        double = _covered_twice(scene, places.index.to_numpy())
        if double:
            yield _finding(
                "kretser_overlapper", "Kretser som overlapper",
                f"{format_number(double)} adresser ligger i to kretser for {stage}. Den første i "
                "laget er brukt.", "skolekrets", action="Rett grensene mellom kretsene.",
            )  # fmt: skip


def _covered_twice(scene: Scene, rows: NDArray[np.intp]) -> int:
    """Count the addresses inside two of some districts."""
    if scene.skolekrets is None:
        return 0
    shapes = geometries(scene.skolekrets)[rows]
    points, _ = shapely.STRtree(shapes).query(geometries(scene.adresse), predicate="within")
    return int((np.bincount(points, minlength=1) > 1).sum())


def _address_findings(scene: Scene) -> Iterator[Finding]:
    """Addresses without a district, a place, or a network near."""
    doors = scene.ways.starts
    if scene.skolekrets is not None:
        for stage in STAGES:
            count = int((scene.own.how[:, STAGES[stage][0] - 1] == NO_DISTRICT).sum())
            count = max(count, int((scene.district(stage) < 0).sum()))
            if count:
                yield _finding(
                    "adresse_uten_krets", "Adresser utenfor alle kretser",
                    f"{format_number(count)} adresser er ikke i noen krets for {stage}. Nærmeste "
                    "skole er brukt.", "adresse", action="Rett kretsene så de dekker kommunen.",
                )  # fmt: skip
    missing = np.isnan(doors.places.distance)
    if missing.any():
        yield _finding(
            "adresse_uten_sted", "Adresser uten sted",
            f"{format_number(int(missing.sum()))} adresser har ikke koordinater. Skolevegen er "
            "ukjent.", "adresse", action="Rett adressene.",
        )  # fmt: skip
    far = int((~missing).sum())
    if far:
        reach = format_number(scene.parameters["skoleveg_koble_m"], unit="m")
        yield _finding(
            "adresse_ikke_koblet", "Adresser langt fra gangnettet",
            f"{format_number(far)} adresser ligger mer enn {reach} fra gangnettet. Skolevegen er "
            "ukjent.", "adresse", action="Legg til vegene dit, eller øk skoleveg_koble_m.",
        )  # fmt: skip


def _island_findings(scene: Scene) -> Iterator[Finding]:
    """Parts of the network that no way on foot leads to school from, the largest first."""
    grades = {stage_of(grade): grade - GRADES[0] for grade in reversed(GRADES)}
    frame = pd.DataFrame(
        {
            "del": scene.ways.starts.part,
            "sted": np.arange(len(scene.adresse)),
            **{stage: scene.rights[:, column] == NO_WAY for stage, column in grades.items()},
        }
    )
    cut_off = frame[frame[list(grades)].any(axis=1)]
    points = geometries(scene.adresse)
    parts = sorted(cut_off.groupby("del"), key=lambda one: -len(one[1]))
    for _, rows in parts[:_NAMED]:
        middle = shapely.MultiPoint(points[rows["sted"]].tolist()).centroid
        lacks = listed([stage for stage in grades if rows[stage].any()])
        yield _finding(
            "ingen_veg", "Uten veg til fots til skolen",
            f"{format_number(len(rows))} adresser ved nord {format_number(middle.y)}, øst "
            f"{format_number(middle.x)} har ingen veg til fots til skolen ({lacks}): en øy uten "
            "bru, eller et brudd i kartet.", "adresse", geometry=middle,
            action="Er det en øy, avgjøres skyssen for seg. Er det et brudd, legg til lenken.",
        )  # fmt: skip
    if len(parts) > _NAMED:
        rest = format_number(len(parts) - _NAMED)
        yield _finding(
            "ingen_veg", "Uten veg til fots til skolen",
            f"{rest} deler til av gangnettet har ingen veg til skolen.", "adresse",
        )  # fmt: skip
