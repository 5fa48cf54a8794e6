"""The plans and decisions that are asked about, each place in one row of its plan only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._farmland_claims import first_claims
from askergeo.analyses._land import plan_findings, plan_frame
from askergeo.catalogue import load_catalogue
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.result import Finding, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from askergeo.parameters import Parameters

    Frames = Mapping[str, pd.DataFrame | None]

__all__ = [
    "NO",
    "UNKNOWN",
    "YES",
    "Asked",
    "Plan",
    "counted",
    "municipal_plans",
    "on_ground",
    "plans_asked",
]

YES, NO, UNKNOWN = "ja", "nei", "ukjent"
_ADOPTED: Final = "3"
_GROUND: Final = 2
# Rows that a finding names before it says «…».
_NAMED: Final = 10
_NEEDS: Final = {
    "kommuneplan": ("kommuneplan",),
    "forslag": ("kommuneplan_forslag",),
    "planendring": ("kommuneplan", "kommuneplan_forslag"),
    "reguleringsplan": ("reguleringsplan", "reguleringsplan_formaal"),
    "vedtak": ("arealvedtak",),
}


@dataclass(frozen=True)
class Plan:
    """What one layer lays out.

    Parameters
    ----------
    layer
        Id of the layer: the theme's name in the account.
    title
        In bokmål.
    rows
        Polygons that do not lie over each other: ``sak`` (what the row belongs to), ``gruppe``
        (purpose group 01–19 with its name) and ``bygges`` (whether it is new building: ja, nei
        or ukjent).
    """

    layer: str
    title: str
    rows: gpd.GeoDataFrame


@dataclass(frozen=True)
class Asked:
    """The plans, whether their difference is asked too, and what was wrong with them.

    ``done`` says that they may be carried out already, ``whole`` that each layer is one case.
    """

    plans: tuple[Plan, ...]
    change: bool
    done: bool
    whole: bool
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]


def plans_asked(layers: Frames, parameters: Parameters) -> Asked:
    """Read the plans that the parameter ``endring`` names.

    Raises
    ------
    LayerError
        When a layer is absent.
    ParameterError
        When a plan or a year is.
    """
    what = _chosen(str(parameters["endring"]), layers)
    if what == "ingen":
        note = (
            "Endring er ikke regnet: datapakken har verken kommuneplan, planforslag, "
            "reguleringsplaner eller vedtak."
        )
        asked = parameters["endring"] == "ingen"
        said = () if asked else (note,)
        return Asked(plans=(), change=False, done=False, whole=True, findings=(), warnings=said)
    read = _READERS[what]
    absent = [name for name in _NEEDS[what] if layers.get(name) is None]
    if absent:
        titles = " og ".join(f"{name} ({load_catalogue()[name].title})" for name in absent)
        raise LayerError(
            f"Endringen «{what}» trenger {titles}.", remedy="Legg laget til, eller velg en annen."
        )
    plans, findings = read(layers, parameters)
    return Asked(
        plans=plans,
        change=what == "planendring",
        done=what == "vedtak",
        whole=what in {"kommuneplan", "forslag", "planendring"},
        findings=findings,
        warnings=tuple(f"{one.title}: {one.text}" for one in findings if one.rule in _LOUD),
    )


_LOUD: Final = ("areal.vedtaksdato", "areal.planstatus")


def _chosen(what: str, layers: Frames) -> str:
    if what != "auto":
        return what
    order = ("planendring", "kommuneplan", "forslag", "vedtak", "reguleringsplan")
    there = (one for one in order if all(layers.get(name) is not None for name in _NEEDS[one]))
    return next(there, "ingen")


def municipal_plans(
    layers: Frames, parameters: Parameters, names: tuple[str, ...]
) -> tuple[tuple[Plan, ...], tuple[Finding, ...]]:
    """Read municipal plans: what of them is new development.

    Parameters
    ----------
    layers
        The layers by their id.
    parameters
        A set with ``arealstatus``.
    names
        Which of kommuneplan and kommuneplan_forslag.
    """
    titles = {"kommuneplan": "Gjeldende kommuneplan", "kommuneplan_forslag": "Planforslaget"}
    statuses = {str(one) for one in parameters["arealstatus"]}
    plans: list[Plan] = []
    findings: list[Finding] = []
    for name in names:
        rows = plan_frame(_surface(layers, name))
        findings += plan_findings(rows, name)
        status = rows["arealstatus"].astype("string").isin(statuses)
        new = rows["utbygging"].map({True: YES, False: NO}).fillna(UNKNOWN)
        # What is there already takes no land, whatever it is for.
        rows = rows.assign(sak=titles[name], bygges=new.where(status, NO))
        kept, found = _once(name, rows, _smallest_first(rows))
        findings += found
        plans.append(Plan(name, titles[name], kept))
    return tuple(plans), tuple(findings)


def _zoning(layers: Frames, parameters: Parameters) -> tuple[tuple[Plan, ...], tuple[Finding, ...]]:
    areas, purposes = layers["reguleringsplan"], _surface(layers, "reguleringsplan_formaal")
    assert areas is not None  # noqa: S101  (looked for above)
    wanted = [str(one) for one in parameters["planid"]]
    table = areas.drop_duplicates("planid").set_index("planid")
    unknown = [one for one in wanted if one not in set(purposes["planid"].astype(str))]
    if unknown:
        raise ParameterError(
            f"Reguleringsplanen «{unknown[0]}» har ingen formål i datapakken.",
            remedy="Se etter skrivefeil i planid, eller legg til planens formål.",
        )
    findings: list[Finding] = []
    if wanted:
        chosen = purposes[purposes["planid"].astype(str).isin(wanted)]
    else:
        status = purposes["planid"].map(table["planstatus"].astype("string"))
        adopted = (status == _ADOPTED) | status.isna()
        findings += counted(
            purposes[~adopted.to_numpy(dtype=bool)],
            "areal.planstatus",
            "Formål i planer som ikke er vedtatt",
            "er ikke med",
        )
        chosen = purposes[adopted.to_numpy(dtype=bool)]
    rows = plan_frame(chosen, "reguleringsplan")
    findings += plan_findings(rows, "reguleringsplan_formaal", "reguleringsplan")
    rows, below = on_ground(rows)
    findings += below
    name = rows["planid"].map(table["plannavn"].astype("string")).fillna("uten plannavn")
    started = pd.to_datetime(rows["planid"].map(table["ikrafttredelse"]))
    rows = rows.assign(
        sak=rows["planid"].astype(str) + " " + name.astype(str),
        bygges=rows["utbygging"].map({True: YES, False: NO}).fillna(UNKNOWN),
    )
    # The newest plan is the one that holds; within a plan the smallest polygon is drawn on top.
    order = pd.DataFrame({"dato": started, "m2": rows.area, "id": rows["sak"]})
    order = order.sort_values(["dato", "m2", "id"], ascending=[False, True, True])
    kept, found = _once("reguleringsplan_formaal", rows, order)
    plan = Plan("reguleringsplan_formaal", "Reguleringsplaner", kept)
    return (plan,), (*findings, *found)


def _decisions(
    layers: Frames, parameters: Parameters
) -> tuple[tuple[Plan, ...], tuple[Finding, ...]]:
    rows = _surface(layers, "arealvedtak")
    dates = pd.to_datetime(rows["vedtaksdato"])
    wanted = int(parameters["vedtaksaar"])
    findings: list[Finding] = counted(
        rows[dates.isna().to_numpy()],
        "areal.vedtaksdato",
        "Vedtak uten dato",
        "står som «ukjent år»" if not wanted else "er ikke med",
    )
    if wanted:
        rows = rows[(dates.dt.year == wanted).to_numpy()]
        if not len(rows):
            years = ", ".join(str(int(one)) for one in sorted(dates.dt.year.dropna().unique()))
            raise ParameterError(
                f"Det er ingen vedtak i {wanted}.", remedy=f"År med vedtak: {years or 'ingen'}."
            )
    rows = plan_frame(rows)
    findings += plan_findings(rows, "arealvedtak")
    dates = dates.loc[rows.index]
    year = dates.dt.year.astype("Int64").astype("string").fillna("ukjent år")
    rows = rows.assign(
        sak="Vedtak " + year.astype(str),
        bygges=rows["utbygging"].map({True: YES, False: NO}).fillna(UNKNOWN),
    )
    order = pd.DataFrame({"dato": dates, "m2": rows.area, "id": rows.index.astype(str)})
    kept, found = _once("arealvedtak", rows, order.sort_values(["dato", "m2", "id"]))
    return (Plan("arealvedtak", "Vedtak", kept),), (*findings, *found)


_READERS: Final[
    Mapping[str, Callable[[Frames, Parameters], tuple[tuple[Plan, ...], tuple[Finding, ...]]]]
] = {
    "kommuneplan": lambda layers, p: municipal_plans(layers, p, ("kommuneplan",)),
    "forslag": lambda layers, p: municipal_plans(layers, p, ("kommuneplan_forslag",)),
    "planendring": lambda layers, p: municipal_plans(
        layers, p, ("kommuneplan", "kommuneplan_forslag")
    ),
    "reguleringsplan": _zoning,
    "vedtak": _decisions,
}


def _surface(layers: Frames, name: str) -> gpd.GeoDataFrame:
    frame = layers[name]
    assert isinstance(frame, gpd.GeoDataFrame)  # noqa: S101  (the catalogue says that it is)
    return frame


def on_ground(rows: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Keep rows on the ground; a tunnel or a bridge takes no land. No level is the ground."""
    if "vertikalniva" not in rows.columns:
        return rows, []
    level = pd.to_numeric(rows["vertikalniva"], errors="coerce")
    below = (level.notna() & (level != _GROUND)).to_numpy()
    found = counted(
        rows[below],
        "areal.vertikalniva",
        "Formål under eller over grunnen",
        "tar ikke areal på grunnen og er ikke med",
    )
    return rows[~below], found


