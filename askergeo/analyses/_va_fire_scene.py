"""What the tables, the map and the text of fire water are made from."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._codes import load_codes
from askergeo.errors import LayerError, MissingFileError, SourceError
from askergeo.geometry import geometries
from askergeo.va._fire_gaps import Gap, gaps, main_distances
from askergeo.va._fire_model import FireModel
from askergeo.va.firewater import (
    ANSWERS,
    BY_MODEL,
    DISTANCE,
    GROUNDS,
    MEASURED,
    UNKNOWN,
    FireWater,
    Outlets,
    fire_water,
    outlet_places,
    outlets_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.terrain import Terrain
    from askergeo.va.model_export import PlacedModel

__all__ = ["NO_GROUND", "Scene", "confidence", "labels", "make_scene"]

NO_GROUND: Final = "–"
_AUTO: Final = "auto"


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class Scene:
    """The outlets, the buildings (a row each that is judged), and the model that was used.

    ``made`` is whether the model was made from the map, ``None`` without one; ``refused`` why there
    is none; ``tried`` and ``groups`` how many outlets, and sets of outlets, drew in the model;
    ``main_m`` the straight line from each building to a water main, (b,), NaN unknown; ``steady``
    whether the model has one demand only, ``demand_l_s`` what it has at most; ``guessed`` how many
    of its pipes have a guessed dimension, and of how many.
    """

    outlets: Outlets
    found: FireWater
    buildings: gpd.GeoDataFrame
    gaps: list[Gap]
    made: bool | None
    model: str
    refused: str
    known: int
    tried: int
    groups: int
    main_m: NDArray[np.float64]
    steady: bool
    demand_l_s: float
    guessed: tuple[int, int]
    parameters: Parameters

    @property
    def far(self) -> NDArray[np.bool_]:
        """Buildings that lack because outlets are too far away or too few, (b,)."""
        return np.asarray((self.found.answer < UNKNOWN) & ~self.found.near)

    @property
    def little(self) -> NDArray[np.bool_]:
        """Buildings that lack because the outlets near enough give too little, (b,)."""
        return np.asarray((self.found.answer < UNKNOWN) & self.found.near)


def make_scene(
    frames: Mapping[str, gpd.GeoDataFrame],
    terrain: Terrain | None,
    parameters: Parameters,
    year: int | None = None,
) -> Scene:
    """Judge the outlets and the buildings, with a model where there is one."""
    nodes, bygning, pipes = frames["va_node"], frames["bygning"], frames.get("va_ledning")
    placed, refused = _model(frames, terrain, parameters, year)
    with _opened(placed, nodes, parameters) as (model, why):
        outlets = outlets_of(nodes, pipes, parameters, model)
        found = fire_water(bygning, outlets, parameters, model)
        known = 0 if model is None else int((model.node >= 0).sum())
        groups = 0 if model is None else model.groups
        steady, demand = (False, np.nan) if model is None else (model.steady, model.demand_l_s)
    points = shapely.centroid(geometries(bygning)[found.row])
    used = placed if not why else None
    return Scene(
        outlets=outlets,
        found=found,
        buildings=_buildings(bygning, points, outlets, found, None if used is None else used.made),
        gaps=gaps(pipes, outlets.xy, shapely.get_coordinates(points), parameters),
        made=None if used is None else used.made,
        model="" if used is None else used.model.name,
        refused=refused or why,
        known=known,
        tried=int((~np.isnan(outlets.model_l_s)).sum()),
        groups=groups,
        main_m=main_distances(pipes, points, parameters),
        steady=steady,
        demand_l_s=demand,
        guessed=(0, 0) if used is None else _guessed(used),
        parameters=parameters,
    )


def _model(
    frames: Mapping[str, gpd.GeoDataFrame],
    terrain: Terrain | None,
    parameters: Parameters,
    year: int | None,
) -> tuple[PlacedModel | None, str]:
    """Find or make the model; a model that was asked for by name must be there."""
    if parameters["va_brannvann_modell"] == "nei" or "va_ledning" not in frames:
        return None, ""
    from askergeo.va.model_export import placed_model  # noqa: PLC0415  (heavy)

    asked = str(parameters["va_hydraulikk_modell"]).strip()
    layers = {name: one for name, one in frames.items() if name != "bygning"}
    try:
        return placed_model(layers, terrain, parameters, year), ""
    except MissingFileError as error:
        return None, error.message
    except (LayerError, SourceError) as error:
        if asked != _AUTO:
            raise
        return None, error.message


def _guessed(placed: PlacedModel) -> tuple[int, int]:
    """Count the pipes whose dimension is guessed, and all."""
    guesses = placed.model.guesses
    mine = guesses[guesses["antatt"] == "Dimensjonen"]
    return int(mine["antall"].sum()), int(mine["av"].max()) if len(mine) else 0


@contextmanager
def _opened(
    placed: PlacedModel | None, nodes: gpd.GeoDataFrame, parameters: Parameters
) -> Iterator[tuple[FireModel | None, str]]:
    """Hold the model open; without it when EPANET cannot run it, and why."""
    if placed is None:
        yield None, ""
        return
    _, ids, xy = outlet_places(nodes)
    model, why = FireModel(placed, ids, xy, parameters), ""
    try:
        model.__enter__()
    except (MissingFileError, SourceError) as error:
        why = error.message
    if why:
        yield None, why
        return
    try:
        yield model, ""
    finally:
        model.__exit__(None, None, None)


def confidence(ground: int, made: bool | None) -> str:
    """Say how sure an answer is by what it stands on.

    Examples
    --------
    >>> confidence(0, None), confidence(1, False), confidence(1, True), confidence(2, None)
    ('høy', 'middels', 'lav', 'lav')
    """
    if ground == MEASURED:
        return "høy"
    if ground == DISTANCE or (ground == BY_MODEL and made is False):
        return "middels"
    return NO_GROUND if GROUNDS[ground] == "Ukjent" else "lav"


def labels(ids: NDArray[np.object_]) -> list[str]:
    """Return a label for each id that does not depend on the order; doubled ids get a number.

    Examples
    --------
    >>> labels(np.array(["a", "b", "a"], dtype=object))
    ['a', 'b', 'a#2']
    """
    turn = pd.Series(ids).groupby(ids).cumcount().to_numpy() + 1
    return [f"{one}#{n}" if n > 1 else str(one) for one, n in zip(ids, turn, strict=True)]


def _buildings(
    bygning: gpd.GeoDataFrame,
    points: NDArray[np.object_],
    outlets: Outlets,
    found: FireWater,
    made: bool | None,
) -> gpd.GeoDataFrame:
    kind = bygning["bygningstype"].astype("string").fillna("999").to_numpy(dtype=object)[found.row]
    codes = {str(code): one.name for code, one in load_codes("bygningstype").items()}
    ids = bygning["bygning_id"].astype(str).to_numpy(dtype=object)[found.row]
    sure = np.array([confidence(one, made) for one in range(len(GROUNDS))], dtype=object)
    reasons = np.array(["For liten kapasitet", "Kapasiteten er ukjent", ""], dtype=object)
    return gpd.GeoDataFrame(
        {
            "bygning": ids,
            "kode": kind,
            "type": [codes.get(str(one), str(one)) for one in kind],
            "krav_l_s": found.needs_l_s,
            "avstand_m": np.where(np.isinf(found.nearest_m), np.nan, found.nearest_m),
            "uttak": np.append(outlets.ids, [""])[found.nearest],
            "innenfor": found.within,
            "svar": np.array(ANSWERS, dtype=object)[found.answer],
            "grunn": np.where(~found.near, "For få uttak nær nok", reasons[found.answer]),
            "grunnlag": np.array(GROUNDS, dtype=object)[found.ground],
            "sikkerhet": sure[found.ground],
            "avklart": found.answer != UNKNOWN,
        },
        index=labels(ids),
        geometry=points,
        crs=bygning.crs,
    )
