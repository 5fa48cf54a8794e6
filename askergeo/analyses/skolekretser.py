"""New school districts: which units belong to which school, so that all have room and short ways.

The units, the pupils and the ways are put together in `_district_basis`, the programme is solved in
`askergeo.school.districting`, and every division passes a check that does not use the solver. See
docs/metode-skole.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.analyses import _district_school_tables as school_tables
from askergeo.analyses import _district_tables as tables
from askergeo.analyses import _district_text as text
from askergeo.analyses._background import land_of
from askergeo.analyses._district_basis import make_ground
from askergeo.analyses._district_map import (
    area_table,
    district_layers,
    school_layer,
    unit_layer,
)
from askergeo.analyses._district_options import aims_of
from askergeo.analyses._district_people import Layers
from askergeo.analyses._district_tables import Alternative
from askergeo.analyses._input_faults import fault_findings
from askergeo.overlay.door import check_crs_of
from askergeo.result import Result
from askergeo.school.district_check import check
from askergeo.school.district_explain import explain
from askergeo.school.district_frontier import Alternative as Weighed
from askergeo.school.district_frontier import frontier
from askergeo.school.district_problem import Weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from askergeo.analyses._district_basis import Ground
    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.result import MapLayer, SourceRecord, Table
    from askergeo.school.district_problem import Plan, Problem

__all__ = ["skolekretser"]

_LETTERS = "ABCDE"


def skolekretser(
    gangnett: GraphBuild,
    *,
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame,
    skole: gpd.GeoDataFrame,
    skolekrets: gpd.GeoDataFrame,
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
    """Propose new school districts.

    Parameters
    ----------
    gangnett
        The walking graph and its report, in the CRS of the layers.
    adresse, befolkning, skole, skolekrets, grunnkrets, elevtall, skoletiltak, boligprogram, \
