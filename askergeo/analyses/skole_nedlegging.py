"""What closing or merging schools does to places, ways to school and the right to transport.

The method, its sources and what it does not say are in docs/metode-skole.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from askergeo.analyses import _school_closing as tables
from askergeo.analyses._input_faults import fault_findings
from askergeo.analyses._school_balance import Layers, answer_of
from askergeo.analyses._school_text import warnings_of
from askergeo.errors import ParameterError, collect
from askergeo.overlay.door import check_crs_of
from askergeo.result import Result
from askergeo.school._assign import STAGE_OF
from askergeo.school.capacity import year_text
from askergeo.school.closing import close, receivers, walks
from askergeo.school.route import distances
from askergeo.school.route_rights import pupils_by_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.analyses._school_balance import Answer
    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord
    from askergeo.school.closing import Closed

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = ["skole_nedlegging"]


@dataclass(frozen=True, eq=False)
class _Doors:
    """The ``a`` addresses of school children who lose their school.

    ``part`` (a,) is the row of the part; ``children`` and ``before`` (a, 10) the children by grade
    and the row of their school today; ``metres`` (a, s) the way to each school.
    """

    part: Rows
    children: Numbers
    before: Rows
    metres: Numbers


def skole_nedlegging(
    gangnett: GraphBuild,
    *,
    skole: gpd.GeoDataFrame,
    skolekrets: gpd.GeoDataFrame,
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame,
    grunnkrets: gpd.GeoDataFrame | None = None,
    elevtall: pd.DataFrame | None = None,
    skoletiltak: pd.DataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
    befolkning_historikk: pd.DataFrame | None = None,
    framskriving: pd.DataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Close schools, and tell where the pupils go and what it does to them.

    Parameters
    ----------
    gangnett
        The walking graph, in the CRS of the layers.
    skole, skolekrets, adresse, befolkning, grunnkrets, elevtall, skoletiltak, boligprogram, \
befolkning_historikk, framskriving, kommunegrense
        Layers of the catalogue.
    kilder
        Where each layer comes from.
    parameters
        The sets ``skole``, ``prognose``, ``skoleveg`` and ``skole_nedlegging``.

    Raises
    ------
    ParameterError
        When no school is to be closed, or one is not there, is private, or is not open that year.
    CrsError, LayerError
        As the balance does.
    """
    check_crs_of({"skolekrets": skolekrets, "adresse": adresse}, skole.crs)
    layers = Layers(
        skole=skole,
        skolekrets=skolekrets,
        adresse=adresse,
        befolkning=befolkning,
        grunnkrets=grunnkrets,
        elevtall=elevtall,
        skoletiltak=skoletiltak,
        boligprogram=boligprogram,
        befolkning_historikk=befolkning_historikk,
        framskriving=framskriving,
    )
    answer = answer_of(layers, parameters, kilder, effects=False)
    closed = _closed_schools(answer, parameters)
    year = _year(answer, closed, parameters)
    at = int(np.searchsorted(answer.years, year))
    target = answer.pupils.assignment.target[at]
    before = np.where(np.isin(target, list(closed)), target, -1)
    doors = _doors(answer, layers, gangnett, before, parameters)
    candidates = answer.places.is_open[at] & (answer.pupils.kind == "krets")
    candidates[list(closed)] = False
    count = len(answer.inputs.forecast.areas.frame)
    new, _ = receivers(doors.metres, doors.part, doors.children, candidates, count)
    after = close(
        answer.inputs.forecast, answer.places, answer.pupils, new=new, closed=closed, year=year
    )
    case = _case(answer, doors, after, closed, at)
    template, facts = tables.statement(case)
    return Result(
        analysis="skole_nedlegging",
        title=f"Nedlegging: {', '.join(answer.name(row) for row in closed)}",
        template=template,
        facts=facts,
        tables=(
            tables.walk_table(case),
            tables.receiver_table(case),
            tables.balance_table(case),
            tables.stage_table(case),
        ),
        layers=tables.map_layers(case, kommunegrense),
        findings=(*tables.findings(case), *fault_findings(answer.faults)),
        warnings=(*tables.warnings(case), *warnings_of(answer)),
        reading=tables.reading(year_text(year)),
    )


