"""What is wrong with a data package, and what it lacks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from askergeo.analyses import ANALYSES
from askergeo.catalogue import load_catalogue
from askergeo.errors import PackageError
from askergeo.numbers import format_number
from askergeo.result import Severity
from askergeo.run import partly_mapped
from askergeo.sources._feed_days import date_text

if TYPE_CHECKING:
    from askergeo.analyses import Analysis
    from askergeo.datapackage import DataPackage

# A file that reaches beyond the municipality is as a rule meant to, and a timetable is cut to it;
# nothing need be mended.
_HARMLESS = (
    "utenfor_kommunen", "avgrenset", "avgrenset_turer", "uten_koordinat_andre",
    "koblet_holdeplass", "uten_avganger", "undermappe",
)  # fmt: skip

__all__ = ["Problem", "check_package", "list_remarks", "missing_layers"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that the owner of a package should look at."""

    severity: Severity
    text: str


def check_package(package: DataPackage) -> list[Problem]:
    """Hold a package against its lock and list what the reading of its files found.

    Returns
    -------
    list of Problem
        Errors first: files that are missing or changed. Then, as warnings, the layers with rows
        that were repaired or set aside. Last, to be noted only: a timetable that has run out, rows
        outside the municipality, and layers without a date.
    """
    problems = [Problem(severity=Severity.ERROR, text=text) for text in package.verify()]
    notes = []
    for layer, record in package.records.items():
        if not record.avvik_rows:
            continue
        try:
            avvik = package.read_avvik(layer)
        except PackageError:
            continue  # verify has said so already
        outside = avvik["regel"].astype("str").isin(_HARMLESS)
        if not outside.all():
            text = f"{_counted(layer, avvik[~outside])} Se «askergeo data avvik MAPPE {layer}»."
            problems.append(Problem(severity=Severity.WARNING, text=text))
        if outside.any():
            text = _counted(layer, avvik[outside])
            notes.append(Problem(severity=Severity.INFO, text=text))
    undated = [layer for layer, record in package.records.items() if not record.fetched]
    if undated:
        text = (
            f"Uten dato: {', '.join(undated)}. Oppgi den med --dato, eller «dato» under «kilde» i "
            "kartfilen, når laget legges til."
        )
        notes.append(Problem(severity=Severity.INFO, text=text))
    return [*problems, *_run_out(package), *notes]


def _run_out(package: DataPackage) -> list[Problem]:
    """Say that the timetable was for a time that is past: what it shows may have changed."""
    if "rutedag" not in package:
        return []
    try:
        days = package.read("rutedag", columns=["dato"])["dato"]
    except PackageError:
        return []  # verify has said so already
    today = dt.datetime.now(tz=dt.UTC).astimezone().date()
    if not len(days) or days.max().date() >= today:
        return []
    text = (
        f"Rutetabellen gjelder {date_text(days.min().date())}–{date_text(days.max().date())} og er "
        "gått ut; hent en ny før rutetilbudet i dag regnes."
    )
    return [Problem(severity=Severity.INFO, text=text)]


def _counted(layer: str, avvik: pd.DataFrame) -> str:
    counts = avvik.groupby(["tittel", "handling"]).size().reset_index(name="antall")
    parts = [
        f"{title[0].lower()}{title[1:]} ({format_number(n)} {action})"
        for title, action, n in counts.itertuples(index=False)
    ]
    return f"Laget «{layer}»: {'; '.join(parts)}."


def list_remarks(package: DataPackage, layer: str | None = None) -> list[dict[str, Any]]:
    """Return every row that was repaired, remarked on or set aside when the layers were added.

    Parameters
    ----------
    package
        The package.
    layer
        One layer; all of them without.

    Returns
    -------
    list of dict
        ``lag``, ``rad`` (row in the source from 1), ``regel``, ``tittel``, ``handling``, ``x`` and
        ``y`` (metres in the package's CRS, rounded; ``None`` when unknown), ``tekst``.

    Raises
    ------
    CatalogueError, LayerError
        When the layer is unknown, or not in the package.
    """
    names = [package.record(layer).layer] if layer is not None else list(package.layer_ids)
    rows = []
    for name in names:
        if not package.record(name).avvik_rows:
            continue
        avvik = package.read_avvik(name)
        for row in avvik.drop(columns="geometry").itertuples(index=False):
            place = [None if pd.isna(value) else round(value) for value in (row.x, row.y)]
            rows.append(
                {
                    "lag": name,
                    "rad": None if pd.isna(row.rad) else int(row.rad),
                    "regel": row.regel,
                    "tittel": row.tittel,
                    "handling": row.handling,
                    "x": place[0],
                    "y": place[1],
                    "tekst": row.tekst,
                }
            )
    return rows


def missing_layers(package: DataPackage) -> list[dict[str, str]]:
    """Say for every catalogue layer that is not whole what it would allow and where to get it.

    Returns
    -------
    list of dict
        ``lag``, ``tittel``, ``dekker`` (empty when the layer is absent; else the share of the
        municipality that it covers), ``gir``, ``analyser``, ``eier``, ``bestilles``, ``format``
        and ``kolonner`` (the mapping that reads it), all in bokmål.
    """
    partial: dict[str, float] = {}
    for analysis in ANALYSES.values():
        partial |= partly_mapped(analysis, package)
    found = []
    for layer in load_catalogue().values():
        if layer.id in package and layer.id not in partial:
            continue
        users = [
            one.title + _how(one, layer.id)
            for one in ANALYSES.values()
            if layer.id in (*one.needs, *one.uses)
        ]
        found.append(
            {
                "lag": layer.id,
                "tittel": layer.title,
                "dekker": f"{format_number(100 * partial[layer.id])} %"
                if layer.id in partial
                else "",
                "gir": layer.allows,
                "analyser": ", ".join(users),
                "eier": layer.order.owner or layer.owner,
                "bestilles": layer.order.where,
                "format": layer.order.format,
                "kolonner": layer.order.mapping,
            }
        )
    return found


def _how(analysis: Analysis, layer: str) -> str:
    """Say whether an analysis must have a layer, may have it, or can take another instead."""
    if layer in analysis.needs:
        return ""
    for group in analysis.either:
        if layer in group:
            others = [" og ".join(other) for other in analysis.either if other != group]
            beside = "".join(f" sammen med {other}" for other in group if other != layer)
            return f" (må ha dette{beside}, eller {' eller '.join(others)})"
    return " (valgfritt)"
