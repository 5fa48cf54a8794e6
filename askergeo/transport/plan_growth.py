"""The growth that a plan or a project brings: dwellings by type, and floor area by industry.

A number that the user gives goes before one of the programmes, and that before the plan's own: what
it states, or what its utilisation allows. What nobody has told is unknown, and is told so.
Buildings that stand on the ground of the plan are counted, but only what is known to be torn down
is taken away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.plan._dwellings import TYPES, dwellings, floor_area, type_shares
from askergeo.plan.uses import use_of
from askergeo.transport.offsets import read_pairs
from askergeo.transport.trips import INDUSTRIES, QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.parameters import Parameters

    Array = NDArray[np.float64]

__all__ = ["Growth", "growth_of_projects", "growth_of_uses", "standing_buildings"]

_AREA: Final = tuple(f"m2_{one}" for one in INDUSTRIES)
_HOMES: Final = tuple(f"boliger_{one}" for one in TYPES)
# Ranges of the Matrikkel's types of building with dwellings, by our types; the rest is mixed.
_HOUSES: Final = {"enebolig": (111, 119), "smaahus": (121, 139), "leilighet": (141, 149)}
_FIRST_WORK, _LAST_WORK = 200, 899


@dataclass(frozen=True, eq=False)
class Growth:
    """What a plan brings.

    Parameters
    ----------
    frame
        A row a purpose or project row: `askergeo.transport.trips.QUANTITIES`, ``navn``, geometry,
        and ``ukjent``, whether a number of it is not known.
    told
        How the numbers are known, in bokmål, a sentence each.
    lacking
        What is not known, in bokmål, a sentence each.
    torn
        Whether it is known what is torn down.
    """

    frame: gpd.GeoDataFrame
    told: tuple[str, ...]
    lacking: tuple[str, ...]
    torn: bool

    @property
    def empty(self) -> bool:
        """Whether nothing is known to come or go."""
        return bool((self.frame[list(QUANTITIES)].to_numpy() == 0).all())


@dataclass(eq=False)
class _Case:
    """A plan under way: its purposes, which are for homes and work, and what has been said."""

    frame: gpd.GeoDataFrame
    uses: gpd.GeoDataFrame
    homes: NDArray[np.bool_]
    work: NDArray[np.bool_]
    programme: pd.Series
    parameters: Parameters
    told: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)


def growth_of_uses(
    uses: gpd.GeoDataFrame, parameters: Parameters, listed: pd.Series | None = None
) -> Growth:
    """Reckon the growth of the purposes of a plan.

    Parameters
    ----------
    uses
        Purposes on the ground: ``kode``, geometry, and ``boliger`` and ``utnytting`` where the plan
        has them.
    parameters
        The sets ``trafikk`` and ``plansjekk``.
    listed
        What the programmes have for the plan, by `QUANTITIES` (`growth_of_projects`); a quantity
        that they say nothing of is absent.

    Raises
    ------
    ParameterError
        When a number that the user gives cannot be read.
    """
    use = [use_of(str(code)) for code in uses["kode"]]
    homes = np.array([one.homes for one in use], dtype=bool)
    work = np.array([one.jobs for one in use], dtype=bool)
    frame = gpd.GeoDataFrame(
        {"navn": [one.name for one in use], "ukjent": False, **dict.fromkeys(QUANTITIES, 0.0)},
        geometry=geometries(uses),
        index=pd.RangeIndex(len(uses)),
        crs=uses.crs,
    )
    programme = pd.Series(dtype=float) if listed is None else listed
    case = _Case(frame, uses, homes, work, programme, parameters)
    if homes.any():
        _add_homes(case)
    elif float(parameters["boliger"]) > 0:
        case.lacking.append("Planen har ingen formål med boliger: boligene er ikke regnet med.")
    if work.any():
        _add_work(case)
    elif parameters["trafikk_naering"]:
        case.lacking.append("Planen har ingen formål med arbeidsplasser: arealet er ikke med.")
    torn = _tear_down(case) or bool((programme < 0).any())
    kept = frame[homes | work].reset_index(drop=True)
    return Growth(kept, tuple(case.told), tuple(case.lacking), torn)


def _add_homes(case: _Case) -> None:
    """Put dwellings by type into the purposes for homes, in place."""
    frame, uses, rows = case.frame, case.uses, case.homes
    programme, parameters = case.programme, case.parameters
    known = [name for name in _HOMES if name in programme]
    if float(parameters["boliger"]) <= 0 and known:
        share = _area_share(uses[rows])
        for name in known:
            frame.loc[rows, name] = float(programme[name]) * share
        number = format_number(float(programme[known].sum()))
        case.told.append(f"Boligprogrammet har {number} boliger i planen.")
        return
    found = dwellings(uses[rows], parameters)
    frame.loc[rows, list(_HOMES)] = found.by_type
    (case.told if found.known.any() else case.lacking).append(found.text())
    frame.loc[np.flatnonzero(rows)[~found.known], "ukjent"] = True
    if found.known.any() and not found.known.all():
        number = format_number(int((~found.known).sum()))
        case.lacking.append(f"For {number} formål med boliger er antallet ukjent.")


def _add_work(case: _Case) -> None:
    """Put floor area by industry into the purposes for workplaces, in place."""
    frame, uses, rows = case.frame, case.uses, case.work
    programme, parameters = case.programme, case.parameters
    given = read_pairs(parameters["trafikk_naering"], "trafikk_naering", known=INDUSTRIES, least=0)
    share = _area_share(uses[rows])
    known = [name for name in QUANTITIES if name in programme and name not in _HOMES]
    if given:
        for name, square_metres in given:
            frame.loc[rows, f"m2_{name}"] += square_metres * share
        total = format_number(sum(area for _, area in given), unit="m²")
        case.told.append(f"Næringsarealet er {total} (oppgitt av brukeren).")
        return
    if known:
        for name in known:
            frame.loc[rows, name] = float(programme[name]) * share
        case.told.append("Næringsarealet og arbeidsplassene er de næringsprogrammet har i planen.")
        return
    floor = floor_area(uses, shapely.area(geometries(uses)))
    part = 1.0 - float(parameters["bolig_andel_kombinert"]) / 100
    floor = np.where(case.homes, floor * part, floor)
    there = rows & ~np.isnan(floor)
    shares = np.array([_industry_shares(str(code), parameters) for code in uses["kode"]])
    frame.loc[there, list(_AREA)] = shares[there] * floor[there, None]
    if there.any():
        total = format_number(float(floor[there].sum()), unit="m²")
        case.told.append(f"Næringsarealet er {total} (anslått fra tillatt bruksareal).")
    frame.loc[rows & ~there, "ukjent"] = True
    if (rows & ~there).any():
        number = format_number(int((rows & ~there).sum()))
        case.lacking.append(f"For {number} formål med arbeidsplasser er næringsarealet ukjent.")


def _area_share(uses: gpd.GeoDataFrame) -> Array:
    """Share of the purposes' area that each has; all alike where they have none."""
    area = shapely.area(geometries(uses))
    return np.asarray(area / area.sum() if area.sum() > 0 else np.full(len(area), 1 / len(area)))


