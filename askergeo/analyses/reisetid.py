"""Travel times door to door, and how public transport, cycling and walking compete with the car.

The method, with its sources, is in docs/metode-kollektiv.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from askergeo.analyses import _times_map as maps
from askergeo.analyses import _times_tables as tables
from askergeo.analyses import _times_text as text
from askergeo.analyses._times_change import microdata_of
from askergeo.analyses._times_one import one_address
from askergeo.analyses._times_scene import Layers, make_scene
from askergeo.result import Result

if TYPE_CHECKING:
    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters

__all__ = ["reisetid"]


def reisetid(
    gangnett: GraphBuild,
    bilnett: GraphBuild,
    *,
    parameters: Parameters,
    **layers: Any,  # noqa: ANN401  (the frames of the layers, by name)
) -> Result:
    """Reckon the times from every home and plan; or explain the ways from one address.

    Parameters
    ----------
    gangnett, bilnett
        The walking graph and that of the roads, with their reports, in the CRS of the layers.
    parameters
        The sets ``reisetid``, ``rutesok`` and ``nullvekst``; with ``reisetid_adresse`` the ways
        from one address are explained.
    **layers
        Layers of the catalogue, as :class:`askergeo.analyses._times_scene.Layers` names them:
        ``veg`` and ``senter``, residents, and what else there is.

    Raises
    ------
    LayerError
        When nobody lives anywhere, or there is nothing to travel to.
    ParameterError
        When the address, the place or a time that is asked for is not found.
    """
    given = Layers(**layers)
    if parameters["reisetid_adresse"]:
        return one_address(gangnett, bilnett, given, parameters)
    # A limit that cannot be read is told before all is reckoned.
    tables.limits_of(parameters)
    scene = make_scene(gangnett, bilnett, given, parameters)
    times, (ratios, own_power) = tables.time_table(scene), tables.ratio_tables(scene)
    plans = tables.plan_table(scene)
    template, facts = text.statement(scene, times, ratios)
    return Result(
        analysis="reisetid",
        title="Reisetid med kollektivtransport, sykkel og gange mot bil",
        template=template,
        facts=facts,
        tables=(
            ratios,
            times,
            own_power,
            tables.place_table(scene),
            *([plans] if plans is not None else []),
            *tables.road_table(scene),
        ),
        layers=(
            *maps.base_layers(scene),
            *maps.address_layers(scene),
            *maps.plan_layer(scene, plans),
            maps.place_layer(scene),
        ),
        findings=text.findings(scene),
        warnings=text.warnings(scene, ratios),
        reading=text.reading(scene),
        parameters=text.profile_records(parameters),
        microdata=microdata_of(scene),
    )
