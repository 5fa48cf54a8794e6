"""The screening of every project of the programmes, the least driving for each dwelling first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.analyses._screening_map import part_layer
from askergeo.analyses._screening_tables import homes_of
from askergeo.numbers import format_number
from askergeo.result import Column, Fact, Result, Table
from askergeo.transport._plan_parts import classed, divided
from askergeo.transport.access import CLASSES, UNKNOWN
from askergeo.transport.offsets import measures_of
from askergeo.transport.screening import (
    DISCLAIMER,
    GREEN,
    NO_DEMAND,
    RED,
    YELLOW,
    Doubt,
    Span,
    answer,
    judge,
)
from askergeo.transport.trips import LEVELS, jobs, traffic
from askergeo.transport.zones import SIDES

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from askergeo.parameters import Parameters
    from askergeo.transport._plan_parts import Service
    from askergeo.transport.plan_growth import Growth
    from askergeo.transport.zones import Zones

__all__ = ["list_of"]

_SHORT: Final = {"nord": "nord", "sor": "sør", "ukjent": "ukjent"}
_COUNTED: Final = (RED, YELLOW, GREEN, NO_DEMAND)
_KM: Final = [f"km_dogn_{level}" for level in LEVELS]


def list_of(
    growth: Growth,
    zones: Zones,
    service: Service,
    transporttiltak: pd.DataFrame | None,
    parameters: Parameters,
) -> Result:
    """Screen every project, and rank them by km for each dwelling or employee.

    Parameters
    ----------
    growth
        Every row of the programmes.
    zones, service
        The line, and what access is reckoned from.
    transporttiltak
        The measures.
    parameters
        As for the screening of one.
    """
    rows = growth.frame
    parts = classed(divided(rows, zones), service, parameters)
    parts["prosjekt"] = rows["prosjekt_id"].astype(str).to_numpy()[parts["kilde"]]
    reckoned = traffic(parts, parameters)
    parts[_KM] = reckoned[_KM].to_numpy()
    parts["boliger"] = homes_of(parts).to_numpy()
    parts["ansatte"] = jobs(parts, parameters).to_numpy()
    frame = _projects(parts, rows)
    said = [
        _status(one, parts[(parts["prosjekt"] == one).to_numpy(dtype=bool)], rows,
                transporttiltak, parameters)
        for one in frame.index
    ]  # fmt: skip
    frame.insert(0, "status", [status.upper() for status, _ in said])
    frame["hvorfor"] = [why for _, why in said]
    count = {colour: sum(status == colour for status, _ in said) for colour in _COUNTED}
    listed = frame.rename(columns={"kollektivtilgang": "klasse"})
    shapes = rows.drop_duplicates("prosjekt_id").set_index("prosjekt_id").geometry
    return Result(
        analysis="nullvekst_plan",
        title="",
        template="{prosjekter} prosjekter er vurdert mot nullvekst nord for linjen: {rod} røde, "
        "{gul} gule og {gronn} grønne; {sor} ligger sør for linjen, uten krav. Til sammen gir de "
        "{middels} km bilkjøring i døgnet nord ({lav}–{hoy}), og alle tiltakene nord tar bort "
        "{tiltak} km: {sum}. Dette er en grov siling, ikke en transportmodell.",
        facts={
            "prosjekter": Fact(title="Prosjekter", value=len(frame)),
            "rod": Fact(title="Røde", value=count[RED]),
            "gul": Fact(title="Gule", value=count[YELLOW]),
            "gronn": Fact(title="Grønne", value=count[GREEN]),
            "sor": Fact(title="Sør for linjen, uten krav", value=count[NO_DEMAND]),
            **_total(parts, rows, transporttiltak, parameters),
        },
        tables=(_table(frame, service), _reasons(frame)),
        layers=(part_layer(listed, shapes.loc[frame.index]),),
        warnings=growth.lacking,
        reading=(
            DISCLAIMER,
            (
                "Rekkefølgen er bilkjøring per bolig, minst først. Prosjekter uten boliger står "
                "til slutt, med bilkjøring per ansatt."
            ),
            (
                "Hvert prosjekt er regnet som bygd i sin helhet. Tiltak for hele sonen kan gjøre "
                "hvert prosjekt gult, men de er ett og samme tiltak. Summen holder alle "
                "prosjektene mot alle tiltakene. En reise mellom to prosjekter har en ende i "
                "hvert, og «trafikk_ved_arbeid» sier hvor stor del som telles ved arbeidsplassen."
            ),
            (
                "Hva som rives, er bare kjent når programmet har negative tall. --prosjekt viser "
                "også byggene som står der."
            ),
        ),
    )


def _total(
    parts: gpd.GeoDataFrame,
    rows: gpd.GeoDataFrame,
    transporttiltak: pd.DataFrame | None,
    parameters: Parameters,
) -> dict[str, Fact]:
    """Hold all projects north against all measures north: those of the zone are for all of them."""
    ids = rows["planid"].dropna().astype(str).unique()
    found = measures_of(transporttiltak, ids, parameters)
    whole = replace(found, own=found.own + found.shared, shared=0.0)
    sums = parts.groupby("side")[_KM].sum().reindex(list(SIDES)).fillna(0.0)
    sides = {one: Span(*map(float, sums.loc[one])) for one in SIDES}
    lacking = ("Rader uten tall.",) if rows["ukjent"].any() else ()
    status, _ = judge(sides, whole, Doubt(lacking))
    north = sides["nord"]
    return {
        "middels": Fact(title="Bilkjøring i døgnet nord, middels", value=north.middle, unit="km"),
        "lav": Fact(title="Bilkjøring i døgnet nord, lavt", value=north.low, unit="km"),
        "hoy": Fact(title="Bilkjøring i døgnet nord, høyt", value=north.high, unit="km"),
        "tiltak": Fact(title="Alle tiltak nord som er regnet med", value=whole.own, unit="km"),
        "sum": Fact(title="Svar for alle til sammen", value=status.upper()),
    }


def _projects(parts: gpd.GeoDataFrame, rows: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give a row for each project, in rank."""
    groups = parts.groupby("prosjekt", sort=True)
    frame = groups[["boliger", "ansatte", *_KM]].sum()
    first = rows.assign(_=rows["prosjekt_id"].astype(str)).drop_duplicates("_").set_index("_")
    name = first["navn"].astype(object)
    frame.insert(0, "navn", name.where(name.notna(), "uten navn").reindex(frame.index))
    frame.insert(1, "side", groups["side"].agg(_sides))
    frame.insert(2, "kollektivtilgang", groups["klasse"].agg(_worst))
    north = parts[(parts["side"] == "nord").to_numpy(dtype=bool)]
    frame["km_nord"] = north.groupby("prosjekt")["km_dogn_middels"].sum().reindex(
        frame.index, fill_value=0.0
    )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        home = np.where(frame["boliger"] > 0, frame["km_dogn_middels"] / frame["boliger"], np.nan)
        work = np.where(frame["ansatte"] > 0, frame["km_dogn_middels"] / frame["ansatte"], np.nan)
    frame["km_per_bolig"] = np.where(frame["ansatte"] == 0, home, np.nan)
    frame["km_per_ansatt"] = np.where(frame["boliger"] == 0, work, np.nan)
    by = ["km_per_bolig", "km_per_ansatt", "navn"]
    order: pd.DataFrame = frame.sort_values(by, na_position="last")
    return order.rename_axis(None)


