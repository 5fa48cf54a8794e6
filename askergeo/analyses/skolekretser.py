"""New school districts: which units belong to which school, so that all have room and short ways.

The units, the pupils and the ways are put together in `_district_basis`, the programme is solved in
`askergeo.school.districting`, and every division passes a check that does not use the solver. See
docs/metode-skole.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from askergeo.analyses import _district_school_tables as school_tables
from askergeo.analyses import _district_tables as tables
from askergeo.analyses import _district_text as text
from askergeo.analyses._background import land_and_sea
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
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of
from askergeo.result import Result
from askergeo.school._layers import year_text
from askergeo.school.district_check import check
from askergeo.school.district_problem import Weights
from askergeo.school.districting import solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from askergeo.analyses._district_basis import Ground
    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.result import MapLayer, Table
    from askergeo.school.district_problem import Plan

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
    )
    maybe = {"skole": skole, "skolekrets": skolekrets, "grunnkrets": grunnkrets}
    check_crs_of({name: one for name, one in maybe.items() if one is not None}, adresse.crs)
    ground = make_ground(gangnett, layers, parameters)
    alternatives = _solved(ground, parameters)
    background = () if kommunegrense is None else (_land(kommunegrense),)
    if not alternatives:
        return _impossible(ground, background, parameters)
    return _answer(ground, alternatives, background, parameters)


def _land(boundary: gpd.GeoDataFrame) -> MapLayer:
    land = boundary[boundary["omfang"] == "land"]
    return land_and_sea(union(geometries(land if len(land) else boundary)), None, boundary.crs)


def _solved(ground: Ground, parameters: Parameters) -> tuple[Alternative, ...]:
    """Solve the alternatives; those that are alike are one."""
    aims = aims_of(int(parameters["kretser_antall"]))
    move, nearest = float(parameters["flyttevekt_m"]), float(parameters["naermeste_vekt_m"])
    plans: list[Plan] = []
    for aim in aims:
        plan = solve(
            ground.basis.problem,
            weights=Weights(move=move * aim.factor, nearest=nearest),
            time_limit_s=float(parameters["krets_tidsgrense_s"]),
            gap=float(parameters["krets_gap"]),
            seed=int(parameters["krets_fro"]),
            # A good plan for one weight is a good beginning for the next.
            starts=[one.assigned for one in plans if one.assigned is not None],
        )
        plans.append(plan)
        if plan.status == "umulig":
            break
    found: list[Alternative] = []
    for aim, plan in zip(aims, plans, strict=False):
        if plan.assigned is None:
            continue
        same = [one for one in found if np.array_equal(one.assigned, plan.assigned)]
        if not same:
            letter = _LETTERS[len(found)]
            found.append(Alternative(letter=letter, title=aim.title, plan=plan))
    return tuple(found)


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
    shown = next(
        (at for at, one in enumerate(alternatives) if one.title == "Avveid"), len(alternatives) - 1
    )
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
            *text.fault_findings(ground.faults),
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
    template, facts, helps = text.impossible(ground, _why(ground))
    return Result(
        analysis="skolekretser",
        title=_title(ground),
        template=template,
        facts=facts,
        tables=_school_tables(ground, ()),
        layers=(
            *background,
            unit_layer(basis, ()),
            *district_layers(basis, (), (), 0),
            school_layer(basis, ground.schools),
        ),
        findings=(*helps, *text.ground_findings(ground), *text.fault_findings(ground.faults)),
        warnings=tuple(text.warnings(ground, (), parameters)),
        reading=text.reading_impossible(ground),
    )


def _why(ground: Ground) -> tuple[str, ...]:
    """Say which schools and years do not fit, and the smallest change that helps."""
    problem = ground.basis.problem
    short = problem.demand.sum(axis=0) - problem.capacity.sum(axis=0)
    return tuple(
        f"{year_text(int(year))}: {format_number(np.ceil(lack))} flere elever enn plasser i alt."
        for year, lack in zip(problem.years, short, strict=True)
        if lack > 0
    )
