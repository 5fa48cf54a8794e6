"""The state of the map of pipes: what it knows, what it lacks and where, and what it can answer.

The method, with its sources, is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from askergeo.analyses import _va_state_text as text
from askergeo.analyses._va_state_map import layers_of
from askergeo.analyses._va_state_more import (
    area_table,
    areas_of,
    connection_table,
    other_table,
    renewal_table,
)
from askergeo.analyses._va_state_tables import (
    age_chart,
    age_table,
    dimension_table,
    lack_tables,
    material_table,
)
from askergeo.analyses._va_year import DATE_REMEDY, map_year
from askergeo.errors import LayerError
from askergeo.result import Result
from askergeo.va.state import pipe_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord

__all__ = ["va"]

_NO_YEAR: Final = (
    "Det er ikke sagt hvilket år laget «va_ledning» gjelder: anleggsår i framtiden er ikke skilt "
    f"ut. {DATE_REMEDY}"
)


def va(
    va_ledning: gpd.GeoDataFrame,
    *,
    grunnkrets: gpd.GeoDataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
    **layers: pd.DataFrame | None,
) -> Result:
    """Tell what the map of pipes knows, what it lacks and where, and what it can answer.

    Parameters
    ----------
    va_ledning, grunnkrets, kommunegrense
        Layers of the catalogue.
    kilder
        Where each layer comes from; the year of ``va_ledning`` is the present one.
    parameters
        The set ``va``, and the adopted rates of ``va_fornyelse``.
    layers
        ``va_node``, ``va_anlegg``, ``va_sone``, ``va_hendelse``, ``va_tilknytning``,
        ``va_maaling``, ``va_modell``, ``adresse``, ``befolkning``, ``boligprogram`` and
        ``bygning``: those that are there.

    Raises
    ------
    LayerError
        When there are no pipes.
    """
    if len(va_ledning) == 0:
        raise LayerError(
            "Laget «va_ledning» har ingen ledninger.",
            remedy="Kontroller at filen har ledninger i kommunen, og legg laget til på nytt.",
        )
    year = map_year(parameters, "va_aar", kilder)
    state = pipe_state(va_ledning, parameters, year)
    limit = float(parameters["va_mangler_grense"])
    areas = areas_of(state, grunnkrets, float(parameters["va_rute_m"]), va_ledning.crs)
    lengths, counts = lack_tables(state)
    renewal = renewal_table(va_ledning, year, parameters)
    total = float(areas["meter"].sum())
    share = 100 * float(areas["mangler_m"].sum()) / total if total > 0 else float("nan")
    template, facts = text.statement(state, share, renewal)
    connections = connection_table(layers.get("va_tilknytning"), layers.get("adresse"))
    return Result(
        analysis="va",
        title="Vann og avløp: hva ledningskartet vet",
        template=template,
        facts=facts,
        tables=(
            lengths,
            counts,
            text.answer_table(state, layers, limit),
            renewal,
            age_table(state),
            material_table(state),
            dimension_table(state, parameters["va_dimensjoner"]),
            other_table(layers),
            *(() if connections is None else (connections,)),
            area_table(areas),
        ),
        layers=layers_of(
            state,
            areas,
            {"kommunegrense": kommunegrense, **layers},
            (limit, float(parameters["va_mangler_mange"])),
        ),
        findings=text.findings(state, limit, renewal),
        warnings=_warnings(year),
        reading=text.reading(),
        charts=(age_chart(state),),
    )


def _warnings(year: int | None) -> tuple[str, ...]:
    if year is not None:
        return ()
    return (_NO_YEAR,)
