"""What the words of a status say of a pipe or a node: in use, out of use, or to come.

The column is free text, and owners write it in their own ways. A row is out of use, or planned,
when its status begins with one of the words of the set ``va_nett``; without a status it is in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Flags = NDArray[np.bool_]

__all__ = ["begins_with", "in_use", "out_of_use", "planned"]


def begins_with(frame: pd.DataFrame, words: Iterable[str]) -> Flags:
    """Which rows have a status that begins with one of some words, (r,).

    Letters are alike large and small, and an underscore is a space.

    Examples
    --------
    >>> begins_with(pd.DataFrame({"status": ["I drift", "Ute_av_drift", None]}), ["ute av"])
    array([False,  True, False])
    """
    if "status" not in frame:
        return np.zeros(len(frame), dtype=bool)
    starts = tuple(_plain(word) for word in words)
    codes, texts = pd.factorize(frame["status"].astype(object))
    # The code of a missing text is −1: the last.
    says = np.array([*(_plain(str(one)).startswith(starts) for one in texts), False])
    return np.asarray(says[codes], dtype=bool)


def out_of_use(frame: pd.DataFrame, parameters: Parameters) -> Flags:
    """Which rows are no longer in use, (r,)."""
    return begins_with(frame, parameters["va_nett_ute_av_drift"])


def planned(frame: pd.DataFrame, parameters: Parameters) -> Flags:
    """Which rows are not yet built, (r,)."""
    return begins_with(frame, parameters["va_nett_planlagt"])


def in_use(frame: pd.DataFrame, parameters: Parameters) -> Flags:
    """Which rows are neither out of use nor planned, (r,)."""
    return ~(out_of_use(frame, parameters) | planned(frame, parameters))


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).casefold()
