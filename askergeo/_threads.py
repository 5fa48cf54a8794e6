"""Equal shares of one piece of work, done at once by threads."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_threads"]

T = TypeVar("T")

# Fewer items than this are not worth a second thread.
_CHUNK = 200


def in_threads(work: Callable[[slice], T], count: int, *, least: int = _CHUNK) -> list[T]:
    """Do the work on equal shares of ``count`` items at once: GEOS and kernels hold no lock.

    No share is smaller than ``least``.
    """
    shares = max(1, min(os.cpu_count() or 1, count // least))
    ends = np.linspace(0, count, shares + 1).astype(int)
    slices = [slice(first, last) for first, last in itertools.pairwise(ends.tolist())]
    if shares == 1:
        return [work(slices[0])]
    with ThreadPoolExecutor(shares) as pool:
        return list(pool.map(work, slices))
