"""Faults of the school layers, each with a text of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from askergeo.population.faults import FAULT_COLUMNS, fault_frame

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["faults_of"]


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
    if not data["rad"]:
        return fault_frame()
    frame = pd.DataFrame(data, dtype="str").assign(regel=rule, tittel=title, lag=layer)
    return frame[list(FAULT_COLUMNS)].astype("str")
