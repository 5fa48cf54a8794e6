"""Which buildings get or lose fire water with a scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from askergeo.result import Column, Fact, RowSum, Table
from askergeo.va.firewater import ANSWERS, YES

if TYPE_CHECKING:
    from askergeo.result import Result

__all__ = ["compare"]

_NONE: Final = "finnes ikke"
_KEPT: Final = ("bygning", "type", "svar", "avstand_m", "grunnlag")


def compare(base: Result, other: Result, difference: Result) -> Result:
    """Add to a difference the buildings whose answer changes.

    Parameters
    ----------
    base, other
        The runs without and with the scenario.
    difference
        What :func:`askergeo.compare.compare` made of them.
    """
    one, two = (_buildings(run) for run in (base, other))
    labels = one.index.append(two.index.difference(one.index, sort=False))
    one, two = one.reindex(labels), two.reindex(labels)
    before, after = (frame["svar"].fillna(_NONE) for frame in (one, two))
    moved = before != after
    has = ANSWERS[YES]
    gets = int((moved & (after == has) & (before != _NONE)).sum())
    loses = int((moved & (before == has) & (after != _NONE)).sum())
    name = (difference.provenance.scenario if difference.provenance else "") or "scenarioet"
    name = name.replace("{", "{{").replace("}", "}}")
    facts = {
        "faar": Fact(title="Bygninger som får brannvann", value=gets),
        "mister": Fact(title="Bygninger som mister brannvann", value=loses),
        "annet_svar": Fact(title="Bygninger med et annet svar", value=int(moved.sum())),
    }
    return replace(
        difference,
        template=f"Med {name} får {{faar}} bygninger brannvann etter veiledningen, og {{mister}} "
        "mister det. {annet_svar} bygninger får et annet svar i alt.",
        facts={**difference.facts, **facts},
        tables=(*_tables(one, two, before, after), *difference.tables),
    )


def _buildings(run: Result) -> pd.DataFrame:
    layer = next(one for one in run.layers if one.name == "bygninger")
    return pd.DataFrame(layer.frame)[list(_KEPT)]


def _tables(
    one: pd.DataFrame, two: pd.DataFrame, before: pd.Series, after: pd.Series
) -> tuple[Table, ...]:
    moved = before != after
    if not moved.any():
        return ()
    frame = pd.DataFrame(
        {
            "bygning": one["bygning"].fillna(two["bygning"]),
            "type": one["type"].fillna(two["type"]),
            "uten": before,
            "med": after,
            "avstand_uten": one["avstand_m"],
            "avstand_med": two["avstand_m"],
            "grunnlag": two["grunnlag"].fillna(one["grunnlag"]),
        }
    )[moved].sort_values(["med", "uten", "avstand_med"], kind="stable")
    pairs = frame.groupby(["uten", "med"]).size().reset_index(name="bygninger")
    parts = tuple(f"{row.uten}_{row.med}" for row in pairs.itertuples())
    total = pd.DataFrame({"uten": ["Alle"], "med": [""], "bygninger": [len(frame)]})
    pairs = pd.concat([pairs, total], ignore_index=True)
    pairs.index = pd.Index([*parts, "sum"])
    return (
        Table(
            name="endring",
            title="Bygninger som får et annet svar",
            frame=pairs,
            columns={
                "uten": Column(title="Brannvann, uten scenario"),
                "med": Column(title="Brannvann, med scenario"),
                "bygninger": Column(title="Bygninger", unit="bygninger", decimals=0),
            },
            row_sums=(RowSum("sum", parts),),
        ),
        Table(
            name="endret",
            title="Hvilke bygninger som får et annet svar",
            frame=frame,
            columns={
                "bygning": Column(title="Bygning"),
                "type": Column(title="Bygningstype"),
                "uten": Column(title="Brannvann, uten scenario"),
                "med": Column(title="Brannvann, med scenario"),
                "avstand_uten": Column(title="Rett linje til uttak, uten", unit="m", decimals=0),
                "avstand_med": Column(title="Rett linje til uttak, med", unit="m", decimals=0),
                "grunnlag": Column(title="Svaret bygger på"),
            },
        ),
    )
