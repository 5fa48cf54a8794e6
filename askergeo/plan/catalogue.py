"""The catalogue of rules: what each is called, where it comes from, and what to do about a hit."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Asks", "MapClass", "MapRule", "Rule", "load_rules"]


@dataclass(frozen=True, kw_only=True)
class MapClass:
    """Rows of a layer with one status: those whose columns have one of the values; all if none."""

    status: Status
    where: Mapping[str, tuple[object, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MapRule:
    """How a rule asks the map.

    Parameters
    ----------
    layer
        The layer that it is about.
    uses
        The purposes that it is about: ``all``, ``built``, ``flood``, ``slide``, ``clay``,
        ``quiet`` or ``not_farming``; see `askergeo.plan.uses.Use`.
    classes
        The layer's rows by status, the first that fits; other rows are no hits.
    show
        Columns that say what a hit is.
    kind
        ``area``, or ``flood``, ``slide``, ``shore`` and ``outside``, which have a method of their
        own.
    blank
        Values by column of rows that say «not mapped»; the other rows of such a layer are what it
        maps.
    complete
        Whether the layer maps all that there is, wherever the plan lies.
    """

    layer: str
    uses: str
    classes: tuple[MapClass, ...]
    show: tuple[str, ...] = ()
    kind: str = "area"
    blank: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    complete: bool = False


@dataclass(frozen=True, kw_only=True)
class Asks:
    """How a rule with a method of its own asks the map.

    Parameters
    ----------
    method
        Name of the method, in ``METHODS`` of `askergeo.plan.methods`.
    uses
        As `MapRule.uses`.
    needs
        Layers that it cannot do without.
    wants
        Layers that it uses when they are there.
    """

    method: str
    uses: str
    needs: tuple[str, ...]
    wants: tuple[str, ...] = ()


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
    map, asks
        How it asks the map, one layer or by a method of its own; ``None`` for a rule that needs the
        plan alone.
    """

    id: str
    title: str
    reference: str
    severity: str
    how: str
    guidance: str
    action: str
    forms: tuple[str, ...] = ()
    map: MapRule | None = None
    asks: Asks | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers that it is about; none when it needs the plan alone."""
        if self.map is not None:
            return (self.map.layer,)
        return () if self.asks is None else (*self.asks.needs, *self.asks.wants)

    @property
    def uses(self) -> str:
        """The purposes that it is about, as `MapRule.uses`; empty when it is about the plan."""
        how = self.map or self.asks
        return "" if how is None else how.uses


@lru_cache(maxsize=1)
def load_rules() -> dict[str, Rule]:
    """Read the rules by id, in the order that they are told in.

    Examples
    --------
    >>> load_rules()["gml.flate.2"].title
    'Avgrensningen av en flate krysser ikke seg selv'
    """
    text = (files("askergeo") / "data" / "planregler.yml").read_text(encoding="utf-8")
    return {name: _rule(name, values) for name, values in yaml.safe_load(text).items()}


def _rule(name: str, values: dict[str, Any]) -> Rule:
    asked, asks = values.pop("map", None), values.pop("asks", None)
    if asks is not None:
        asks = Asks(**(asks | {key: tuple(asks.get(key, ())) for key in ("needs", "wants")}))
    if asked is not None:
        classes = tuple(
            MapClass(
                status=Status(one["status"]),
                where=_lists(one.get("where", {})),
            )
            for one in asked["classes"]
        )
        lists = {"show": tuple(asked.get("show", ())), "blank": _lists(asked.get("blank", {}))}
        asked = MapRule(**(asked | lists | {"classes": classes}))
    return Rule(
        id=name, map=asked, asks=asks, **(values | {"forms": tuple(values.get("forms", ()))})
    )


def _lists(values: Mapping[str, Any]) -> dict[str, tuple[object, ...]]:
    return {column: tuple(found) for column, found in values.items()}
