"""What each purpose in a plan is used for, as the laws on hazards, noise and farmland see it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

__all__ = ["UNKNOWN_USE", "Use", "use_of"]


@dataclass(frozen=True, kw_only=True)
class Use:
    """The use of a purpose.

    Parameters
    ----------
    name
        In bokmål.
    built
        Whether people's buildings are meant.
    flood
        Safety class against flood (TEK17 § 7-2): F1–F3, or empty.
    slide
        Safety class against landslides (TEK17 § 7-3): S1–S3, or empty.
    clay
        Category of works against quick clay (NVE 1/2019): K0–K4, or empty.
    quiet
        Whether the use is sensitive to noise (T-1442).
    farming
        Whether farmland stays farmland.
    homes, jobs
        Whether people live there all year, and whether they work there, by what kart- og
        planforskriften says that the purpose may hold.
    source, confidence
        Where the classes come from, and how sure that is.
    """

    name: str
    built: bool
    flood: str
    slide: str
    clay: str
    quiet: bool
    farming: bool
    homes: bool
    jobs: bool
    source: str
    confidence: str

    @property
    def growth(self) -> bool:
        """Whether homes or workplaces come: what makes people travel every day."""
        return self.homes or self.jobs


_DIGITS: Final = 4
#: An area before there is a plan, or a purpose that is not known: the strictest of everything.
UNKNOWN_USE: Final = Use(
    name="Ukjent bruk",
    built=True,
    flood="F3",
    slide="S3",
    clay="K4",
    quiet=True,
    farming=False,
    homes=True,
    jobs=True,
    source="bruken er ikke kjent: strengeste klasse",
    confidence="usikker",
)


def use_of(code: str) -> Use:
    """Give the use of a purpose by its code: the longest beginning in the table counts.

    Codes of the present law have four digits. Those of the old one have three and other groups
    (300 was roads, now 3001 is green), so their use is not known.

    Examples
    --------
    >>> use_of("1162").name, use_of("1111").flood, use_of("").clay, use_of("310").name
    ('Undervisning', 'F2', 'K4', 'Ukjent bruk')
    """
    if len(code) != _DIGITS:
        return UNKNOWN_USE
    table = _table()
    return next(
        (table[code[:size]] for size in range(len(code), 0, -1) if code[:size] in table),
        UNKNOWN_USE,
    )


@lru_cache(maxsize=1)
def _table() -> dict[str, Use]:
    text = (files("askergeo") / "data" / "planbruk.csv").read_text(encoding="utf-8")
    return {
        row["kode"]: Use(
            name=row["bruk"],
            built=row["bebyggelse"] == "ja",
            flood=row["flomklasse"],
            slide=row["skredklasse"],
            clay=row["kvikkleire"],
            quiet=row["stoyfolsom"] == "ja",
            farming=row["jordbruk"] == "ja",
            homes=row["bolig"] == "ja",
            jobs=row["arbeidsplass"] == "ja",
            source=row["kilde"],
            confidence=row["sikkerhet"],
        )
        for row in csv.DictReader(text.splitlines())
    }
