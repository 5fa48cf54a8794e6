"""Makes a report again from what ``resultat.json`` records, and says what differs."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from askergeo.analyses import find
from askergeo.datapackage import DataPackage
from askergeo.errors import MissingFileError, PackageError, SourceError
from askergeo.outputs.json_output import FORMAT, report_document, schema
from askergeo.outputs.report import Report
from askergeo.outputs.write import FILES
from askergeo.privacy import suppress_all
from askergeo.report import run_with_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from askergeo.result import Result

__all__ = ["repeat_result"]

# Numbers that differ by less come from the machine's arithmetic, not from the data.
_RELATIVE = 1e-9
# What a new run changes by itself.
_IGNORED = {"laget", "datapakke_sti", "scenario_sti", "kommando"}
_MOST_LINES = 200
_PLACES = {"datapakke": "datapakken", "scenario": "scenarioet"}
# Results of files that the data package does not hold.
_FROM_FILES = {"plansjekk": "planfilen", "innspill": "mappen med innspill"}


def repeat_result(
    path: Path,
    *,
    package: Path | None = None,
    scenario: Path | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> list[str]:
    """Make a report again.

    Parameters
    ----------
    path
        A ``resultat.json``, or the folder of a report.
    package, scenario
        Where the data package and the scenario lie now; without, where the file says.
    progress
        Called with the share done (0–1) and what is under way.

    Returns
    -------
    list of str
        What differs, in bokmål, a line each: software, data, parameters, then numbers. Empty when
        all is alike.

    Raises
    ------
    MissingFileError
        When the file or the data package is not there.
    SourceError
        When the file is not a report, is of a newer form, or is of files that are not in it.
    """
    path = _document(path)
    old = _read(path)
    runs = [one for one in old["resultater"] if one["opphav"]]
    if not runs:
        raise SourceError(
            f"{path} har ingen resultater som kan gjentas.",
            remedy="Ingen analyser kunne kjøres den gangen; lag en ny rapport.",
        )
    for analysis, what in _FROM_FILES.items():
        if made := [one for one in runs if one["analyse"] == analysis]:
            raise SourceError(
                f"{path} er fra {analysis}, og {what} ligger ikke i den.",
                remedy=f"Kjør «{made[0]['opphav']['kommando']}» igjen der {what} ligger.",
            )
    base = DataPackage.open(_place(path, runs[0]["opphav"], "datapakke", package, "--data"))
    change = None
    if any(one["opphav"]["scenario"] for one in runs):
        origin = next(one["opphav"] for one in runs if one["opphav"]["scenario"])
        change = DataPackage.open(_place(path, origin, "scenario", scenario, "--scenario"))
    results: list[Result] = []
    analyses = list(dict.fromkeys(one["analyse"] for one in runs))
    for number, analysis in enumerate(analyses):
        if progress:
            progress(number / len(analyses), find(analysis).title)
        first = next(one for one in runs if one["analyse"] == analysis)
        overrides = {p["navn"]: p["verdi"] for p in first["parametre"] if p["endret"]}
        results += run_with_scenario(analysis, base, change, overrides=overrides)
    results = _like_written(results, runs)
    report = Report(results=suppress_all(results), title=old["tittel"])
    new = json.loads(json.dumps(report_document(report), ensure_ascii=False))
    lines: list[str] = []
    for before, after in zip(runs, new["resultater"], strict=False):
        lines += _differences(before, after)
    if len(runs) != len(new["resultater"]):
        lines.append(f"Antall resultater: {len(runs)} → {len(new['resultater'])}")
    unique = list(dict.fromkeys(lines))
    if len(unique) > _MOST_LINES:
        rest = len(unique) - _MOST_LINES
        return [*unique[:_MOST_LINES], f"… og {rest} forskjeller til."]
    return unique


def _document(path: Path) -> Path:
    """Return the file itself; of a report's folder, the one in it."""
    if not path.is_dir():
        return path
    inside = path / FILES["json"]
    if not inside.is_file():
        raise MissingFileError(
            f"Mappen {path} har ingen {inside.name}.",
            remedy="Oppgi mappen til en rapport, eller filen resultat.json.",
        )
    return inside


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MissingFileError(f"Filen {path} finnes ikke.", remedy="Oppgi en resultat.json.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = content["format"], content["resultater"], content["tittel"]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{path} er ikke et resultat fra askergeo.", remedy="Oppgi en resultat.json."
        ) from error
    if isinstance(known[0], int) and known[0] > FORMAT:
        raise SourceError(
            f"{path} er laget av en nyere askergeo (format {known[0]}, her {FORMAT}).",
            remedy="Oppgrader askergeo.",
        )
    form = schema()
    if fault := next(_misfits(content, form, form["$defs"], "resultat.json"), ""):
        raise SourceError(
            f"{path} er ikke et helt resultat fra askergeo: {fault}.",
            remedy="Bruk filen slik askergeo skrev den, eller lag resultatet på nytt.",
        )
    result: dict[str, Any] = content
    return result


_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def _misfits(value: Any, form: dict[str, Any], named: dict[str, Any], where: str) -> Iterator[str]:  # noqa: ANN401
    """Hold a document against the parts of JSON Schema that the published one is made of."""
    if "$ref" in form:
        form = named[form["$ref"].rpartition("/")[2]]
    if "anyOf" in form:
        if all(next(_misfits(value, one, named, where), "") for one in form["anyOf"]):
            yield f"{where} har feil form"
        return
    kinds = form.get("type", [])
    if kinds and not any(
        isinstance(value, _TYPES[kind]) for kind in ([kinds] if isinstance(kinds, str) else kinds)
    ):
        yield f"{where} har feil form"
    elif isinstance(value, dict):
        yield from (
            f"{where} mangler «{key}»" for key in form.get("required", ()) if key not in value
        )
        known, others = form.get("properties", {}), form.get("additionalProperties")
        for key, one in value.items():
            inner = known.get(key, others)
            if isinstance(inner, dict):
                yield from _misfits(one, inner, named, f"{where} › {key}")
    elif isinstance(value, list) and isinstance(form.get("items"), dict):
        for number, one in enumerate(value, start=1):
            yield from _misfits(one, form["items"], named, f"{where} nr. {number}")


