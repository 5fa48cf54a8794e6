"""Measures as a scenario: a new stop, more departures, a new route, growth moved between centres.

The measures are applied one after another to copies of the package's tables; the scenario package
holds only the rows that then differ. Nothing is written before everything is reckoned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from askergeo.analyses import find
from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import LayerError, ParameterError
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.stores.arguments import require_free
from askergeo.stores.checks import CHANGE
from askergeo.stores.folder import building
from askergeo.transport._measure_departures import add_departures, add_route
from askergeo.transport._measure_growth import move_growth
from askergeo.transport._measure_rows import KEYS, changed_rows, read_tables
from askergeo.transport._measure_stops import add_stop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from askergeo.parameters import Parameters
    from askergeo.scenario import ScenarioView
    from askergeo.transport._ledger_places import Centres

    #: Gives the centre of every row of the programme, and the centres.
    Placing = Callable[[gpd.GeoDataFrame], tuple[pd.Series, Centres]]

__all__ = [
    "NOTE",
    "Changes",
    "Measure",
    "MoreDepartures",
    "MovedGrowth",
    "NewRoute",
    "NewStop",
    "load_measure_parameters",
    "make_changes",
    "more_departures",
    "moved_growth",
    "new_route",
    "new_stop",
    "placing_of",
    "write_scenario",
]

#: The file in the scenario's folder that tells what it does.
NOTE: Final = "tiltak.md"
MODES: Final = ("buss", "trikk", "tbane", "tog", "hurtigbat", "ferge")
_DAY_S: Final = 86_400
_LATEST_S: Final = 4 * _DAY_S


@dataclass(frozen=True, kw_only=True)
class NewStop:
    """A new stop on a line: its name, its place in the package's CRS (metres), and the line."""

    name: str
    x: float
    y: float
    line: str


@dataclass(frozen=True, kw_only=True)
class MoreDepartures:
    """So many times as many departures on a line."""

    line: str
    factor: int


@dataclass(frozen=True, kw_only=True)
class NewRoute:
    """A new line: mode, stops (name, id, or «NAVN:x:y»), speed, and when it leaves.

    ``spans`` are first and last departure in seconds of the service day; ``headway_s`` the seconds
    between departures.
    """

    name: str
    mode: str
    stops: tuple[str, ...]
    speed_kmh: float
    headway_s: int
    spans: tuple[tuple[int, int], ...]
    line_id: str = ""


@dataclass(frozen=True, kw_only=True)
class MovedGrowth:
    """Dwellings of the housing programme moved from one centre to another."""

    source: str
    target: str
    count: int


Measure = NewStop | MoreDepartures | NewRoute | MovedGrowth


@dataclass(frozen=True, eq=False)
class Changes:
    """What the measures change.

    Parameters
    ----------
    layers
        Rows with the column ``endring``, by layer; only layers that change.
    notes
        What was done, in bokmål, a line each.
    warnings
        The uncertain values that it rests on, in bokmål, a line each.
    """

    layers: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def new_stop(text: str) -> NewStop:
    """Read «NAVN@x,y@LINJE».

    Raises
    ------
    ParameterError
        When it is not so written.

    Examples
    --------
    >>> new_stop("Skogen@562000,6601000@110").x
    562000.0
    """
    parts = _parts(text, 3, "--nytt-stopp", "NAVN@x,y@LINJE", "Skogen@562000,6601000@110")
    place = parts[1].split(",")
    if len(place) != 2:  # noqa: PLR2004  (x and y)
        raise _unreadable("--nytt-stopp", text, "NAVN@x,y@LINJE", "Skogen@562000,6601000@110")
    x, y = (_number(one, "--nytt-stopp", text) for one in place)
    return NewStop(name=parts[0], x=x, y=y, line=parts[2])


