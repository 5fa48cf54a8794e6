"""What failures are told of in words: the sentence, the findings, and how to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._va_loss_scene import (
    MANY_BEHIND,
    NO_SOURCE,
    ONE_SOURCE,
    ONE_SOURCE_ONE_PIPE,
    STATES,
)
from askergeo.analyses._va_loss_tables import PLACES_TITLE
from askergeo.numbers import HARD_SPACE, format_number
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.va.customers import PIPE_GUESSED, UNKNOWN, WHOLLY_GUESSED

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from askergeo.analyses._va_loss_scene import Scene
    from askergeo.analyses._va_loss_valves import Opening
    from askergeo.result import Table

__all__ = ["findings", "reading", "statement", "warnings"]

_PERCENT = 100.0
_SHOWN = 10
_NAMED = 3
_WITHOUT = (MANY_BEHIND, ONE_SOURCE, ONE_SOURCE_ONE_PIPE)


class _Place(NamedTuple):
    """An institution, and the pipe that it gets its water through."""

    name: str
    pipe: str
    point: shapely.Point


def statement(
    scene: Scene, without: Table | None, points: Table, out: Table | None = None
) -> tuple[str, dict[str, Fact]]:
    """Say who is without water now, who depends on what, and what the worst single point is.

    Parameters
    ----------
    scene
        What the answer is made of.
    without, points, out
        The tables of those without a reserve, of single points, and of what is out of use.
    """
    if without is None:
        return _pipe_statement(scene)
    column = who = "bosatte" if scene.people_known else "adresser"
    which = who.capitalize()
    told = {
        "uten": f"{which} uten reservevann",
        "en_ledning": f"{which} som får alt vannet gjennom én ledning til mange",
        "en_kilde": f"{which} som bare har én kilde",
    }
    facts = {name: _fact(without, name, column, title) for name, title in told.items()}
    facts["kilder"] = Fact(title="Kilder", value=len(scene.pipes.sources), unit="kilder")
    template = _reserve_words(facts, who)
    if len(points.frame):
        first = points.frame.index[0]
        worst = str(points.frame.loc[first, "hva"])
        if points.frame.loc[first, "slag"] == "Ledning":
            worst = worst.replace("Strekning ", "Strekningen ", 1)
            worst = worst[:1].lower() + worst[1:]
        facts["verst"] = Fact(title="Verste enkeltpunkt", value=worst)
        facts["verst_mister"] = _fact(points, first, column, "Mister vannet da")
        template += f" Svikter {{verst}}, mister {{verst_mister}} {who} vannet."
    if out is not None:
        facts["ute"] = Fact(title="Ute av drift", value=str(out.frame["hva"].iloc[0]))
        facts["ute_mister"] = _fact(out, out.frame.index[0], column, "Uten vann da")
        rest = template.replace("Uten reservevann: ", "Av de andre er uten reservevann: ", 1)
        if not scene.answer.total[scene.rank]:
            rest = "Ingen andre er kjent å ha vann fra en kilde."
        template = f"Uten {{ute}} er {{ute_mister}} {who} uten vann. {rest}"
    return template, facts


def _reserve_words(facts: dict[str, Fact], who: str) -> str:
    """Say who is without a reserve, and what those lack that are."""

    def some(name: str) -> bool:
        return facts[name].hidden or bool(facts[name].value)

    if not some("uten"):
        return "Alle tilknyttede med kjent forsyning har reservevann."
    words = {
        "en_ledning": "{en_ledning} får alt vannet gjennom én ledning til mange",
        "en_kilde": "{en_kilde} har bare én kilde",
    }
    lacks = [text for name, text in words.items() if some(name)]
    of_them = f" Hva som mangler: {', og '.join(lacks)}." if lacks else ""
    return f"Uten reservevann: {{uten}} {who}.{of_them}"


def _pipe_statement(scene: Scene) -> tuple[str, dict[str, Fact]]:
    """Say how much pipe has no reserve, where nobody's connection is known."""
    km = scene.network.length_m[np.isin(scene.state, _WITHOUT)].sum() / 1000.0
    facts = {
        "km": Fact(title="Uten reservevann", value=float(km), unit="km", decimals=1),
        "kilder": Fact(title="Kilder", value=len(scene.pipes.sources), unit="kilder"),
    }
    return "Hvem som er tilknyttet, er ukjent. {km} km vannledning er uten reservevann.", facts


