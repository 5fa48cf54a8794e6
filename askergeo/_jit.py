"""Compiles the kernels, and keeps what was compiled where there is a folder to keep it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["kernel"]


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that lets other threads run while it works.

    The compiled code is kept beside the module or, where that folder is read-only, in the user's
    cache folder (``NUMBA_CACHE_DIR`` names another). When neither can be written each process
    compiles anew.
    """
    try:
        return _compiled(function, cache=True)
    except RuntimeError:  # numba finds no folder that can be written
        return _compiled(function, cache=False)


def _compiled(function: Callable[..., Any], *, cache: bool) -> Callable[..., Any]:
    compiled: Callable[..., Any] = njit(cache=cache, nogil=True)(function)
    return compiled