def more_departures(text: str) -> MoreDepartures:
    """Read «LINJE=GANGER».

    Raises
    ------
    ParameterError
        When it is not so written, or the factor is not a whole number from 2 to 10.

    Examples
    --------
    >>> more_departures("110=2")
    MoreDepartures(line='110', factor=2)
    """
    line, _, factor = text.rpartition("=")
    if not line.strip() or not factor.strip().isdigit() or not 2 <= int(factor) <= 10:  # noqa: PLR2004
        raise _unreadable("--flere-avganger", text, "LINJE=GANGER (2–10)", "110=2")
    return MoreDepartures(line=line.strip(), factor=int(factor))


def new_route(text: str) -> NewRoute:
    """Read «NAVN@transportmiddel@STOPP1,STOPP2,…@fart@intervall@fra-til».

    Speed in km/h, interval in minutes, times by the clock; several spans with «+».

    Raises
    ------
    ParameterError
        When it is not so written, or the mode is unknown.

    Examples
    --------
    >>> new_route("Båt@hurtigbat@Tofte,Oslo@50@30@06:30-08:30+15-17").spans
    ((23400, 30600), (54000, 61200))
    """
    example = "Hurtigbåt@hurtigbat@Sætre,Aker brygge@55@30@06-09+15-18"
    form = "NAVN@transportmiddel@STOPP1,STOPP2@km/t@minutter@fra-til"
    name, mode, stops, speed, headway, spans = _parts(text, 6, "--ny-rute", form, example)
    if mode not in MODES:
        raise ParameterError(
            f"«{mode}» er ikke et transportmiddel.", remedy=f"Velg blant {', '.join(MODES)}."
        )
    names = tuple(one.strip() for one in stops.split(",") if one.strip())
    if len(names) < 2:  # noqa: PLR2004  (a ride has two ends)
        raise ParameterError(
            f"«{name}» har færre enn to stopp.", remedy=f"Skriv for eksempel «{example}»."
        )
    kmh, minutes = (_number(one, "--ny-rute", text) for one in (speed, headway))
    if not 0 < kmh <= 300 or not 0 < minutes <= 1440:  # noqa: PLR2004  (no train, no day is longer)
        raise ParameterError(
            f"Farten {speed} km/t eller intervallet {headway} minutter er ikke mulig.",
            remedy="Fart mellom 0 og 300 km/t, intervall mellom 0 og 1440 minutter.",
        )
    return NewRoute(
        name=name,
        mode=mode,
        stops=names,
        speed_kmh=kmh,
        headway_s=max(round(minutes * 60), 1),
        spans=tuple(_span(one, text) for one in spans.split("+")),
    )


def moved_growth(text: str) -> MovedGrowth:
    """Read «FRA>TIL=ANTALL».

    Raises
    ------
    ParameterError
        When it is not so written.

    Examples
    --------
    >>> moved_growth("Tofte>Asker sentrum=120").count
    120
    """
    ends, _, count = text.rpartition("=")
    source, _, target = ends.partition(">")
    if not source.strip() or not target.strip() or not count.strip().isdigit() or not int(count):
        raise _unreadable("--flytt-vekst", text, "FRA>TIL=ANTALL", "Tofte>Asker sentrum=120")
    return MovedGrowth(source=source.strip(), target=target.strip(), count=int(count))


def _parts(text: str, count: int, option: str, form: str, example: str) -> list[str]:
    parts = [part.strip() for part in text.split("@")]
    if len(parts) != count or not all(parts):
        raise _unreadable(option, text, form, example)
    return parts


def _unreadable(option: str, text: str, form: str, example: str) -> ParameterError:
    return ParameterError(
        f"«{option} {text}» er ikke på formen {form}.",
        remedy=f'Skriv for eksempel {option} "{example}".',
    )


def _number(text: str, option: str, whole: str) -> float:
    try:
        return float(text.strip())
    except ValueError:
        raise ParameterError(
            f"«{text.strip()}» i «{option} {whole}» er ikke et tall.",
            remedy="Bruk punktum som desimaltegn, og koordinater i pakkens koordinatsystem.",
        ) from None