def _smallest_first(rows: gpd.GeoDataFrame) -> pd.DataFrame:
    order = pd.DataFrame({"m2": rows.area, "id": rows.index.astype(str)}, index=rows.index)
    return order.sort_values(["m2", "id"])


def _once(
    layer: str, rows: gpd.GeoDataFrame, order: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Give each place to one row, and name what lay over something else."""
    claims = first_claims(layer, rows.loc[order.index])
    found = list(claims.findings())
    if len(claims.lost):
        shared = claims.lost["areal_m2"].sum()
        named = ", ".join(dict.fromkeys(claims.lost["rad"].astype(str)))
        found.append(
            Finding(
                rule="areal.overlapp",
                title=f"Flater over hverandre i {load_catalogue()[layer].title}",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{format_number(len(claims.lost))} par av flater deler "
                f"{format_number(shared / 1e3, 1)} dekar. Arealet er regnet én gang.",
                layer=layer,
                row=named[:200],
                action="Rett flatene i kilden.",
            )
        )
    return claims.frame, found


def counted(rows: gpd.GeoDataFrame, rule: str, title: str, what: str) -> list[Finding]:
    """Say how many rows of a kind there are, with their area; none says nothing."""
    if not len(rows):
        return []
    area = float(np.nansum(shapely.area(geometries(rows))))
    count = f"{format_number(len(rows))} {'flate' if len(rows) == 1 else 'flater'}"
    return [
        Finding(
            rule=rule,
            title=title,
            status=Status.HIT_YELLOW,
            severity=Severity.WARNING,
            text=f"{count}, {format_number(area / 1e3, 1)} dekar, {what}.",
            row=", ".join(map(str, rows.index[:_NAMED])) + (", …" if len(rows) > _NAMED else ""),
            action="Se radene i kilden.",
        )
    ]
