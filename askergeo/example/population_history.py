"""Residents of each unit on 1 January of the last years, and a projection of the whole.

The years are run backwards from today's residents: everyone who is ``a`` years old was ``a − 1`` a
year ago, some have died and some have moved. The rates are planted, so that the key can say what a
forecast is to find. Today is left as it is, to the person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from askergeo.example.districts import north_of
from askergeo.example.land import YEAR
from askergeo.population.people import AGES

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["BACK", "TODAY", "even_rounding", "make_history", "make_projection"]

#: The example's present as a 1 January, and how many years the history goes back.
TODAY: Final = YEAR + 1
BACK: Final = 10
_LAST: Final = 2050
_AGE: Final = np.arange(AGES)


class Move(NamedTuple):
    """Net moves a year, as a share of those who live there and are ``first``–``last`` after it."""

    first: int
    last: int
    rate: float


#: Net moves in every district. The young leave for studies; some come back with children.
EVERYWHERE: Final = (
    Move(0, 0, 0.0), Move(1, 5, 0.022), Move(6, 15, 0.006), Move(19, 24, -0.09),
    Move(25, 29, 0.045), Move(30, 39, 0.025), Move(40, 49, 0.004), Move(55, 75, -0.004),
)  # fmt: skip
#: What comes on top of that in two districts, named by what happens there.
PLANTED: Final = {
    "barnefamilier_flytter_inn": (Move(1, 5, 0.06), Move(6, 9, 0.02), Move(28, 39, 0.05)),
    "mange_fodsler": (Move(1, 5, -0.055), Move(27, 36, -0.03)),
}
#: In each alternative: what comes on top of the moves at every age, and births against the mean of
#: the history.
ALTERNATIVES: Final = {"hoved": (0.006, 1.0), "lav": (0.001, 0.85), "hoy": (0.011, 1.12)}


def make_history(land: Land) -> None:
    """Add befolkning_historikk; the table of parts gets nothing, shapes history the counts.

    ``land.arrays["history"]`` has residents (years, parts, AGES) of the parts of units that
    districts are made of, oldest year first; the last is today.
    """
    parts = land.tables["parts"]
    now = _today(land)
    special = _special(land, now)
    rates = _rates(parts["barn"].to_numpy(), special)
    counts = _backwards(land, now, rates)
    land.arrays["history"] = counts
    unit = parts["unit"].to_numpy()
    total = np.zeros((counts.shape[0], int(unit.max()) + 1, AGES), np.int64)
    for part, place in enumerate(unit.tolist()):
        total[:, place] += counts[:, part]
    year, row, age = np.nonzero(total)
    number = land.frames["grunnkrets"]["grunnkretsnummer"].to_numpy()
    land.add(
        "befolkning_historikk",
        omraade_id=number[row],
        aar=TODAY - BACK + year,
        alder=age,
        antall=total[year, row, age],
    )
    land.key["plantede_flyttinger"] = _facts(land, counts, special)


def _today(land: Land) -> Array:
    """Residents (parts, AGES) on the package's date."""
    ages, people = land.tables["ages"], land.tables["people"]
    part = people["part"].to_numpy()[ages["address"]]
    flat = part * AGES + np.minimum(ages["age"].to_numpy(), AGES - 1)
    count = len(land.tables["parts"])
    return np.asarray(np.bincount(flat, minlength=count * AGES).reshape(count, AGES))


def _special(land: Land, now: Array) -> dict[str, int]:
    """Choose the districts of the planted moves.

    Families move to the largest one in the north. Where there are most children to each young
    adult elsewhere, many are born and some of them leave before school.
    """
    home = land.tables["parts"]["barn"].to_numpy()
    children = np.bincount(home, now[:, :10].sum(axis=1))
    adults = np.bincount(home, now[:, 20:45].sum(axis=1))
    north = north_of(land)
    share = np.where(~north & (children >= np.median(children)), children / adults, -1.0)
    return {
        "barnefamilier_flytter_inn": int(np.argmax(np.where(north, children, -1))),
        "mange_fodsler": int(np.argmax(share)),
    }


def _rates(district: Array, special: dict[str, int]) -> Array:
    """Net moves (parts, AGES) by age after the year."""
    rates = np.zeros((len(district), AGES))
    for move in EVERYWHERE:
        rates[:, move.first : move.last + 1] += move.rate
    for name, place in special.items():
        for move in PLANTED[name]:
            rates[np.ix_(district == place, range(move.first, move.last + 1))] += move.rate
    return rates


