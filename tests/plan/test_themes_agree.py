"""What is a conflict, and how grave, is the same for the land reserve, a plan and the nation.

Three tables say it: the conflicts of the land reserve, the rules of plans, and the catalogue's part
of the national configuration. They are read by different analyses, so they are held together here.
"""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from askergeo.catalogue import load_catalogue
from askergeo.dok import configs_of
from askergeo.dok.match import matching_layers
from askergeo.plan.catalogue import load_rules
from askergeo.result import Status

if TYPE_CHECKING:
    from askergeo.plan.catalogue import MapRule

LEVELS = {"rød": Status.HIT_RED, "gul": Status.HIT_YELLOW}
# What a plan must stand outside follows the safety class of each purpose.
BY_CLASS = {"flom"}
# The belt is computed, from another layer than the one that the reserve calls it by.
LAYERS = {"strandsone": "kystkontur"}
#: Layers where a plan is told otherwise, and why.
NOT_AS_THE_NATION = {
    "marin_leire": "marine clay is no danger in itself; the terrain rule says where it may be",
    "reguleringsplan": "that a plan replaces another is no conflict, but must be said",
}


def conflicts() -> dict[tuple[str, str], dict[str, Status]]:
    """Status by layer and column, of each value that the reserve counts; "" for the whole layer."""
    text = (files("askergeo") / "data" / "arealreserve_konflikter.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, str], dict[str, Status]] = {}
    for row in csv.DictReader(text.splitlines()):
        key = LAYERS.get(row["lag"], row["lag"]), row["kolonne"]
        found.setdefault(key, {})[row["verdi"]] = LEVELS[row["niva"]]
    return found


def status_of(rule: MapRule, column: str, value: str) -> Status | None:
    """Status that a rule gives a row with this value alone."""
    for one in rule.classes:
        if not one.where or value in map(str, one.where.get(column, ())):
            return one.status
    return None


@pytest.mark.parametrize("layer", sorted({layer for layer, _ in conflicts()} - BY_CLASS))
def test_a_plan_and_the_reserve_call_the_same_a_conflict(layer: str) -> None:
    rules = [one.map for one in load_rules().values() if one.map and one.map.layer == layer]
    assert rules, layer
    for (_, column), values in ((k, v) for k, v in conflicts().items() if k[0] == layer):
        for value, status in values.items():
            told = {status_of(rule, column, value) for rule in rules} - {None}
            assert told == {status}, (layer, column, value)


def test_a_plan_and_the_nation_call_the_same_a_conflict() -> None:
    catalogue = load_catalogue()
    rules = [one.map for one in load_rules().values() if one.map and one.map.kind == "area"]
    held = set()
    for config in configs_of(catalogue):
        for layer in matching_layers(config, catalogue):
            own = [rule for rule in rules if rule.layer == layer.id]
            if not own or layer.id in NOT_AS_THE_NATION:
                continue
            held.add(layer.id)
            told = {one.status for rule in own for one in rule.classes}
            assert told >= {part.status for part in config.layers}, layer.id
    assert {"naturtype", "markagrense", "kvikkleire_faresone", "kulturminne"} <= held
