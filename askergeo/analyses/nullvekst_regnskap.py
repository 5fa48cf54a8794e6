"""The ledger of growth north and south of the nullvekstlinje, in the centres and near stops.

The method, with its sources, is in docs/metode-nullvekst.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.analyses import _ledger_map as maps
from askergeo.analyses import _ledger_steps as steps
from askergeo.analyses import _ledger_tables as tables
from askergeo.analyses import _ledger_text as text
from askergeo.network.paths import Network
from askergeo.network.profiles import metres
from askergeo.overlay.door import check_crs_of
from askergeo.result import Result
from askergeo.transport.ledger import make_ledger
from askergeo.transport.ledger_targets import targets
from askergeo.transport.zones import make_zones

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord, Table
    from askergeo.transport.ledger import Ledger
    from askergeo.transport.ledger_targets import Target

__all__ = ["nullvekst_regnskap"]


def nullvekst_regnskap(
    gangnett: GraphBuild,
    *,
    kommunegrense: gpd.GeoDataFrame | None = None,
    nullvekstlinje: gpd.GeoDataFrame | None = None,
    bygning: gpd.GeoDataFrame | None = None,
    byggetillatelse: gpd.GeoDataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
    naeringsprogram: gpd.GeoDataFrame | None = None,
    senter: gpd.GeoDataFrame | None = None,
    holdeplass: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Add up dwellings and jobs built, permitted and planned, and hold them against the targets.

    Parameters
    ----------
    gangnett
        The walking graph and its report, in the CRS of the layers.
    kommunegrense, nullvekstlinje, bygning, byggetillatelse, boligprogram, naeringsprogram, senter,\
 holdeplass
        Layers of the catalogue; without line or boundary the side is unknown.
    kilder
        Where the layers come from: the year that they were fetched.
    parameters
        The set ``nullvekst_regnskap``, and what the ledger reads of other sets.

    Raises
    ------
    CrsError
        When a layer is in another CRS than the graph.
    LayerError
        When no layer tells of growth.
    ParameterError
        When a centre with priority is not found, or the years or limits make no sense.
    """
    maybe = {
        "kommunegrense": kommunegrense, "nullvekstlinje": nullvekstlinje, "bygning": bygning,
        "byggetillatelse": byggetillatelse, "boligprogram": boligprogram,
        "naeringsprogram": naeringsprogram, "senter": senter, "holdeplass": holdeplass,
    }  # fmt: skip
    check_crs_of(
        {name: frame for name, frame in maybe.items() if frame is not None}, gangnett.graph.crs
    )
    zones = None
    if nullvekstlinje is not None and kommunegrense is not None:
        zones = make_zones(nullvekstlinje, kommunegrense, parameters=parameters)
    ledger = make_ledger(
        bygning=bygning,
        byggetillatelse=byggetillatelse,
        boligprogram=boligprogram,
        naeringsprogram=naeringsprogram,
        senter=senter,
        holdeplass=holdeplass,
        zones=zones,
        network=Network.of(gangnett.graph, metres(gangnett.graph)),
        fetched=_fetched(kilder or {}),
        parameters=parameters,
    )
    found = targets(ledger, parameters)
    template, facts = text.statement(ledger, found)
    account = steps.step_table(ledger)
    shown = _tables(ledger, found, account, parameters)
    growth = next(table for table in shown if table.name == "vekst_aar")
    first, *rest = tables.charts(shown, found[0].aim[0])
    return Result(
        analysis="nullvekst_regnskap",
        title="Regnskap over veksten nord og sør for nullvekstlinjen",
        template=template,
        facts=facts,
        tables=shown,
        layers=maps.layers(ledger, zones, kommunegrense, growth=growth, account=account),
        findings=text.findings(ledger, found, zones),
        warnings=tuple(text.warnings(ledger, zones)),
        reading=text.reading(ledger),
        charts=(first, *(steps.step_charts(account) if account is not None else ()), *rest),
    )


def _tables(
    ledger: Ledger, found: tuple[Target, ...], account: Table | None, parameters: Parameters
) -> tuple[Table, ...]:
    aim = found[0].aim[0]
    centres = tables.centre_table(ledger)
    return (
        tables.target_table(found),
        tables.growth_table(ledger, "boliger", parameters),
        *([account] if account is not None else []),
        tables.priority_table(ledger, aim),
        tables.growth_table(ledger, "jobber", parameters),
        tables.stage_table(ledger),
        tables.level_table(ledger),
        *([centres] if centres is not None else []),
        tables.distance_table(ledger, "holdeplass", "Gangavstand til holdeplass, boliger"),
        tables.distance_table(ledger, "stasjon", "Gangavstand til stasjon, boliger"),
        tables.account_table(ledger),
    )


def _fetched(sources: Mapping[str, SourceRecord]) -> dict[str, int]:
    """Year that each layer was fetched, where that is told."""
    return {layer: int(one.date[:4]) for layer, one in sources.items() if one.date[:4].isdigit()}
