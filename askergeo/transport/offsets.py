"""The measures that may offset the driving that a plan brings: its own, and those of the zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo.errors import ParameterError
from askergeo.numbers import format_number
from askergeo.transport.zones import NORTH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from askergeo.parameters import Parameters

__all__ = ["Measures", "measures_of", "read_pairs"]


@dataclass(frozen=True, eq=False)
class Measures:
    """Measures that take driving away north of the line.

    Parameters
    ----------
    frame
        A row a measure: ``navn``, ``km_dogn``, ``gjelder``, ``status``, ``regnes`` and ``hvorfor``.
    own
        km a day of those that belong to the plan and count.
    shared
        km a day of those that hold for the whole zone: no plan has a right to all of them.
    """

    frame: pd.DataFrame
    own: float
    shared: float


def measures_of(
    transporttiltak: pd.DataFrame | None, plan_ids: Collection[str], parameters: Parameters
) -> Measures:
    """Find the measures that may offset the growth of a plan.

    Parameters
    ----------
    transporttiltak
        The layer; ``None`` when it is absent.
    plan_ids
        The plan's numbers.
    parameters
        ``trafikk_tiltak`` («navn:km»), ``trafikk_tiltak_status`` and ``trafikk_aar``.

    Raises
    ------
    ParameterError
        When a measure that the user gives is not «navn:km» with km of 0 or more.
    """
    rows = [
        {"navn": name, "km_dogn": km, "gjelder": "planen", "status": "oppgitt", "regnes": "ja",
         "hvorfor": "oppgitt av brukeren"}
        for name, km in read_pairs(parameters["trafikk_tiltak"], "trafikk_tiltak", least=0.0)
    ]  # fmt: skip
    if transporttiltak is not None:
        rows += _from_layer(transporttiltak, {str(one) for one in plan_ids}, parameters)
    frame = pd.DataFrame(
        rows, columns=["navn", "km_dogn", "gjelder", "status", "regnes", "hvorfor"]
    )
    own = float(frame.loc[frame["regnes"] == "ja", "km_dogn"].sum())
    shared = float(frame.loc[frame["regnes"] == "for hele sonen", "km_dogn"].sum())
    return Measures(frame, own, shared)


def _from_layer(
    layer: pd.DataFrame, plan_ids: Collection[str], parameters: Parameters
) -> list[dict[str, object]]:
    """Take the measures of the plan and of the zone north, with whether each counts, and why."""
    statuses = {str(one) for one in parameters["trafikk_tiltak_status"]}
    year = int(parameters["trafikk_aar"])
    rows = []
    for one in layer.to_dict("records"):
        plan = _text(one.get("planid"))
        if one.get("sone") != NORTH or (plan and plan not in plan_ids):
            continue
        km, first = _number(one.get("km_dogn")), _number(one.get("fra_aar"))
        status = _text(one.get("status"))
        why = ""
        if np.isnan(km):
            why = "nedgangen i bilkjøring er ikke oppgitt"
        elif status not in statuses:
            why = f"status er {status or 'ukjent'}"
        elif first > year:
            why = f"begynner i {int(first)}, etter {year}"
        source = _text(one.get("kilde"))
        rows.append(
            {
                "navn": _text(one["navn"]),
                "km_dogn": km,
                "gjelder": "planen" if plan else "sonen",
                "status": status or "ukjent",
                "regnes": "nei" if why else "ja" if plan else "for hele sonen",
                "hvorfor": why or source or "kilden er ikke oppgitt",
            }
        )
    return rows


def _text(value: Any) -> str:  # noqa: ANN401  (text, or what a table has where there is none)
    return "" if pd.isna(value) else str(value).strip()


def _number(value: Any) -> float:  # noqa: ANN401  (a number, or what a table has where there is none)
    return float("nan") if pd.isna(value) else float(value)


def read_pairs(
    texts: Iterable[object], name: str, *, known: Collection[str] = (), least: float = -np.inf
) -> list[tuple[str, float]]:
    """Read «navn:tall» texts of a parameter.

    Raises
    ------
    ParameterError
        When one has no number, a number below ``least``, or a name that is not in ``known``.

    Examples
    --------
    >>> read_pairs(["kontor:5000", "handel=200"], "trafikk_naering")
    [('kontor', 5000.0), ('handel', 200.0)]
    """
    found = []
    for text in texts:
        head, _, tail = str(text).replace("=", ":").rpartition(":")
        number = float(pd.to_numeric(tail.strip().replace(",", "."), errors="coerce"))
        if not head.strip() or np.isnan(number) or number < least:
            raise ParameterError(
                f"«{text}» ({name}) er ikke et navn og et tall"
                f"{f' på {format_number(least)} eller mer' if np.isfinite(least) else ''}.",
                remedy="Skriv navnet, likhetstegn og tallet, for eksempel «kontor=5000».",
            )
        if known and head.strip() not in known:
            raise ParameterError(
                f"«{head.strip()}» ({name}) er ukjent.",
                remedy=f"Bruk {', '.join(known)}.",
            )
        found.append((head.strip(), float(number)))
    return found
