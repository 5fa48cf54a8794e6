"""Runs an analysis on a data package: reads the layers, calls it, adds the provenance."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import shapely

from askergeo import __version__
from askergeo._avvik import SET_ASIDE
from askergeo.analyses import Analysis, find
from askergeo.crs import require_crs
from askergeo.errors import LayerError, PackageError, collect
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.result import Finding, Missing, Provenance, Severity, Status
from askergeo.versions import software_versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import pandas as pd

    from askergeo.datapackage import DataPackage
    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.result import Result, SourceRecord
    from askergeo.scenario import ScenarioView
    from askergeo.terrain import Terrain

__all__ = ["created_now", "provenance_of", "read_layers", "require_whole", "run", "verb_of"]

# Share of the municipality from which a layer counts as complete: the edges of coverage maps and
# of boundaries never match to the metre.
_WHOLE = 0.99
# Source rows that a remark names before it says «…».
_ROWS_NAMED = 10
# Rules of rows that no figure lacks: those outside the municipality, and those that are there.
_NOT_LACKED = ("utenfor_kommunen", "dobbel_rad")
# Verbs of the command line that differ from the analysis's id.
_VERBS = {
    "tettsted_avgrens": "tettsted avgrens",
    "plassering": "tettsted plasser",
    "arealreserve": "areal reserve",
    "karbon": "areal karbon",
    "klimabudsjett": "areal klimabudsjett",
    "jordvern": "areal jordvern",
    "skole_kapasitet": "skole kapasitet",
    "skole_nedlegging": "skole nedlegg",
    "skole_prognose": "skole prognose",
    "skoleveg": "skole veg",
    "skolekretser": "skole kretser",
    "barnehager": "skole barnehager",
    "kollektiv": "nullvekst kollektiv",
    "reisetid": "nullvekst reisetid",
    "nullvekst_plan": "nullvekst plan",
    "nullvekst_regnskap": "nullvekst regnskap",
    "va_topologi": "va topologi",
    "va_spor": "va spor",
    "va_bortfall": "va bortfall",
    "va_fornyelse": "va fornyelse",
    "va_vekst": "va vekst",
    "va_brannvann": "va brannvann",
    "va_hydraulikk": "va hydraulikk",
    "va_lekkasje": "va lekkasje",
    "nullvekst_eksport": "nullvekst eksport",
}


def run(
    analysis_id: str,
    package: DataPackage | ScenarioView,
    *,
    overrides: Mapping[str, Any] | None = None,
    scenario: DataPackage | None = None,
) -> Result:
    """Run one analysis.

    Parameters
    ----------
    analysis_id
        Key of :data:`askergeo.analyses.ANALYSES`.
    package
        The data package, or a scenario over it.
    overrides
        Parameters with another value than the file's.
    scenario
        A scenario to lay over ``package`` first.

    Raises
    ------
    ParameterError
        When the analysis or a parameter is unknown, or a value is not allowed.
    LayerError
        When a layer or a column that is needed is absent; all are named at once.
    CrsError
        When a layer is not in the package's CRS.
    PackageError
        When the package is a scenario without its base.
    """
    analysis = find(analysis_id)
    parameters = load_parameters(analysis.parameters, overrides)
    view = scenario.over(package) if scenario is not None else package
    require_whole(view)
    _require_layers(analysis, view)
    partial = partly_mapped(analysis, view)
    _require_mapped(analysis, view, partial)
    leave_out = (*partial, *analysis.network, *analysis.rasters)
    frames = read_layers(analysis, view, leave_out=leave_out)
    graph = _graph(analysis, view, parameters)
    rasters = _rasters(analysis, view)
    mapped = _mapped(analysis, view)
    sources = _sources(analysis, view, frames)
    result = analysis.load()(
        **frames, **graph, **rasters, **mapped, **sources, parameters=parameters
    )  # fmt: skip
    missing = _missing(analysis, view, partial)
    layers = (*frames, *rasters, *(layer for layer in analysis.network if layer in view))
    provenance = provenance_of(view, layers, _command(analysis, view, overrides or {}))
    warnings = (
        *result.warnings,
        *_left_out(view, layers),
        # Only of values that this answer was made with.
        *parameters.warnings(parameters.used),
    )
    return replace(
        result,
        question=analysis.question,
        parameters=(*parameters.records(), *result.parameters),
        warnings=tuple(dict.fromkeys(warnings)),
        missing=(*missing, *result.missing),
        findings=(*result.findings, *_remarks(view, layers)),
        provenance=provenance,
    )


def _graph(
    analysis: Analysis, package: DataPackage | ScenarioView, parameters: Parameters
) -> dict[str, GraphBuild]:
    """Return the walking graph, and that of the roads, for an analysis that asks for them."""
    if not analysis.network:
        return {}
    from askergeo.network.cache import cached_graph  # noqa: PLC0415  (brings the compiled kernels)

    graphs = {"gangnett": cached_graph(package, parameters)}
    if analysis.driving:
        from askergeo.network.driving import cached_driving_graph  # noqa: PLC0415

        graphs["bilnett"] = cached_driving_graph(package, parameters)
    return graphs


def _rasters(analysis: Analysis, package: DataPackage | ScenarioView) -> dict[str, Terrain]:
    """Open the rasters of an analysis; it reads them in windows."""
    present = [layer for layer in analysis.rasters if layer in package]
    if not present:
        return {}
    from askergeo.terrain import terrain_of  # noqa: PLC0415  (brings rasterio)

    return {layer: terrain_of(package.raster_path(layer)) for layer in present}


def _mapped(
    analysis: Analysis, package: DataPackage | ScenarioView
) -> dict[str, dict[str, shapely.Geometry | None]]:
    """Return the area that each layer maps, for an analysis that tells unknown from nothing."""
    if not analysis.partly:
        return {}
    return {"dekning": {one: package.coverage(one) for one in analysis.partly if one in package}}


def _sources(
    analysis: Analysis, package: DataPackage | ScenarioView, layers: Collection[str]
) -> dict[str, dict[str, SourceRecord]]:
    """Return where each layer comes from, for an analysis that says it beside its numbers."""
    if not analysis.sources:
        return {}
    return {"kilder": {layer: package.source_record(layer) for layer in layers}}


def require_whole(package: DataPackage | ScenarioView) -> None:
    """Refuse a scenario on its own: its rows are changes, not a municipality.

    Raises
    ------
    PackageError
        When it is one.
    """
    if package.scenario and not hasattr(package, "scenario_path"):
        raise PackageError(
            f"{package.path} er et scenario: det har bare endringer.",
            remedy="Oppgi grunnpakken som datapakke, og legg scenariet over med --scenario "
            f"{package.path}.",
        )


def partly_mapped(analysis: Analysis, package: DataPackage | ScenarioView) -> dict[str, float]:
    """Return the layers that do not cover the municipality, with the share that they cover.

    A layer that is mapped in a part of the municipality would give numbers for the whole that
    are wrong without looking so; outside its coverage nothing is known, which is not zero.
    """
    layers = [layer for layer in (*analysis.needs, *analysis.uses) if layer in package]
    held = [layer for layer in layers if layer not in ("kommunegrense", *analysis.partly)]
    areas = {layer: package.coverage(layer) for layer in held}
    mapped = {layer: area for layer, area in areas.items() if area is not None}
    if not mapped or "kommunegrense" not in package:
        return {}
    boundary = _own_municipality(
        package.read("kommunegrense", columns=["kommunenummer", "omfang"]), package
    )
    land = boundary[boundary["omfang"] == "land"]
    whole = shapely.union_all(shapely.make_valid((land if len(land) else boundary).geometry.array))
    shares = {
        layer: shapely.area(shapely.intersection(whole, area)) / shapely.area(whole)
        for layer, area in mapped.items()
    }
    return {layer: share for layer, share in shares.items() if share < _WHOLE}


def _require_mapped(
    analysis: Analysis, package: DataPackage | ScenarioView, partial: Mapping[str, float]
) -> None:
    complete = set(package.layer_ids) - set(partial)
    faults = [
        f"{layer} ({package.catalogue[layer].title}) dekker {format_number(100 * partial[layer])} %"
        for layer in analysis.absent(complete)
        if layer in partial
    ]
    if faults:
        raise LayerError(
            f"«{analysis.title}» kan ikke kjøres: svaret ville gjelde hele kommunen, men\n"
            f"{collect(faults)}",
            remedy="Legg til laget for hele kommunen.",
        )


def read_layers(
    analysis: Analysis,
    package: DataPackage | ScenarioView,
    *,
    leave_out: Collection[str] = (),
) -> dict[str, pd.DataFrame]:
    """Read the layers of an analysis that are there, with only the columns that it uses.

    Raises
    ------
    LayerError
        When a layer lacks a column that is needed, or the boundary is another municipality's.
    CrsError
        When a layer is not in the package's CRS.
    """
    wanted = dict.fromkeys((*analysis.needs, *analysis.uses))
    present = [layer for layer in wanted if layer in package and layer not in leave_out]
    faults = [fault for layer in present for fault in _absent_columns(analysis, package, layer)]
    if faults:
        raise LayerError(
            f"«{analysis.title}» kan ikke kjøres:\n{collect(faults)}",
            remedy="Legg laget til på nytt med en kolonnefil (--kolonner) som gir kolonnene.",
        )
    frames: dict[str, pd.DataFrame] = {}
    for layer in present:
        known = package.records[layer].columns
        names = [name.rstrip("*") for name in analysis.columns.get(layer, ())]
        frame = package.read(layer, columns=[name for name in names if name in known])
        if hasattr(frame, "crs"):
            require_crs(frame, package.crs, what=f"laget «{layer}»")
        frames[layer] = _own_municipality(frame, package) if layer == "kommunegrense" else frame
    return frames


def _absent_columns(
    analysis: Analysis, package: DataPackage | ScenarioView, layer: str
) -> list[str]:
    known = package.records[layer].columns
    needed = [name[:-1] for name in analysis.columns.get(layer, ()) if name.endswith("*")]
    return [f"laget «{layer}» mangler kolonnen «{name}»" for name in needed if name not in known]


def _own_municipality(frame: pd.DataFrame, package: DataPackage | ScenarioView) -> pd.DataFrame:
    """Keep the package's own municipality: the layer may hold its neighbours too."""
    own = frame[frame["kommunenummer"].astype(str) == package.municipality]
    if not len(own):
        found = ", ".join(sorted(set(frame["kommunenummer"].astype(str)))) or "ingen"
        raise LayerError(
            f"Laget «kommunegrense» har ikke kommune {package.municipality}, bare {found}.",
            remedy="Legg til grensen for kommunen som datapakken gjelder.",
        )
    return own.reset_index(drop=True)


