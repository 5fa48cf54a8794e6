"""What is said in words of the travel times: the sentence, findings, warnings, how to read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from askergeo._text import listed
from askergeo.analyses._data_finding import data_finding
from askergeo.analyses._input_faults import fault_findings
from askergeo.analyses._times_scene import KINDS
from askergeo.analyses._times_tables import ALL, mode_title
from askergeo.geometry import geometries
from askergeo.network.cycling import find_cycle_profile
from askergeo.network.profiles import find_profile, unknown_shares
from askergeo.numbers import HARD_SPACE, format_number
from askergeo.parameters import value_text
from askergeo.result import Fact, Finding
from askergeo.transport.competition import CAR, TRANSIT, WALK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from askergeo.analyses._times_scene import Scene
    from askergeo.parameters import Parameters
    from askergeo.result import Table
    from askergeo.school.route import Doors

__all__ = ["findings", "profile_records", "profile_warnings", "reading", "statement", "warnings"]

# Places that are named one by one.
_NAMED: Final = 20
# Share of the network from which unknown slope is told.
_TOLD: Final = 0.05
_finding = partial(data_finding, "reisetid")


def statement(scene: Scene, times: Table, ratios: Table) -> tuple[str, dict[str, Fact]]:
    """State how long it takes to the first kind of place, and how many can do without the car."""
    kind = scene.destinations[0]
    facts: dict[str, Fact] = {}
    for mode in scene.modes:
        row = f"{kind}_{mode}"
        facts[f"median_{mode}"] = Fact(
            title=f"{mode_title(mode)} til {_lower(KINDS[kind])}, median",
            value=_number(times.frame, row, "median"),
            unit="min",
            decimals=0,
            cell=("reisetid", row, "median"),
        )
    facts |= _counts(scene, ratios, kind)
    where = _lower(KINDS[kind])
    min_ = f"{HARD_SPACE}minutter"
    if scene.timetable is None:
        told = listed(
            [
                f"{{median_{mode}}}{min_} med {_lower(mode_title(mode))}"
                for mode in (CAR, *scene.networks.cycle, WALK)
            ]
        )
        template = (
            f"Til {where} er halvparten av de bosatte framme på {told}. Reisetid med "
            "kollektivtransport er ukjent: rutetabell mangler."
        )
        return template, facts
    if facts["forhold"].value is None or facts[f"median_{TRANSIT}"].value is None:
        first = (
            f"Til {where} har mer enn halvparten av de bosatte ingen kollektivreise, eller reisen "
            "er ukjent."
        )
    else:
        first = (
            f"Til {where} tar kollektivreisen høyst {{forhold}} ganger så lang tid som bilen for "
            f"halvparten av de bosatte; medianene er {{median_kollektiv}}{min_} kollektivt og "
            f"{{median_bil}}{min_} med bil."
        )
    template = (
        f"{first} {{hoyst}} av {{bosatte}} bosatte har en kollektivreise som tar høyst 1,5 ganger "
        "så lang tid som bilen"
    )
    if scene.zones is not None:
        template += ": {hoyst_nord} av {bosatte_nord} nord og {hoyst_sor} av {bosatte_sor} sør for "
        template += "nullvekstlinjen"
    return f"{template}.", facts


def _counts(scene: Scene, ratios: Table, kind: str) -> dict[str, Fact]:
    """Residents, and those whose journey is at most one and a half times the car's, by zone."""
    zones = (ALL, "nord", "sor") if scene.zones is not None else (ALL,)
    words = {ALL: "", "nord": ", nord", "sor": ", sør"}
    facts = {}
    for zone in zones:
        row = f"{kind}_{TRANSIT}_{zone}"
        end = "" if zone == ALL else f"_{zone}"
        for name, title, column in (
            ("bosatte", "Bosatte", "bosatte"),
            ("hoyst", "Kollektivreise høyst 1,5 ganger bilens", "hoyst_1_5"),
        ):
            value = _number(ratios.frame, row, column)
            facts[f"{name}{end}"] = Fact(
                title=f"{title}{words[zone]}",
                value=None if value is None else int(value),
                unit="personer",
                persons=True,
                cell=("konkurranse", row, column),
            )
    row = f"{kind}_{TRANSIT}_{ALL}"
    facts["forhold"] = Fact(
        title=f"Kollektivreise delt på bilreise til {_lower(KINDS[kind])}, median",
        value=_number(ratios.frame, row, "forhold"),
        decimals=2,
        cell=("konkurranse", row, "forhold"),
    )
    return facts


def _number(frame: pd.DataFrame, row: str, column: str) -> float | None:
    value: Any = frame[column].get(row)
    return None if value is None or pd.isna(value) else float(value)


def profile_records(parameters: Parameters) -> tuple[dict[str, Any], ...]:
    """Return the values of who walks and rides, for the list of parameters."""
    walker = find_profile(parameters["rutesok_profil"])
    values = {walker.id: (walker.title, walker.values)}  # noqa: PD011  (parameters)
    for name in parameters["reisetid_sykkelprofiler"]:
        rider = find_cycle_profile(name)
        values[rider.id] = (rider.title, rider.values)  # noqa: PD011  (parameters)
    return tuple(
        record | {"navn": f"{one}_{record['navn']}", "tittel": f"{title}: {record['tittel']}"}
        for one, (title, own) in values.items()
        for record in own.records()
    )


def profile_warnings(parameters: Parameters) -> tuple[str, ...]:
    """One line for each value of who rides that is uncertain."""
    riders = map(find_cycle_profile, parameters["reisetid_sykkelprofiler"])
    return tuple(
        f"Parameteren «{rider.title}: {one.title.lower()}» = {value_text(one.value, one.unit)} er "
        f"usikker: {one.source}."
        for rider in riders
        for one in rider.values  # noqa: PD011  (parameters, not a frame)
        if one.confidence == "usikker"
    )


