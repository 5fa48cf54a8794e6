"""Municipality numbers: those in force from 2024, and those that have been replaced."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from askergeo._nearest import nearest
from askergeo.errors import MunicipalityError

__all__ = ["Municipality", "check_municipality", "municipalities", "replaced"]

_FILE = Path(__file__).parent / "data" / "kommuner.csv"


@dataclass(frozen=True)
class Municipality:
    """A municipality: its number (four digits) and its name."""

    number: str
    name: str

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


def check_municipality(number: str) -> Municipality:
    """Return the municipality of that number.

    Parameters
    ----------
    number
        Four digits, such as ``"3203"``.

    Raises
    ------
    MunicipalityError
        When the number is not four digits, does not exist (the nearest are suggested), or has
        been replaced (the successors are named).

    Examples
    --------
    >>> check_municipality("3203")
    Municipality(number='3203', name='Asker')
    >>> check_municipality("3025")
    Traceback (most recent call last):
    ...
    askergeo.errors.MunicipalityError: Kommunenummer 3025 (Asker) gikk ut etter 2023.
    Bruk 3203 Asker.
    """
    wanted = str(number).strip()
    current = municipalities()
    if wanted in current:
        return current[wanted]
    old = replaced()
    if wanted in old:
        name, year, successors = old[wanted]
        raise MunicipalityError(
            f"Kommunenummer {wanted} ({name}) gikk ut etter {year}.",
            remedy=f"Bruk {' eller '.join(map(str, successors))}.",
        )
    raise _unknown(wanted)


@lru_cache(maxsize=1)
def municipalities() -> dict[str, Municipality]:
    """Return the municipalities in force, by number."""
    return {
        row["nummer"]: Municipality(row["nummer"], row["navn"])
        for row in _rows()
        if not row["erstattet_av"]
    }


@lru_cache(maxsize=1)
def replaced() -> dict[str, tuple[str, str, tuple[Municipality, ...]]]:
    """Return the replaced numbers: the old name, the last year in force, the successors."""
    current = municipalities()
    return {
        row["nummer"]: (
            row["navn"],
            row["siste_aar"],
            tuple(current[number] for number in row["erstattet_av"].split("+")),
        )
        for row in _rows()
        if row["erstattet_av"]
    }


def _rows() -> list[dict[str, str]]:
    with _FILE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _unknown(wanted: str) -> MunicipalityError:
    current = municipalities()
    if wanted.isascii() and wanted.isdigit():
        padded = wanted.zfill(4)
        known = {*current, *replaced()}
        # A slip is most often in the last two digits; the first two are the county.
        same = [n for n in current if n[:2] == padded[:2] and len(padded) == len(n)]
        same.sort(key=lambda n: (abs(int(n) - int(padded)), n))
        likely = [_current(n) for n in ([padded] if padded in known else same[:3])]
    else:
        names = [m.name for m in current.values()]
        close = nearest(wanted, names, count=3)
        likely = [str(m) for name in close for m in current.values() if m.name == name]
    message = f"Kommunenummeret «{wanted}» finnes ikke."
    if likely:
        return MunicipalityError(
            message, remedy=f"Mente du {' eller '.join(dict.fromkeys(likely))}?"
        )
    return MunicipalityError(message, remedy="Oppgi fire siffer, for eksempel 3203 for Asker.")


def _current(number: str) -> str:
    """Return number and name in force today, of a number that may have been replaced."""
    if number in municipalities():
        return str(municipalities()[number])
    return " eller ".join(map(str, replaced()[number][2]))