def deaths() -> Array:
    """Share of those aged 0–105 who die within a year: grows by 9 % for each year of age."""
    return np.asarray(np.minimum(np.exp(-10.2 + 0.0875 * _AGE), 0.6))


def _backwards(land: Land, now: Array, rates: Array) -> Array:
    """Residents (years, parts, AGES) before today, whole persons."""
    rng = land.rng("population history")
    order = np.argsort(land.tables["parts"]["barn"].to_numpy(), kind="stable")
    years = [now]
    for _ in range(BACK):
        later = years[0]
        # Who is a years old after the year was a - 1 before it; nobody knows those who died last.
        before = later[:, 1:] / (1.0 - deaths()[:-1] + rates[:, 1:])
        before = np.column_stack([before, later[:, -1]])
        before[:, -2] = later[:, -2]
        whole = np.empty_like(later)
        whole[order] = even_rounding(before[order], rng.random(AGES))
        years.insert(0, whole)
    return np.stack(years)


def even_rounding(values: Array, start: Array) -> Array:
    """Round columns to whole numbers so that every run of rows keeps its sum to one person.

    Parameters
    ----------
    values
        (n, m), not negative.
    start
        Where the rounding of each column begins, 0–1, (m,).

    Examples
    --------
    >>> even_rounding(np.full((4, 1), 0.25), np.array([0.5])).ravel().tolist()
    [0, 1, 0, 0]
    """
    steps = np.floor(np.cumsum(values, axis=0) + start)
    whole = np.diff(steps, axis=0, prepend=np.zeros((1, values.shape[1])))
    return np.asarray(whole.astype(np.int64))


def _facts(land: Land, counts: Array, special: dict[str, int]) -> dict[str, Any]:
    """Planted rates, and persons counted cohort by cohort: who is there less who was left."""
    ids = land.frames["skolekrets"]["krets_id"].tolist()
    district = land.tables["parts"]["barn"].to_numpy()
    facts: dict[str, Any] = {
        "enhet": "netto flytting per år per bosatt året før; alder er fylte år etter flyttingen",
        "overalt": [move._asdict() for move in EVERYWHERE],
        "dodelighet": "exp(-10,2 + 0,0875 * alder), høyst 0,6",
    }
    for name, place in special.items():
        mine = counts[:, district == place].sum(axis=1).astype(float)
        left = mine[:-1, :-1] * (1.0 - deaths()[:-1])
        moved = (mine[1:, 1:] - left)[:, :15].sum(axis=0) / left[:, :15].sum(axis=0)
        adults = mine[1:, 20:45].sum()
        everyone = counts[1:, :, 20:45].sum()
        facts[name] = {
            "krets_id": ids[place],
            "i_tillegg": [move._asdict() for move in PLANTED[name]],
            "talt_rate_alder_1_15": [round(float(rate), 4) for rate in moved],
            "nyfodte_per_1000_voksne_20_44": round(1e3 * float(mine[1:, 0].sum() / adults), 1),
            "kommunen_per_1000": round(1e3 * float(counts[1:, :, 0].sum() / everyone), 1),
        }
    return facts


def make_projection(land: Land) -> None:
    """Add framskriving: the whole municipality to 2050 in three alternatives."""
    start = land.arrays["history"][-1].sum(axis=0).astype(float)
    common = _rates(np.zeros(1, int), {})[0]
    # As many as in the years of the history: today's number is low, and may not last.
    years_back = land.arrays["history"][1:].sum(axis=1)
    newborn = years_back[:, 0].sum() / years_back[:, 20:45].sum()
    rows = []
    for name, (growth, births) in ALTERNATIVES.items():
        count = start
        for year in range(TODAY, _LAST + 1):
            rows.append((name, year, count))
            older = count[:-1] * (1.0 - deaths()[:-1] + common[1:] + growth)
            born = count[20:45].sum() * newborn * births
            older[-1] += count[-1] * (1.0 - deaths()[-1])
            count = np.r_[born, older]
    names, years, counts = zip(*rows, strict=True)
    land.add(
        "framskriving",
        alternativ=np.repeat(names, AGES),
        aar=np.repeat(years, AGES),
        alder=np.tile(_AGE, len(rows)),
        antall=np.round(np.concatenate(counts), 2),
    )
    land.key["framskriving_i_alt"] = {
        name: {str(year): round(float(sum(count.tolist())), 1) for one, year, count in rows
               if one == name and year in (TODAY, 2035, _LAST)}
        for name in ALTERNATIVES
    }  # fmt: skip
