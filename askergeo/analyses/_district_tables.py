"""Tables of new school districts: the trade-off, who gets another school, and room year by year.

What is published of persons are sums of whole units, and a unit has at least so many pupils that
it may be told of by itself: no difference between two plans is a few pupils. Counts that are not
such sums (who stays at the old school, who has far to walk) are rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.privacy import rounded
from askergeo.result import Column, RowSum, Table
from askergeo.school._layers import year_text
from askergeo.school.district_inputs import sums_by
from askergeo.school.district_problem import NONE, loads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.school.district_inputs import Basis
    from askergeo.school.district_problem import Plan, Problem

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = [
    "SEAT",
    "STATUS",
    "TODAY",
    "TOTAL",
    "Alternative",
    "at_once",
    "lacking",
    "moved_units",
    "moving_table",
    "proof_table",
    "trade_off_table",
    "walk_table",
    "with_stay",
]

TODAY: Final = "i_dag"
TOTAL: Final = "i_alt"
#: How sure a plan is, in bokmål.
STATUS: Final = {
    "optimal": "bevist best",
    "innenfor": "innenfor avviket",
    "avbrutt": "stoppet av tidsgrensen",
}
_KM: Final = 1000.0
_PERCENT: Final = 100.0
#: Less than this share of a place is rounding.
SEAT: Final = 0.5
_PERSONS: Final = Column(title="Elever", unit="elever", decimals=0, persons=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class Alternative:
    """One division in districts.

    Parameters
    ----------
    letter
        What it is called: ``A``.
    title
        What it aims at, in bokmål.
    plan
        The division.
    """

    letter: str
    title: str
    plan: Plan

    @property
    def key(self) -> str:
        """Name in tables and layers."""
        return self.letter.lower()

    @property
    def assigned(self) -> Rows:
        """School of each unit, (u,)."""
        if self.plan.assigned is None:
            msg = f"{self.letter} has no division"
            raise ValueError(msg)
        return self.plan.assigned


def moved_units(problem: Problem, assigned: Rows) -> Rows:
    """Units with another school than today's."""
    return np.flatnonzero((assigned != problem.today) & (problem.today != NONE))


def at_once(basis: Basis, assigned: Rows) -> Rows:
    """Pupils who live in each school's district each year, (s, y); a unit without one in none."""
    return sums_by(basis.whole, assigned, len(basis.names)).astype(np.int64)


def lacking(problem: Problem, load: Floats) -> Floats:
    """Places that each school lacks each year, (s, y)."""
    over = load - problem.capacity * (1.0 + problem.slack)
    return np.where(over > SEAT, over, 0.0)


def trade_off_table(basis: Basis, alternatives: Sequence[Alternative]) -> Table:
    """One row for today's districts and one for each alternative.

    Parameters
    ----------
    basis
        The problem and its numbers.
    alternatives
        The divisions.
    """
    problem = basis.problem
    before = sums_by(problem.demand, problem.today, len(problem.schools))
    rows: dict[str, dict[str, Any]] = {TODAY: _measured(basis, problem.today, before, before)}
    rows[TODAY]["navn"] = "Dagens kretser"
    for one in alternatives:
        after = loads(replace(problem, stay=None), one.assigned)
        told = _measured(basis, one.assigned, after, with_stay(basis, one.assigned))
        rows[one.key] = told | {"navn": f"{one.letter}: {one.title}"}
    columns = {
        "navn": Column(title="Alternativ"),
        "flytter": Column(title="Får en annen skole", unit="elever", decimals=0, persons=True),
        "enheter": Column(title="Områder", unit="områder", decimals=0),
        "veg": Column(title="Veg til skolen, snitt", unit="m", decimals=0),
        "lengst": Column(title="Lengste veg", unit="km", decimals=1),
        "elevkm": Column(title="Gange én veg hver dag", unit="elev-km", decimals=0),
        "ikke_naermest": Column(title="Har ikke nærmeste skole", unit="%", decimals=0),
        "mangler": Column(title="Plasser som mangler på det meste", unit="plasser", decimals=0),
        "overgang": Column(title="Det samme i overgangen", unit="plasser", decimals=0),
    }
    return Table(
        name="alternativer",
        title="Alternativene mot hverandre",
        frame=pd.DataFrame.from_dict(rows, orient="index")[list(columns)],
        columns=columns,
        note=f"Elever og veg er for {year_text(int(problem.years[0]))}, plasser for det verste av "
        f"{len(problem.years)} skoleår, alle skolene sammen. Elevene som får en annen skole, er de "
        "som bor i områder der skolen blir en annen, på alle trinn. «I overgangen» er når elever "
        "som har begynt, blir på den gamle skolen. Veg er målt til fots fra adressene.",
    )


