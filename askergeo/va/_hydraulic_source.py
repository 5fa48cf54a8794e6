"""The model that EPANET runs: a file, or what the layers of a package hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from askergeo.errors import LayerError, SourceError
from askergeo.sources._inp_text import read_text
from askergeo.sources.inp_writing import inp_text
from askergeo.va._hydraulic_model import GUESS_COLUMNS, EpanetModel

if TYPE_CHECKING:
    from collections.abc import Mapping


def epanet_model(source: EpanetModel | Mapping[str, pd.DataFrame] | str | Path) -> EpanetModel:
    """Return a model from a file, from the layers of a package, or as it is.

    Raises
    ------
    SourceError
        When the file is no model for EPANET, or the layers hold none.
    """
    if isinstance(source, EpanetModel):
        return source
    if not isinstance(source, str | Path):
        return package_model(source)
    found = read_text(source)
    if found.program != "epanet":
        raise SourceError(
            f"{found.name} er en modell for SWMM, ikke for EPANET.",
            remedy="Velg en modell av vannettet.",
        )
    return EpanetModel(name=found.name, text="\n".join(line.text for line in found.lines) + "\n")


def package_model(frames: Mapping[str, pd.DataFrame], model_id: str = "") -> EpanetModel:
    """Return the EPANET model that the layers ``va_modell``, ``va_node``, … hold.

    Parameters
    ----------
    frames
        Layers by name.
    model_id
        Which model; empty for the only one.

    Raises
    ------
    SourceError
        When there is no such model, or several and none is chosen.
    """
    name = model_id or _only_model(frames)
    try:
        text, _, _ = inp_text(frames, model=name)
    except LayerError:
        # The map has pipes that the model lacks, and too little is known of them to add them.
        return _as_read(frames, name)
    return EpanetModel(name=name, text=text)


def _as_read(frames: Mapping[str, pd.DataFrame], name: str) -> EpanetModel:
    """Return a model without the pipes that only the map has, and say how many those are."""
    rows = frames["va_modell"]
    rows = rows[rows["modell_id"].astype(str) == name]
    own = {str(one).split()[0] for one in rows["tekst"] if str(one).split()}
    kept = dict(frames)
    for layer, column in (("va_ledning", "ledning_id"), ("va_node", "node_id")):
        if layer in kept:
            kept[layer] = kept[layer][kept[layer][column].astype(str).isin(own)]
    text, _, _ = inp_text(kept, model=name)
    pipes = frames["va_ledning"]
    water = pipes["type"] == "vann"
    new = int((water & ~pipes["ledning_id"].astype(str).isin(own)).sum())
    row = ("Vannledninger i kartet", new, int(water.sum()), "ikke med: modellen mangler dem")
    return EpanetModel(
        name=name, text=text, guesses=pd.DataFrame([row], columns=list(GUESS_COLUMNS))
    )


def _only_model(frames: Mapping[str, pd.DataFrame]) -> str:
    rows = frames.get("va_modell")
    if rows is None or not len(rows):
        raise SourceError(
            "Datapakken har ingen modell av vannettet.",
            remedy="Legg til en .inp-fil, eller la modellen bli laget av ledningskartet.",
        )
    own = rows
    if "program" in rows:
        own = rows[rows["program"].isna() | (rows["program"] == "epanet")]
    names = sorted(set(own["modell_id"].astype(str)))
    if len(names) != 1:
        told = ", ".join(names) or "ingen for EPANET"
        raise SourceError(
            f"Datapakken har {len(names)} modeller av vannettet: {told}.",
            remedy="Velg én med «--parameter va_hydraulikk_modell=NAVN».",
        )
    return names[0]
