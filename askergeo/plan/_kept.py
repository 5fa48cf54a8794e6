"""Keeps what was made last: the rules of a plan, and plans on one package, share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["kept"]


T = TypeVar("T")


class _Made(NamedTuple):
    key: object
    of: tuple[object, ...]
    value: Any


_last: dict[str, _Made] = {}


def kept(name: str, key: object, make: Callable[[], T], *of: object) -> T:
    """Return what was made last under a name, or make it anew.

    Parameters
    ----------
    name
        What it is.
    key
        Values that it depends on, compared as values.
    make
        Makes it.
    of
        Objects that it is made of, compared by identity. They are held, so that no other object
        can come in their place.
    """
    last = _last.get(name)
    if last is not None and last.key == key and _same(last.of, of):
        value: T = last.value
        return value
    made = make()
    _last[name] = _Made(key, of, made)
    return made


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
