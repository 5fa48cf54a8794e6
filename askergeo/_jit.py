"""Compiles the kernels, and keeps what was compiled where there is a folder to keep it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

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
    # Nobody calls a kernel from C; without the wrapper for it they compile in three quarters of
    # the time, which is what a first run waits for.
    options: dict[str, Any] = {"cache": cache, "nogil": True, "no_cfunc_wrapper": True}
    compiled: Callable[..., Any] = njit(**options)(function)
    return compiled