def proof_table(alternatives: Sequence[Alternative]) -> Table:
    """How sure it is that nothing is better, for each alternative.

    Parameters
    ----------
    alternatives
        The divisions.
    """
    frame = pd.DataFrame(
        {
            "navn": [f"{one.letter}: {one.title}" for one in alternatives],
            "status": [STATUS.get(one.plan.status, one.plan.status) for one in alternatives],
            "avvik": [_PERCENT * one.plan.gap for one in alternatives],
            "flyttevekt": [one.plan.weights.move for one in alternatives],
            "naermest": [one.plan.weights.nearest for one in alternatives],
            "sekunder": [one.plan.seconds for one in alternatives],
        },
        index=[one.key for one in alternatives],
    )
    return Table(
        name="sikkerhet",
        title="Hvor sikkert det er at ingen inndeling er bedre",
        frame=frame,
        columns={
            "navn": Column(title="Alternativ"),
            "status": Column(title="Løseren"),
            "avvik": Column(title="En annen kan høyst være så mye bedre", unit="%", decimals=2),
            "flyttevekt": Column(title="Et bytte av skole teller som", unit="m", decimals=0),
            "naermest": Column(
                title="En annen skole enn nærmeste teller som", unit="m", decimals=0
            ),
            "sekunder": Column(title="Regnetid", unit="s", decimals=0),
        },
        note="Bedre er lavere sum av meter gange, bytter og elever med en annen skole enn den "
        "nærmeste, for inndelinger som følger alle reglene. Vektene er valg og kan endres med "
        "--parameter.",
    )


def with_stay(basis: Basis, assigned: Rows) -> Floats:
    """Pupils at each school each year, who stays at the old school counted there, (s, y)."""
    return loads(basis.phased or basis.problem, assigned)


def _measured(basis: Basis, assigned: Rows, load: Floats, phased: Floats) -> dict[str, Any]:
    problem, mean = basis.problem, basis.ways.mean
    placed = np.flatnonzero(assigned != NONE)
    school = assigned[placed]
    pupils = problem.pupils[placed]
    way = mean[placed, school]
    known = np.isfinite(way)
    total = float(pupils[known].sum())
    walked = float((pupils * np.where(known, way, 0.0)).sum())
    far = basis.ways.farthest[placed, school]
    away = (school != problem.nearest[placed]) & (problem.nearest[placed] != NONE)
    moved = moved_units(problem, assigned)
    short = lacking(problem, load)
    return {
        "flytter": int(basis.whole[moved, 0].sum()),
        "enheter": len(moved),
        "veg": walked / total if total else np.nan,
        "elevkm": walked / _KM,
        "lengst": np.nanmax(far, initial=0.0) / _KM,
        "ikke_naermest": _PERCENT * float(pupils[away].sum()) / max(float(pupils.sum()), 1e-9),
        "mangler": _most(short),
        "overgang": _most(lacking(problem, phased)),
    }


def _most(short: Floats) -> int:
    """Places lacking in the worst year, all schools together."""
    return int(np.ceil(short.sum(axis=0).max(initial=0.0)))