def _place(path: Path, origin: dict[str, Any], what: str, given: Path | None, option: str) -> Path:
    """Return the folder of the package: as given, or as the report says, relative to itself."""
    if given is not None:
        return given
    recorded = origin.get(f"{what}_sti", "")
    folder: Path = path.parent / recorded
    if not recorded or not folder.is_dir():
        raise MissingFileError(
            f"Fant ikke {_PLACES[what]} «{origin[what]}» som {path.name} er regnet fra"
            + (f"; den lå i {recorded}, sett fra {path.parent}." if recorded else "."),
            remedy=f"Oppgi hvor den ligger nå med {option} MAPPE.",
        )
    return folder


def _like_written(results: list[Result], runs: list[dict[str, Any]]) -> list[Result]:
    """Keep the results that the report had: a report may hold the scenario alone."""
    if len(results) == len(runs):
        return results
    titles = [one["tittel"] for one in runs]
    kept = [result for result in results if result.title in titles]
    if not kept:
        raise PackageError("Resultatene i filen svarer ikke til analysene i denne askergeo.")
    return kept


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    title = before["tittel"]
    lines = [
        f"{title}: {name} {old} → {new}"
        for name, old, new in _pairs(
            before["opphav"]["programvare"], after["opphav"]["programvare"]
        )
        if old != new
    ]
    if before["opphav"]["versjon"] != after["opphav"]["versjon"]:
        lines.append(
            f"{title}: askergeo {before['opphav']['versjon']} → {after['opphav']['versjon']}"
        )
    lines += _sources(title, before, after)
    lines += _parameters(title, before, after)
    for where, old, new in _tables(before, after):
        if not _same(old, new):
            lines.append(f"{title}: {where}: {_show(old)} → {_show(new)}")
    for name, old, new in _pairs(before["nokkeltall"], after["nokkeltall"]):
        values = [None if one is None else one["verdi"] for one in (old, new)]
        if not _same(*values):
            lines.append(f"{title}: nøkkeltallet {name}: {_show(values[0])} → {_show(values[1])}")
    # Reports from before an output had these fields are without them, which is none.
    forbidden = [one.get("ma_ikke_publiseres", []) for one in (before, after)]
    if forbidden[0] != forbidden[1]:
        lines.append(f"{title}: om tallene kan publiseres: {_stops(*forbidden)}")
    if not _same(before.get("diagrammer", after["diagrammer"]), after["diagrammer"]):
        lines.append(f"{title}: diagrammene er annerledes.")
    for key in ("setning", "kartlag", "funn", "mangler"):
        if not _same(before[key], after[key]) and not lines:
            lines.append(f"{title}: {_WORDS[key]} er annerledes.")
    return lines


def _stops(before: list[str], after: list[str]) -> str:
    """Say what forbids publishing before and now."""
    old, new = (" ".join(reasons) or "ja" for reasons in (before, after))
    return f"{old} → {new}"


_WORDS = {"setning": "setningen", "kartlag": "kartlagene", "funn": "funnene", "mangler": "manglene"}


def _sources(title: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    old = {one["lag"]: one for one in before["opphav"]["kilder"]}
    new = {one["lag"]: one for one in after["opphav"]["kilder"]}
    for layer, was, now in _pairs(old, new):
        if was is None:
            yield f"{title}: laget «{layer}» er kommet til."
        elif now is None:
            yield f"{title}: laget «{layer}» er borte."
        elif was["sha256"] != now["sha256"]:
            yield (
                f"{title}: laget «{layer}» er endret ({was['rader']} → {now['rader']} rader, "
                f"sum {was['sha256'][:8]} → {now['sha256'][:8]})."
            )


def _parameters(title: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    old = {one["navn"]: one["verdi"] for one in before["parametre"]}
    new = {one["navn"]: one["verdi"] for one in after["parametre"]}
    for name, was, now in _pairs(old, new):
        if not _same(was, now):
            yield f"{title}: parameteren «{name}» {_show(was)} → {_show(now)}"


def _tables(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    return _pairs(_cells(before), _cells(after))


def _cells(result: dict[str, Any]) -> dict[str, Any]:
    """Return every cell of every table under a readable name; hidden cells are ``:``."""
    cells = {}
    for table in result["tabeller"]:
        names = [column["navn"] for column in table["kolonner"]]
        for row in table["rader"]:
            for name, value in zip(names, row["verdier"], strict=True):
                shown = ":" if name in row["skjult"] else value
                cells[f"{table['tittel']}, rad {row['rad']}, {name}"] = shown
    return cells


def _pairs(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in dict.fromkeys((*old, *new)):
        yield key, old.get(key), new.get(key)


def _same(old: Any, new: Any) -> bool:  # noqa: ANN401  (whatever JSON holds)
    if isinstance(old, float | int) and isinstance(new, float | int):
        return math.isclose(old, new, rel_tol=_RELATIVE, abs_tol=_RELATIVE)
    if isinstance(old, dict) and isinstance(new, dict):
        keys = (old.keys() | new.keys()) - _IGNORED
        return all(_same(old.get(key), new.get(key)) for key in keys)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)


def _show(value: Any) -> str:  # noqa: ANN401
    return "ingenting" if value is None else str(value)
