"""How far a long analysis has come, told to whoever runs it.

An analysis takes layers and returns a result; nobody hands it a way to speak meanwhile. Whoever
runs it says where progress goes, for as long as it runs.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["progress_to", "tell"]

_listener: ContextVar[Callable[[float, str], None] | None] = ContextVar("_listener", default=None)


@contextmanager
def progress_to(step: Callable[[float, str], None]) -> Iterator[None]:
    """Send what is told inside the block to ``step(share, text)``, with the share done (0–1)."""
    token = _listener.set(step)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(share: float, text: str) -> None:
    """Tell how much is done (0–1), and what is under way; heard only inside :func:`progress_to`.

    Examples
    --------
    >>> with progress_to(lambda share, text: print(share, text)):
    ...     tell(0.5, "Halvveis")
    0.5 Halvveis
    >>> tell(0.6, "Ingen hører")
    """
    step = _listener.get()
    if step is not None:
        step(share, text)
