"""The review of a plan: what is wrong with its files, and what it collides with on the map."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from askergeo.dok.search import place_of as area_of
from askergeo.errors import AskergeoError, CrsError, DataQualityError, LayerError
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.plan.catalogue import load_rules
from askergeo.plan.checking import check_plan
from askergeo.plan.datasets import ask_datasets
from askergeo.plan.demands import demand_of
from askergeo.plan.on_map import ask_map
from askergeo.plan.place import moved, place_of
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shapely.geometry.base import BaseGeometry

    from askergeo.datapackage import DataPackage
    from askergeo.dok.config import DokConfig
    from askergeo.parameters import Parameters
    from askergeo.plan.answer import MapAnswer, MapHit
    from askergeo.plan.catalogue import Rule
    from askergeo.plan.hit import Hit
    from askergeo.plan.model import PlanFile
    from askergeo.plan.place import Place
    from askergeo.plan.provisions import Provisions
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
_NO_MAP: Final = "Det er ikke oppgitt kartdata (--data)."
_NOT_RUN: Final = frozenset({Status.NOT_IMPLEMENTED, Status.ERROR, Status.TIMEOUT})
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
    remark
        What the reader must know of all that the rule found, in bokmål.
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
    remark: str = ""
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
    rules
        Every rule by id, in the order that they are told in.
    answers
        What the map rules said, hits or none.
    place
        The plan on the map; missing without a data package.
    unplaced
        Why the plan could not be put on the map.
    """

    found: tuple[Found, ...]
    clean: dict[str, Status]
    not_asked: dict[str, str]
    rules: dict[str, Rule]
    answers: tuple[MapAnswer, ...] = ()
    place: Place | None = None
    unplaced: AskergeoError | None = None

    def reached(self, threshold: str) -> bool:
        """Whether anything is at or above a threshold of `THRESHOLDS`."""
        return not THRESHOLDS[threshold].isdisjoint(self.statuses)

    @property
    def statuses(self) -> frozenset[Status]:
        """Every status that was said; an error too when the plan could not be put on the map."""
        said = {one.status for one in self.found} | {one.status for one in self.answers}
        return frozenset(said if self.unplaced is None else {*said, Status.ERROR})

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


def review(
    files: Sequence[PlanFile],
    package: DataPackage | ScenarioView | None = None,
    *,
    parameters: Parameters | None = None,
    configs: Sequence[DokConfig] = (),
    provisions: Provisions | None = None,
) -> Review:
    """Review a plan.

    Parameters
    ----------
    files
        The plan's files, from `askergeo.plan.read.read_plan`.
    package
        The map to hold it against; without one only the rules of form and content are asked.
    parameters
        The set ``plansjekk``; without one its own values.
    configs
        National DOK datasets that are asked besides, each as a rule ``dok.*``.
    provisions
        The plan's provisions, where the names on the map are looked up.

    Returns
    -------
    Review
        Of a plan that cannot be put on the map too: then no rule of the map is asked.
    """
    municipality = "" if package is None else package.municipality
    checked = check_plan(files, municipality=municipality, provisions=provisions)
    rules = dict(load_rules())
    place, unplaced = _placed(files, package)
    hits = _moved(checked.hits, files, package.crs) if package and place else checked.hits
    found = [_of_plan(hit, rules[hit.rule]) for hit in hits]
    clean = dict.fromkeys(checked.clean, Status.NO_HIT)
    not_asked = dict(checked.not_run)
    answers: list[MapAnswer] = []
    if package is not None and place is not None:
        answers += ask_map(place, package, parameters=parameters or load_parameters("plansjekk"))
        answers += ask_datasets(place, package, configs)
        rules |= {one.rule.id: one.rule for one in answers}
    else:
        why = f"Planen kan ikke legges på kartet. {unplaced.message}" if unplaced else _NO_MAP
        not_asked |= {name: why for name, rule in rules.items() if rule.layers}
    for answer in answers:
        found += _of_map(answer)
        if answer.status in _NOT_RUN:
            not_asked[answer.rule.id] = answer.remark
        elif not answer.hits:
            clean[answer.rule.id] = answer.status
    order = {name: number for number, name in enumerate(rules)}
    found.sort(key=lambda one: (_LEVELS.index(one.status), order[one.rule.id]))
    return Review(
        found=tuple(found),
        clean=clean,
        not_asked=not_asked,
        rules=rules,
        answers=tuple(answers),
        place=place,
        unplaced=unplaced,
    )


