"""One way to school, explained so that it can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._nearest import nearest
from askergeo.analyses._schoolway_text import LEGAL, warnings
from askergeo.errors import ParameterError
from askergeo.geometry import geometries
from askergeo.network.paths import Network
from askergeo.numbers import format_number
from askergeo.result import Column, Fact, MapLayer, Result, Style, Table
from askergeo.school.route import GRADES, HOW, stage_of
from askergeo.school.route_rights import NO_WAY, RIGHT, counted, limit_of, near_limit, rights_of
from askergeo.school.route_rights import UNKNOWN as NOT_KNOWN
from askergeo.school.route_steps import steps_of
from askergeo.school.unsafe import UNKNOWN_SPEED, safe_costs

if TYPE_CHECKING:
    from askergeo.analyses._schoolway_scene import Scene

__all__ = ["address_text", "find_address", "one_address"]

_NAMED = 5
# Metres of land round the way on the map.
_AROUND_M = 400.0


def one_address(scene: Scene, base: list[MapLayer]) -> Result:
    """Explain the way from one address to one school.

    Parameters
    ----------
    scene
        All ways: the numbers are those of the table of all.
    base
        What lies below on the map.

    Raises
    ------
    ParameterError
        When the address or the school is not found, or several addresses match.
    """
    row = find_address(scene.adresse, str(scene.parameters["skoleveg_adresse"]))
    grade = int(scene.parameters["skoleveg_trinn"])
    school, why = _find_school(scene, row, grade)
    name = address_text(scene.adresse, row)
    if school < 0:
        return _unanswered(scene, name, why)
    steps = steps_of(
        scene.ways.network, (scene.ways.starts, row), (scene.ways.schools, school), scene.veg,
        scene.hazards,
    )  # fmt: skip
    metres = float(scene.ways.metres[row, school])
    lines = [why, *_verdict(scene, metres, grade), *_other(scene, row, school, grade)]
    safe = _safe_way(scene, row, school)
    lines += _unsafe_text(scene, steps, safe, grade)
    lines.append(LEGAL)
    to = str(scene.skole["navn"].iloc[school])
    return Result(
        analysis="skoleveg",
        title=f"Skolevegen fra {name} til {to}",
        template="{adresse} → {skole}, {trinn}. trinn: {svar}.",
        facts=_facts(name, to, grade, metres, _short(scene, metres, grade)),
        tables=(_steps_table(steps),) if steps is not None else (),
        layers=_with_base(base, _layers(scene, row, school, steps, safe)),
        reading=tuple(lines),
        warnings=warnings(scene),
    )


def find_address(adresse: gpd.GeoDataFrame, text: str) -> int:
    """Row of the address with an id or a text; by a part of the text when only one has it.

    Raises
    ------
    ParameterError
        When the address is not found, or several match.
    """
    ids = adresse["adresse_id"].astype(str)
    if (ids == text).any():
        return int(np.argmax(ids == text))
    told = adresse.get("adressetekst", pd.Series("", index=ids.index)).fillna("").astype(str)
    folded, wanted = told.str.casefold().str.strip(), text.casefold().strip()
    for match in (folded == wanted, folded.str.contains(wanted, regex=False)):
        rows = np.flatnonzero(match)
        if len(rows) == 1:
            return int(rows[0])
        if len(rows):
            shown = "; ".join(f"{told[row]} ({ids[row]})" for row in rows[:_NAMED])
            more = ", …" if len(rows) > _NAMED else ""
            raise ParameterError(
                f"«{text}» kan være {format_number(len(rows))} adresser: {shown}{more}.",
                remedy="Oppgi adresse-id, som står i parentes.",
            )
    near = nearest(text, told.unique(), count=_NAMED)
    hint = f"Mente du {' eller '.join(f'«{one}»' for one in near)}?" if near else ""
    raise ParameterError(
        f"Adressen «{text}» er ikke i laget «Adresser».",
        remedy=hint or "Oppgi adresse-id eller hele adresseteksten.",
    )


def _find_school(scene: Scene, row: int, grade: int) -> tuple[int, str]:
    """Row of the school that is measured to, −1 unknown, and why it is that one."""
    asked = str(scene.parameters["skoleveg_skole"])
    names = scene.skole["navn"].astype(str)
    if asked:
        match = (scene.skole["skole_id"].astype(str) == asked) | (
            names.str.casefold() == asked.casefold()
        )
        if not match.any():
            near = nearest(asked, names.tolist())
            raise ParameterError(
                f"Skolen «{asked}» er ikke blant grunnskolene i laget «Skoler».",
                remedy=f"Mente du {' eller '.join(near)}?" if near else "Oppgi skole-id.",
            )
        return int(np.argmax(match)), "Skolen er den som det er spurt om."
    column = grade - GRADES[0]
    school, how = int(scene.own.school[row, column]), int(scene.own.how[row, column])
    stage = stage_of(grade)
    district = int(scene.own.district[stage][row])
    where = ""
    if scene.skolekrets is not None and district >= 0:
        where = f" Kretsen er «{scene.skolekrets['navn'].iloc[district]}» ({stage})."
    return school, f"Skolen er valgt slik: {HOW[how]}.{where}"


def address_text(adresse: gpd.GeoDataFrame, row: int) -> str:
    """Name an address for people: its text and its id."""
    text = adresse["adressetekst"].iloc[row] if "adressetekst" in adresse else pd.NA
    one = str(adresse["adresse_id"].iloc[row])
    return one if pd.isna(text) or not str(text).strip() else f"{str(text).strip()} ({one})"


def _metres(value: float) -> str:
    return format_number(value, unit="m")


def _tenths(value: float) -> str:
    return format_number(value, 1, unit="m")


def _right(scene: Scene, metres: float, grade: int) -> int:
    column = grade - GRADES[0]
    return int(rights_of(np.full((1, len(GRADES)), metres), scene.parameters)[0, column])


def _short(scene: Scene, metres: float, grade: int) -> str:
    """Answer in a few words."""
    answer = _right(scene, metres, grade)
    if answer == NOT_KNOWN:
        return "skolevegen er ukjent"
    if answer == NO_WAY:
        return "det er ingen veg til fots"
    right = "rett" if answer == RIGHT else "ikke rett"
    return f"skolevegen er {_metres(metres)}, og det gir {right} til skyss etter avstand"


def _verdict(scene: Scene, metres: float, grade: int) -> list[str]:
    """Hold the way against the limit, in words."""
    answer = _right(scene, metres, grade)
    if answer == NOT_KNOWN:
        said = "Skolevegen er ukjent: døren eller skolen er ikke koblet til gangnettet, eller "
        return [f"{said}kartet har et brudd. Ukjent er ikke det samme som ikke rett."]
    if answer == NO_WAY:
        return ["Det er ingen veg til fots i kartet: en øy uten bru, eller et brudd i kartet."]
    limit = limit_of(grade, scene.parameters)
    count = float(counted(np.array([metres]), scene.parameters)[0])
    added = count - metres
    # Tenths, so that who is a little over the limit never reads as at it.
    said = f"Målt: {_tenths(metres)}."
    if added > 0:
        said += f" Med fylkeskommunens tillegg på {_tenths(added)}: {_tenths(count)}."
    over = "over" if answer == RIGHT else "under"
    said += (
        f" Grensen på {grade}. trinn er {_metres(limit)} (opplæringslova kapittel 4), og vegen er "
        f"{_tenths(abs(count - limit))} {over}: {'rett' if answer == RIGHT else 'ikke rett'} til "
        "skyss etter avstand."
    )
    lines = [said]
    column = grade - GRADES[0]
    if near_limit(np.full((1, len(GRADES)), metres), scene.parameters)[0, column]:
        near = _metres(scene.parameters["skoleveg_naer_m"])
        lines.append(
            f"Vegen er nærmere grensen enn {near}: kartet er for usikkert til å avgjøre retten. "
            "Mål på stedet."
        )
    return lines


def _other(scene: Scene, row: int, school: int, grade: int) -> list[str]:
    """Tell of a school that is nearer."""
    near = scene.own.nearest[grade - GRADES[0]]
    best = int(near.school[row])
    if best < 0:
        return []
    name = scene.skole["navn"].iloc[best]
    if best == school:
        return ["Det er den nærmeste offentlige skolen med trinnet."]
    return [f"Nærmeste offentlige skole med trinnet er {name}, {_metres(near.metres[row])}."]


def _safe_way(scene: Scene, row: int, school: int) -> gpd.GeoDataFrame | None:
    """Follow the shortest way that avoids links that are unsafe or of unknown speed."""
    hazards = scene.hazards
    graph = scene.built.graph
    network = Network.of(graph, safe_costs(graph, hazards.unsafe | hazards.vague))
    ways = scene.ways
    doors, schools = (ways.starts, row), (ways.schools, school)
    return steps_of(network, doors, schools, scene.veg, hazards)


def _unsafe_text(
    scene: Scene, steps: gpd.GeoDataFrame | None, safe: gpd.GeoDataFrame | None, grade: int
) -> list[str]:
    """Tell of the unsafe links on the way, and of a way without them."""
    if steps is None:
        return []
    marked = steps[steps["merknad"] != ""]
    if not len(marked):
        return ["Ingen strekning på vegen er usikker etter reglene."]
    by = marked.groupby(["hva", "merknad"], sort=False)["meter"].sum()
    told = "; ".join(f"{what} ({_metres(m)}): {why}" for (what, why), m in by.items())
    lines = [f"Må vurderes på vegen, {_metres(marked['meter'].sum())} i alt: {told}."]
    if (marked["merknad"] == UNKNOWN_SPEED).any():
        lines.append("Ukjent fartsgrense er ukjent, ikke trygt.")
    if safe is None:
        return [*lines, "Kartet har ingen veg til skolen utenom disse strekningene."]
    long = float(safe["meter"].sum())
    within = counted(np.array([long]), scene.parameters)[0] <= limit_of(grade, scene.parameters)
    limit = "innenfor" if within else "over"
    return [*lines, f"Korteste veg utenom dem er {_metres(long)}, {limit} grensen."]


def _facts(name: str, to: str, grade: int, metres: float, answer: str) -> dict[str, Fact]:
    return {
        "adresse": Fact(title="Adresse", value=name),
        "skole": Fact(title="Skole", value=to),
        "trinn": Fact(title="Trinn", value=grade),
        "svar": Fact(title="Svar", value=answer),
        "meter": Fact(
            title="Skoleveg", value=metres if np.isfinite(metres) else None, unit="m", decimals=1
        ),
    }


def _unanswered(scene: Scene, name: str, why: str) -> Result:
    grade = int(scene.parameters["skoleveg_trinn"])
    facts = _facts(name, "ukjent skole", grade, np.nan, "skolen er ikke kjent")
    return Result(
        analysis="skoleveg",
        title=f"Skolevegen fra {name}",
        template="{adresse}, {trinn}. trinn: {svar}.",
        facts=facts,
        reading=(why, LEGAL),
        warnings=warnings(scene),
    )


def _steps_table(steps: gpd.GeoDataFrame) -> Table:
    frame = pd.DataFrame(steps.drop(columns="geometry"))
    frame.index = pd.Index([f"{number}" for number in range(1, len(frame) + 1)], name="rad")
    frame.insert(0, "nr", range(1, len(frame) + 1))
    columns = _step_columns()
    return Table(
        name="steg",
        title="Vegen steg for steg",
        frame=frame[list(columns)],
        columns=columns,
        note="Meter i planet. Første og siste steg er luftlinje mellom dør og gangnett.",
    )


def _step_columns() -> dict[str, Column]:
    return {
        "nr": Column(title="Steg", decimals=0),
        "hva": Column(title="Langs"),
        "vegtype": Column(title="Type"),
        "vegkategori": Column(title="Vegkategori"),
        "fartsgrense": Column(title="Fartsgrense", unit="km/t", decimals=0),
        "meter": Column(title="Lengde", unit="m", decimals=1),
        "sum_m": Column(title="Til sammen", unit="m", decimals=1),
        "merknad": Column(title="Må vurderes"),
    }


def _layers(
    scene: Scene,
    row: int,
    school: int,
    steps: gpd.GeoDataFrame | None,
    safe: gpd.GeoDataFrame | None,
) -> list[MapLayer]:
    """Draw the way, the way without unsafe links, and both doors."""
    crs = scene.adresse.crs
    layers = []
    if safe is not None and steps is not None and (steps["merknad"] != "").any():
        layers.append(_way("utenom", "Korteste veg utenom usikre strekninger", safe, "#1b9e77"))
    if steps is not None:
        layers.append(_way("vegen", "Korteste skoleveg", steps, "#08519c"))
        unsafe = steps[steps["merknad"] != ""]
        if len(unsafe):
            layers.append(_way("usikkert", "Må vurderes på vegen", unsafe, "#b2182b"))
    ends = [geometries(scene.adresse)[row], geometries(scene.skole)[school]]
    names = [address_text(scene.adresse, row), str(scene.skole["navn"].iloc[school])]
    frame = gpd.GeoDataFrame({"navn": names}, geometry=ends, crs=crs)
    layers.append(
        MapLayer(
            name="endepunkter",
            title="Døren og skolen",
            frame=frame[~shapely.is_missing(geometries(frame))],
            columns={"navn": Column(title="Navn")},
            style=Style(fill="#111111", stroke="#ffffff", size=2.6),
        )
    )
    return layers


def _with_base(base: list[MapLayer], layers: list[MapLayer]) -> tuple[MapLayer, ...]:
    """Cut what lies below to the surroundings of the way, so that the map shows the way."""
    west, south, east, north = np.array([one.frame.total_bounds for one in layers]).T
    box = shapely.box(west.min(), south.min(), east.max(), north.max())
    around = shapely.box(*shapely.buffer(box, _AROUND_M).bounds)
    cut = [replace(one, frame=one.frame.clip(around)) for one in base]
    return (*[one for one in cut if len(one.frame)], *layers)


def _way(name: str, title: str, steps: gpd.GeoDataFrame, colour: str) -> MapLayer:
    columns = {key: one for key, one in _step_columns().items() if key != "nr"}
    frame = steps[[*columns, "geometry"]].copy()
    frame.index = pd.Index([f"{number + 1}" for number in steps.index])
    return MapLayer(
        name=name,
        title=title,
        frame=frame[shapely.length(geometries(frame)) > 0],
        columns=columns,
        style=Style(stroke=colour, fill=colour, width=1.0),
    )