def _require_layers(analysis: Analysis, package: DataPackage | ScenarioView) -> None:
    absent = analysis.absent(package)
    if absent:
        titles = [f"{layer} ({package.catalogue[layer].title})" for layer in absent]
        raise LayerError(
            f"«{analysis.title}» kan ikke kjøres; datapakken {package.path} mangler:\n"
            f"{collect(titles)}",
            remedy="«askergeo data mangler» viser hvor lagene bestilles.",
        )


def _missing(
    analysis: Analysis, package: DataPackage | ScenarioView, partial: Mapping[str, float]
) -> tuple[Missing, ...]:
    """Name the optional layers that are absent or partly mapped, and what that does."""
    whole = next((g for g in analysis.either if all(one in package for one in g)), ())
    alternatives = {layer for group in analysis.either for layer in group}
    # Of the alternatives only a better one than that in use is missed.
    better = set(analysis.either[0]) - set(whole) if analysis.either else set()
    return tuple(
        Missing(
            layer=layer,
            title=package.catalogue[layer].title,
            consequence=(_partly(partial, layer) + analysis.without.get(layer, "")).strip(),
        )
        for layer in analysis.uses
        if (layer in partial or (layer not in package and analysis.without.get(layer)))
        and (layer not in alternatives or layer in better)
    )