def _placed(
    files: Sequence[PlanFile], package: DataPackage | ScenarioView | None
) -> tuple[Place | None, AskergeoError | None]:
    """Put the plan on the map, or say why that cannot be: what is wrong with it is told anyway."""
    if package is None:
        return None, None
    try:
        place = place_of(files, package.crs)
        area_of(place.outline, package.crs, 0.0)
    except (CrsError, DataQualityError, LayerError) as error:
        return None, error
    return place, None


def _moved(hits: Sequence[Hit], files: Sequence[PlanFile], crs: str) -> list[Hit]:
    """Move the places of hits to the CRS of the map layers."""
    by_name = {file.name: file for file in files}
    return [
        hit
        if hit.geometry is None
        else replace(hit, geometry=moved([hit.geometry], by_name[hit.file], crs)[0])
        for hit in hits
    ]


def _of_plan(hit: Hit, rule: Rule) -> Found:
    return Found(
        rule=rule,
        status=_BY_SEVERITY[rule.severity],
        text=hit.text,
        objects=hit.objects,
        area_m2=float(hit.geometry.area) if hit.geometry and hit.geometry.area else None,
        file=hit.file,
        line=hit.line,
        geometry=hit.geometry,
    )


def _of_map(answer: MapAnswer) -> list[Found]:
    return [
        Found(
            rule=answer.rule,
            status=hit.status,
            text=_text(answer.rule, hit),
            remark=answer.remark,
            objects=hit.objects,
            layer=next(iter(answer.rule.layers), ""),
            area_m2=hit.area_m2,
            geometry=hit.geometry,
        )
        for hit in answer.hits
    ]


def _text(rule: Rule, hit: MapHit) -> str:
    """Say which purpose is hit, how much, by what, and what follows of it."""
    purpose = f"{hit.use} ({hit.code})" if hit.code else hit.use
    area = "" if hit.area_m2 is None else f"{format_number(hit.area_m2)} m²"
    told = " – ".join(part for part in (area, hit.what.rstrip(".")) if part)
    return " ".join(
        part for part in (f"{purpose}: {told}.", demand_of(hit.code, rule.uses)) if part
    )


def changed(old: Review, new: Review) -> dict[str, tuple[Found, ...]]:
    """Compare two versions of a plan: what is fixed, what is new, and what is still there.

    A finding is the same when its rule is, and the objects that it is about. An export may give all
    objects new ids: what is then left over is the same when it says the same. Several of a kind are
    matched one to one, in their order.
    """
    gone, come, still = _matched(old.found, new.found, lambda one: one.key)
    gone, come, more = _matched(gone, come, lambda one: (one.rule.id, one.text))
    order = {id(one): number for number, one in enumerate(new.found)}
    still = sorted([*still, *more], key=lambda one: order[id(one)])
    return {"rettet": tuple(gone), "nye": tuple(come), "fortsatt": tuple(still)}


def _matched(
    old: Sequence[Found], new: Sequence[Found], key: Callable[[Found], tuple[Any, ...]]
) -> tuple[list[Found], list[Found], list[Found]]:
    """Match findings one to one: those of the old alone, of the new alone, and the new of both."""
    left: dict[tuple[Any, ...], list[Found]] = {}
    for one in old:
        left.setdefault(key(one), []).append(one)
    come, both = [], []
    for one in new:
        same = left.get(key(one))
        if same:
            same.pop(0)
            both.append(one)
        else:
            come.append(one)
    return [one for some in left.values() for one in some], come, both
