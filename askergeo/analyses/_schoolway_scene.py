"""Everything that the ways to school are told from: measured once, held together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from askergeo.errors import LayerError
from askergeo.geometry import geometries
from askergeo.network.paths import Network, matrix
from askergeo.school.route import (
    STAGES,
    door_to_door,
    grades_of,
    open_schools,
    own_schools,
    stage_of,
    way_network,
)
from askergeo.school.route_rights import pupils_by_address, rights_of, safety_of
from askergeo.school.unsafe import hazards_of, safe_costs

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord
    from askergeo.school.route import DoorToDoor, Own
    from askergeo.school.route_rights import Pupils
    from askergeo.school.unsafe import Hazards

    Numbers = NDArray[np.float64]

__all__ = ["Scene", "make_scene", "school_year"]

_AUTUMN = 7


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """The ways of ``a`` addresses to ``s`` schools.

    Parameters
    ----------
    built
        The walking graph and its report.
    adresse, skole, skolekrets, veg
        The layers, rows from 0; ``skole`` has only schools with a grade of grunnskolen, or whose
        grades are not known.
    year
        The school year (its autumn) whose open schools count; 0 unknown.
    ways, own
        The ways, and the school of each address in each grade.
    metres
        Way to the own school, (a, 10): NaN unknown, ``inf`` no way on foot.
    rights, safety
        What follows, (a, 10): see `askergeo.school.route_rights`.
    detour
        Way to the own school that avoids links that are unsafe or of unknown speed, (a, 10).
    pupils
        Residents of school age.
    hazards
        What the rules say of each edge.
    parameters
        The set ``skoleveg``.
    """

    built: GraphBuild
    adresse: gpd.GeoDataFrame
    skole: gpd.GeoDataFrame
    skolekrets: gpd.GeoDataFrame | None
    veg: gpd.GeoDataFrame
    year: int
    ways: DoorToDoor
    own: Own
    metres: Numbers
    rights: NDArray[np.int8]
    safety: NDArray[np.int8]
    detour: Numbers
    pupils: Pupils
    hazards: Hazards
    parameters: Parameters

    def district(self, stage: str) -> NDArray[np.intp]:
        """Row of each address in `places_of` of a stage: its district, or its school; −1 none."""
        if self.skolekrets is not None:
            return self.own.district[stage]
        return self.own.school[:, STAGES[stage][0] - 1]

    def places_of(self, stage: str) -> pd.DataFrame:
        """Districts of a stage: index their row, columns ``id``, ``navn`` and ``skole`` (names).

        Without the layer of districts the schools that have the stage stand for them.
        """
        names = self.skole["navn"].astype(str)
        if self.skolekrets is None:
            used = np.unique(self.district(stage))
            rows = used[used >= 0]
            mine = names.iloc[rows]
            ids = self.skole["skole_id"].astype(str).iloc[rows]
            return pd.DataFrame(
                {"id": ids.to_numpy(), "navn": mine.to_numpy(), "skole": mine.to_numpy()},
                index=rows,
            )
        mine = self.skolekrets[self.skolekrets["trinn"] == stage].sort_values("navn")
        school = pd.Series("", index=mine.index)
        if "skole_id" in mine:
            by_id = pd.Series(names.to_numpy(), index=self.skole["skole_id"].astype(str))
            by_id = by_id[~by_id.index.duplicated()]
            school = mine["skole_id"].astype("string").map(by_id)
            absent = mine["skole_id"].astype("string").fillna("ingen skole")
            school = school.where(school.notna(), absent)
        return pd.DataFrame(
            {
                "id": mine["krets_id"].astype(str),
                "navn": mine["navn"].astype(str),
                "skole": school.astype(str),
            }
        )


def make_scene(
    gangnett: GraphBuild,
    *,
    veg: gpd.GeoDataFrame,
    sti: gpd.GeoDataFrame | None,
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame | None,
    skole: gpd.GeoDataFrame,
    skolekrets: gpd.GeoDataFrame | None,
    year: int,
    parameters: Parameters,
) -> Scene:
    """Measure all ways, and find what follows from them.

    Raises
    ------
    LayerError
        When there is no address or no school of grunnskolen.
    """
    if not len(adresse):
        raise LayerError("Laget «Adresser» er tomt.", remedy="Legg til adressene på nytt.")
    adresse = adresse.reset_index(drop=True)
    skole = _of_grunnskole(skole)
    skolekrets = None if skolekrets is None else skolekrets.reset_index(drop=True)
    network = way_network(gangnett.graph)
    ways = door_to_door(network, adresse, skole, parameters)
    own = own_schools(ways.metres, geometries(adresse), skole, skolekrets, year=year)
    metres = own.metres(ways.metres)
    hazards = hazards_of(gangnett.graph, veg, sti, parameters)
    rights = rights_of(metres, parameters)
    known_safe = _avoiding(ways, own, hazards.unsafe | hazards.vague)
    perhaps_safe = _avoiding(ways, own, hazards.unsafe)
    people = befolkning if befolkning is not None else _nobody()
    return Scene(
        built=gangnett,
        adresse=adresse,
        skole=skole,
        skolekrets=skolekrets,
        veg=veg,
        year=year,
        ways=ways,
        own=own,
        metres=metres,
        rights=rights,
        safety=safety_of(rights, metres, known_safe, perhaps_safe, parameters),
        detour=known_safe,
        pupils=pupils_by_address(adresse["adresse_id"], people),
        hazards=hazards,
        parameters=parameters,
    )


def school_year(
    parameters: Parameters,
    elevtall: pd.DataFrame | None,
    kilder: Mapping[str, SourceRecord] | None,
) -> int:
    """Find the school year to answer for: as given, else that of the pupils, else of the schools.

    0 is unknown: the date of the layer ``skole`` is not known either.
    """
    given = int(parameters["skoleveg_skoleaar"])
    if given:
        return given
    if elevtall is not None and len(elevtall):
        last = pd.to_numeric(elevtall["aar"], errors="coerce").max()
        if not pd.isna(last):
            return int(last)
    record = (kilder or {}).get("skole")
    date = pd.to_datetime(record.date, errors="coerce") if record is not None else pd.NaT
    return 0 if pd.isna(date) else int(date.year) - int(date.month <= _AUTUMN)


def _of_grunnskole(skole: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the schools with a grade from 1 to 10, and those whose grades are not known."""
    has, known = grades_of(skole)
    kept = skole[has.any(axis=1) | ~known].reset_index(drop=True)
    if not len(kept):
        raise LayerError(
            "Laget «Skoler» har ingen skole med trinn fra 1 til 10.",
            remedy="Legg til grunnskolene, med trinn_fra og trinn_til.",
        )
    return kept


def _avoiding(ways: DoorToDoor, own: Own, closed: NDArray[np.bool_]) -> Numbers:
    """Metres to the own school by the shortest way without some edges, (a, 10)."""
    if not closed.any():
        return own.metres(ways.metres)
    graph = ways.network.graph
    network = Network.of(graph, safe_costs(graph, closed))
    return own.metres(matrix(network, ways.starts.places, ways.schools.places))


def _nobody() -> pd.DataFrame:
    return pd.DataFrame({"adresse_id": [], "alder": [], "antall": []})


def stages_of(grades: NDArray[np.bool_]) -> list[str]:
    """Stages that some grades, (10,), belong to."""
    return list(dict.fromkeys(stage_of(int(grade) + 1) for grade in np.flatnonzero(grades)))


def open_now(scene: Scene) -> NDArray[np.bool_]:
    """Tell which schools are open, (s,)."""
    return open_schools(scene.skole, scene.year)