def _fact(table: Table, row: Hashable, column: str, title: str) -> Fact:
    value: Any = table.frame.loc[row, column]  # type: ignore[index]
    return Fact(
        title=title,
        value=None if pd.isna(value) else int(value),
        unit=table.columns[column].unit,
        persons=table.columns[column].persons,
        cell=(table.name, row, column),
        hidden=(row, column) in table.hidden,
    )


def findings(
    scene: Scene, points: Table, ranked: list[dict[str, Any]], opened: Sequence[Opening]
) -> tuple[Finding, ...]:
    """Point at institutions that hang on one thing, and at what the map of pipes lacks.

    Parameters
    ----------
    scene
        What the answer is made of.
    points, ranked
        The table of single points, and the records that it is made of.
    opened
        What opening closed valves gives.
    """
    return (
        *_place_findings(scene, opened),
        *_pipe_findings(scene, points, ranked, opened),
        *_gap_findings(scene),
    )


def _place_findings(scene: Scene, opened: Sequence[Opening]) -> list[Finding]:
    """Name nursing homes, schools and the like without a second supply, those alike in one."""
    alike: dict[tuple[Status, str, str], list[_Place]] = {}
    for one, point in zip(scene.places.itertuples(), scene.places["sted"], strict=True):
        piece = int(str(one.piece))
        if piece < 0 or scene.state[piece] not in _WITHOUT:
            continue
        status = Status.HIT_RED if one.art == "sykehjem" else Status.HIT_YELLOW
        action = (
            _first_open(opened, [one.source[piece] or one.reserve[piece] for one in opened])
            + "Vurder en ny forbindelse, en nødforsyning eller en beredskapsplan."
        )
        place = _Place(str(one.navn), str(scene.ids[piece]), point)
        alike.setdefault((status, STATES[scene.state[piece]], action), []).append(place)
    return [
        Finding(
            rule="va.bortfall.institusjon",
            title=f"{_who(places)} har ikke reservevann",
            status=status,
            severity=Severity.WARNING,
            text=f"{lacks}{_some_names(places)}.",
            layer="va_ledning",
            row=places[0].pipe if len(places) == 1 else "",
            action=action,
            geometry=shapely.MultiPoint([one.point for one in places])
            if len(places) > 1
            else places[0].point,
        )
        for (status, lacks, action), places in alike.items()
    ]


def _who(places: Sequence[_Place]) -> str:
    """Name the only place, or say how many there are."""
    if len(places) == 1:
        return places[0].name
    return f"{format_number(len(places))} skoler og institusjoner"


def _some_names(places: Sequence[_Place]) -> str:
    """Name the first of several places, and where all of them are."""
    if len(places) == 1:
        return ""
    more = len(places) - _NAMED
    names = ", ".join(one.name for one in places[:_NAMED])
    rest = f" og {format_number(more)} til" if more > 0 else ""
    return f": {names}{rest}. Alle står i tabellen «{PLACES_TITLE}»"


def _first_open(opened: Sequence[Opening], helps: Sequence[object]) -> str:
    """Say which closed valve to be able to open first: of those that help, the fewest."""
    some = [one for one, good in zip(opened, helps, strict=True) if good]
    if not some:
        return ""
    return f"Vurder å kunne åpne {min(some, key=lambda one: len(one.names)).title}. "


def _pipe_findings(
    scene: Scene, points: Table, ranked: list[dict[str, Any]], opened: Sequence[Opening]
) -> list[Finding]:
    """One finding for each of the first points that many depend on."""
    column = "bosatte" if scene.people_known else "adresser"
    many = float(scene.parameters["va_bortfall_grense"])
    found = []
    for record, (_, row) in list(zip(ranked, points.frame.iterrows(), strict=True))[:_SHOWN]:
        value = row[column]
        if pd.isna(value) or float(value) < many:
            continue
        part, place = record["_er"]
        now = getattr(scene.answer, part)[place, scene.rank]
        helps = [getattr(one.answer, part)[place, scene.rank] < now for one in opened]
        found.append(
            Finding(
                rule="va.bortfall.enkeltpunkt",
                title=f"{row['hva']} står alene",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{format_number(float(value))} {column} mister vannet om det svikter"
                + (f", og {row['navn']}." if row["navn"] else "."),
                layer=record["_lag"],
                row=record["_id"],
                action=_first_open(opened, helps)
                + "Vurder en ny forbindelse; legg den inn som scenario og sammenlign.",
                geometry=record["_sted"],
            )
        )
    return found