def _span(text: str, whole: str) -> tuple[int, int]:
    """Read «06:30-09» as seconds of the service day; the hour may be over 24 for the night."""
    found = re.fullmatch(r"\s*(\d{1,2})(?::(\d\d))?\s*[-–]\s*(\d{1,2})(?::(\d\d))?\s*", text)
    hours = [int(one or 0) for one in found.groups()] if found else [0, 0, 0, 0]
    first, last = hours[0] * 3600 + hours[1] * 60, hours[2] * 3600 + hours[3] * 60
    if found is None or max(hours[1], hours[3]) > 59 or not first <= last < _LATEST_S:  # noqa: PLR2004
        raise ParameterError(
            f"«{text}» i «{whole}» er ikke et tidsrom.",
            remedy="Skriv for eksempel 06-09, 06:30-08:30 eller 06-09+15-18.",
        )
    return first, last


def load_measure_parameters(overrides: Mapping[str, str]) -> tuple[Parameters, Parameters]:
    """Load the parameters of the measures, and those of the ledger that says what is in a centre.

    Raises
    ------
    ParameterError
        When an override is in neither, or not allowed.
    """
    own, ledger = (
        load_parameters("nullvekst_tiltak"),
        load_parameters(find("nullvekst_regnskap").parameters),
    )
    known = [{one.name for one in values} for values in (own, ledger)]
    # What neither knows is refused by the ledger, which has most of them.
    mine = {name: value for name, value in overrides.items() if name in known[0]}
    rest = {name: value for name, value in overrides.items() if name not in known[0]}
    return own.override(mine), ledger.override(rest)


def make_changes(
    package: DataPackage | ScenarioView,
    measures: Sequence[Measure],
    *,
    placing: Placing | None = None,
    parameters: Parameters,
) -> Changes:
    """Reckon what the measures change; nothing is written.

    Parameters
    ----------
    package
        The base.
    measures
        In the order that they are applied: a later one sees what an earlier one did.
    placing
        Tells the centre of every project; asked only when growth is moved.
    parameters
        The set ``nullvekst_tiltak``.

    Raises
    ------
    ParameterError
        When there is no measure, or a line, stop or centre is unknown.
    LayerError
        When the package lacks a layer that a measure changes.
    """
    if not measures:
        raise ParameterError(
            "Ingen tiltak er oppgitt.",
            remedy="Bruk --nytt-stopp, --flere-avganger, --ny-rute eller --flytt-vekst.",
        )
    layers: dict[str, pd.DataFrame] = {}
    notes: list[str] = []
    timed = [one for one in measures if not isinstance(one, MovedGrowth)]
    if timed:
        before = tables = read_tables(package)
        for one in timed:
            if isinstance(one, NewStop):
                tables, said = add_stop(tables, one, parameters)
            elif isinstance(one, MoreDepartures):
                tables, said = add_departures(tables, one)
            else:
                tables, said = add_route(tables, one, parameters)
            notes += said
        for layer in ("holdeplass", "rutelinje", "rutetur", "ruteavgang"):
            layers[layer] = changed_rows(
                getattr(before, layer), getattr(tables, layer), KEYS[layer]
            )
    moves = [one for one in measures if isinstance(one, MovedGrowth)]
    if moves:
        layers["boligprogram"], said = _moved(package, moves, placing)
        notes += said
    return Changes(
        {name: rows for name, rows in layers.items() if len(rows)},
        tuple(notes),
        parameters.warnings(parameters.used),
    )


def _moved(
    package: DataPackage | ScenarioView, moves: Sequence[MovedGrowth], placing: Placing | None
) -> tuple[gpd.GeoDataFrame, list[str]]:
    lacks = [layer for layer in ("boligprogram", "senter", "veg") if layer not in package]
    if lacks or placing is None:
        raise LayerError(
            f"Veksten kan ikke flyttes: {', '.join(lacks) or 'gangnettet'} mangler i datapakken.",
            remedy="Legg til lagene, se «askergeo data mangler».",
        )
    before = programme = package.read("boligprogram")
    belongs, centres = placing(programme)
    notes = []
    for move in moves:
        programme, belongs, said = move_growth(programme, belongs, centres, move)
        notes += said
    return changed_rows(before, programme, KEYS["boligprogram"]), notes