def _industry_shares(code: str, parameters: Parameters) -> Array:
    """Share of each of `INDUSTRIES` in a purpose, (5,): that of the longest beginning counts."""
    return _spread_over(_longest(code, parameters["trafikk_naering_formaal"]))


def _spread_over(text: str) -> Array:
    names = [one for one in text.split("+") if one in INDUSTRIES] or ["annet"]
    return np.array([names.count(one) / len(names) for one in INDUSTRIES])


def _longest(code: str, texts: Iterable[object]) -> str:
    """Value of the longest «kode:verdi» whose code begins another; empty when none does."""
    found = {key: value for key, _, value in (str(one).partition(":") for one in texts)}
    return next((found[code[:n]] for n in range(len(code), 0, -1) if code[:n] in found), "")


def _tear_down(case: _Case) -> bool:
    """Take away what the user says is torn down, in place; tell whether he said it."""
    frame, homes, work, parameters = case.frame, case.homes, case.work, case.parameters
    gone = float(parameters["trafikk_riv_boliger"])
    area = read_pairs(
        parameters["trafikk_riv_naering"], "trafikk_riv_naering", known=INDUSTRIES, least=0
    )
    some = homes | work
    if (gone < 0 and not area) or not some.any():
        return False
    at = homes if homes.any() else some
    if gone > 0:
        mix = type_shares("", parameters)
        frame.loc[at, list(_HOMES)] -= gone * np.outer(_area_share(frame[at]), mix)
        case.told.append(f"{format_number(gone)} boliger rives eller går ut, og er trukket fra.")
    at = work if work.any() else some
    for name, square_metres in area:
        frame.loc[at, f"m2_{name}"] -= square_metres * _area_share(frame[at])
        case.told.append(f"{format_number(square_metres, unit='m²')} til {name} er trukket fra.")
    return True