def _partly(partial: Mapping[str, float], layer: str) -> str:
    if layer not in partial:
        return ""
    share = format_number(100 * partial[layer])
    return f"Laget er der, men dekker bare {share} % av kommunen og er ikke brukt. "


def _left_out(package: DataPackage | ScenarioView, layers: tuple[str, ...]) -> tuple[str, ...]:
    """Say how many rows of each layer no figure counts, and why.

    Rows outside the municipality, and repeats of rows that are there, are not told of: they are
    not missing from its figures.
    """
    warnings = []
    for layer in layers:
        if not package.records[layer].avvik_rows:
            continue
        avvik = package.read_avvik(layer)
        aside = avvik[(avvik["handling"] == SET_ASIDE) & ~avvik["regel"].isin(_NOT_LACKED)]
        if not len(aside):
            continue
        count = aside["rad"].nunique()
        reasons = aside.groupby("tittel", sort=False)["rad"].nunique()
        why = "; ".join(f"{title}: {format_number(rows)}" for title, rows in reasons.items())
        rows = f"{format_number(count)} {'rad' if count == 1 else 'rader'}"
        warnings.append(
            f"{rows} i laget «{package.catalogue[layer].title}» er satt til side og er ikke med i "
            f"tallene ({why})."
        )
    return tuple(warnings)


