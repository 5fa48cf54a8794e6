"""Names that EPANET takes: at most 31 letters, without blanks, each once."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["valid_names"]

_MAX_BYTES: Final = 31
_BAD: Final = re.compile(r'[\s;"\[\],]')


def valid_names(wanted: Sequence[str], letter: str) -> NDArray[np.object_]:
    """Return a name for each, as near what is wanted as EPANET takes.

    A name that several share gets a number behind it; one that EPANET does not take, and an empty
    one, is the letter and the place in the list.

    Examples
    --------
    >>> valid_names(["a", "b c", "", "a"], "n").tolist()
    ['a-1', 'n1', 'n2', 'a-2']
    """
    count = Counter(wanted)
    turn: Counter[str] = Counter()
    taken: set[str] = set()
    names = []
    for at, name in enumerate(wanted):
        turn[name] += 1
        found = f"{name}-{turn[name]}" if count[name] > 1 else name
        fits = name and not _BAD.search(name) and len(found.encode()) <= _MAX_BYTES
        if not fits or found in taken:
            found = f"{letter}{at}"
            while found in taken or found in count:
                found += "_"
        taken.add(found)
        names.append(found)
    return np.array(names, dtype=object)
