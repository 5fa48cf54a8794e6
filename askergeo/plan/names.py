"""Names of attributes in plans, whatever version of the model or form of file they come from."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["current_name", "plan_names"]


@lru_cache(maxsize=1)
def plan_names() -> dict[str, Any]:
    """Read the names of attributes: SOSI's by the model's, and newer ones by those used here."""
    text = (files("askergeo") / "data" / "plannavn.yml").read_text(encoding="utf-8")
    names: dict[str, Any] = yaml.safe_load(text)
    return names


def current_name(name: str) -> str:
    """Give an attribute the name that the rules use.

    Examples
    --------
    >>> current_name("juridiskLinjetype"), current_name("fare")
    ('juridisklinje', 'fare')
    """
    return _newer().get(name, name)


@lru_cache(maxsize=1)
def _newer() -> dict[str, str]:
    return {one: name for name, several in plan_names()["newer"].items() for one in several}