def _gap_findings(scene: Scene) -> list[Finding]:
    """Say what the answer lacks: parts without a source, valves, registers."""
    found = []
    loose = scene.state == NO_SOURCE
    if loose.any():
        km = scene.network.length_m[loose].sum() / 1000.0
        found.append(
            Finding(
                rule="va.bortfall.uten_kilde",
                title="Ledninger henger ikke sammen med en kilde",
                status=Status.NOT_MAPPED,
                severity=Severity.WARNING,
                text=f"{format_number(km, 1)} km vannledning henger ikke sammen med en kilde i "
                "kartet. Hvor de får vann fra, er ukjent; de er ikke regnet som uten vann.",
                layer="va_ledning",
                action="Se «askergeo va topologi» for gapene, eller legg til kilden.",
            )
        )
    if not len(scene.answer.segments.start):
        found.append(
            Finding(
                rule="va.bortfall.ingen_ventiler",
                title="Ingen ventiler er kjent",
                status=Status.NOT_MAPPED,
                severity=Severity.WARNING,
                text="Uten ventiler er det ukjent hva som stenges sammen; bortfallet er regnet "
                "for hver ledning alene, som er det minste det kan være.",
                layer="va_node",
                action="Legg til ventilene i laget «va_node».",
            )
        )
    return found


def warnings(scene: Scene) -> tuple[str, ...]:
    """Say what makes the answer less certain."""
    told = []
    if scene.only_basins:
        told.append(
            "Ingen vannverk eller kilde er kjent; høydebassengene er regnet som kilder. De varer "
            "bare i timer."
        )
    if scene.hung is None:
        told.append("Uten adresser er det ukjent hvem som mister vannet: bare ledninger er regnet.")
    else:
        guessed = np.isin(scene.hung.how, (PIPE_GUESSED, WHOLLY_GUESSED)).mean()
        unknown = (scene.hung.how == UNKNOWN).mean()
        if guessed or unknown:
            told.append(
                f"{_share(guessed)} av adressene er antatt å høre til den nærmeste ledningen, og "
                f"{_share(unknown)} er ukjent og ikke med."
            )
        if not scene.people_known:
            told.append("Uten befolkning er adresser talt i stedet for bosatte.")
        if scene.hung.unplaced:
            told.append("Noen bosatte har en adresse som ikke er i adresselaget, og er ikke med.")
    return tuple(told)


def _share(value: float) -> str:
    return f"{format_number(_PERCENT * float(value), 1)}{HARD_SPACE}%"


def reading(scene: Scene) -> Sequence[str]:
    """Say how the answer is made and what it does not say."""
    basins = (
        "Høydebassenger er regnet som kilder: svaret gjelder så lenge de har vann."
        if scene.basins
        else "Høydebassenger er ikke regnet som kilder: svaret gjelder når de er tomme."
    )
    ways = (
        "Vannet når et sted så lenge det finnes en veg av åpne ledninger fra en kilde. Det som "
        "ingen slik veg går utenom, står alene: ledninger er broer i nettet, og pumper og "
        "segmenter er knutepunkter (Tarjan 1972; Hopcroft og Tarjan 1973). Alle er regnet i én "
        "gjennomgang, og tallet er det samme som ved å fjerne hver av dem for seg."
    )
    valves = (
        "Et ventilsegment er det som ligger mellom ventiler, og som stenges sammen (Walski 1993). "
        "Uten ventiler er en ledning regnet som om den alene kunne stenges: det minste bortfallet."
    )
    sources = (
        f"{basins} En kilde er her et vannverk, et inntak eller vann kjøpt fra naboen; om en kilde "
        "har nok vann til alle når en annen stanser, er ikke regnet."
    )
    pressure = (
        "Svaret sier hvem som er avskåret, ikke om trykket holder for resten: det trengs en "
        "hydraulisk modell til («askergeo va hydraulikk»). Tankbil og nødvann er ikke med."
    )
    persons = (
        "Tallene for bosatte er i hele tiere, og kartet viser klasser: av to ledninger etter "
        "hverandre kunne ellers en husstand leses."
    )
    return ways, valves, sources, pressure, persons
