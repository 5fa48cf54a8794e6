"""The renewal plan: which streets first under a budget or a rate, and what each rate does.

The method, with its sources, is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from askergeo.analyses import _va_renewal_courses as rates
from askergeo.analyses import _va_renewal_nets as nets
from askergeo.analyses import _va_renewal_tables as tables
from askergeo.analyses import _va_renewal_text as text
from askergeo.analyses._va_renewal_first import first_table
from askergeo.analyses._va_renewal_map import layers_of
from askergeo.analyses._va_renewal_scene import make_scene
from askergeo.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord

__all__ = ["va_fornyelse"]


def va_fornyelse(
    *,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
    **layers: Any,  # noqa: ANN401  (frames)
) -> Result:
    """Order the renewal of pipes by risk, and tell what each rate does over the years.

    Parameters
    ----------
    kilder
        Where each layer comes from; the year of ``va_ledning`` is the present one.
    parameters
        The sets ``va_fornyelse``, ``va_bortfall`` and ``va_nett``.
    layers
        Layers of the catalogue by their ids: ``va_ledning``, and of ``va_hendelse``, ``va_node``,
        ``va_anlegg``, ``va_tilknytning``, ``adresse``, ``befolkning``, ``bygning``, ``skole``,
        ``barnehage``, ``tjeneste``, ``veg`` and ``kommunegrense`` those that are there.

    Raises
    ------
    LayerError
        When no municipal pipe has both material and year, or the present year is not known.
    ParameterError
        When a list of values does not fit its classes, or a rate is out of bounds.
    """
    scene = make_scene(layers, kilder, parameters)
    projects, years, state = (
        tables.project_table(scene), tables.plan_table(scene), nets.net_table(scene)
    )  # fmt: skip
    courses, charts = rates.course_tables(scene)
    actual = nets.actual_table(scene)
    first, pace = first_table(scene, projects), nets.pace_table(scene)
    template, facts = text.statement(scene, (state, pace), years, first)
    return Result(
        analysis="va_fornyelse",
        title="Fornyelsesplan for vann og avløp",
        template=template,
        facts=facts,
        tables=(
            *(() if first is None else (first,)),
            years,
            projects,
            pace,
            state,
            nets.need_table(scene),
            rates.rate_table(scene),
            *courses,
            tables.left_table(scene),
            nets.known_table(scene),
            *(() if actual is None else (actual,)),
            nets.material_table(scene),
            nets.event_table(scene),
            nets.life_table(scene),
        ),
        layers=layers_of(scene, projects, layers.get("kommunegrense")),
        findings=text.findings(scene),
        warnings=text.warnings(scene),
        reading=text.reading(scene),
        charts=(tables.plan_chart(), *charts),
    )
