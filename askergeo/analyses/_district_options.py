"""What the planner asks of new districts: the years, the schools, and what is fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from askergeo._text import nearest
from askergeo.errors import ParameterError, collect
from askergeo.school._layers import year_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

__all__ = ["AIMS", "Aim", "aims_of", "closed_schools", "fixed_units", "school_years"]

# School years after the first residents before a boundary that is proposed now can begin.
_AHEAD = 1


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What an alternative aims at.

    Parameters
    ----------
    title
        In bokmål.
    factor
        What the weight of moves is multiplied by.
    """

    title: str
    factor: float


#: Alternatives along the trade-off between short ways and few moves.
AIMS = (
    Aim(title="Kortest veg", factor=0.0),
    Aim(title="Kort veg", factor=0.3),
    Aim(title="Avveid", factor=1.0),
    Aim(title="Få bytter skole", factor=4.0),
    Aim(title="Færrest mulig bytter skole", factor=20.0),
)
_CHOSEN = {1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 2, 4), 5: (0, 1, 2, 3, 4)}


def aims_of(count: int) -> tuple[Aim, ...]:
    """Return so many alternatives, from the shortest ways to the fewest moves.

    Examples
    --------
    >>> [aim.title for aim in aims_of(1)], len(aims_of(5))
    (['Avveid'], 5)
    """
    return tuple(AIMS[at] for at in _CHOSEN[count])


def school_years(known: NDArray[np.int64], parameters: Parameters) -> NDArray[np.int64]:
    """Return the school years that the districts must hold for, by their autumns.

    Parameters
    ----------
    known
        The years of 1 January of the forecast, ascending: the first is that of the residents.
    parameters
        ``kretser_fra`` and ``kretser_aar``.

    Raises
    ------
    ParameterError
        When the forecast does not reach the first of them.
    """
    first = int(parameters["kretser_fra"]) or int(known[0]) + _AHEAD
    # The pupils of the autumn of t are read from 1 January of t + 1.
    earliest, last = int(known[0]), int(known[-1]) - 1
    if not earliest <= first <= last:
        raise ParameterError(
            f"Kretsene kan ikke gjelde fra {year_text(first)}: prognosen gjelder skoleårene "
            f"{year_text(earliest)}–{year_text(last)}.",
            remedy=f"Velg et år fra {earliest} til {last} med --fra.",
        )
    return np.arange(first, min(first + int(parameters["kretser_aar"]), last + 1))


def closed_schools(wanted: Sequence[str], names: pd.Series) -> list[str]:
    """Read the schools to be closed, by id or name.

    Parameters
    ----------
    wanted
        What the user wrote.
    names
        Name of each school that takes part, by id.

    Raises
    ------
    ParameterError
        When one is unknown, or none would be left.
    """
    found = [_find(one, names, "skolen") for one in wanted]
    _refuse([fault for _, fault in found if fault], "--nedlegg")
    ids = [key for key, _ in found]
    if ids and not set(names.index) - set(ids):
        raise ParameterError(
            "Alle skolene er lagt ned: ingen kan få en krets.",
            remedy="La minst én skole stå igjen.",
        )
    return ids


def fixed_units(
    wanted: Sequence[str], units: pd.Series, names: pd.Series, closed: Sequence[str]
) -> dict[str, str]:
    """Read the units that must go to a given school, ``ENHET=SKOLE``.

    Parameters
    ----------
    wanted
        What the user wrote, each unit and school by id or name.
    units
        Name of each unit, by id.
    names
        Name of each school that takes part, by id.
    closed
        Ids of the schools that are closed.

    Returns
    -------
    dict
        Id of the school by id of the unit.

    Raises
    ------
    ParameterError
        With everything that is wrong.
    """
    chosen: dict[str, str] = {}
    faults = []
    for text in wanted:
        unit, separator, school = text.partition("=")
        if not separator:
            faults.append(f"«{text}» er ikke på formen ENHET=SKOLE")
            continue
        key, fault = _find(unit, units, "enheten")
        place, other = _find(school, names, "skolen")
        faults += [one for one in (fault, other) if one]
        if fault or other:
            continue
        if place in closed:
            faults.append(f"«{text}»: {names[place]} er lagt ned")
        elif chosen.get(key, place) != place:
            faults.append(f"«{units[key]}» er gitt både til {names[chosen[key]]} og {names[place]}")
        chosen[key] = place
    _refuse(faults, "--fast")
    return chosen


def _find(text: str, names: pd.Series, what: str) -> tuple[str, str]:
    """Id of what a text names, and what is wrong when it names nothing or several."""
    wanted = text.strip()
    if wanted in names.index:
        return wanted, ""
    same = names.index[names.astype(str).str.casefold() == wanted.casefold()]
    if len(same) == 1:
        return str(same[0]), ""
    if len(same):
        return "", f"{what} «{wanted}» er flere: bruk en av {', '.join(map(str, same))}"
    known: list[Any] = [*names.index, *names]
    return "", f"{what} «{wanted}» finnes ikke. {nearest(wanted, known)}".strip()


def _refuse(faults: Sequence[str], option: str) -> None:
    if faults:
        raise ParameterError(
            f"Valget {option}:\n{collect(dict.fromkeys(faults))}",
            remedy="Bruk id eller navn. «askergeo skole kapasitet» viser skolene, og tabellen "
            "«Finn ditt område» viser enhetene.",
        )
