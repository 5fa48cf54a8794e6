"""The quality indicators of a dataset: coverage, the objects hit, and suitability."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import pandas as pd

from askergeo.dok.filters import Filter, FilterError
from askergeo.dok.outcome import QualityMeasure
from askergeo.numbers import format_number

if TYPE_CHECKING:
    from askergeo.dok.config import DokConfig, Indicator
    from askergeo.dok.coverage import Mapped

__all__ = ["coverage_indicator", "quality_measures"]

UNKNOWN: Final = "Ukjent"
COVERAGE_ID: Final = "fullstendighet_dekning"
COVERAGE_NAME: Final = "Fullstendighetsdekning"


def coverage_indicator(config: DokConfig) -> Indicator | None:
    """Return the indicator of coverage, when the configuration has one."""
    return next((one for one in config.indicators if one.kind == "coverage"), None)


def quality_measures(
    config: DokConfig,
    mapped: Mapped,
    objects: pd.DataFrame | None,
    *,
    hits: bool,
    context: str,
) -> tuple[tuple[QualityMeasure, ...], tuple[str, ...]]:
    """Return the measures, and the warnings that follow from them, in bokmål.

    Parameters
    ----------
    config
        The dataset; coverage is measured whether it asks for it or not.
    mapped
        How much of the area is mapped.
    objects
        The objects hit, with their properties under the national names.
    hits
        Whether there are any.
    context
        The use: suitability is asked for one use alone.
    """
    measures, warnings = [], []
    coverage = coverage_indicator(config)
    measures.append(
        QualityMeasure(
            id=coverage.id if coverage else COVERAGE_ID,
            name=coverage.name if coverage else COVERAGE_NAME,
            value=mapped.value,
            comment=mapped.text,
        )
    )
    if mapped.whole is not True:
        warnings.append(_coverage_warning(coverage, mapped))
    for one in config.indicators:
        if one.kind == "object" and hits:
            found, warning = _of_objects(one, objects)
            measures += found
            warnings += warning
        elif one.kind == "dataset" and _asked_for(one, context):
            comment = "Egnetheten står i DOK-statusregisteret, som ikke er lest."
            measures.append(
                QualityMeasure(id=one.id, name=one.name, value=UNKNOWN, comment=comment)
            )
    return tuple(measures), tuple(warnings)


def _coverage_warning(indicator: Indicator | None, mapped: Mapped) -> str:
    text = indicator.warning if indicator and indicator.warning else "Området er ikke kartlagt"
    if mapped.share is None:
        return f"Det er ikke kjent om området er kartlagt: {mapped.text}."
    if mapped.share == 0:
        return f"{text.rstrip('.')}."
    percent = format_number(100 * (1 - mapped.share), 1)
    return f"{percent} % av området: {text[:1].lower()}{text[1:].rstrip('.')}."


def _of_objects(
    indicator: Indicator, objects: pd.DataFrame | None
) -> tuple[list[QualityMeasure], list[str]]:
    if objects is None or indicator.property not in objects:
        comment = f"Laget har ikke «{indicator.property}»."
        return [
            QualityMeasure(id=indicator.id, name=indicator.name, value=UNKNOWN, comment=comment)
        ], []
    values = objects[indicator.property].astype(object)
    texts = values.where(values.notna(), UNKNOWN).astype(str)
    counts = texts.value_counts(sort=False).sort_index()
    measures = [
        QualityMeasure(
            id=indicator.id,
            name=indicator.name,
            value=str(value),
            comment=f"{format_number(count)} objekt{'' if count == 1 else 'er'}",
        )
        for value, count in counts.items()
    ]
    warned = texts.isin(list(indicator.threshold or (UNKNOWN,))).any()
    return measures, [f"{indicator.warning.rstrip('.')}."] if warned else []


def _asked_for(indicator: Indicator, context: str) -> bool:
    return indicator.input_filter is None or _holds(indicator.input_filter, context)


@lru_cache(maxsize=256)
def _holds(condition: Filter, context: str) -> bool:
    try:
        return bool(condition.mask(pd.DataFrame({"context": [context]}))[0])
    except FilterError:
        return True  # a condition on what is not asked for here hides nothing
