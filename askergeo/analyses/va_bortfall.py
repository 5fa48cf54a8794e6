"""Who loses water when a pipe, a valve segment, a source or a pump fails, and who has no reserve.

The method, with its sources, is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from askergeo.analyses import _va_loss_text as text
from askergeo.analyses._va_loss_change import microdata_of
from askergeo.analyses._va_loss_map import layers_of
from askergeo.analyses._va_loss_points import (
    point_table,
    ranked_points,
    segment_table,
    source_table,
)
from askergeo.analyses._va_loss_pressure import pressure_check
from askergeo.analyses._va_loss_scene import Layers, make_scene
from askergeo.analyses._va_loss_sewage import sewage_table
from askergeo.analyses._va_loss_tables import (
    class_table,
    connection_table,
    institution_table,
    out_table,
    state_table,
    without_table,
    zone_table,
)
from askergeo.analyses._va_loss_valves import (
    openings,
    valve_findings,
    valve_table,
    valve_warnings,
)
from askergeo.analyses._va_year import idle_warning, map_year
from askergeo.result import Result

if TYPE_CHECKING:
    from askergeo.parameters import Parameters

__all__ = ["va_bortfall"]


def va_bortfall(*, parameters: Parameters, **layers: Any) -> Result:  # noqa: ANN401  (frames)
    """Find what each failure takes with it, rank what stands alone, and say who has no reserve.

    Parameters
    ----------
    parameters
        The sets ``va_bortfall`` and ``va_nett``.
    layers
        Layers of the catalogue by their ids: ``va_ledning``, and of ``va_node``, ``va_anlegg``,
        ``va_tilknytning``, ``va_sone``, ``va_modell``, ``adresse``, ``befolkning``, ``bygning``,
        ``skole``, ``barnehage``, ``tjeneste``, ``tettsted`` and ``kommunegrense`` those that are
        there.

    Raises
    ------
    LayerError
        When no pipe is of water, or no source is on the network.
    ParameterError
        When a pipe that is asked to be out of use is not there.
    """
    year = map_year(parameters, "va_nett_aar", layers.pop("kilder", None))
    scene = make_scene(Layers.of(layers, year), parameters)
    ranked, tried = ranked_points(scene), openings(scene)
    out, without, points = out_table(scene), without_table(scene), point_table(scene, ranked)
    valves = valve_table(scene, tried)
    pressure, faults = pressure_check(scene)
    sewage, unknown = sewage_table(scene)
    tables = (
        out,
        points,
        without,
        valves,
        state_table(scene),
        zone_table(scene),
        source_table(scene),
        segment_table(scene),
        pressure,
        institution_table(scene),
        sewage,
        class_table(scene),
        connection_table(scene),
    )
    template, facts = text.statement(scene, without, points, out)
    return Result(
        analysis="va_bortfall",
        title="Hvem mister vannet når noe svikter",
        template=template,
        facts=facts,
        tables=tuple(one for one in tables if one is not None),
        layers=layers_of(scene),
        findings=(
            *text.findings(scene, points, ranked, tried.openings),
            *valve_findings(scene, tried, valves),
            *faults,
        ),
        warnings=(
            *text.warnings(scene),
            *valve_warnings(scene, tried),
            *unknown,
            *idle_warning(scene.layers.va_anlegg, year),
        ),
        reading=tuple(text.reading(scene)),
        microdata=microdata_of(scene),
    )
