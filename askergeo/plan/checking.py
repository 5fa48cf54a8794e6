"""Runs the rules that need nothing but the plan itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from askergeo.numbers import format_number
from askergeo.plan.attributes import ATTRIBUTE_RULES
from askergeo.plan.catalogue import load_rules
from askergeo.plan.content import CONTENT_RULES
from askergeo.plan.form import FORM_RULES
from askergeo.plan.hit import Hit
from askergeo.plan.provisions import PROVISION_RULES, provision_checks
from askergeo.plan.purposes import PURPOSE_RULES, wrong_municipality

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from askergeo.plan.model import PlanFile
    from askergeo.plan.provisions import Provisions

    Check = Callable[[Sequence[PlanFile]], Iterator[Hit]]

__all__ = ["MOST_HITS", "Checked", "check_plan"]

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


#: Copies of a layer in one file overlap as pairs: some thousand objects have millions of them.
MOST_HITS: Final = 10_000


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
            found = _bounded(checks[name](asked), name, asked[0].name)
            hits += found
            clean += [] if found else [name]
    return Checked(tuple(hits), tuple(clean), not_run)


def _bounded(found: Iterator[Hit], name: str, file: str) -> list[Hit]:
    """Give the hits of a rule; of a file where everything is wrong, the first."""
    hits = list(islice(found, MOST_HITS))
    if next(found, None) is not None:
        text = f"Regelen har over {format_number(MOST_HITS)} funn. De andre er ikke tatt med."
        hits.append(Hit(name, text, file))
    return hits