def growth_of_projects(
    boligprogram: gpd.GeoDataFrame | None,
    naeringsprogram: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> Growth:
    """Reckon the growth of rows of the programmes, a row each, in their order.

    Parameters
    ----------
    boligprogram, naeringsprogram
        The rows that are asked about; ``None`` when the layer is absent. A negative number is torn
        down. Employees that are told go before the floor area.
    parameters
        The sets ``trafikk`` and ``plansjekk``.

    Returns
    -------
    Growth
        ``frame`` has ``prosjekt_id``, ``navn``, ``aar`` and ``planid`` besides. A row without a
        number is there with zeros, and is told in ``lacking`` and as ``ukjent`` in the frame.
    """
    frames = [_home_rows(boligprogram, parameters), _work_rows(naeringsprogram)]
    rows = pd.concat([one for one in frames if one is not None], ignore_index=True)
    unknown = rows["ukjent"].to_numpy(dtype=bool)
    lacking = (
        (f"{format_number(int(unknown.sum()))} rader i programmene har ikke noe tall.",)
        if unknown.any()
        else ()
    )
    gone = bool((rows[list(QUANTITIES)].to_numpy() < 0).any())
    return Growth(gpd.GeoDataFrame(rows, geometry="geometry"), (), lacking, gone)


def _home_rows(frame: gpd.GeoDataFrame | None, parameters: Parameters) -> gpd.GeoDataFrame | None:
    if frame is None:
        return None
    rows = _project_rows(frame)
    number = pd.to_numeric(frame["boliger"]).to_numpy(dtype=np.float64, na_value=np.nan)
    kind = frame["boligtype"].astype(object).to_numpy()
    mix = type_shares("", parameters)
    shares = np.array([[float(one == each) for each in TYPES] if one in TYPES else mix
                       for one in kind]).reshape(-1, len(TYPES))  # fmt: skip
    rows[list(_HOMES)] = np.nan_to_num(number)[:, None] * shares
    rows["ukjent"] = np.isnan(number)
    return rows


def _work_rows(frame: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    if frame is None:
        return None
    rows = _project_rows(frame)
    people, area = (
        pd.to_numeric(frame[name]).to_numpy(dtype=np.float64, na_value=np.nan)
        if name in frame
        else np.full(len(frame), np.nan)
        for name in ("arbeidsplasser", "naering_m2")
    )
    kind = frame["naering"].astype(object).to_numpy()
    shares = np.array([_spread_over(str(one)) for one in kind]).reshape(-1, len(INDUSTRIES))
    told = ~np.isnan(people)
    rows[[f"ansatte_{one}" for one in INDUSTRIES]] = np.nan_to_num(people)[:, None] * shares
    rows[list(_AREA)] = np.where(told, 0.0, np.nan_to_num(area))[:, None] * shares
    rows["ukjent"] = ~told & np.isnan(area)
    return rows


def _project_rows(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take what both programmes have of a row."""
    columns: dict[str, object] = {
        name: frame[name].astype(object).to_numpy() if name in frame else None
        for name in ("prosjekt_id", "navn", "aar", "planid", "status")
    }
    columns |= dict.fromkeys(QUANTITIES, 0.0)
    return gpd.GeoDataFrame(columns, geometry=geometries(frame), crs=frame.crs)


def standing_buildings(
    buildings: gpd.GeoDataFrame, ground: BaseGeometry, parameters: Parameters
) -> gpd.GeoDataFrame:
    """Reckon what the buildings on the ground of a plan hold today.

    Parameters
    ----------
    buildings
        The layer ``bygning``.
    ground
        The purposes of the plan, as one.
    parameters
        ``trafikk_bygg_naering`` of ``trafikk``, and the mixture of types of ``plansjekk``.

    Returns
    -------
    geopandas.GeoDataFrame
        A row a building with dwellings, or with work and a floor area that is known:
        `askergeo.transport.trips.QUANTITIES` and a point. ``uten_areal`` in its ``attrs`` is the
        number of buildings for work whose floor area is not known.
    """
    west, south, east, north = shapely.bounds(geometries(buildings)).T
    box = ground.bounds
    near = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
    close = buildings[near]
    points = shapely.point_on_surface(geometries(close))
    shapely.prepare(ground)
    inside = shapely.intersects(ground, points)
    mine = close[inside]
    code = pd.to_numeric(mine["bygningstype"]).to_numpy(dtype=np.float64, na_value=np.nan)
    frame = gpd.GeoDataFrame(
        dict.fromkeys(QUANTITIES, 0.0), index=mine.index, geometry=points[inside], crs=buildings.crs
    )
    homes = _numbers(mine, "boliger")
    frame[list(_HOMES)] = np.nan_to_num(homes)[:, None] * _house_shares(code, parameters)
    work = (code >= _FIRST_WORK) & (code <= _LAST_WORK)
    area = np.where(work, _numbers(mine, "bruksareal"), 0.0)
    names = [
        _longest(str(int(one)), parameters["trafikk_bygg_naering"]) if each else ""
        for one, each in zip(np.nan_to_num(code), work, strict=True)
    ]
    shares = np.array([_spread_over(one) for one in names]).reshape(-1, len(INDUSTRIES))
    frame[list(_AREA)] = np.nan_to_num(area)[:, None] * shares
    counts = (frame[list(QUANTITIES)].to_numpy() != 0).any(axis=1)
    found = frame[counts]
    found.attrs["uten_areal"] = int((work & np.isnan(area)).sum())
    return found


def _house_shares(code: Array, parameters: Parameters) -> Array:
    """Share of each of `TYPES` among the dwellings of a building, by its type, (n, 4)."""
    mix = type_shares("", parameters)
    flats = mix * np.array([one.startswith("leilighet") for one in TYPES])
    flats = flats / flats.sum() if flats.sum() > 0 else np.array([0.0, 0.0, 0.5, 0.5])
    shares = np.tile(mix, (len(code), 1))
    for kind, (low, high) in _HOUSES.items():
        rows = (code >= low) & (code <= high)
        own = np.array([float(one == kind) for one in TYPES])
        shares[rows] = flats if kind == "leilighet" else own
    return shares


def _numbers(frame: pd.DataFrame, name: str) -> Array:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))
