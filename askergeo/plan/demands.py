"""What the law demands of a purpose where there is a hazard: TEK17 §§ 7-2 and 7-3, NVE 1/2019."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

import yaml

from askergeo.plan.uses import use_of

__all__ = ["demand_of"]

# Fields of a use that are classes.
_CLASSES: Final = frozenset({"flood", "slide", "clay"})


def demand_of(code: str, hazard: str) -> str:
    """Say in bokmål what a purpose must stand; empty when the hazard has no classes.

    Parameters
    ----------
    code
        The purpose.
    hazard
        ``flood``, ``slide`` or ``clay``; anything else has no classes.

    Examples
    --------
    >>> demand_of("1162", "flood")
    'Sikkerhetsklasse F2: skal tåle flom med årlig sannsynlighet 1/200 (TEK17 § 7-2 andre ledd).'
    >>> demand_of("1162", "quiet")
    ''
    """
    name = getattr(use_of(code), hazard) if hazard in _CLASSES else ""
    if not name:
        return ""
    demand = _table()[name]
    return f"{demand['text']} ({demand['source']})."


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str]]:
    text = (files("askergeo") / "data" / "plankrav.yml").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = yaml.safe_load(text)
    return table