def warnings(scene: Scene, ratios: Table) -> tuple[str, ...]:
    """Tell what makes the answer less certain."""
    said = [*scene.gangnett.report.warnings, *scene.bilnett.report.warnings, *scene.notes]
    if scene.people.unplaced.any():
        # Without a number: with it a count that the table hides could be worked out.
        said.append(
            "Noen bosatte har en adresse som ikke er i laget «Adresser»: reisetiden er ukjent."
        )
    if not (ratios.frame["ukjent"].fillna(1) == 0).all():
        said.append(
            "For noen bosatte er reisetiden eller biltiden ukjent. De er med i antallet bosatte, "
            "så antallet og andelen med høyst 1,5 er de minste de kan være: se kolonnen «Ukjent»."
        )
    steep = unknown_shares(scene.networks.walk.graph).slope
    if steep > _TOLD:
        said.append(
            f"Stigningen er ukjent for {format_number(100 * steep)} % av gangnettet, som er regnet "
            "som flatt: sykkel og gange er for raske i bakkene der."
        )
    said += profile_warnings(scene.parameters)
    return tuple(dict.fromkeys(said))


def reading(scene: Scene) -> tuple[str, ...]:
    """Tell how the answer was made and what it does not say."""
    values = scene.parameters
    rush = values["reisetid_bil_tid"] == "rush"
    share = values["reisetid_bil_rush" if rush else "reisetid_bil_fri"]
    when = "i rushtiden" if rush else "utenom rushtiden"
    network = (
        "Reisetiden går fra dør til dør. Til fots og på sykkel følger den gangnettet med stigning: "
        "sykkelen taper fart i motbakke og skyves der det er for bratt; elsykkelen får hjelp til "
        "25 km/t. Bilen kjører på bilvegene, enveiskjørte veger bare i lovlig retning, med "
        f"{format_number(100 * share)} % av fartsgrensen {when}, og med tid til bilen og til "
        "parkering. Ferger for biler er ikke med."
    )
    ride = (
        "Kollektivreisen er regnet for hver avreise i tidsrommet, med gange til holdeplass, "
        "venting, reise og bytte, etter rutetabellen. Forsinkelser, fulle busser og pris er ikke "
        "med. Gange alene teller der det er like raskt."
    )
    nearest = (
        "Målet er det nærmeste av hver type med bil. Der biltiden er ukjent, er det nærmeste til "
        "fots brukt, og forholdet til bilen er ukjent. Veger og holdeplasser "
        "utenfor kommunen er bare med der lagene har dem."
    )
    limits = (
        "Farten til bilen og tiden til parkering er anslag, like for hele kommunen. Forholdet sier "
        "hvor kollektivtransport, sykkel og gange står sterkt mot bilen; det er ikke en måling av "
        "kø, og sier ikke hva folk velger."
    )
    return network, ride, nearest, limits


def findings(scene: Scene) -> tuple[Finding, ...]:
    """List what is wrong with the input or could not be reckoned, with place and remedy."""
    return (*_place_findings(scene), *_home_findings(scene), *fault_findings(scene.faults))


def _place_findings(scene: Scene) -> Iterator[Finding]:
    """Places to travel to that are not joined to a network."""
    frame, times = scene.targets.frame, scene.times
    for doors, network, action in (
        (times.places, "gangnettet", "Rett punktet, eller legg til vegen dit."),
        (times.car_places, "bilnettet", "Rett punktet, eller legg til bilvegen dit."),
    ):
        for row in doors.places.unsnapped[:_NAMED]:
            place = frame.iloc[int(row)]
            yield _finding(
                "mal_ikke_koblet",
                f"Sted som ikke er koblet til {network}",
                f"{place['navn']} er for langt fra {network}: reisetiden dit er ukjent, og det kan "
                "være nærmere enn det som er brukt.",
                "holdeplass" if place["art"] == "stasjon" else "senter",
                row=str(place["id"]),
                action=action,
                geometry=geometries(frame)[int(row)],
            )


def _home_findings(scene: Scene) -> Iterator[Finding]:
    """Homes that are not joined to a network, or hang on a loose bit of it."""
    for doors, network, what in (
        (scene.times.doors, "gangnettet", "med gange, sykkel og kollektiv"),
        (scene.times.car_doors, "bilnettet", "med bil, og forholdet til bilen,"),
    ):
        away, loose = _counted(scene, doors)
        if away:
            reach = format_number(scene.parameters["reisetid_koble_m"], unit="m")
            yield _finding(
                "adresse_ikke_koblet",
                f"Adresser langt fra {network}",
                f"{format_number(away)} adresser ligger mer enn {reach} fra {network}: reisetiden "
                f"{what} er ukjent.",
                "adresse",
                action="Legg til vegene dit, eller øk reisetid_koble_m.",
            )
        if loose:
            yield _finding(
                "adresse_los_del",
                f"Adresser på en løs del av {network}",
                f"{format_number(loose)} adresser ligger ved en kort del av {network} som henger "
                f"for seg selv: reisetiden {what} kan være ukjent.",
                "veg",
                action="Rett bruddene i kartet.",
            )


def _counted(scene: Scene, doors: Doors) -> tuple[int, int]:
    """Homes without a place on the network, and on a loose bit of it."""
    away = (doors.part < 0)[scene.door]
    return int(away.sum()), int(doors.loose[scene.door].sum())


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]
