"""A run of a sewage model by SWMM, and its report as tables in metric units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pandas as pd

from askergeo.errors import MissingFileError, SourceError, collect
from askergeo.sources._inp_text import SWMM, read_text
from askergeo.sources._inp_units import Units, units_of
from askergeo.sources.inp_writing import inp_text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SewerRun", "read_report", "run_swmm"]

# Litres of a million US gallons, and of a million litres.
_VOLUME_L: Final = {"10^6 gal": 3.785411784e6, "10^6 ltr": 1e6}
_ERROR: Final = re.compile(r"^\s*ERROR (\d+): (.*)$", re.MULTILINE)
_ERRORS: Final = {
    200: "Modellen har feil",
    203: "Linjen har for få felt",
    205: "Navnet er ikke gyldig",
    207: "Id-en er brukt to ganger",
    209: "Elementet finnes ikke",
    211: "Tallet er ugyldig",
    145: "Nettet har ikke noe utløp",
    138: "Noden har en startdybde over høyeste dybde",
    141: "Utløpet har mer enn én ledning inn",
    108: "Utløpet for et delfelt er flertydig",
    111: "Ledningen har ugyldig lengde",
    112: "Ledningen har større fall enn lengde",
    113: "Ledningen har ugyldig ruhet",
    115: "Ledningen har ugyldig fall",
    134: "Noden har en ulovlig forbindelse",
}


@dataclass(frozen=True, kw_only=True)
class SewerRun:
    """What SWMM reports, in metres, litres a second and cubic metres.

    Parameters
    ----------
    continuity_percent
        Error of the account of water, by part: ``Runoff Quantity`` and ``Flow Routing``.
    nodes
        By id: ``type``, ``mean_depth_m``, ``max_depth_m``, ``max_level_m``, ``max_inflow_l_s``,
        ``inflow_m3``; and of those that flood ``flooded_hours``, ``max_flood_l_s``, ``flood_m3``.
        NaN where the report does not tell; 0 flooding where the report tells of none.
    links
        By id: ``type``, ``max_flow_l_s``, ``max_velocity_m_s``, ``max_share_of_full_flow``,
        ``max_share_of_full_depth``.
    """

    continuity_percent: Mapping[str, float]
    nodes: pd.DataFrame
    links: pd.DataFrame


def run_swmm(source: str | Path | Mapping[str, pd.DataFrame], model_id: str = "") -> SewerRun:
    """Run SWMM on a model, in a temporary folder.

    Parameters
    ----------
    source
        The .inp file, or the layers of a package by name.
    model_id
        Which model of the package.

    Raises
    ------
    MissingFileError
        When there is no such file, or SWMM is not installed.
    SourceError
        When the file is no model for SWMM, or SWMM refuses it: its faults are told.
    LayerError
        When the package has no such model.
    """
    if isinstance(source, str | Path):
        found = read_text(source)
        if found.program != SWMM:
            raise SourceError(
                f"{found.name} er ingen modell for SWMM.", remedy="Velg en modell av avløpsnettet."
            )
        return _run_text("\n".join(line.text for line in found.lines) + "\n", found.name)
    text, _, _ = inp_text(source, model=model_id or None)
    return _run_text(text, model_id)


def _run_text(text: str, name: str) -> SewerRun:
    try:
        from pyswmm import Simulation  # noqa: PLC0415  (only when a sewer is run)
    except ImportError as error:
        raise MissingFileError(
            "SWMM er ikke installert: pakken pyswmm mangler.",
            remedy="Installer askergeo med tillegget «va», og prøv igjen.",
        ) from error
    with TemporaryDirectory(prefix="askergeo-swmm-") as folder:
        model, report = Path(folder) / "modell.inp", Path(folder) / "rapport.rpt"
        model.write_text(text, encoding="utf-8", newline="\n")
        try:
            with Simulation(str(model), str(report), str(Path(folder) / "ut.out")) as simulation:
                # Step by step: the library's own loop writes its progress to the screen.
                for _ in simulation:
                    pass
        except Exception as error:
            # SWMM's own wrapper has errors of several kinds; the report says what was wrong.
            raise _refusal(report, name) from error
        told = report.read_text(encoding="utf-8", errors="replace")
    if _ERROR.search(told):
        raise _refusal_of(told, name)
    return read_report(told)


def _refusal(report: Path, name: str) -> SourceError:
    told = report.read_text(encoding="utf-8", errors="replace") if report.exists() else ""
    return _refusal_of(told, name)


def _refusal_of(told: str, name: str) -> SourceError:
    faults = []
    for found in _ERROR.finditer(told):
        code = int(found[1])
        line = re.search(r"line (\d+)", found[2])
        where = f"linje {line[1]}, " if line else ""
        words = re.search(r"(?:object|number|Link|Node|Subcatchment|ID) (\S+)", found[2])
        element = f" («{words[1].rstrip('.')}»)" if words else ""
        faults.append(f"{where}{_ERRORS.get(code, found[2])}{element} (SWMM-feil {code}).")
    return SourceError(
        f"SWMM kan ikke kjøre modellen {name}:\n{collect(faults or ['SWMM stanset.'])}",
        remedy="Rett modellen, og legg den til på nytt.",
    )


def read_report(text: str) -> SewerRun:
    """Read the report of a run, of SWMM 5.1 or 5.2.

    Raises
    ------
    SourceError
        When it is no report of a run that was finished.
    """
    unit = re.search(r"Flow Units \.+ (\w+)", text)
    units = units_of(unit[1]) if unit else None
    if units is None:
        raise SourceError(
            "Teksten er ingen rapport fra SWMM: den sier ikke enheten.",
            remedy="Velg rapporten (.rpt) fra en kjøring.",
        )
    return SewerRun(
        continuity_percent=_continuity(text), nodes=_nodes(text, units), links=_links(text, units)
    )


def _continuity(text: str) -> dict[str, float]:
    found = {}
    for part in ("Runoff Quantity", "Flow Routing"):
        told = re.search(
            rf"{part} Continuity.*?Continuity Error \(%\) \.+\s+(-?[\d.]+)", text, re.DOTALL
        )
        if told:
            found[part] = float(told[1])
    return found


def _rows(text: str, title: str) -> tuple[list[list[str]], str]:
    """Return the words of each row of a table of the report, and its headings."""
    at = re.search(rf"^\s*{re.escape(title)}\s*$", text, re.MULTILINE)
    if at is None:
        return [], ""
    parts = re.split(r"^\s*-{20,}\s*$", text[at.end() :], maxsplit=2, flags=re.MULTILINE)
    if len(parts) < 3:  # noqa: PLR2004  (a summary without a table)
        return [], ""
    rows: list[list[str]] = []
    for line in parts[2].splitlines()[1:]:
        words = line.split()
        if not words or words[0].startswith(("-", "*")):
            break
        rows.append(words)
    return rows, parts[1]


def _volume_m3(heading: str) -> float:
    return next((litres / 1000 for name, litres in _VOLUME_L.items() if name in heading), 1.0)


def _nodes(text: str, units: Units) -> pd.DataFrame:
    depth, _ = _rows(text, "Node Depth Summary")
    nodes = pd.DataFrame(
        {
            "type": [row[1] for row in depth],
            "mean_depth_m": [float(row[2]) * units.length for row in depth],
            "max_depth_m": [float(row[3]) * units.length for row in depth],
            "max_level_m": [float(row[4]) * units.length for row in depth],
        },
        index=[row[0] for row in depth],
    )
    inflow, heading = _rows(text, "Node Inflow Summary")
    names = [row[0] for row in inflow]
    volume = _volume_m3(heading)
    nodes["max_inflow_l_s"] = _series(names, [float(row[3]) * units.flow for row in inflow])
    nodes["inflow_m3"] = _series(names, [float(row[7]) * volume for row in inflow])
    flood, heading = _rows(text, "Node Flooding Summary")
    names = [row[0] for row in flood]
    volume = _volume_m3(heading)
    for column, values in (
        ("flooded_hours", [float(row[1]) for row in flood]),
        ("max_flood_l_s", [float(row[2]) * units.flow for row in flood]),
        ("flood_m3", [float(row[5]) * volume for row in flood]),
    ):
        # The summary lists every node that floods: the others are told not to.
        nodes[column] = _series(names, values).reindex(nodes.index).fillna(0.0)
    return nodes


def _links(text: str, units: Units) -> pd.DataFrame:
    rows, _ = _rows(text, "Link Flow Summary")
    whole = [row if len(row) > 5 else [*row, *["nan"] * (8 - len(row))] for row in rows]  # noqa: PLR2004
    return pd.DataFrame(
        {
            "type": [row[1] for row in whole],
            "max_flow_l_s": [float(row[2]) * units.flow for row in whole],
            # Rows of pumps and weirs have no speed: their columns are others.
            "max_velocity_m_s": [_of_conduit(row, 5) * units.length for row in whole],
            "max_share_of_full_flow": [_of_conduit(row, 6) for row in whole],
            "max_share_of_full_depth": [_of_conduit(row, 7) for row in whole],
        },
        index=[row[0] for row in whole],
    )


def _of_conduit(row: list[str], at: int) -> float:
    if row[1] not in {"CONDUIT", "CHANNEL"} or at >= len(row):
        return float("nan")
    # «>50.00» is as far as SWMM counts a speed.
    return float(row[at].lstrip(">"))


def _series(names: list[str], values: list[float]) -> pd.Series:
    return pd.Series(values, index=names, dtype=float)