befolkning_historikk, framskriving, kommunegrense
        Layers of the catalogue, in the same projected CRS in metres.
    kilder
        Where the layers come from: the date of the residents, when nothing else tells their year.
    parameters
        The sets ``skolekretser``, ``skole``, ``prognose`` and ``skoleveg``.

    Returns
    -------
    Result
        With one division for each alternative; or, when no division keeps the rules, which schools
        and years do not fit, and what would help.

    Raises
    ------
    ParameterError
        When a year, school or unit that was asked for does not exist.
    LayerError
        When nobody can be placed, no school takes part, or one lies outside the municipality.
    CrsError
        When a layer is in another CRS.
    MissingSolverError
        When the solver is not installed.
    """
    layers = Layers(
        adresse=adresse,
        befolkning=befolkning,
        skole=skole,
        skolekrets=skolekrets,
        grunnkrets=grunnkrets,
        elevtall=elevtall,
        skoletiltak=skoletiltak,
        boligprogram=boligprogram,
        befolkning_historikk=befolkning_historikk,
        framskriving=framskriving,
        kommunegrense=kommunegrense,
        kilder=kilder,
    )
    maybe = {"skole": skole, "skolekrets": skolekrets, "grunnkrets": grunnkrets}
    check_crs_of({name: one for name, one in maybe.items() if one is not None}, adresse.crs)
    ground = make_ground(gangnett, layers, parameters)
    alternatives = _solved(ground, parameters)
    background = () if kommunegrense is None else (land_of(kommunegrense),)
    if not alternatives:
        return _impossible(ground, background, parameters)
    return _answer(ground, alternatives, background, parameters)


def _solved(ground: Ground, parameters: Parameters) -> tuple[Alternative, ...]:
    """Solve the alternatives; those that are alike are one."""
    aims = aims_of(int(parameters["kretser_antall"]))
    move, nearest = float(parameters["flyttevekt_m"]), float(parameters["naermeste_vekt_m"])
    # The balance first: its plan is a good beginning for those on either side.
    order = sorted(range(len(aims)), key=lambda at: abs(aims[at].factor - 1.0))
    solved = frontier(
        ground.basis.problem,
        [
            Weighed(
                id=str(at),
                title=aims[at].title,
                weights=Weights(move=move * aims[at].factor, nearest=nearest),
            )
            for at in order
        ],
        time_limit_s=float(parameters["krets_tidsgrense_s"]),
        gap=float(parameters["krets_gap"]),
        seed=int(parameters["krets_fro"]),
    )
    plans = [solved[order.index(at)] for at in range(len(aims))]
    groups: list[tuple[list[str], Plan]] = []
    for aim, plan in zip(aims, plans, strict=True):
        if plan.assigned is None:
            continue
        before = groups[-1][1].assigned if groups else None
        if before is not None and np.array_equal(before, plan.assigned):
            # Of what is proven of one division the weakest is told.
            titles, other = groups.pop()
            groups.append(([*titles, aim.title], max(other, plan, key=lambda one: one.gap)))
        else:
            groups.append(([aim.title], plan))
    return tuple(
        Alternative(letter=letter, title=_joined(titles, len(aims)), plan=plan)
        for letter, (titles, plan) in zip(_LETTERS, groups, strict=False)
    )


def _joined(titles: Sequence[str], asked: int) -> str:
    """Write what a division is the answer to."""
    if 1 < asked == len(titles):
        return "Samme svar for alle avveininger"
    return listed([titles[0], *(title.lower() for title in titles[1:])])


def _answer(
    ground: Ground,
    alternatives: Sequence[Alternative],
    background: tuple[MapLayer, ...],
    parameters: Parameters,
) -> Result:
    """Write the divisions down."""
    basis = ground.basis
    trade_off = tables.trade_off_table(basis, alternatives)
    moving = tuple(tables.moving_table(basis, one) for one in alternatives)
    faults = [[fault.text for fault in check(basis.problem, one.assigned)] for one in alternatives]
    template, facts = text.statement(ground, alternatives, trade_off)
    shown = next((at for at, one in enumerate(alternatives) if "avveid" in one.title.lower()), 0)
    bad = [one.letter for one, told in zip(alternatives, faults, strict=True) if told]
    return Result(
        analysis="skolekretser",
        title=_title(ground),
        template=template,
        facts=facts,
        tables=(
            trade_off,
            tables.walk_table(basis, alternatives, _limits(parameters)),
            *moving,
            area_table(basis, alternatives),
            *_school_tables(ground, alternatives),
            tables.proof_table(alternatives),
        ),
        layers=(
            *background,
            unit_layer(basis, alternatives),
            *district_layers(basis, alternatives, moving, shown),
            school_layer(basis, ground.schools),
        ),
        findings=(
            *text.checked_findings(alternatives, faults),
            *text.ground_findings(ground),
            *fault_findings(ground.faults),
        ),
        warnings=tuple(text.warnings(ground, alternatives, parameters)),
        reading=text.reading(ground, alternatives, max(one.plan.gap for one in alternatives)),
        unpublishable=tuple(
            f"Alternativ {letter} bryter en av reglene det skal følge." for letter in bad
        ),
    )


def _title(ground: Ground) -> str:
    return f"Nye skolekretser: {ground.stage}"


def _limits(parameters: Parameters) -> tuple[float, float]:
    return float(parameters["skoleveg_grense_1_m"]), float(parameters["skoleveg_grense_m"])


def _school_tables(ground: Ground, alternatives: Sequence[Alternative]) -> tuple[Table, ...]:
    basis = ground.basis
    found = (
        school_tables.school_table(basis, alternatives),
        school_tables.feeding_table(basis, alternatives, ground.next_school),
        school_tables.stay_table(basis, alternatives),
        school_tables.year_table(basis, alternatives),
    )
    return tuple(table for table in found if table is not None)


def _impossible(ground: Ground, background: tuple[MapLayer, ...], parameters: Parameters) -> Result:
    """Tell which schools and years do not fit, and the smallest change that helps."""
    basis = ground.basis
    told = explain(
        _named(ground),
        time_limit_s=float(parameters["krets_tidsgrense_s"]),
        seed=int(parameters["krets_fro"]),
    )
    template, facts, helps = text.impossible(ground, told)
    return Result(
        analysis="skolekretser",
        title=_title(ground),
        template=template,
        facts=facts,
        tables=(*school_tables.lacking_table(basis, told.missing), *_school_tables(ground, ())),
        layers=(
            *background,
            unit_layer(basis, ()),
            *district_layers(basis, (), (), 0),
            school_layer(basis, ground.schools),
        ),
        findings=(*helps, *text.ground_findings(ground), *fault_findings(ground.faults)),
        warnings=tuple(text.warnings(ground, (), parameters)),
        reading=text.reading_impossible(ground),
    )


def _named(ground: Ground) -> Problem:
    """Return the problem with names for ids: what is told of it is for people."""
    basis = ground.basis
    return replace(
        basis.problem,
        units=pd.Index(basis.units.frame["navn"].astype(str).to_numpy(dtype=object)),
        schools=pd.Index(basis.names),
    )