def placing_of(package: DataPackage | ScenarioView, parameters: Parameters) -> Placing:
    """Tell centres as the ledger does, on the package's walking network.

    Parameters
    ----------
    package
        With ``veg`` and ``senter``.
    parameters
        The sets of the ledger.
    """

    def place(programme: gpd.GeoDataFrame) -> tuple[pd.Series, Centres]:
        # The kernels of the network are compiled when they are needed only.
        from askergeo.network.cache import cached_graph  # noqa: PLC0415
        from askergeo.network.paths import Network  # noqa: PLC0415
        from askergeo.network.profiles import metres  # noqa: PLC0415
        from askergeo.transport._ledger_places import centres_of  # noqa: PLC0415
        from askergeo.transport.ledger import project_centres  # noqa: PLC0415

        centres = centres_of(package.read("senter"), parameters)
        if centres is None:
            raise LayerError("Laget senter er tomt.", remedy="Legg til kommunens sentre.")
        graph = cached_graph(package, parameters).graph
        network = Network.of(graph, metres(graph))
        found = project_centres(programme, centres=centres, network=network, parameters=parameters)
        return found, centres

    return place


def write_scenario(
    path: Path,
    base: DataPackage,
    changes: Changes,
    *,
    name: str = "",
    command: str = "askergeo nullvekst tiltak",
    overwrite: bool = False,
) -> DataPackage:
    """Write the scenario package and its note, whole or not at all.

    Parameters
    ----------
    path
        New or empty folder; with ``overwrite`` also a package, which is replaced.
    base
        The package that the scenario lies over.
    changes
        What it changes.
    name
        Name for people; the folder's without.
    command
        How it was made, for the origin of its layers.
    overwrite
        Replace a package that is there.

    Raises
    ------
    OverwriteError, LockedError, StorageError, MissingFileError
        As :meth:`askergeo.datapackage.DataPackage.create`; nothing is changed then.
    """
    require_free(path, overwrite=overwrite)
    with building(path) as new:
        scenario = DataPackage.create_scenario(new, base, name=name or path.name)
        for layer, rows in changes.layers.items():
            record = base.record(layer)
            origin = Origin(
                title=command, licence=record.licence, attribution=record.attribution,
                owner=record.owner,
            )  # fmt: skip
            scenario.write(layer, rows, origin=origin)
        (new / NOTE).write_text(_note(base, changes, name or path.name, command), encoding="utf-8")
    return DataPackage.open(path)


def _note(base: DataPackage, changes: Changes, name: str, command: str) -> str:
    """Write the summary of a scenario."""
    lines = [f"# {name}", "", f"Scenario over {base.name or base.path.name}, laget med:", ""]
    lines += [f"    {command}", "", "## Hva som er endret", ""]
    lines += [f"- {note}" if not note.startswith(" ") else f"  - {note.strip()}"
              for note in changes.notes]  # fmt: skip
    lines += ["", "## Rader", ""]
    for layer, rows in changes.layers.items():
        counts = rows[CHANGE].value_counts()
        words = [
            f"{format_number(int(counts[word]))} {plural}"
            for word, plural in (("ny", "nye"), ("erstatt", "endret"), ("slett", "slettet"))
            if word in counts
        ]
        lines.append(f"- {layer}: {', '.join(words)}")
    if changes.warnings:
        lines += ["", "## Forbehold", "", *(f"- {warning}" for warning in changes.warnings)]
    lines += [
        "",
        "Tiltakene er regnet, ikke planlagt av selskapet. Materiell og penger er ikke vurdert.",
        "",
    ]
    return "\n".join(lines)
