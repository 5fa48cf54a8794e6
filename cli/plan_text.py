"""What a review says to people, in the terminal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from .console import Console, text_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.plan.overview import Row
    from askergeo.plan.review import Found, Review

__all__ = ["list_rules", "many_text", "review_text"]

# Plans without an answer that are named before it says how many more.
_NAMED = 20


def list_rules(console: Console) -> None:
    """Write every rule of the catalogue."""
    from askergeo.plan.catalogue import load_rules

    rows = [[r.id, r.severity, r.how, r.title, r.reference] for r in load_rules().values()]
    head = ["Regel", "Alvor", "Måte", "Krav", "Hjemmel"]
    console.result(
        text_table(head, rows),
        [dict(zip(("regel", "alvor", "maate", "tittel", "lov"), row, strict=True)) for row in rows],
    )


def review_text(found: Review, changes: Mapping[str, Sequence[Found]] | None) -> str:
    """Write a review: the findings by rule, then what is not known, then the rest."""
    from askergeo.result import Status

    rules = found.rules
    signs = {Status.HIT_RED: "RØD", Status.HIT_YELLOW: "GUL"}
    lines = [found.sentence]
    for (status, name), some in groupby(found.found, key=lambda one: (one.status, one.rule.id)):
        rule = rules[name]
        lines += ["", f"{signs[status]}  Ikke oppfylt: {rule.title} ({name})"]
        these = list(some)
        lines += [f"     – {one.text}{_where(one.file, one.line)}" for one in these]
        lines += [
            f"     Merk: {text}" for text in dict.fromkeys(one.remark for one in these) if text
        ]
        lines += [f"     Hjemmel: {rule.reference}.", f"     {rule.action}"]
    for name, changed in (changes or {}).items():
        lines += ["", f"{name.capitalize()} siden forrige utgave: {len(changed)}"]
        # What is new and what still stands is told above.
        if name == "rettet":
            lines += [f"  {one.rule.title}: {one.text}" for one in changed]
    unknown = [name for name, status in found.clean.items() if status == Status.NOT_MAPPED]
    if unknown:
        lines += ["", "Ikke kartlagt, så svaret er ukjent:"]
        lines += [f"  {rules[name].title} ({name})" for name in unknown]
    if found.not_asked:
        lines += ["", "Ikke kontrollert:"]
    for why in dict.fromkeys(found.not_asked.values()):
        names = [name for name, reason in found.not_asked.items() if reason == why]
        lines.append(f"  {why} ({', '.join(names)})")
    clean = [name for name, status in found.clean.items() if status == Status.NO_HIT]
    of_plan = [name for name in clean if not rules[name].layers]
    on_map = [f"  {rules[name].title} ({name})" for name in clean if rules[name].layers]
    lines += ["", "Uten funn:", *on_map]
    lines.append(f"  I planen selv: {', '.join(of_plan) or 'ingen'}")
    other = [name for name, status in found.clean.items() if status == Status.NOT_RELEVANT]
    if other:
        lines += ["", f"Gjelder ikke formålene i planen: {', '.join(other)}"]
    return "\n".join(lines)


def _where(file: str, line: int | None) -> str:
    if not file:
        return ""
    return f" [{file}, linje {line}]" if line else f" [{file}]"


def many_text(rows: Sequence[Row], paths: Mapping[str, Any]) -> str:
    """Write how many reviews went: the sum, the plans without an answer, and the files."""
    from askergeo.plan.overview import sentence_of

    failed = [f"  {one.plan}: {one.feil}" for one in rows if one.feil]
    more = len(failed) - _NAMED
    lines = [sentence_of(rows)]
    if failed:
        lines += ["", "Ikke kontrollert:", *failed[:_NAMED]]
        lines += [f"  og {more} til; se oversikten."] if more > 0 else []
    return "\n".join([*lines, "", *(str(path) for path in paths.values())])
