"""What is wrong with the input of the school model, as rows that become findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FAULT_COLUMNS", "faults_of", "joined_faults"]

FAULT_COLUMNS: Final = ("regel", "tittel", "lag", "rad", "tekst")


def faults_of(
    rule: str, title: str, layer: str, rows: Iterable[object], texts: Iterable[str]
) -> pd.DataFrame:
    """Make a row for each fault of one kind.

    Parameters
    ----------
    rule, title
        Id of the rule, and what is wrong in bokmål.
    layer
        Layer that the rows are of.
    rows
        Key of each row.
    texts
        What is wrong with each, what follows from it and what to do, in bokmål.
    """
    data = {"rad": [str(row) for row in rows], "tekst": list(texts)}
    frame = pd.DataFrame(data, dtype=object).assign(regel=rule, tittel=title, lag=layer)
    return frame[list(FAULT_COLUMNS)]


def joined_faults(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put the faults of several checks together."""
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in FAULT_COLUMNS})
    return pd.concat(filled, ignore_index=True)
