"""What is wrong with the input, as rows that a planner can look up and mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FAULT_COLUMNS", "all_faults", "fault_frame", "listed_faults"]

#: The columns of every list of faults: the rule's id, its title, the layer, the row and the text.
FAULT_COLUMNS: Final = ("regel", "tittel", "lag", "rad", "tekst")
# A layer that is wrong throughout must not fill the workbook with the same sentence.
_MOST: Final = 100


def fault_frame(rows: Iterable[Sequence[str]] = ()) -> pd.DataFrame:
    """Faults as a frame.

    Parameters
    ----------
    rows
        Rule, title, layer, row and text of each.

    Examples
    --------
    >>> fault_frame([("krets_uten_skole", "Krets uten skole", "skolekrets", "B1", "…")]).shape
    (1, 5)
    """
    return pd.DataFrame(list(rows), columns=list(FAULT_COLUMNS), dtype="str")


def listed_faults(
    rule: str, title: str, layer: str, rows: Iterable[object], text: str
) -> pd.DataFrame:
    """One fault a row, and one that tells how many more there are when they are very many.

    Parameters
    ----------
    rule, title, layer, text
        The same for all.
    rows
        Ids of the rows.
    """
    ids = [str(row) for row in rows]
    kept = [(rule, title, layer, one, text) for one in ids[:_MOST]]
    if len(ids) > _MOST:
        more = f"{len(ids) - _MOST} rader til har samme feil: {text}"
        kept.append((rule, title, layer, f"og {len(ids) - _MOST} til", more))
    return fault_frame(kept)


def all_faults(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several lists of faults as one."""
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else fault_frame()
