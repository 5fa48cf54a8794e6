"""The land account: what the municipality consists of, what plans set aside, what changes.

Every account ends in a line that must close; see docs/metode-arealregnskap.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from askergeo.analyses import _land_account as closing
from askergeo.analyses import _land_accounts as own
from askergeo.analyses import _land_details as details
from askergeo.analyses._background import land_and_sea
from askergeo.analyses._land import cover_frame, land_boundary, plan_frame
from askergeo.analyses._land_account import DEKAR, NamedAccount
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from askergeo.analyses._land import LandBoundary, LandCover
    from askergeo.analyses._land_parts import LandPart
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord

__all__ = ["arealregnskap"]

_CLOSED = "Regnskapet går opp."
_OPEN = "Regnskapet går ikke opp, og tallene må ikke publiseres."
# Headings over the tables, by what their names begin with.
_GROUPS = {
    "utstrekning": "Arealdekket",
    "endring": "Endring mellom to datoer",
    "planmatrise": "Arealdekket i planen",
    "planendring": "Hva forslaget endrer",
    "balanse": "Kontroll",
    "hull": "Kontroll",
    "tema": "Natur, jord og fare",
    "omraader": "Områder",
    "fragmentering": "Oppdeling av naturen",
    "gronnstruktur": "Oppdeling av naturen",
    "plan": "Reguleringsplaner",
}


def arealregnskap(
    kommunegrense: gpd.GeoDataFrame,
    *,
    ar5: gpd.GeoDataFrame | None = None,
    ar5_tidligere: gpd.GeoDataFrame | None = None,
    grunnkart: gpd.GeoDataFrame | None = None,
    arealdekke: gpd.GeoDataFrame | None = None,
    kommuneplan: gpd.GeoDataFrame | None = None,
    kommuneplan_forslag: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
    **more: gpd.GeoDataFrame | None,
) -> Result:
    """Account for the municipality's area.

    Parameters
    ----------
    kommunegrense, ar5, ar5_tidligere, grunnkart, arealdekke, kommuneplan, kommuneplan_forslag
        Layers of the catalogue, all in the same projected CRS in metres.
    kilder
        Where each layer comes from, and when.
    parameters
        The set ``areal``; ``plan`` makes a case file of some reguleringsplaner.
    more
        Other layers of the catalogue by id: reguleringsplaner, themes, and layers that divide the
        municipality.

    Raises
    ------
    CrsError
        When a layer is in another CRS than the boundary, or in degrees.
    LayerError
        When there is no boundary or no land cover.
    ParameterError
        When a land cover, plan, theme or area that is asked for is not there.
    """
    sources = kilder or {}
    boundary = land_boundary(kommunegrense, parameters["grense"], sources.get("kommunegrense"))
    wanted = "" if parameters["grunnlag"] == "beste" else parameters["grunnlag"]
    layers = {"ar5": ar5, "grunnkart": grunnkart, "arealdekke": arealdekke}
    cover = cover_frame(layers, wanted)
    farmland = {str(one) for one in parameters["dyrket_klasser"]}
    every = {**layers, "kommunegrense": kommunegrense, **more}
    if parameters["plan"]:
        case = details.case_file(boundary, cover, every, parameters)
        found = _result([case, own.extent(cover, boundary)], cover, boundary, parameters)
        # The map shows the plan, not the municipality.
        return replace(found, layers=case.layers)
    parts: list[LandPart] = [own.extent(cover, boundary)]
    earlier = None
    if ar5 is not None and ar5_tidligere is not None:
        earlier = cover_frame({"ar5": ar5_tidligere}, name="ar5_tidligere")
        now = cover_frame({"ar5": ar5})
        dates = _date(sources, "ar5_tidligere"), _date(sources, "ar5")
        parts.append(own.cover_change(earlier, now, boundary, dates))
    given = {"kommuneplan": kommuneplan, "kommuneplan_forslag": kommuneplan_forslag}
    plans = {name: plan_frame(frame) for name, frame in given.items() if frame is not None}
    if "kommuneplan" in plans:
        parts.append(own.plan_matrix(cover, plans["kommuneplan"], farmland, boundary))
        if "kommuneplan_forslag" in plans:
            old, new = plans["kommuneplan"], plans["kommuneplan_forslag"]
            parts.append(own.plan_change(cover, old, new, farmland, boundary))
    parts += details.details(
        boundary,
        cover,
        every,
        plans=plans,
        earlier=earlier if cover.layer == "ar5" else None,
        parameters=parameters,
    )
    return _result(parts, cover, boundary, parameters)


def _date(sources: Mapping[str, SourceRecord], layer: str) -> str:
    return sources[layer].date if layer in sources else ""


def _result(
    parts: list[LandPart], cover: LandCover, boundary: LandBoundary, parameters: Parameters
) -> Result:
    """Put the parts together under the closing lines of all of them."""
    accounts = tuple(one for part in parts for one in part.accounts)
    every = (*accounts, *(one for part in parts for one in part.others))
    unpublishable = (
        *closing.unpublishable(every),
        *(reason for part in parts for reason in part.unpublishable),
    )
    named = [part for part in parts if isinstance(part, own.Part)]
    sentences = [part.sentence for part in named if part.sentence]
    sliver = parameters["splint_bredde_m"]
    tables = (
        *(table for part in named for table in part.tables),
        closing.balance_table(accounts, boundary),
        closing.mismatch_table(accounts, sliver),
        *(table for part in parts if not isinstance(part, own.Part) for table in part.tables),
        *(table for part in named for table in part.details),
    )
    return Result(
        analysis="areal",
        title="Arealregnskap",
        template=" ".join([*sentences, _OPEN if unpublishable else _CLOSED]),
        facts={name: fact for part in named for name, fact in part.facts.items()},
        tables=tuple(replace(table, group=_group(table.name)) for table in tables),
        layers=closing.with_mismatches(
            (
                land_and_sea(union(geometries(boundary.frame)), None, boundary.crs),
                *(layer for part in parts for layer in part.layers),
            ),
            accounts,
            sliver,
            closes=not unpublishable,
        ),
        charts=tuple(chart for part in named for chart in part.charts),
        findings=(
            *(finding for part in parts for finding in part.findings),
            *closing.fault_findings(every),
            *closing.mismatch_findings(
                accounts, sliver, parameters["hull_nevnt"], parameters["hull_minste_m2"]
            ),
        ),
        missing=tuple(one for part in parts for one in part.missing),
        warnings=(
            *boundary.warnings,
            *cover.warnings,
            *(text for part in parts for text in part.warnings),
        ),
        reading=(
            *_reading(accounts, cover, boundary),
            *(text for part in parts for text in part.reading),
        ),
        unpublishable=unpublishable,
    )


def _group(name: str) -> str:
    """Return the heading over a table: the first whose beginning its name has."""
    return next((title for start, title in _GROUPS.items() if name.startswith(start)), "")


def _reading(
    accounts: tuple[NamedAccount, ...], cover: LandCover, boundary: LandBoundary
) -> tuple[str, ...]:
    first = accounts[0].account
    plane, ellipsoid = first.balance.boundary_m2, first.ellipsoidal_m2
    which = f"Grensen er {boundary.text}. Arealdekket er {cover.title}."
    line = (
        "Hvert regnskap slutter med en linje i «Går regnskapet opp?»: kommunens areal = rader + "
        "ikke dekket − talt flere ganger. Leddene er regnet hver for seg av geometrien."
    )
    whole = (
        "Planens tall gjelder hele planen, også det som alt er bygd. Hva som er igjen å bygge på, "
        "er arealreserven («askergeo areal reserve»)."
    )
    plane_note = (
        f"Arealene er målt i kartplanet ({first.crs}): {format_number(plane / DEKAR)} dekar. På "
        f"jordellipsoiden er arealet {format_number(ellipsoid / DEKAR)} dekar "
        f"({format_number((ellipsoid / plane - 1) * 100, 3)} %)."
    )
    return which, line, whole, plane_note