def _closed_schools(answer: Answer, parameters: Parameters) -> dict[int, int]:
    """Return the rows of the schools that close, and of those that they are merged into."""
    pairs = [(str(one), "") for one in parameters["nedlegg"]]
    faults = []
    for text in parameters["slaa_sammen"]:
        one, sign, other = str(text).partition("+")
        if not sign or not one.strip() or not other.strip():
            faults.append(f"«{text}» er ikke på formen A+B")
        pairs.append((one.strip(), other.strip()))
    if not pairs:
        raise ParameterError(
            "Det er ikke sagt hvilken skole som skal legges ned.",
            remedy="Skriv for eksempel «askergeo skole nedlegg --skole 974568098», eller "
            "«--slå-sammen A+B» med to skole_id.",
        )
    index = pd.Index(answer.places.schools.index.astype(str))
    wanted = [one for pair in pairs for one in pair if one]
    faults += [f"skole_id «{one}» er ikke i laget «skole»" for one in wanted if one not in index]
    rows = {int(index.get_indexer([a])[0]): (int(index.get_indexer([b])[0]) if b else -1)
            for a, b in pairs}  # fmt: skip
    faults += [
        f"«{answer.name(row)}» er privat" for row in rows if row >= 0 and not answer.public[row]
    ]
    faults += [
        f"«{answer.name(into)}» skal ta imot elever, men legges selv ned"
        for into in rows.values()
        if into in rows and into >= 0
    ]
    if faults:
        raise ParameterError(
            f"Skolene kan ikke legges ned:\n{collect(dict.fromkeys(faults))}",
            remedy="«askergeo skole kapasitet» viser skolene med skole_id.",
        )
    return rows


def _year(answer: Answer, closed: Mapping[int, int], parameters: Parameters) -> int:
    """Return the autumn of the first school year without the schools."""
    year = int(parameters["nedlegg_fra"]) or int(answer.years[0]) + 1
    first, last = int(answer.years[0]), int(answer.years[-1])
    if not first <= year <= last:
        raise ParameterError(
            f"«nedlegg_fra» = {year} er utenfor årene som er regnet, {first}–{last}.",
            remedy="Velg et år blant dem, eller et større «prognose_aar».",
        )
    at = year - first
    shut = [row for row in closed if not answer.places.is_open[at, row].any()]
    if shut:
        names = collect(f"«{answer.name(row)}»" for row in shut)
        raise ParameterError(
            f"Disse skolene er ikke åpne i {year_text(year)}:\n{names}",
            remedy="Se fra_aar og til_aar i laget «skole», og laget «skoletiltak».",
        )
    return year


def _doors(
    answer: Answer, layers: Layers, gangnett: GraphBuild, before: Rows, parameters: Parameters
) -> _Doors:
    """Measure the ways from the addresses in the parts that lose a school, (n, 10) by grade."""
    areas = answer.inputs.forecast.areas
    ids = layers.adresse["adresse_id"]
    first = ~ids.duplicated().to_numpy()
    part = areas.frame.index.get_indexer(pd.Index(ids.map(areas.address).astype(object)))
    inside = first & (part >= 0) & np.append((before >= 0).any(axis=1), [False])[part]
    own = layers.adresse[inside].reset_index(drop=True)
    schools = layers.skole.drop_duplicates("skole_id").set_index("skole_id")
    points = schools.loc[answer.places.schools.index]
    children = pupils_by_address(own["adresse_id"].astype(str), layers.befolkning).count
    rows = np.asarray(part[inside], dtype=np.intp)
    return _Doors(rows, children, before[rows], distances(gangnett, own, points, parameters))


def _case(
    answer: Answer, doors: _Doors, after: Closed, closed: Mapping[int, int], at: int
) -> tables.Case:
    """Put together who goes where, and how far, without and with the schools."""
    moved = doors.before >= 0
    school = np.where(moved, after.target[at][doors.part], -1)
    share = np.nan_to_num(answer.pupils.part_share)[doors.part][:, STAGE_OF]
    return tables.Case(
        answer=answer,
        closed=dict(closed),
        at=at,
        pupils=np.where(moved, doors.children * share, 0.0),
        before=doors.before,
        after=school,
        way_before=walks(doors.metres, doors.before),
        way_after=walks(doors.metres, school),
        part=doors.part,
        balance=after,
        parameters=answer.inputs.parameters,
    )
