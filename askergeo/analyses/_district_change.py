"""Two runs of new school districts, side by side: each has its own alternatives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from askergeo.result import Fact, Result

__all__ = ["compare"]

_READING = (
    "Kretsene er regnet hver for seg uten og med scenarioet. Alternativ A i det ene er ikke "
    "alternativ A i det andre, så tallene er ikke trukket fra hverandre. Tabellene og kartene står "
    "i hvert sitt svar."
)


def compare(base: Result, scenario: Result, difference: Result) -> Result:
    """Tell what each run found; alternative A of one is not alternative A of the other.

    Parameters
    ----------
    base, scenario
        Without and with the scenario.
    difference
        What the numbers of equal name differ by, which says nothing here.
    """
    template = (
        f"Uten scenarioet: {_named(base.template, 'for')} "
        f"Med scenarioet: {_named(scenario.template, 'etter')}"
    )
    return replace(
        difference,
        template=template,
        facts=_facts(base, "for", "uten") | _facts(scenario, "etter", "med"),
        tables=(),
        layers=(),
        reading=(_READING,),
    )


def _named(template: str, prefix: str) -> str:
    return template.replace("{", "{" + prefix + "_")


def _facts(result: Result, prefix: str, word: str) -> dict[str, Fact]:
    """Return the facts of a run under their own names; their cells are in its own tables."""
    return {
        f"{prefix}_{name}": replace(fact, title=f"{fact.title}, {word} scenarioet", cell=None)
        for name, fact in result.facts.items()
    }
