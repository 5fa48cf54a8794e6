"""What the labels of SSB's tables of persons mean: regions, ages, sexes, years and contents."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from askergeo.municipalities import municipalities, replaced

__all__ = [
    "ALTERNATIVES",
    "BOTH",
    "DIMENSIONS",
    "NO_FIGURE",
    "OTHER",
    "PERSONS",
    "TOTAL",
    "age_of",
    "contents_of",
    "fold",
    "number_of",
    "region_of",
    "sex_of",
    "year_of",
]

TOTAL: Final = -1
"""Age of a row for all ages, or for a group of ages."""

BOTH: Final = "begge"
PERSONS: Final = ""
OTHER: Final = "annet"
ALTERNATIVES: Final = ("hoved", "lav", "hoy")

#: SSB's standard signs for a figure that is not told: not possible, missing, hidden.
NO_FIGURE: Final = frozenset({"", ".", "..", "...", ":", "null", "nan"})

#: Names of the columns, folded to letters: dimension → what statbank, its API and offices call it.
DIMENSIONS: Final = {
    "region": (
        "region", "regioner", "kommune", "kommunenummer", "kommunenr", "knr", "grunnkrets",
        "grunnkretsnummer", "bydel", "område", "omrade", "omraadeid", "municipality",
    ),
    "alder": ("alder", "age", "ettårigalder", "ettarigalder", "fyltear", "fylteår"),
    "kjonn": ("kjønn", "kjonn", "kjnn", "sex", "gender"),
    "aar": ("år", "ar", "aar", "tid", "time", "year", "årgang"),
    "innhold": (
        "statistikkvariabel", "contents", "contentscode", "alternativ", "alternativer",
        "variabel", "scenario",
    ),
}  # fmt: skip

_REGION = re.compile(r"(?:[A-Z]{1,2}[-_])?(\d{4}|\d{6}|\d{8})(?:[\s:]+(.*))?")
_LARGER = re.compile(
    r"(?:EAK|EKA|F[-_])?\s*\d{0,2}(?:\s+.*)?|.*\b(?:hele landet|whole country)\b.*"
)
_IN_FORCE = re.compile(r"\s*\((?:(?:19|20)\d\d)?\s*[-–]\s*((?:19|20)\d\d)?\)$")
_SINGLE = re.compile(r"(?:alder\s*)?0*(\d{1,3})(?:\s*(?:års?|ar|aar|years?|.r))?")
_OPEN = re.compile(
    r"0*(\d{1,3})\s*(?:(?:års?|ar|aar|years?|.r)\s*)?"
    r"(?:\+|(?:eller|og|or|and)\s+(?:eldre|over|older|more|mer))"
)
_GROUP = re.compile(r"f?\d{1,3}(?:\s*år)?\s*[-–]\s*\d{1,3}(?:\s*\D*)?")
_ALL = re.compile(
    r"(?:alder\s*)?i alt|alt|alle(?: aldre)?|sum|total\w*|all ages|tot|999\w?|alder, i alt"
)
_YEAR = re.compile(r"(?<!\d)((?:18|19|20|21)\d\d)(?!\d)")
_SEXES: Final = {
    "menn": "menn", "mann": "menn", "males": "menn", "male": "menn", "men": "menn", "1": "menn",
    "kvinner": "kvinner", "kvinne": "kvinner", "females": "kvinner", "female": "kvinner",
    "women": "kvinner", "2": "kvinner",
    "begge kjønn": BOTH, "begge": BOTH, "both sexes": BOTH, "both": BOTH, "i alt": BOTH,
    "alt": BOTH, "total": BOTH, "totalt": BOTH, "sum": BOTH, "alle": BOTH, "0": BOTH, "3": BOTH,
}  # fmt: skip
# Four letters: fertility, life expectancy, moves in the country, immigration (three in 2022–24,
# when moves in the country have one course only).
_COURSE = re.compile(r"(?<![a-zæøå])([mlhk0]{3,4})(?![a-zæøå])", re.IGNORECASE)
_COURSES: Final = {
    "mmmm": "hoved", "mmm": "hoved", "llml": "lav", "lll": "lav", "hhmh": "hoy", "hhh": "hoy",
}  # fmt: skip
_COURSE_WORDS: Final = (
    (re.compile(r"hovedalternativ|middels nasjonal|main alternative|medium national"), "hoved"),
    (re.compile(r"lav nasjonal|low national|lavalternativ"), "lav"),
    (re.compile(r"h.y nasjonal|high national|h.yalternativ"), "hoy"),
)
_PERSON_WORDS = re.compile(
    r"person|folkemengd|folketal|befolkning|innbygger|bosatt|antall|population|value|verdi|tall"
)
_NOT_COUNTS = re.compile(r"andel|prosent|percent|endring|change|vekst|growth|gjennomsnitt")
_GROUPED = re.compile(r"-?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?")
_PLAIN = re.compile(r"-?\d+(?:[.,]\d+)?")
_THOUSAND_OR_DECIMAL = re.compile(r"-?\d{1,3}[.,]\d{3}")


def fold(text: str) -> str:
    """Letters only, small.

    Examples
    --------
    >>> fold(" Kjønn: "), fold("Ettårig alder")
    ('kjønn', 'ettårigalder')
    """
    return re.sub(r"[^a-zæøå]", "", text.casefold())


def region_of(label: str) -> tuple[str, str] | None:
    """Code and name of a municipality, city district or basic unit; ``("", "")`` for larger areas.

    ``None`` when the label is no region. A name without a code is looked up among today's
    municipalities, or those of the years that it tells.

    Examples
    --------
    >>> region_of("K-3025 Asker"), region_of("0220 Asker (-2019)"), region_of("Asker (-2019)")
    (('3025', 'Asker'), ('0220', 'Asker'), ('0220', 'Asker'))
    >>> region_of("0 Hele landet"), region_of("32030101 Hvalstad vest"), region_of("Ukjent")
    (('', ''), ('32030101', 'Hvalstad vest'), None)
    """
    text = label.strip()
    found = _REGION.fullmatch(text)
    if found:
        name = _IN_FORCE.sub("", found[2] or "").strip()
        # A letter that was lost on the way is known from the number.
        return found[1], _names_of().get(found[1], name) if "\ufffd" in name else name
    if _LARGER.fullmatch(text):
        return "", ""
    force = _IN_FORCE.search(text)
    last = int(force[1]) if force and force[1] else None
    number = _numbers_of().get((_IN_FORCE.sub("", text).strip().casefold(), last))
    return (number, _IN_FORCE.sub("", text).strip()) if number else None


@cache
def _names_of() -> dict[str, str]:
    """Return the name of each municipality there is or was, by number."""
    old = {number: name for number, (name, _, _) in replaced().items()}
    return old | {one.number: one.name for one in municipalities().values()}


@cache
def _numbers_of() -> dict[tuple[str, int | None], str]:
    """Return the number of each municipality by name and last year; names of two are left out."""
    named: dict[tuple[str, int | None], list[str]] = {}
    for one in municipalities().values():
        named.setdefault((one.name.casefold(), None), []).append(one.number)
    for number, (name, last, _) in replaced().items():
        named.setdefault((name.casefold(), int(last)), []).append(number)
    return {key: numbers[0] for key, numbers in named.items() if len(numbers) == 1}


def age_of(label: str) -> tuple[int, bool] | None:
    """Full years, and whether the label is that age and older; :data:`TOTAL` for groups and all.

    Examples
    --------
    >>> age_of("0 år"), age_of("105 år eller eldre"), age_of("000"), age_of("90+")
    ((0, False), (105, True), (0, False), (90, True))
    >>> age_of("Alder i alt"), age_of("6-12 år"), age_of("voksne")
    ((-1, False), (-1, False), None)
    """
    text = re.sub(r"[\s\u00a0\u202f]+", " ", label.strip().casefold())
    if _ALL.fullmatch(text) or _GROUP.fullmatch(text):
        return TOTAL, False
    for pattern, is_open in ((_SINGLE, False), (_OPEN, True)):
        found = pattern.fullmatch(text)
        if found and int(found[1]) <= 120:  # noqa: PLR2004  (nobody is older)
            return int(found[1]), is_open
    return None


def sex_of(label: str) -> str | None:
    """``menn``, ``kvinner`` or ``begge``.

    Examples
    --------
    >>> sex_of("Menn"), sex_of("Both sexes"), sex_of("2"), sex_of("x")
    ('menn', 'begge', 'kvinner', None)
    """
    return _SEXES.get(re.sub(r"\s+", " ", label.strip().casefold()))


def year_of(label: str) -> int | None:
    """Year of the 1 January.

    Examples
    --------
    >>> year_of("Personer 2019"), year_of("2019K1"), year_of("region")
    (2019, None, None)
    """
    found = _YEAR.findall(label)
    quarter = re.search(r"\d{4}\s*[KMQ]\d", label)
    return int(found[-1]) if found and not quarter else None


def contents_of(label: str) -> str:
    """``hoved``, ``lav`` or ``hoy``; empty for persons without an alternative; else ``annet``.

    Examples
    --------
    >>> contents_of("Hovedalternativet (MMMM)"), contents_of("Lav nasjonal vekst (LLML)")
    ('hoved', 'lav')
    >>> contents_of("Personer"), contents_of("Ingen flytting (MM00)"), contents_of("Andel")
    ('', 'annet', 'annet')
    """
    text = label.strip().casefold()
    if text in ALTERNATIVES:
        return text
    course = _COURSE.search(text)
    if course:
        return _COURSES.get(course[1].lower(), OTHER)
    for pattern, name in _COURSE_WORDS:
        if pattern.search(text):
            return name
    if _NOT_COUNTS.search(text):
        return OTHER
    return PERSONS if not text or _PERSON_WORDS.search(text) else OTHER


def number_of(text: str) -> float | None:
    r"""Read a figure; NaN where it is not told, ``None`` when it is no figure.

    A hyphen is SSB's sign for none. One group of three digits after a point or comma may be
    thousands or decimals: it is refused.

    Examples
    --------
    >>> number_of("1\u00a0234"), number_of("12,5"), number_of(":"), number_of("-")
    (1234.0, 12.5, nan, 0.0)
    >>> number_of("1.234") is None, number_of("1.234.567") is None
    (True, True)
    """
    plain = text.strip()
    if plain.casefold() in NO_FIGURE:
        return float("nan")
    if plain in ("-", "–"):
        return 0.0
    if _THOUSAND_OR_DECIMAL.fullmatch(plain):
        return None
    if _PLAIN.fullmatch(plain) or _GROUPED.fullmatch(plain):
        return float(re.sub(r"[ \u00a0\u202f]", "", plain).replace(",", "."))
    return None
