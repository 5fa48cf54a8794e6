"""Places and pupils of a package's schools: of the forecast when it can be made, else today's.

The forecast is that of ``askergeo skole``. It is reckoned once for a package and kept for the next
plan.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.errors import LayerError
from askergeo.parameters import load_parameters
from askergeo.plan._kept import kept
from askergeo.plan._store import stored
from askergeo.school.capacity import GRADES, STAGES, capacity
from askergeo.school.forecast import forecast_of_layers
from askergeo.school.pupils import pupils, school_years

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.scenario import ScenarioView
    from askergeo.school.capacity import Capacity

    Numbers = NDArray[np.float64]

__all__ = ["FORECAST", "MORE", "Room", "room_of", "school_parameters"]

#: Layers without which no forecast is made, and those that make it better.
FORECAST: Final = ("adresse", "befolkning", "skolekrets")
MORE: Final = ("grunnkrets", "befolkning_historikk", "boligprogram", "framskriving")
_SCHOOL: Final = ("skole", "skoletiltak", "skolekrets", "elevtall")
# The code and data that decide what a forecast gives.
_CODE: Final = ("school/*.*", "population/*.*", "data/befolkning/*.*")
# What the stages are called; a school that is told of as a whole has no name for its part.
_PARTS: Final = {stage: f"{first}.–{last}. trinn" for stage, (first, last) in GRADES.items()}
_WHOLE: Final = ""


@dataclass(frozen=True, eq=False)
class Room:
    """Places and pupils of ``s`` schools in ``t`` school years.

    Parameters
    ----------
    ids
        ``skole_id``, (s,).
    parts
        What each of the ``k`` parts of a school is called: the two stages, or the whole school as
        one, an empty text.
    years
        The autumn that each school year begins in, (t,); 0 is today, of an unknown year.
    places
        Places by part, (t, s, k); NaN unknown.
    pupils
        Pupils by part, (t, s, k), of the main alternative; NaN unknown.
    high
        Those of the high alternative.
    share
        Share of the children of its district who go to the school, (s, k).
    forecast
        Whether the pupils are forecast.
    start
        Year of the residents that the forecast begins with; 0 without one.
    remark
        Where the pupils are from, in bokmål.
    """

    ids: pd.Index
    parts: tuple[str, ...]
    years: NDArray[np.int64]
    places: Numbers
    pupils: Numbers
    high: Numbers
    share: Numbers
    forecast: bool
    start: int
    remark: str

    def part_of(self, grade: int) -> int:
        """Position of the part that has a grade."""
        if len(self.parts) == 1:
            return 0
        return next(number for number, stage in enumerate(STAGES) if grade <= GRADES[stage][1])


def school_parameters(parameters: Parameters) -> Parameters:
    """Read the sets of schools and forecast, with the values that the set ``plansjekk`` has too."""
    own = {
        "gruppe_barnetrinn": parameters["elever_per_klasse_barn"],
        "gruppe_ungdomstrinn": parameters["elever_per_klasse_ungdom"],
        "praktisk_andel": parameters["skole_fylling"],
    }
    return load_parameters("skole+prognose", own)


def room_of(package: DataPackage | ScenarioView, parameters: Parameters) -> Room:
    """Return the places and pupils of a package's schools.

    Parameters
    ----------
    package
        With the layer ``skole``.
    parameters
        The set ``plansjekk``.
    """
    own = school_parameters(parameters)
    layers = [one for one in (*_SCHOOL, *FORECAST, *MORE) if one in package]
    hashes = {layer: package.record(layer).sha256 for layer in layers}
    values = {one.name: one.value for one in own}
    said = [package.crs, hashes, values]
    return kept("school room", repr(said), lambda: _room(package, own, said))


def _room(package: DataPackage | ScenarioView, parameters: Parameters, said: object) -> Room:
    if not all(one in package for one in FORECAST):
        return _today(package, parameters)
    try:
        kept_arrays = stored(
            package,
            "skoleplass",
            said,
            lambda: _arrays(_forecast(package, parameters)),
            code=_CODE,
        )
    except LayerError as error:
        today = _today(package, parameters)
        return replace(
            today, remark=f"Elevene kan ikke framskrives: {error.message} {today.remark}"
        )
    return _from_arrays(kept_arrays)


def _arrays(room: Room) -> dict[str, Any]:
    """Take a forecast apart in arrays that a file can hold."""
    found = {one.name: getattr(room, one.name) for one in fields(Room)}
    return found | {"ids": room.ids.astype(str).to_numpy(dtype=str)}


def _from_arrays(found: Mapping[str, Any]) -> Room:
    """Put a forecast together again."""
    return Room(
        ids=pd.Index(found["ids"].astype(object)),
        parts=tuple(str(one) for one in found["parts"]),
        years=found["years"],
        places=found["places"],
        pupils=found["pupils"],
        high=found["high"],
        share=found["share"],
        forecast=bool(found["forecast"]),
        start=int(found["start"]),
        remark=str(found["remark"]),
    )


def _forecast(package: DataPackage | ScenarioView, parameters: Parameters) -> Room:
    """Places and pupils of every school year of the forecast."""
    frames = {one: package.read(one) for one in (*_SCHOOL, *FORECAST, *MORE) if one in package}
    program, past = frames.get("boligprogram"), frames.get("befolkning_historikk")
    districts = frames["skolekrets"]
    forecast, dated = forecast_of_layers(
        frames["adresse"],
        frames["befolkning"],
        {"befolkning": package.source_record("befolkning")},
        grunnkrets=frames.get("grunnkrets"),
        skolekrets=districts,
        elevtall=frames.get("elevtall"),
        boligprogram=program,
        befolkning_historikk=past,
        framskriving=frames.get("framskriving"),
        parameters=parameters,
    )
    places = capacity(
        frames["skole"],
        frames.get("skoletiltak"),
        years=school_years(forecast),
        parameters=parameters,
        skolekrets=districts,
    )
    found = pupils(
        forecast,
        frames["skole"],
        districts,
        frames.get("elevtall"),
        parameters=parameters,
        historikk=past,
        places=places,
    )
    guessed = "Noe av grunnlaget er anslått." if found.guessed else ""
    start = forecast.areas.people.year
    told = f"Elevene er framskrevet fra bosatte 1. januar {start}."
    return Room(
        ids=places.schools.index,
        parts=tuple(_PARTS.values()),
        years=places.years,
        places=np.where(places.is_open, places.places, np.nan),
        pupils=found.by_stage(),
        high=found.by_stage("hoy"),
        share=np.nan_to_num(found.shares.district, nan=float(parameters["andel_uten_elevtall"])),
        forecast=True,
        start=start,
        remark=" ".join(filter(None, (told, *dated, guessed))),
    )


def _today(package: DataPackage | ScenarioView, parameters: Parameters) -> Room:
    """Places and pupils of the last school year that the layers tell of."""
    frames = {one: package.read(one) for one in _SCHOOL if one in package}
    by_grade = frames.get("elevtall")
    year = 0 if by_grade is None else int(pd.to_numeric(by_grade["aar"]).max())
    years = np.array([year], dtype=np.int64)
    found = capacity(
        frames["skole"],
        frames.get("skoletiltak"),
        years=years,
        parameters=parameters,
        skolekrets=frames.get("skolekrets"),
    )
    places = found.places if year else found.building[None]
    share = float(parameters["andel_uten_elevtall"])
    if by_grade is not None:
        counted = _by_stage(by_grade[pd.to_numeric(by_grade["aar"]) == year], found.schools.index)
        # A grade without a row has no pupils, a school without any row is not in the count.
        told = f"Elevtallet er fra skoleåret {year}/{(year + 1) % 100:02d}."
        return _single(
            found, tuple(_PARTS.values()), years, places, counted, share=share, remark=told
        )
    whole = found.schools["elevtall"].to_numpy(dtype=np.float64)[:, None]
    return _single(
        found, (_WHOLE,), years, places.sum(axis=2, keepdims=True), whole, share=share, remark=""
    )


def _single(
    found: Capacity,
    parts: tuple[str, ...],
    years: NDArray[np.int64],
    places: Numbers,
    taken: Numbers,
    *,
    share: float,
    remark: str,
) -> Room:
    return Room(
        ids=found.schools.index,
        parts=parts,
        years=years,
        places=places,
        pupils=taken[None],
        high=taken[None],
        share=np.full(taken.shape, share),
        forecast=False,
        start=0,
        remark=remark,
    )


def _by_stage(rows: pd.DataFrame, schools: pd.Index) -> Numbers:
    """Pupils of each school by stage, (s, 2); NaN of a school without rows."""
    at = schools.get_indexer(pd.Index(rows["skole_id"].astype(object)))
    grade = pd.to_numeric(rows["trinn"]).to_numpy(dtype=np.int64)
    number = pd.to_numeric(rows["antall"]).to_numpy(dtype=np.float64, na_value=np.nan)
    stage = (grade > GRADES["barnetrinn"][1]).astype(np.intp)
    total = np.zeros((len(schools), len(STAGES)))
    there = at >= 0
    np.add.at(total, (at[there], stage[there]), number[there])
    total[~np.isin(np.arange(len(schools)), at)] = np.nan
    return total
