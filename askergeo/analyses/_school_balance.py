"""The balance of the schools from the layers of a package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.errors import LayerError
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.population.faults import all_faults
from askergeo.school._faults import faults_of
from askergeo.school.balance import Inputs, make_balance, measure_effects
from askergeo.school.capacity import STAGES
from askergeo.school.forecast import forecast_of_layers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord
    from askergeo.school.balance import Effect
    from askergeo.school.capacity import Capacity
    from askergeo.school.pupils import Pupils

    Numbers = NDArray[np.float64]

__all__ = [
    "AHEAD",
    "Answer",
    "Layers",
    "answer_of",
    "count_text",
    "shown_years",
]

# Metres from the districts beyond which a school is not in the municipality.
_OUTSIDE: Final = 2000.0
#: Years ahead that the summary tells of.
AHEAD: Final = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class Layers:
    """The layers of the catalogue that the balance is made from."""

    skole: gpd.GeoDataFrame
    skolekrets: gpd.GeoDataFrame
    adresse: gpd.GeoDataFrame
    befolkning: pd.DataFrame
    grunnkrets: gpd.GeoDataFrame | None = None
    elevtall: pd.DataFrame | None = None
    skoletiltak: pd.DataFrame | None = None
    boligprogram: gpd.GeoDataFrame | None = None
    befolkning_historikk: pd.DataFrame | None = None
    framskriving: pd.DataFrame | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """Places and pupils, and what is in the balance.

    Parameters
    ----------
    inputs
        What they are reckoned from.
    places, pupils
        Places and pupils of ``s`` schools in ``t`` years.
    effects
        What each measure does.
    went
        Pupils by stage of each alternative, (t, s, 2); NaN unknown.
    listed
        Which schools are in the tables of each stage, (s, 2): rows, public ones first.
    public
        Which schools are the municipality's, (s,).
    unplaced
        Residents who are in no part.
    guessed
        What rests on guesses, in bokmål.
    faults
        What is wrong with the input.
    """

    inputs: Inputs
    places: Capacity
    pupils: Pupils
    effects: tuple[Effect, ...]
    went: Mapping[str, Numbers]
    listed: tuple[NDArray[np.intp], NDArray[np.intp]]
    public: NDArray[np.bool_]
    unplaced: int
    guessed: tuple[str, ...]
    faults: pd.DataFrame

    @property
    def years(self) -> NDArray[np.int64]:
        """The autumns of the school years, (t,)."""
        return self.pupils.years

    def name(self, school: int) -> str:
        """Name of a school by its row."""
        return str(self.places.schools["navn"].iloc[school])

    def label(self, school: int, stage: int) -> str:
        """Label of the rows of a school in a stage."""
        return f"{STAGES[stage]}_{self.places.schools.index[school]}"


def answer_of(
    layers: Layers,
    parameters: Parameters,
    kilder: Mapping[str, SourceRecord] | None = None,
    *,
    effects: bool = True,
) -> Answer:
    """Reckon the balance.

    Parameters
    ----------
    layers
        Layers of the catalogue.
    parameters
        The sets ``skole`` and ``prognose``.
    kilder
        Where the layers come from: the year of the residents when nothing else says it.
    effects
        Whether to reckon what each measure does.

    Raises
    ------
    LayerError
        When there is no school of grades 1 to 10, or nobody can be placed.
    """
    forecast, guess = forecast_of_layers(
        layers.adresse,
        layers.befolkning,
        kilder,
        grunnkrets=layers.grunnkrets,
        skolekrets=layers.skolekrets,
        elevtall=layers.elevtall,
        boligprogram=layers.boligprogram,
        befolkning_historikk=layers.befolkning_historikk,
        framskriving=layers.framskriving,
        parameters=parameters,
    )
    inputs = Inputs(
        forecast=forecast,
        skole=layers.skole,
        skolekrets=layers.skolekrets,
        elevtall=layers.elevtall,
        skoletiltak=layers.skoletiltak,
        historikk=layers.befolkning_historikk,
        parameters=parameters,
    )
    places, found = make_balance(inputs)
    if not len(places.schools):
        raise LayerError(
            "Laget «skole» har ingen skole med trinn fra 1 til 10.",
            remedy="Legg til grunnskolene, med trinn_fra og trinn_til.",
        )
    public = ~places.schools["privat"].to_numpy(dtype=bool)
    return Answer(
        inputs=inputs,
        places=places,
        pupils=found,
        effects=tuple(measure_effects(inputs, places, found)) if effects else (),
        went={name: found.by_stage(name) for name in found.split},
        listed=(_listed(places, found, public, 0), _listed(places, found, public, 1)),
        public=public,
        unplaced=forecast.areas.unplaced,
        guessed=(*guess, *found.guessed),
        faults=all_faults(
            [
                forecast.areas.faults,
                forecast.faults,
                _place_faults(layers),
                places.faults,
                found.faults,
            ]
        ),
    )


def _listed(
    places: Capacity, found: Pupils, public: NDArray[np.bool_], stage: int
) -> NDArray[np.intp]:
    """Return the schools of a stage: public by name, then private by name."""
    there = places.is_open[:, :, stage].any(axis=0) | (found.kind[:, stage] != "")
    rows = np.flatnonzero(there)
    names = places.schools["navn"].astype(str).to_numpy()
    return rows[np.lexsort((names[rows], ~public[rows]))]


def _place_faults(layers: Layers) -> pd.DataFrame:
    """Name schools without a place, at 0,0 or outside the districts."""
    schools = layers.skole
    points = geometries(schools)
    whole = union(geometries(layers.skolekrets))
    nowhere = shapely.is_missing(points) | shapely.is_empty(points)
    outside = ~nowhere & ~shapely.dwithin(points, whole, _OUTSIDE)
    rows = schools[nowhere | outside]
    where = np.where(nowhere, "har ikke sted", "ligger utenfor kommunen")[nowhere | outside]
    texts = [
        f"«{name}» {text}. Den er ikke på kartet, og avstander til den er ukjent eller feil. "
        "Rett punktet."
        for name, text in zip(rows["navn"], where, strict=True)
    ]
    title = "Skole uten sted i kommunen"
    return faults_of("skole.uten_sted", title, "skole", rows["skole_id"], texts)


def shown_years(answer: Answer) -> list[int]:
    """Return the positions of the school years that the map and the short tables show."""
    wanted = [str(one).strip() for one in answer.inputs.parameters["kart_aar"]]
    ahead = sorted({int(one) for one in wanted if one.isdigit()})
    chosen = [one for one in ahead if one < len(answer.years)]
    return chosen or [0]


def count_text(count: int, one: str, many: str) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> count_text(1, "skole", "skoler"), count_text(3, "skole", "skoler")
    ('1 skole', '3 skoler')
    """
    return f"{format_number(count)} {one if count == 1 else many}"
