"""The rules of a factor file: what each column may say, and what goes together."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from askergeo.carbon._table import is_formula, parse_number
from askergeo.carbon.classes import load_classes
from askergeo.parameters import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Collection

    from askergeo.carbon._table import Line

__all__ = ["COLUMNS", "UNITS", "ZONES", "Row", "Unit", "check_rows", "key_of"]

Row = dict[str, str | float | bool]

COLUMNS: Final = (
    "id", "sone", "klasse", "fra", "til", "jordtype", "beholdning", "gass", "verdi", "lav", "hoy",
    "enhet", "horisont", "aar", "kilde", "versjon", "sikkerhet", "plassholder",
)  # fmt: skip
ZONES: Final = ("boreal", "temperert")
SOIL_TYPES: Final = ("hac", "lac", "sand", "spodisk", "vatmark", "torv")
POOLS: Final = (
    "biomasse", "dod", "mineraljord", "organisk_jord", "opplost_karbon", "tilvekst", "samlet",
)  # fmt: skip
GASES: Final = ("CO2", "CH4", "N2O", "CO2e")
HORIZONS: Final = ("engang", "per år")
# Shares of soil carbon: of the reference, and of what was there before the conversion.
SHARE: Final = "andel"
SHARE_OF_BEFORE: Final = "andel av før"
PEAT: Final = "kg C/m3"
_VERSION: Final = re.compile(r"IPCC (2006|2013|2019)|askergeo \d+|(19|20)\d\d(-\d\d){0,2}")
_NEEDED: Final = (
    "id", "beholdning", "gass", "verdi", "lav", "hoy", "enhet", "horisont", "kilde", "versjon",
    "sikkerhet", "plassholder",
)  # fmt: skip
_LONGEST_YEARS: Final = 500


class Unit(NamedTuple):
    """A unit: the gas it measures, tonnes of that gas per hectare, and whether it is per year."""

    gas: str
    tonnes: float
    rate: bool


CO2_OF_C: Final = 44 / 12
N2O_OF_N: Final = 44 / 28
UNITS: Final = {
    "t C/ha": Unit("CO2", CO2_OF_C, rate=False),
    "t CO2/ha": Unit("CO2", 1.0, rate=False),
    "t CO2e/ha": Unit("CO2e", 1.0, rate=False),
    "t C/ha·år": Unit("CO2", CO2_OF_C, rate=True),
    "t CO2/ha·år": Unit("CO2", 1.0, rate=True),
    "t CO2e/ha·år": Unit("CO2e", 1.0, rate=True),
    "kg CH4/ha·år": Unit("CH4", 1e-3, rate=True),
    "kg N2O/ha·år": Unit("N2O", 1e-3, rate=True),
    "kg N2O-N/ha·år": Unit("N2O", N2O_OF_N * 1e-3, rate=True),
    # A layer of one metre over a hectare is 10 000 m3: a kilogram in each is 10 tonnes.
    PEAT: Unit("CO2", 10 * CO2_OF_C, rate=False),
    SHARE: Unit("CO2", 1.0, rate=False),
    SHARE_OF_BEFORE: Unit("CO2", 1.0, rate=False),
}


def check_rows(lines: list[Line]) -> tuple[list[Row], list[str]]:
    """Read the cells, and say everything that breaks a rule: row, column, rule and remedy."""
    rows: list[Row] = []
    problems: list[str] = []
    seen: dict[tuple[str, ...], tuple[int, str]] = {}
    names: dict[str, int] = {}
    for line in lines:
        row, faults = _read(line)
        faults += _faults_together(row) if not faults else []
        if not faults:
            faults = _repeated(row, line.number, seen, names)
        problems += [f"rad {line.number}, {fault}" for fault in faults]
        rows.append(row)
    return rows, problems or _counted_twice(rows)


def key_of(row: Row) -> tuple[str, ...]:
    """Return what a factor is about: two rows with the same key say the same thing twice."""
    about = tuple(str(row[c]) for c in ("klasse", "fra", "til", "jordtype", "beholdning", "gass"))
    return (*about, str(row["horisont"]) if row["fra"] else "")


def _read(line: Line) -> tuple[Row, list[str]]:
    cells = dict(line.cells)
    cells["enhet"] = _plain_unit(cells["enhet"])
    cells["gass"] = cells["gass"].replace("₂", "2").replace("₄", "4")
    cells["sone"] = cells["sone"] or "alle"
    faults = [f"kolonnen «{name}»: mangler; fyll den inn" for name in _NEEDED if not cells[name]]
    faults += [
        f"kolonnen «{name}»: «{text[:30]}» begynner som en formel eller har usynlige tegn; skriv "
        "vanlig tekst"
        for name, text in cells.items()
        if name not in {"verdi", "lav", "hoy", "aar"} and is_formula(text)
    ]
    row: Row = {**cells}
    for name in ("verdi", "lav", "hoy", "aar"):
        row[name] = float("nan")
        if cells[name]:
            try:
                row[name] = parse_number(cells[name])
            except ValueError as error:
                faults.append(f"kolonnen «{name}»: {error}; skriv for eksempel 0,93")
    faults += _faults_in_lists(cells)
    row["plassholder"] = cells["plassholder"] == "ja"
    return row, faults


def _plain_unit(text: str) -> str:
    plain = " ".join(text.split()).replace("₂", "2").replace("₄", "4").replace("³", "3")
    return plain.replace("/år", "·år").replace("*år", "·år")


def _faults_in_lists(cells: dict[str, str]) -> list[str]:
    lists: dict[str, Collection[str]] = {
        "sone": (*ZONES, "alle"),
        "jordtype": SOIL_TYPES,
        "beholdning": POOLS,
        "gass": GASES,
        "enhet": UNITS,
        "horisont": HORIZONS,
        "sikkerhet": CONFIDENCE,
        "plassholder": ("ja", "nei"),
    }
    faults = [
        f"kolonnen «{name}»: «{cells[name]}» er ukjent; skriv en av {', '.join(allowed)}"
        for name, allowed in lists.items()
        if cells[name] and cells[name] not in allowed
    ]
    classes = load_classes()
    faults += [
        f"kolonnen «{name}»: klassen «{cells[name]}» finnes ikke.{classes.hint(cells[name])}"
        for name in ("klasse", "fra", "til")
        if cells[name] and cells[name] not in classes
    ]
    if cells["versjon"] and not _VERSION.fullmatch(cells["versjon"]):
        faults.append(
            f"kolonnen «versjon»: «{cells['versjon']}» er ukjent; skriv IPCC 2006, IPCC 2013, "
            "IPCC 2019, et årstall eller en dato (2024-05-31)"
        )
    return faults


def _faults_together(row: Row) -> list[str]:
    faults = _faults_of_subject(row)
    value, low, high = (float(row[name]) for name in ("verdi", "lav", "hoy"))
    if not low <= value <= high:
        faults.append("kolonnene «lav», «verdi» og «hoy»: skal være i stigende rekkefølge")
    unit = UNITS[str(row["enhet"])]
    if unit.gas != row["gass"]:
        faults.append(
            f"kolonnen «enhet»: «{row['enhet']}» måler {unit.gas}, men gassen er {row['gass']}"
        )
    years = float(row["aar"])
    said = not math.isnan(years)
    yearly = row["horisont"] == "per år"
    if unit.rate and not yearly:
        faults.append("kolonnen «horisont»: en enhet per år krever «per år»")
    elif yearly and not unit.rate and not years > 0:
        faults.append("kolonnen «aar»: mangler; skriv hvor mange år mengden fordeles på")
    elif not yearly and said and years != 1:
        faults.append("kolonnen «aar»: skal være tom når horisonten er «engang»")
    if said and not 1 <= years <= _LONGEST_YEARS:
        faults.append(f"kolonnen «aar»: skal være fra 1 til {_LONGEST_YEARS}")
    return faults


def _faults_of_subject(row: Row) -> list[str]:
    """Check what the factor is about: a class, a conversion or a soil takes its own pools."""
    subjects = [bool(row["klasse"]), bool(row["fra"]) or bool(row["til"]), bool(row["jordtype"])]
    if sum(subjects) != 1 or bool(row["fra"]) != bool(row["til"]):
        return [
            "kolonnene «klasse», «fra»/«til» og «jordtype»: fyll ut én av dem (fra og til sammen)"
        ]
    pool, unit = str(row["beholdning"]), str(row["enhet"])
    rate, share = UNITS[unit].rate, unit in {SHARE, SHARE_OF_BEFORE}
    if row["jordtype"] == "torv":
        fits = pool == "organisk_jord" and unit == PEAT
    elif row["jordtype"]:
        fits = pool == "mineraljord" and unit == "t C/ha"
    elif row["klasse"]:
        fits = {
            "biomasse": unit in {"t C/ha", "t CO2/ha"},
            "dod": unit in {"t C/ha", "t CO2/ha"},
            "mineraljord": share,
            "organisk_jord": rate and row["gass"] != "CO2e",
            "opplost_karbon": rate and row["gass"] == "CO2",
            "tilvekst": rate and row["gass"] == "CO2",
        }.get(pool, False)
    else:
        fits = not share and unit != PEAT and pool not in {"tilvekst", "opplost_karbon"}
    wrong = f"kolonnen «enhet»: «{unit}» passer ikke til beholdningen «{pool}» i denne raden"
    return [] if fits else [f"{wrong}; se malen"]


def _counted_twice(rows: list[Row]) -> list[str]:
    """Find conversions whose own factors would count the same carbon twice."""
    pairs: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        for zone in ZONES if row["fra"] else ():
            if row["sone"] in {zone, "alle"}:
                pairs.setdefault((zone, str(row["fra"]), str(row["til"])), []).append(row)
    problems = []
    for (_, before, after), found in pairs.items():
        where = f"kolonnene «fra» og «til», {before} til {after}:"
        pools = {str(row["beholdning"]) for row in found}
        if "samlet" in pools and len(pools) > 1:
            problems.append(f"{where} «samlet» står sammen med enkelte beholdninger; velg én måte")
        for pool in sorted(pools):
            gases = {str(row["gass"]) for row in found if row["beholdning"] == pool}
            if "CO2e" in gases and len(gases) > 1:
                problems.append(f"{where} «{pool}» har både CO2e og enkelte gasser; velg én måte")
        peat = [row for row in found if row["beholdning"] == "organisk_jord"]
        if peat and {str(row["gass"]) for row in peat}.isdisjoint({"CO2", "CO2e"}):
            problems.append(
                f"{where} «organisk_jord» erstatter hele beholdningen og mangler CO2; legg den til"
            )
        if {"engang", "per år"} <= {str(row["horisont"]) for row in peat if row["gass"] == "CO2"}:
            problems.append(
                f"{where} organisk jord har både tap av lager og utslipp per år; det er samme "
                "karbon, velg én måte"
            )
    return list(dict.fromkeys(problems))


def _repeated(
    row: Row,
    number: int,
    seen: dict[tuple[str, ...], tuple[int, str]],
    names: dict[str, int],
) -> list[str]:
    faults = []
    name, zone, key = str(row["id"]), str(row["sone"]), key_of(row)
    if name in names:
        faults.append(f"kolonnen «id»: «{name}» står også i rad {names[name]}; gi den et eget navn")
    names.setdefault(name, number)
    for place in (zone, "alle") if zone != "alle" else ("alle", *ZONES):
        if (*key, place) in seen:
            first = seen[*key, place][0]
            faults.append(f"kolonnen «klasse»: gjelder det samme som rad {first}; stryk en av dem")
            break
    seen.setdefault((*key, zone), (number, name))
    return faults
