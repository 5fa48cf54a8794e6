"""A model of a pipe network on its way into a package: one file, several layers at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from askergeo._avvik import KEPT, SET_ASIDE, join_avvik, make_avvik
from askergeo._place import check_crs
from askergeo.errors import LayerError, OverwriteError, ParameterError
from askergeo.ingest import Added, Terms, joined_origin, make_origin, unstated_terms
from askergeo.sources.inp import INP_LAYERS, layers_of, placing_of, read_inp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd

    from askergeo.catalogue import Layer
    from askergeo.datapackage import DataPackage
    from askergeo.sources.inp import Model, Placing

__all__ = ["INP_LAYERS", "add_inp"]

_LOCAL = "lokale_koordinater"
#: What the rules of a model are called where a planner reads them.
_TITLES = {
    "uten_koordinat": "Noden har ingen koordinat",
    _LOCAL: "Modellen har egne koordinater",
    "ruhet_null": "Ruheten er null",
    "uten_slutt": "Filen mangler [END]",
    "kurve_ikke_stigende": "Kurven stiger ikke",
    "null_lang_sloeyfe": "Ledningen begynner og slutter i samme node",
    "uten_ledning": "Noden har ingen ledning",
    "pumpe_uten_kurve": "Pumpen har ingen kurve",
    "utenfor_seksjon": "Tekst utenfor seksjonene",
    "samme_sted": "Endene av ledningen ligger på samme sted",
    "for_stor_dimensjon": "Dimensjonen passer ikke i laget",
}


def add_inp(
    package: DataPackage,
    path: Path,
    *,
    layers: Sequence[str] = INP_LAYERS,
    crs: str | None = None,
    fetched: str | None = None,
    terms: Terms | None = None,
    append: bool = False,
    overwrite: bool = False,
) -> tuple[list[Added], pd.DataFrame, str]:
    """Read an EPANET or SWMM model into a package as nodes, pipes, plants and the model's lines.

    Parameters
    ----------
    package
        The package; not a scenario.
    path
        The .inp file.
    layers
        Which of the layers to write.
    crs
        Coordinate system of the model; ``lokal`` is its own. Without it, coordinates that lie in
        Norway are the package's, and others the model's own.
    fetched, terms
        As for :func:`askergeo.ingest.add_file`.
    append
        Add to the layers that are there.
    overwrite
        Replace the layers that are there.

    Returns
    -------
    tuple
        What each layer got; what was odd (columns of
        :data:`~askergeo.sources.inp.FAULT_COLUMNS`); where the model lies, in words.

    Raises
    ------
    AskergeoError
        When EPANET or SWMM would refuse the file, a layer is there already, ids meet, or the
        coordinates cannot be in ``crs``; the package is then as it was.
    """
    if package.scenario:
        raise ParameterError(
            "En ledningsnettmodell kan ikke legges i et scenario.",
            remedy="Legg den i datapakken som scenariet bygger på.",
        )
    model = read_inp(path)
    # Only now: a file that is no model must not be answered with how to replace the map of pipes.
    if not (append or overwrite):
        _refuse_present(package, layers)
    placing = placing_of(model, crs, package.crs)
    frames = layers_of(model, crs=crs, target=package.crs, catalogue=package.catalogue)
    if placing.crs != "lokal":
        check_crs(frames["va_node"], what=f"modellen i {path.name}")
    # What a replaced model had and this one has not is emptied, not left.
    wanted = [
        name for name in layers
        if len(frames[name]) or (overwrite and not append and name in package)
    ]  # fmt: skip
    avvik = {name: _avvik(model, placing, package.crs, name) for name in wanted}
    # Every layer is made ready before the first is written.
    ready = {name: _ready(package, name, frames[name], append=append) for name in wanted}
    added = []
    for name in wanted:
        layer = package.catalogue[name]
        origin = make_origin(path, fetched, terms or Terms(), {})
        unstated = unstated_terms(origin)
        told = avvik[name]
        if append and name in package:
            origin = joined_origin(package.record(name), origin)
            told = join_avvik([package.read_avvik(name), told], package.crs)
        package.write(name, ready[name], origin=origin, overwrite=overwrite or append, avvik=told)
        rows = len(frames[name])
        aside = int((avvik[name]["handling"] == SET_ASIDE).sum())
        added.append(
            Added(
                layer=name, title=layer.title, file=path.name, rows=len(ready[name]),
                read=rows + aside, filtered=0, set_aside=aside, remarks=len(avvik[name]),
                unstated=unstated,
            )
        )  # fmt: skip
    return added, model.faults, placing.text


def _refuse_present(package: DataPackage, layers: Sequence[str]) -> None:
    there = [f"«{name}»" for name in layers if name in package]
    if there:
        raise OverwriteError(
            f"{', '.join(there)} er allerede i datapakken {package.path}.",
            remedy="Bruk --tillegg for å legge modellen til ved siden av det som er der. Med "
            "--overskriv blir lagene erstattet, og ledningskartet som ligger der, er borte.",
        )


def _ready(package: DataPackage, name: str, frame: pd.DataFrame, *, append: bool) -> pd.DataFrame:
    """Put the rows after those that are there; ids that meet are refused."""
    if not append or name not in package:
        return frame
    layer: Layer = package.catalogue[name]
    keys = list(layer.key_columns)
    both: pd.DataFrame = pd.concat([package.read(name), frame], ignore_index=True)
    twice = both.duplicated(keys, keep=False) & both[keys].notna().all(axis=1)
    if twice.any():
        shown = both.loc[twice, keys].drop_duplicates().head(5).astype(str).agg("+".join, axis=1)
        raise LayerError(
            f"Laget «{name}» ville få rader med samme nøkkel ({'+'.join(keys)}): "
            f"{', '.join(shown)}.",
            remedy="Er modellen alt lagt til? Bruk --overskriv for å erstatte laget, eller legg "
            "modellen i en egen datapakke.",
        )
    return both


def _avvik(model: Model, placing: Placing, crs: str, name: str) -> gpd.GeoDataFrame:
    """Return what is odd as the layer's deviations; the row is the line in the file."""
    nodes = model.faults["regel"] == "uten_koordinat"
    if name == "va_node":
        rows, action = model.faults[nodes], SET_ASIDE
    elif name == "va_modell":
        rows, action = model.faults[~nodes], KEPT
    else:
        rows, action = model.faults[:0], KEPT
    parts = []
    if len(rows):
        texts = [f"Linje {line}: {text}" if line else text
                 for line, text in zip(rows["linje"], rows["tekst"], strict=True)]  # fmt: skip
        numbers = rows["linje"].to_numpy(dtype="int64")
        told = make_avvik(numbers, "uventet_merknad", texts, action, crs=crs)
        titles = [_TITLES.get(rule, "Merknad fra kilden") for rule in rows["regel"]]
        parts.append(told.assign(regel=rows["regel"].to_numpy(), tittel=titles))
    if name == "va_modell" and placing.crs == "lokal":
        told = make_avvik([0], "uventet_merknad", placing.text, KEPT, crs=crs)
        parts.append(told.assign(regel=_LOCAL, tittel=_TITLES[_LOCAL]))
    return join_avvik(parts, crs)
