"""Runs the rules that need nothing but the plan itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from askergeo.plan.attributes import ATTRIBUTE_RULES
from askergeo.plan.catalogue import load_rules
from askergeo.plan.content import CONTENT_RULES
from askergeo.plan.form import FORM_RULES
from askergeo.plan.provisions import PROVISION_RULES, provision_checks
from askergeo.plan.purposes import PURPOSE_RULES, wrong_municipality

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from askergeo.plan.hit import Hit
    from askergeo.plan.model import PlanFile
    from askergeo.plan.provisions import Provisions

    Check = Callable[[Sequence[PlanFile]], Iterator[Hit]]

__all__ = ["Checked", "check_plan"]

_FORMS = {
    "gml": "GML",
    "geojson": "GeoJSON laget av GML",
    "sosi": "SOSI",
    "flat": "GeoPackage og lignende",
    "område": "en flate uten plan",
}
# Why a rule is not run when what it needs besides the plan was not given.
_LACKING = {
    "plan.id.kommune": "Det er ikke sagt hvilken kommune planen gjelder.",
    **dict.fromkeys(PROVISION_RULES, "Bestemmelsene er ikke oppgitt (--bestemmelser)."),
}


@dataclass(frozen=True)
class Checked:
    """What the rules say of a plan.

    Parameters
    ----------
    hits
        What they found, by rule, then in the order of the files.
    clean
        Ids of the rules that were run and found nothing.
    not_run
        Ids of the rules that were not run, and why, in bokmål.
    """

    hits: tuple[Hit, ...]
    clean: tuple[str, ...]
    not_run: dict[str, str]


def check_plan(
    files: Sequence[PlanFile], *, municipality: str = "", provisions: Provisions | None = None
) -> Checked:
    """Hold the files of one plan against the rules of form and content.

    Parameters
    ----------
    files
        The files that belong together: a link may go from one to another.
    municipality
        Number of the municipality that reviews the plan; its rule is not run without it.
    provisions
        What the plan's provisions say; the rules that look names up there are not run without it.
    """
    checks: dict[str, Check] = {
        **FORM_RULES,
        **CONTENT_RULES,
        **PURPOSE_RULES,
        **ATTRIBUTE_RULES,
    }
    if provisions is not None:
        checks |= provision_checks(provisions)
    if municipality:
        checks["plan.id.kommune"] = partial(wrong_municipality, municipality=municipality)
    hits: list[Hit] = []
    clean: list[str] = []
    not_run: dict[str, str] = {}
    for name, rule in load_rules().items():
        if rule.layers:
            continue
        asked = [file for file in files if not rule.forms or file.form in rule.forms]
        if name not in checks:
            not_run[name] = _LACKING[name]
        elif not asked:
            forms = ", ".join(dict.fromkeys(_FORMS[file.form] for file in files))
            not_run[name] = f"Regelen gjelder ikke {forms}."
        else:
            found = list(checks[name](asked))
            hits += found
            clean += [] if found else [name]
    return Checked(tuple(hits), tuple(clean), not_run)
