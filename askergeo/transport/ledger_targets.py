"""Holds growth against the targets: the share in centres with priority, and near by on foot.

What is unknown may lie on either side: the share has a lowest and a highest value, and a target is
met only when the lowest meets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.errors import ParameterError
from askergeo.numbers import format_number
from askergeo.result import Status
from askergeo.transport._ledger_rows import PLANNED, STAGES
from askergeo.transport.ledger import EXPECTED, MEASURES
from askergeo.transport.zones import NORTH, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from askergeo.parameters import Parameters
    from askergeo.transport.ledger import Ledger

__all__ = ["STATUS_WORDS", "TARGETS", "Target", "column_of", "targets"]

#: Column of the parts that each target is about.
TARGETS: Final = {"prioritert": "prioritert", "gange": "gange"}
STATUS_WORDS: Final = {
    Status.NO_HIT: "Nådd",
    Status.HIT_RED: "Ikke nådd",
    Status.HIT_YELLOW: "Kan ikke avgjøres",
    Status.NOT_MAPPED: "Ukjent",
    Status.NOT_RELEVANT: "Ingen vekst",
}
_UNITS: Final = {"boliger": "boliger", "jobber": "arbeidsplasser"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """One target, held against one stage.

    Parameters
    ----------
    name
        Key of :data:`TARGETS`.
    stage, measure
        What grows.
    growth, inside, unknown
        The growth in all, what meets the target, and what nobody knows of; NaN when no layer says.
    north
        What of the growth lies north of the line; NaN when the side is unknown for all of it.
    sideless
        Whether the side is unknown for some of it.
    low, high
        Lowest and highest share that meets the target, %; NaN when there is no share.
    aim
        The target: its least and its most, %.
    status, reason
        Whether it is met, and why.
    """

    name: str
    stage: str
    measure: str
    growth: float
    inside: float
    unknown: float
    north: float
    low: float
    high: float
    aim: tuple[float, float]
    status: Status
    reason: str
    sideless: bool = False


def column_of(stage: str, measure: str) -> str:
    """Name the column of the parts that a stage is counted by: of plans the expected number."""
    return EXPECTED + measure if stage == PLANNED else measure


def targets(ledger: Ledger, parameters: Parameters) -> tuple[Target, ...]:
    """Hold every stage of the ledger against every target.

    Parameters
    ----------
    ledger
        The ledger.
    parameters
        ``regnskap_mal_…`` of the set ``nullvekst_regnskap``.

    Raises
    ------
    ParameterError
        When the target is not one or two numbers in order.
    """
    aims = {
        "prioritert": _aim([float(one) for one in parameters["regnskap_mal_prioritert"]]),
        "gange": _aim([float(parameters["regnskap_mal_gange"])]),
    }
    return tuple(_targets(ledger, aims))


def _targets(ledger: Ledger, aims: dict[str, tuple[float, float]]) -> Iterator[Target]:
    for measure in MEASURES:
        for stage in STAGES:
            mine = ledger.parts[ledger.parts["trinn"] == stage]
            for name, aim in aims.items():
                yield _target(ledger, mine, (name, stage, measure), aim)


def _aim(values: list[float]) -> tuple[float, float]:
    if not 1 <= len(values) <= 2 or sorted(values) != values:  # noqa: PLR2004  (from, or from and to)
        raise ParameterError(
            "Målet for andelen må være ett tall, eller to i stigende rekkefølge.",
            remedy="Skriv for eksempel «regnskap_mal_prioritert=80,90».",
        )
    return values[0], values[-1]


def _target(
    ledger: Ledger, mine: pd.DataFrame, of: tuple[str, str, str], aim: tuple[float, float]
) -> Target:
    name, stage, measure = of
    column = column_of(stage, measure)
    if (stage, measure) not in ledger.known:
        nan = float("nan")
        return Target(
            name=name, stage=stage, measure=measure, growth=nan, inside=nan, unknown=nan,
            north=nan, low=nan, high=nan, aim=aim, status=Status.NOT_MAPPED,
            reason=f"Ingen lag sier hvor mange {_UNITS[measure]} som er {stage}.",
        )  # fmt: skip
    sums = mine.groupby(TARGETS[name])[column].sum()
    inside, unknown = float(sums.get("ja", 0.0)), float(sums.get(UNKNOWN, 0.0))
    growth = float(sums.sum())
    # What is unknown may be torn down inside, or new outside.
    vague = mine.loc[mine[TARGETS[name]] == UNKNOWN, column]
    least = inside + float(vague[vague < 0].sum())
    most = inside + float(vague[vague > 0].sum())
    low, high = (100 * one / growth if growth > 0 else np.nan for one in (least, most))
    counted = mine[mine[column].fillna(0) != 0]
    sideless = counted["sone"] == UNKNOWN
    north = float(mine.loc[mine["sone"] == NORTH, column].sum())
    status, reason = _judged(growth, low, high, aim, _UNITS[measure])
    return Target(
        name=name, stage=stage, measure=measure, growth=growth, inside=inside, unknown=unknown,
        north=np.nan if len(counted) and sideless.all() else north, low=low, high=high, aim=aim,
        status=status, reason=reason, sideless=bool(sideless.any()),
    )  # fmt: skip


def _judged(
    growth: float, low: float, high: float, aim: tuple[float, float], unit: str
) -> tuple[Status, str]:
    """Say whether the target is met, and why."""
    if growth <= 0:
        return (
            Status.NOT_RELEVANT,
            f"Det er ikke blitt flere {unit}: en andel kan ikke regnes.",
        )
    least = format_number(aim[0])
    one, other = format_number(low, 1), format_number(high, 1)
    if low >= aim[0]:
        beyond = " Det er over spennet i målet." if aim[1] > aim[0] and low > aim[1] else ""
        return Status.NO_HIT, f"Minst {one} %. Målet er minst {least} %.{beyond}"
    if high < aim[0]:
        return Status.HIT_RED, f"Høyst {other} %. Målet er minst {least} %."
    why = f"Mellom {one} og {other} %, fordi stedet til noe av veksten er ukjent."
    return Status.HIT_YELLOW, f"{why} Målet er minst {least} %."
