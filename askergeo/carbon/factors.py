"""Carbon factors as data: one row a factor with value, range, unit, source and confidence.

The set that comes along is ``askergeo/data/karbon/ipcc_niva1.csv``: the defaults (Tier 1) of the
IPCC's 2006 Guidelines volume 4, the 2013 Wetlands Supplement and the 2019 Refinement. A
municipality's own file is laid over it, row by row.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.carbon._rules import COLUMNS, UNITS, ZONES, Row, check_rows, key_of
from askergeo.carbon._table import parse_number, parse_table, read_text
from askergeo.carbon.classes import load_classes
from askergeo.errors import OverwriteError, ParameterError, SourceError, StorageError, collect
from askergeo.parameters import value_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Factors", "factor_warnings", "load_factors", "write_template"]

_STANDARD: Final = "ipcc_niva1.csv"
_LAYER: Final = "laget «karbonfaktor»"
_GWP: Final = "gwp.csv"
# Why a factor is a placeholder, by its confidence.
_DOUBT: Final = {
    "verifisert": "",
    "kjent": "standardverdi, ikke kontrollert",
    "usikker": "anslag eller antakelse",
}


@dataclass(frozen=True, kw_only=True, eq=False)  # a frame has no single answer to ==
class Factors:
    """The factors in force.

    Parameters
    ----------
    frame
        One row a factor, ``id`` as index: the columns of the file with ``verdi``, ``lav``, ``hoy``
        and ``aar`` as numbers and ``plassholder`` as bool, ``tonn`` (tonnes of gas a unit of the
        factor is, per hectare) and ``rate`` (the unit is per year).
    zone
        ``boreal`` or ``temperert``.
    gwp
        Tonnes of CO2 equivalents a tonne of each gas is.
    gwp_report
        The report of the IPCC that ``gwp`` is from.
    origin
        The files the factors were read from, with the sha256 of their text.
    unfilled
        Rows of an own file that had no number and were left out.
    """

    frame: pd.DataFrame
    zone: str
    gwp: dict[str, float]
    gwp_report: str
    origin: dict[str, str]
    unfilled: int = 0

    def find(self, line: tuple[str, ...], pool: str, gas: str = "CO2") -> int | None:
        """Position of the factor of the first class in ``line`` that has one."""
        return next(
            (i for name in line if (i := self._class.get((name, pool, gas))) is not None), None
        )

    def soil(self, soil_type: str) -> int | None:
        """Position of the carbon of a mineral soil type, or of peat (``torv``)."""
        return self._soil.get(soil_type)

    def pair(self, before: tuple[str, ...], after: tuple[str, ...]) -> list[int]:
        """Positions of the factors of a conversion, those of the narrowest classes."""
        for one in before:
            for other in after:
                if found := self._pair.get((one, other)):
                    return found
        return []

    @property
    def soil_types(self) -> dict[str, int]:
        """Position of each mineral soil type."""
        return {name: i for name, i in self._soil.items() if name != "torv"}

    @cached_property
    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns as arrays, for look-ups by position."""
        return {str(name): self.frame[name].to_numpy() for name in self.frame.columns}

    @cached_property
    def _class(self) -> dict[tuple[str, str, str], int]:
        rows = self.frame[["klasse", "beholdning", "gass"]].to_numpy()
        return {(row[0], row[1], row[2]): i for i, row in enumerate(rows) if row[0]}

    @cached_property
    def _soil(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.frame["jordtype"]) if name}

    @cached_property
    def _pair(self) -> dict[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = {}
        for i, (one, other) in enumerate(self.frame[["fra", "til"]].to_numpy()):
            if one:
                found.setdefault((one, other), []).append(i)
        return found

    @property
    def levels(self) -> NDArray[np.float64]:
        """Value, low and high, (3, k)."""
        return self.frame[["verdi", "lav", "hoy"]].to_numpy(dtype=np.float64).T


def load_factors(
    path: Path | pd.DataFrame | None = None,
    *,
    zone: str = "boreal",
    standard: bool = True,
    gwp: str = "AR5",
) -> Factors:
    """Read the factors.

    Parameters
    ----------
    path
        A file of one's own (see :func:`write_template`), or its rows as the layer
        ``karbonfaktor`` has them; they replace those of the standard set that are about the same
        thing. Rows without any number are left out and counted.
    zone
        The IPCC's climate zone: ``boreal``, or ``temperert`` (cold temperate, moist).
    standard
        Whether the set that comes along is used too.
    gwp
        Report whose global warming potentials (100 years) are used: ``AR4``, ``AR5`` or ``AR6``.

    Raises
    ------
    MissingFileError, SourceError
        When a file cannot be read or breaks a rule: all faults with row, column and remedy.
    ParameterError
        When zone or report is unknown, or no factors are asked for.

    Examples
    --------
    >>> factors = load_factors(zone="boreal")
    >>> float(factors.frame.loc["boreal-torv-dyrka_organisk-co2", "verdi"]), factors.gwp["CH4"]
    (7.9, 28.0)
    """
    if zone not in ZONES:
        raise ParameterError(
            f"Sonen «{zone}» finnes ikke.", remedy=f"Velg {' eller '.join(ZONES)}."
        )
    if path is None and not standard:
        raise ParameterError("Ingen faktorer er valgt.", remedy="Oppgi en faktorfil.")
    if path is None:
        return _standard(zone, gwp)
    return _read(path, zone=zone, standard=standard, gwp=gwp)


@lru_cache(maxsize=8)
def _standard(zone: str, gwp: str) -> Factors:
    """Read the set that comes along, once."""
    return _read(None, zone=zone, standard=True, gwp=gwp)


def _read(path: Path | pd.DataFrame | None, *, zone: str, standard: bool, gwp: str) -> Factors:
    origin: dict[str, str] = {}
    own: list[Row] = []
    base: list[Row] = []
    unfilled = 0
    name = _STANDARD
    if path is not None:
        name, text = (_LAYER, _text(path)) if isinstance(path, pd.DataFrame) else _file(path)
        own, unfilled = _rows(text, name)
        origin[name] = sha256(text.encode()).hexdigest()
    if standard:
        text = _packaged(_STANDARD)
        base, _ = _rows(text, _STANDARD)
        origin[f"askergeo: {_STANDARD}"] = sha256(text.encode()).hexdigest()
    rows = _merged(_of_zone(own, zone), _of_zone(base, zone), name)
    return Factors(
        frame=_frame(rows),
        zone=zone,
        gwp=_read_gwp(gwp),
        gwp_report=gwp,
        origin=origin,
        unfilled=unfilled,
    )


def factor_warnings(factors: Factors, used: Iterable[str] | None = None) -> tuple[str, ...]:
    """One line for each placeholder in use; of ``used`` (ids) only, when given.

    Examples
    --------
    >>> print(factor_warnings(load_factors(), ["alle-torv"])[0])
    Faktoren «alle-torv» = 50\u00a0kg C/m3 er en plassholder (standardverdi, ikke kontrollert): ...
    """
    frame = factors.frame if used is None else factors.frame.loc[list(dict.fromkeys(used))]
    return tuple(
        f"Faktoren «{name}» = {value_text(float(row['verdi']), str(row['enhet']))} er en "
        f"plassholder ({_DOUBT[str(row['sikkerhet'])] or 'merket slik i filen'}): {row['kilde']}."
        for name, row in frame[frame["plassholder"]].iterrows()
    )


def write_template(path: Path, *, overwrite: bool = False) -> None:
    """Write a file to fill in: every key of the standard set, without numbers and sources.

    UTF-8 with a byte-order mark, semicolons and decimal commas, as a Norwegian spreadsheet wants
    it. No cell begins as a formula. A row may also have ``fra`` and ``til`` in the place of
    ``klasse``: then it holds for that conversion alone.

    Raises
    ------
    OverwriteError, StorageError
        When the file is there already, or cannot be written.
    """
    if path.exists() and not overwrite:
        raise OverwriteError(f"{path} finnes fra før.", remedy="Velg et annet navn.")
    emptied = {"verdi", "lav", "hoy", "kilde", "versjon"}
    fixed = {"sikkerhet": "kjent", "plassholder": "nei"}
    lines = parse_table(_packaged(_STANDARD), _STANDARD, COLUMNS)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        cells = {**line.cells, **fixed, "id": f"egen-{line.cells['id']}"}
        writer.writerow(["" if name in emptied else cells[name] for name in COLUMNS])
    try:
        path.write_text(buffer.getvalue(), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise StorageError(f"{path} kan ikke skrives: {error.strerror}.") from error


def _file(path: Path) -> tuple[str, str]:
    return path.name, read_text(path)


def _text(frame: pd.DataFrame) -> str:
    """Write the rows of the layer as the file that they were, so that the same checks hold."""
    absent = [column for column in COLUMNS if column not in frame.columns]
    if absent:
        raise SourceError(
            f"{_LAYER}:\n{collect([f'kolonnen «{name}» mangler' for name in absent])}",
            remedy="Lag filen fra malen, og legg laget til på nytt.",
        )
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    cells = frame[list(COLUMNS)].astype("string").fillna("").sort_values(list(COLUMNS))
    writer.writerows(cells.to_numpy(dtype=object).tolist())
    return buffer.getvalue()


def _packaged(name: str) -> str:
    return (files("askergeo") / "data" / "karbon" / name).read_text(encoding="utf-8")


def _rows(text: str, name: str) -> tuple[list[Row], int]:
    lines = parse_table(text, name, COLUMNS)
    filled = [
        line for line in lines if any(line.cells[column] for column in ("verdi", "lav", "hoy"))
    ]
    if not filled:
        raise SourceError(f"{name} har ingen faktorer.", remedy="Fyll inn verdi, lav og hoy.")
    rows, problems = check_rows(filled)
    if problems:
        raise SourceError(
            f"{name}:\n{collect(problems)}",
            remedy="Rett radene. Ukjent er aldri null: stryk heller raden enn å skrive 0.",
        )
    return rows, len(lines) - len(filled)


def _of_zone(rows: list[Row], zone: str) -> list[Row]:
    return [row for row in rows if row["sone"] in {zone, "alle"}]


def _merged(own: list[Row], base: list[Row], name: str) -> list[Row]:
    # A factor for a wide class also replaces the standard's for the narrower ones under it.
    replaced = {key_of(row) for row in own}
    rows = own + [row for row in base if replaced.isdisjoint(_keys_above(row))]
    names = [str(row["id"]) for row in rows]
    if twice := sorted({one for one in names if names.count(one) > 1}):
        raise SourceError(
            f"{name}: id {', '.join(f'«{one}»' for one in twice)} er brukt av en annen faktor.",
            remedy="Gi egne faktorer egne id-er.",
        )
    return rows


def _keys_above(row: Row) -> list[tuple[str, ...]]:
    line = load_classes()[str(row["klasse"])].line if row["klasse"] else ("",)
    return [key_of({**row, "klasse": name}) for name in line]


def _frame(rows: list[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).set_index("id")
    for column in ("verdi", "lav", "hoy", "aar"):
        frame[column] = frame[column].astype("float64")
    frame["plassholder"] = frame["plassholder"].astype(bool)
    frame["tonn"] = [UNITS[unit].tonnes for unit in frame["enhet"]]
    frame["rate"] = [UNITS[unit].rate for unit in frame["enhet"]]
    return frame


def _read_gwp(report: str) -> dict[str, float]:
    lines = parse_table(_packaged(_GWP), _GWP, ("rapport", "gass", "verdi"))
    known = list(dict.fromkeys(line.cells["rapport"] for line in lines))
    if report not in known:
        raise ParameterError(
            f"GWP-verdier fra «{report}» finnes ikke.", remedy=f"Velg {', '.join(known)}."
        )
    # CO2 is what the others are measured against.
    found = {"CO2": 1.0, "CO2e": 1.0}
    for line in lines:
        if line.cells["rapport"] == report:
            found[line.cells["gass"]] = parse_number(line.cells["verdi"])
    return found
