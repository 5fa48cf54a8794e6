"""The catalogue of rules: what each is called, where it comes from, and what to do about a hit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

__all__ = ["Rule", "load_rules"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule that a plan is held against.

    Parameters
    ----------
    id
        Its id; ``gml.*`` and ``rpf.*`` are the national rule sets' own.
    title
        What it demands, in bokmål.
    reference
        The law, regulation or standard that demands it.
    severity
        ``feil``, ``advarsel`` or ``info``.
    how
        ``automatisk``, ``delvis`` (a person must look too) or ``manuell``.
    guidance, action
        Why it matters, and what to do about a hit.
    forms
        The forms of file that it is for, as `askergeo.plan.model.PlanFile.form`; all when empty.
    """

    id: str
    title: str
    reference: str
    severity: str
    how: str
    guidance: str
    action: str
    forms: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def load_rules() -> dict[str, Rule]:
    """Read the rules by id, in the order that they are told in.

    Examples
    --------
    >>> load_rules()["gml.flate.2"].title
    'Avgrensningen av en flate krysser ikke seg selv'
    """
    text = (files("askergeo") / "data" / "planregler.yml").read_text(encoding="utf-8")
    return {
        name: Rule(id=name, **(values | {"forms": tuple(values.get("forms", ()))}))
        for name, values in yaml.safe_load(text).items()
    }