def _sides(values: pd.Series) -> str:
    return " og ".join(_SHORT[one] for one in SIDES if (values == one).any())


def _worst(values: pd.Series) -> str:
    """Classes of the places of a project, best first; one word when all are alike."""
    known = [one for one in (*CLASSES, UNKNOWN) if (values == one).any()]
    return known[0] if len(known) == 1 else f"{known[0]}–{known[-1]}"


def _status(
    project: str,
    parts: gpd.GeoDataFrame,
    rows: gpd.GeoDataFrame,
    transporttiltak: pd.DataFrame | None,
    parameters: Parameters,
) -> tuple[str, str]:
    """Colour of a project, and the first reason."""
    own = rows[(rows["prosjekt_id"].astype(str) == project).to_numpy(dtype=bool)]
    ids = own["planid"].dropna().astype(str).unique()
    lacking = int(own["ukjent"].sum())
    said = (f"{format_number(lacking)} rader har ikke noe tall.",) if lacking else ()
    sums = parts.groupby("side")[_KM].sum().reindex(list(SIDES)).fillna(0.0)
    sides = {one: Span(*map(float, sums.loc[one])) for one in SIDES}
    status, why = judge(sides, measures_of(transporttiltak, ids, parameters), Doubt(said))
    return answer(status, parts["side"]), why[0]


def _table(frame: pd.DataFrame, service: Service) -> Table:
    columns = {
        "status": Column(title="Svar"),
        "navn": Column(title="Prosjekt"),
        "side": Column(title="Side"),
        "kollektivtilgang": Column(title="Kollektivtilgang"),
        "boliger": Column(title="Boliger", unit="boliger", decimals=0),
        "ansatte": Column(title="Ansatte", unit="ansatte", decimals=0),
        "km_per_bolig": Column(title="Bilkjøring i døgnet per bolig", unit="km", decimals=1),
        "km_per_ansatt": Column(title="Bilkjøring i døgnet per ansatt", unit="km", decimals=1),
        "km_dogn_lav": Column(title="Bilkjøring i døgnet, lavt", unit="km", decimals=0),
        "km_dogn_middels": Column(title="Bilkjøring i døgnet, middels", unit="km", decimals=0),
        "km_dogn_hoy": Column(title="Bilkjøring i døgnet, høyt", unit="km", decimals=0),
    }
    return Table(
        name="prosjekter",
        title="Prosjektene etter bilkjøring per bolig",
        frame=frame[list(columns)],
        columns=columns,
        note=f"{DISCLAIMER} Per bolig er vist for prosjekter med bare boliger, og per ansatt for "
        f"prosjekter med bare arbeidsplasser. {service.why}".strip(),
    )


def _reasons(frame: pd.DataFrame) -> Table:
    """Tell why each project has its colour."""
    columns = {
        "navn": Column(title="Prosjekt"),
        "status": Column(title="Svar"),
        "km_nord": Column(title="Bilkjøring i døgnet nord, middels", unit="km", decimals=0),
        "hvorfor": Column(title="Hvorfor"),
    }
    return Table(
        name="prosjekt_grunner",
        title="Hvorfor hvert prosjekt har sin farge",
        frame=frame[list(columns)],
        columns=columns,
    )
