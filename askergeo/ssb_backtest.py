"""A back-test on SSB's own files, without a data package: read, test, add the provenance.

Only persons by age and year are in those files; the forecast is then by cohort ratios and newborns
per adult (:mod:`askergeo.population.ratios`), and the result says so.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from askergeo import __version__
from askergeo.analyses.skole_prognose import cohort_backtest
from askergeo.errors import MissingFileError, ParameterError
from askergeo.municipalities import municipalities, replaced
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.population.backtest import make_series
from askergeo.result import Provenance, SourceRecord
from askergeo.run import created_now
from askergeo.sources.statbank import Statbank, one_place, read_statbank
from askergeo.stores.folder import sha256_of
from askergeo.versions import software_versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from askergeo.population.backtest import Series
    from askergeo.result import Result

__all__ = ["backtest_files", "population_files"]

_SET: Final = "etterproving"
_NO_MAP: Final = "ingen, for tallene er ikke stedfestet"
_TABLES: Final = (".csv", ".txt", ".tsv", ".json", ".px")


def population_files(paths: Sequence[Path]) -> list[Path]:
    """List the files that are meant: those named, and the tables in folders that are named.

    Raises
    ------
    MissingFileError
        When a path is not there, or a folder has no table.
    """
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise MissingFileError(f"Finner ikke {path}.", remedy="Se etter skrivefeil i navnet.")
        inside = (
            sorted(one for one in path.iterdir() if one.suffix.lower() in _TABLES)
            if (path.is_dir())
            else [path]
        )
        if not inside:
            raise MissingFileError(
                f"Mappen {path} har ingen tabeller (CSV, JSON eller PX).",
                remedy="Oppgi filene fra SSB etter --folketall.",
            )
        files += inside
    return list(dict.fromkeys(files))


def backtest_files(
    paths: Sequence[Path],
    numbers: Sequence[str],
    until: int,
    *,
    overrides: Mapping[str, Any] | None = None,
) -> Result:
    """Test the forecast of a municipality on SSB's persons by age.

    Parameters
    ----------
    paths
        SSB's table 07459 or the like; folders stand for the tables in them.
    numbers
        The municipalities that are one place today; a single number in force stands also for those
        that it has replaced.
    until
        The last 1 January that the forecast may know.
    overrides
        Parameters of the set ``etterproving`` with another value than the file's.

    Raises
    ------
    AskergeoError
        When a file cannot be read, a municipality lacks a year, or ``until`` cannot be tested.
    """
    files = population_files(paths)
    _require_numbers(numbers)
    parameters = load_parameters(_SET, {**(overrides or {}), "etterprov": until})
    table = read_statbank(files)
    places = one_place(table, numbers)
    own, names = _own_series(table, places)
    result = cohort_backtest(
        own, names, _comparable(table, own, float(parameters["kohort_sammenlign_min"])), parameters
    )
    return replace(
        result,
        parameters=parameters.records(),
        warnings=tuple(
            dict.fromkeys((*result.warnings, *table.remarks, *parameters.warnings(parameters.used)))
        ),
        provenance=_provenance(files, table, numbers, until, overrides or {}),
    )


def _require_numbers(numbers: Sequence[str]) -> None:
    known = {*municipalities(), *replaced()}
    unknown = [one for one in numbers if one not in known]
    if unknown or not numbers:
        raise ParameterError(
            f"Kommunenummer finnes ikke: {', '.join(unknown) or '(ingen)'}.",
            remedy="Skriv for eksempel 3203, eller 0220+0627+0628 for kommuner som er slått "
            "sammen.",
        )


def _own_series(
    table: Statbank, places: Mapping[int, tuple[str, ...]]
) -> tuple[Series, dict[str, str]]:
    """Make one series of each municipality; of the sum, when they are not the same all years."""
    frame = table.frame[table.frame["alternativ"] == ""]
    sets = set(places.values())
    names = {
        str(number): f"{number} {name}".strip()
        for number, name in zip(frame["region"], frame["navn"], strict=True)
    }
    wanted = [
        frame[(frame["aar"] == year) & frame["region"].isin(regions)]
        for year, regions in places.items()
    ]
    rows = _concat(wanted)
    if len(sets) == 1:
        mine = {number: names[number] for number in next(iter(sets))}
        return make_series(rows.rename(columns={"region": "omraade_id"})), mine
    whole = max(places)
    code = "+".join(places[whole])
    return make_series(rows.assign(omraade_id=code)), {code: names.get(code, code)}


def _concat(parts: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415  (its types are all that the rest of this module needs)

    return pd.concat(parts, ignore_index=True)


def _comparable(table: Statbank, own: Series, least: float) -> Series:
    """Return the places that the choice of years is made by: the larger ones of the same files.

    A municipality that lacks a year, or a figure, in the years of ``own`` is not among them.
    """
    frame = table.frame
    frame = frame[(frame["alternativ"] == "") & frame["aar"].isin(own.years)]
    frame = frame[frame["region"].str.fullmatch(r"\d{4}")]
    grouped = frame.groupby(["region", "aar"])["antall"]
    # A sum with an unknown part is unknown.
    known = grouped.sum().where(grouped.count() == grouped.size())
    sums = known.unstack("aar").reindex(columns=own.years)  # noqa: PD010  (nothing is summed)
    whole = sums.notna().all(axis=1) & (sums > 0).all(axis=1) & (sums[own.years[0]] >= least)
    kept = frame[frame["region"].isin(sums.index[whole])]
    # The place itself is always among them, as the sum that is to be forecast.
    mine = own.whole("+".join(own.areas))
    if not len(kept):
        return mine
    others = make_series(kept.rename(columns={"region": "omraade_id"}))
    count = np.concatenate([others.count, mine.count], axis=1)
    return type(own)(others.areas.append(mine.areas), own.years, count)


def _provenance(
    files: Sequence[Path],
    table: Statbank,
    numbers: Sequence[str],
    until: int,
    overrides: Mapping[str, Any],
) -> Provenance:
    words = ["--kommune", "+".join(numbers)]
    for path in files:
        words += ["--folketall", path.name]
    for name, value in overrides.items():
        words += ["--parameter", f"{name}={value}"]
    years = f"{table.frame['aar'].min()}–{table.frame['aar'].max()}"
    rows = len(table.frame)
    return Provenance(
        version=__version__,
        # Quoting would put the ø in quotes.
        command=f"askergeo skole prognose --etterprøv {until} {shlex.join(words)}",
        created=created_now(),
        municipality="+".join(numbers),
        crs=_NO_MAP,
        package="",
        sources=tuple(
            SourceRecord(
                layer="folketall",
                title=f"Personer etter alder ({path.name})",
                origin=f"{path.name}, SSBs statistikkbank; {format_number(rows)} tall i alt for "
                f"{years}",
                date="",
                sha256=sha256_of(path),
                rows=None,
                licence="NLOD",
                attribution="Inneholder data under norsk lisens for offentlige data (NLOD) "
                "tilgjengeliggjort av Statistisk sentralbyrå",
                owner="Statistisk sentralbyrå",
            )
            for path in files
        ),
        software=software_versions(),
    )
