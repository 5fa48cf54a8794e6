"""The review of a plan: what is wrong with its files, and what it collides with on the map."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from askergeo.numbers import format_number
from askergeo.plan.catalogue import load_rules
from askergeo.plan.checking import check_plan
from askergeo.plan.on_map import ask_map
from askergeo.plan.place import place_of
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from askergeo.datapackage import DataPackage
    from askergeo.plan.catalogue import Rule
    from askergeo.plan.model import PlanFile
    from askergeo.plan.on_map import MapAnswer
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

__all__ = ["THRESHOLDS", "Found", "Review", "changed", "review"]

#: Statuses at or above each threshold; by the last a review never passes because nothing was known.
THRESHOLDS: Final = {
    "rød": frozenset({Status.HIT_RED}),
    "gul": frozenset({Status.HIT_RED, Status.HIT_YELLOW}),
    "ikke-kartlagt": frozenset(
        {
            Status.HIT_RED,
            Status.HIT_YELLOW,
            Status.NOT_MAPPED,
            Status.NOT_IMPLEMENTED,
            Status.TIMEOUT,
            Status.ERROR,
        }
    ),
}
_LEVELS: Final = (Status.HIT_RED, Status.HIT_YELLOW)
_BY_SEVERITY: Final = {
    "feil": Status.HIT_RED,
    "advarsel": Status.HIT_YELLOW,
    "info": Status.HIT_YELLOW,
}


@dataclass(frozen=True, kw_only=True)
class Found:
    """One finding of a review.

    Parameters
    ----------
    rule
        The rule that fired.
    status
        ``HIT-RED`` or ``HIT-YELLOW``.
    text
        What was found, in bokmål.
    objects
        Ids of the plan's objects.
    layer
        The map layer that was hit; empty when the plan itself is at fault.
    area_m2
        Area that is hit, each place once; missing when the finding has none.
    file, line
        Where in the plan's files.
    geometry
        Where on the map, in the package's CRS, or the plan's own without one.
    """

    rule: Rule
    status: Status
    text: str
    objects: tuple[str, ...] = ()
    layer: str = ""
    area_m2: float | None = None
    file: str = ""
    line: int | None = None
    geometry: BaseGeometry | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it the same finding in another version of the plan."""
        return (self.rule.id, tuple(sorted(self.objects)), "" if self.objects else self.text)


@dataclass(frozen=True, kw_only=True)
class Review:
    """Everything that a review says.

    Parameters
    ----------
    found
        The findings, the red first.
    clean
        Rules that were asked and found nothing, with how that is known.
    not_asked
        Rules that could not be asked, and why, in bokmål.
    answers
        What the map rules said, hits or none.
    place
        The plan on the map; missing without a data package.
    """

    found: tuple[Found, ...]
    clean: dict[str, Status]
    not_asked: dict[str, str]
    answers: tuple[MapAnswer, ...] = ()
    place: Place | None = None

    def reached(self, threshold: str) -> bool:
        """Whether anything is at or above a threshold of `THRESHOLDS`."""
        worst = {one.status for one in self.found} | {one.status for one in self.answers}
        return not THRESHOLDS[threshold].isdisjoint(worst)

    @property
    def sentence(self) -> str:
        """The review in one sentence."""
        count = Counter(one.status for one in self.found)
        red, yellow = count[Status.HIT_RED], count[Status.HIT_YELLOW]
        unknown = sum(one.status == Status.NOT_MAPPED for one in self.answers)
        return (
            f"Planen har {_count(red, 'rødt', 'røde')} og {_count(yellow, 'gult', 'gule')} funn; "
            f"{format_number(unknown)} tema er ikke kartlagt, og "
            f"{format_number(len(self.not_asked))} regler kunne ikke kontrolleres."
        )


def _count(number: int, one: str, several: str) -> str:
    return f"{format_number(number)} {one if number == 1 else several}"


def review(files: Sequence[PlanFile], package: DataPackage | ScenarioView | None = None) -> Review:
    """Review a plan.

    Parameters
    ----------
    files
        The plan's files, from `askergeo.plan.read.read_plan`.
    package
        The map to hold it against; without one only the rules of form and content are asked.

    Raises
    ------
    LayerError
        When the plan has no surface that can be held against the map.
    """
    checked = check_plan(files, municipality="" if package is None else package.municipality)
    rules = load_rules()
    found = [
        Found(
            rule=rules[hit.rule],
            status=_BY_SEVERITY[rules[hit.rule].severity],
            text=hit.text,
            objects=hit.objects,
            area_m2=float(hit.geometry.area) if hit.geometry and hit.geometry.area else None,
            file=hit.file,
            line=hit.line,
            geometry=hit.geometry,
        )
        for hit in checked.hits
    ]
    clean = dict.fromkeys(checked.clean, Status.NO_HIT)
    not_asked = dict(checked.not_run)
    place, answers = None, []
    if package is None:
        not_asked |= {
            name: "Det er ikke oppgitt kartdata (--data)."
            for name, rule in rules.items()
            if rule.map
        }
    else:
        place = place_of(files, package.crs)
        answers = ask_map(place, package)
        for answer in answers:
            if answer.status == Status.NOT_IMPLEMENTED:
                not_asked[answer.rule.id] = answer.remark
            elif answer.hits:
                found += _hits(answer)
            else:
                clean[answer.rule.id] = answer.status
    names = list(rules)
    return Review(
        found=tuple(
            sorted(found, key=lambda one: (_LEVELS.index(one.status), names.index(one.rule.id)))
        ),
        clean=clean,
        not_asked=not_asked,
        answers=tuple(answers),
        place=place,
    )


def _hits(answer: MapAnswer) -> list[Found]:
    layer = answer.rule.map.layer if answer.rule.map else ""
    return [
        Found(
            rule=answer.rule,
            status=hit.status,
            text=(
                f"{hit.use}{f' ({hit.code})' if hit.code else ''}: "
                f"{format_number(hit.area_m2)} m²{f' – {hit.what}' if hit.what else ''}."
                f"{f' {answer.remark}' if answer.remark else ''}"
            ),
            objects=hit.objects,
            layer=layer,
            area_m2=hit.area_m2,
            geometry=hit.geometry,
        )
        for hit in answer.hits
    ]


def changed(old: Review, new: Review) -> dict[str, tuple[Found, ...]]:
    """Compare two versions of a plan: what is fixed, what is new, and what is still there.

    A finding is the same when its rule is, and the objects that it is about.
    """
    before = {one.key: one for one in old.found}
    after = {one.key: one for one in new.found}
    return {
        "rettet": tuple(one for key, one in before.items() if key not in after),
        "nye": tuple(one for key, one in after.items() if key not in before),
        "fortsatt": tuple(one for key, one in after.items() if key in before),
    }