def moving_table(basis: Basis, one: Alternative) -> Table:
    """List the units that get another school: what a letter to those who live there needs.

    Parameters
    ----------
    basis
        The problem and its numbers.
    one
        The alternative.
    """
    problem, names = basis.problem, basis.names
    units = moved_units(problem, one.assigned)
    old, new = problem.today[units], one.assigned[units]
    frame = pd.DataFrame(
        {
            "grunnkrets": basis.units.frame["navn"].to_numpy(dtype=object)[units],
            "fra": names[old],
            "til": names[new],
            "fra_aar": [year_text(int(_begins(problem, school))) for school in new],
            "elever": basis.whole[units, 0],
            "veg_for": _finite(basis.ways.mean[units, old]),
            "veg_etter": _finite(basis.ways.mean[units, new]),
        },
        index=basis.units.frame.index[units],
    ).sort_values(["fra", "til", "grunnkrets"], kind="stable")
    parts = tuple(frame.index)
    total: dict[str, Any] = dict.fromkeys(frame.columns, "") | {"grunnkrets": "I alt"}
    total["elever"] = int(frame["elever"].sum())
    for way in ("veg_for", "veg_etter"):
        known = frame[frame[way].notna()]
        pupils = float(known["elever"].sum())
        total[way] = float((known[way] * known["elever"]).sum()) / pupils if pupils else np.nan
    frame = pd.concat([frame, pd.DataFrame([total], index=[TOTAL])])
    frame["elever"] = frame["elever"].astype("int64")
    frame.index.name = None
    return Table(
        name=f"flytter_{one.key}",
        title=f"Alternativ {one.letter}: områdene som får en annen skole",
        frame=frame,
        columns={
            "grunnkrets": Column(title="Område"),
            "fra": Column(title="Skole i dag"),
            "til": Column(title="Ny skole"),
            "fra_aar": Column(title="Gjelder fra skoleåret"),
            "elever": Column(
                title="Elever som bor der første skoleår", unit="elever", decimals=0, persons=True
            ),
            "veg_for": Column(title="Veg i dag, snitt", unit="m", decimals=0),
            "veg_etter": Column(title="Veg til ny skole, snitt", unit="m", decimals=0),
        },
        row_sums=(RowSum(TOTAL, parts),),
        group=f"Alternativ {one.letter}",
        note="Elever er framskrevet og gjelder alle trinnene. «+» er områder med få elever som er "
        "holdt sammen med naboen. Listen har ingen personopplysninger og kan legges ved et brev.",
    )


def _begins(problem: Problem, school: int) -> int:
    """First school year that a school has places."""
    return int(problem.years[int((problem.capacity[school] > 0).argmax())])


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def walk_table(basis: Basis, alternatives: Sequence[Alternative], limits: Sequence[float]) -> Table:
    """Pupils beyond the limits of free transport, and with another school than the nearest.

    Parameters
    ----------
    basis
        The problem; ``ways.over`` has the limits of grade 1 and of the others.
    alternatives
        The divisions.
    limits
        The limits in metres, as the titles say them.
    """
    divisions = {TODAY: ("Dagens kretser", basis.problem.today)}
    divisions |= {one.key: (f"Alternativ {one.letter}", one.assigned) for one in alternatives}
    rows = {key: {"navn": name, **_walks(basis, to)} for key, (name, to) in divisions.items()}
    first, other = (f"{limit / _KM:g}".replace(".", ",") for limit in limits)
    low, high = basis.grades[0], basis.grades[-1]
    columns = {"navn": Column(title="Inndeling")}
    if low == 1:
        columns["over_1"] = _counted(f"1. trinn med mer enn {first} km")
    since = 2 if low == 1 else low
    columns["over"] = _counted(f"{since}.–{high}. trinn med mer enn {other} km")
    columns["ikke_naermest"] = _counted("Har en annen skole enn den nærmeste")
    frame = pd.DataFrame.from_dict(rows, orient="index")[list(columns)]
    return rounded(
        Table(
            name="skyss",
            title="Lang veg til skolen",
            frame=frame,
            columns=columns,
            note=f"Framskrevne elever i {year_text(int(basis.problem.years[0]))}. Grensene er "
            "opplæringslovas for rett til gratis skyss etter lengde, med fylkeskommunens tillegg "
            "når det er satt (skoleveg_tillegg_m). Rett på grunn av farlig veg eller "
            "funksjonsnedsetting er ikke med. Adresser uten kjent gangveg er regnet som de andre i "
            "området. "
            "«askergeo skole veg» viser hver adresse.",
        )
    )


def _counted(title: str) -> Column:
    return Column(title=title, unit="elever", decimals=0, persons=True)


def _walks(basis: Basis, assigned: Rows) -> dict[str, int]:
    problem = basis.problem
    placed = np.flatnonzero(assigned != NONE)
    school = assigned[placed]
    pupils = basis.pupils[placed, :, 0]
    begins = basis.grades[0] == 1
    first = pupils[:, 0] if begins else np.zeros(len(placed))
    rest = pupils.sum(axis=1) - first
    away = (school != problem.nearest[placed]) & (problem.nearest[placed] != NONE)
    found = {
        "over_1": (first * basis.ways.over[0][placed, school]).sum(),
        "over": (rest * basis.ways.over[1][placed, school]).sum(),
        "ikke_naermest": pupils[away].sum(),
    }
    return {name: int(np.rint(value)) for name, value in found.items()}
