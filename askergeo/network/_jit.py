"""Compiles the kernels, and keeps what was compiled where there is a folder to keep it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["kernel"]

F = TypeVar("F", bound="Callable[..., Any]")


def kernel(function: F) -> F:
    """Compile a function that lets other threads run while it works.

    The compiled code is kept beside the module or, where that folder is read-only, in the user's
    cache folder (``NUMBA_CACHE_DIR`` names another). When neither can be written each process
    compiles anew.
    """
    try:
        compiled: F = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba finds no folder that can be written
        compiled = njit(nogil=True)(function)
    return compiled