def _remarks(package: DataPackage | ScenarioView, layers: tuple[str, ...]) -> tuple[Finding, ...]:
    """Return a finding for each kind of fault that the rows of the layers had when they were read.

    Rows that were set aside are not in the answer; the reader must see that they exist.
    """
    findings = []
    for layer in layers:
        if not package.records[layer].avvik_rows:
            continue
        for (rule, title, action), rows in package.read_avvik(layer).groupby(
            ["regel", "tittel", "handling"]
        ):
            numbers = sorted(rows["rad"].dropna().astype(int))
            shown = ", ".join(map(str, numbers[:_ROWS_NAMED]))
            more = ", …" if len(numbers) > _ROWS_NAMED else ""
            findings.append(
                Finding(
                    rule=f"data.{rule}",
                    title=title,
                    status=Status.NOT_RELEVANT,
                    severity=Severity.WARNING if action == SET_ASIDE else Severity.INFO,
                    text=f"{format_number(len(numbers))} {action} da laget ble lest inn "
                    f"(rad {shown}{more} i kilden).",
                    layer=layer,
                    action=f"Se alle med «askergeo data avvik MAPPE {layer}».",
                )
            )
    return tuple(findings)


def provenance_of(
    package: DataPackage | ScenarioView, layers: Iterable[str], command: str
) -> Provenance:
    """Say what a result rests on.

    Parameters
    ----------
    package
        The package, or a scenario over it.
    layers
        The layers that were read.
    command
        The command that makes the result again, without the machine's own paths.
    """
    laid_over = getattr(package, "scenario_path", None)
    return Provenance(
        version=__version__,
        command=command,
        created=created_now(),
        municipality=package.municipality,
        crs=package.crs,
        package=package.name or package.path.name,
        sources=tuple(package.source_record(layer) for layer in layers),
        software=software_versions(),
        scenario=package.scenario,
        package_path=str(package.path.resolve()),
        scenario_path=str(laid_over.resolve()) if laid_over is not None else "",
    )


def verb_of(analysis_id: str) -> tuple[str, ...]:
    """Return the words of the command line that run an analysis.

    Examples
    --------
    >>> verb_of("skoleveg"), verb_of("strandsone")
    (('skole', 'veg'), ('strandsone',))
    """
    return tuple(_VERBS.get(analysis_id, analysis_id).split())


def _command(
    analysis: Analysis, package: DataPackage | ScenarioView, overrides: Mapping[str, Any]
) -> str:
    """Write the command that makes the result again, without the machine's own paths."""
    words = ["askergeo", *verb_of(analysis.id)]
    words += ["--data", package.path.name]
    laid_over = getattr(package, "scenario_path", None)
    if laid_over is not None:
        words += ["--scenario", laid_over.name]
    for name, value in overrides.items():
        text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        words += ["--parameter", f"{name}={text}"]
    return shlex.join(words)


def created_now() -> str:
    """Time in UTC; that of ``SOURCE_DATE_EPOCH`` when set, so that outputs are reproducible."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
