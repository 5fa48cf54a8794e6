"""Which layer of the catalogue a national dataset is, and what its names are called there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from askergeo.dok.filters import Filter, FilterError, parse_filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from askergeo.catalogue import Catalogue, Layer
    from askergeo.dok.config import DokConfig, DokLayer

__all__ = ["Aliases", "columns_for", "load_aliases", "matching_layers", "own_filters"]


@dataclass(frozen=True)
class Aliases:
    """The table ``askergeo/data/dok/lag.yml``.

    Parameters
    ----------
    columns
        Layer → national name of a column → ours.
    parts
        Layer → national layer → filter of our rows.
    actions
        Layer → what can be done, with the law.
    datasets
        ``config_id`` → layer, and which of its rows, for datasets that the catalogue does not name.
    wrong
        ``config_id`` of those that carry another dataset's ``metadata_id``.
    accuracy
        Column (small letters) → metres of one unit.
    """

    columns: Mapping[str, Mapping[str, str]]
    parts: Mapping[str, Mapping[str, Filter]]
    actions: Mapping[str, tuple[str, ...]]
    datasets: Mapping[str, tuple[str, Filter | None]]
    wrong: frozenset[str]
    accuracy: Mapping[str, float]


@lru_cache(maxsize=1)
def load_aliases() -> Aliases:
    """Read the table of names."""
    path = Path(__file__).parent.parent / "data" / "dok" / "lag.yml"
    table: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    layers: dict[str, dict[str, Any]] = table["lag"]
    return Aliases(
        columns={name: given.get("kolonner", {}) for name, given in layers.items()},
        parts={
            name: {part: parse_filter(text) for part, text in given["dellag"].items()}
            for name, given in layers.items()
            if "dellag" in given
        },
        actions={
            name: tuple(f"{one['tekst']} ({one['lov']})" for one in given.get("tiltak", ()))
            for name, given in layers.items()
        },
        datasets={
            config_id: (given["lag"], parse_filter(given["filter"]) if "filter" in given else None)
            for config_id, given in table["datasett"].items()
        },
        wrong=frozenset(table["feil_metadata_id"]),
        accuracy=table["noyaktighet"],
    )


def matching_layers(config: DokConfig, catalogue: Catalogue) -> tuple[Layer, ...]:
    """Return the layers that hold the dataset's objects; none when the catalogue has no such.

    A layer of the same ``config_id`` is the dataset. Without one, the table of names is asked, and
    last the ``metadata_id``: only a layer without a ``config_id`` of its own, when it is the only
    one with that number, and never for the datasets known to carry another's number.
    """
    aliases = load_aliases()
    vectors = [layer for layer in catalogue.values() if layer.geometry not in ("raster", "ingen")]
    same = [layer for layer in vectors if config.config_id and layer.config_id == config.config_id]
    if same:
        named = [layer for layer in same if config.name in (layer.id, *layer.aliases)]
        return tuple(named or same) if len(same) > 1 else tuple(same)
    known, _ = aliases.datasets.get(config.config_id, ("", None))
    if known in catalogue:
        return (catalogue[known],)
    if not config.metadata_id or config.config_id in aliases.wrong:
        return ()
    alike = [x for x in vectors if x.metadata_id == config.metadata_id and not x.config_id]
    return tuple(alike) if len(alike) == 1 else ()


def columns_for(layer: Layer, wanted: Iterable[str], present: Iterable[str]) -> dict[str, str]:
    """National names → columns that are there: by the table of names, else by the same name.

    Parameters
    ----------
    layer
        The layer.
    wanted
        National names of columns.
    present
        The layer's columns in the package.

    Examples
    --------
    >>> from askergeo.catalogue import load_catalogue
    >>> columns_for(load_catalogue()["naturtype"], ["Verdikategori", "Opphav"], ["verdi"])
    {'Verdikategori': 'verdi'}
    """
    small = {name.casefold(): name for name in present}
    table = load_aliases().columns.get(layer.id, {})
    named = {name: small.get(table.get(name, name).casefold()) for name in wanted}
    return {name: column for name, column in named.items() if column is not None}


def own_filters(layer: Layer, part: DokLayer, config: DokConfig) -> tuple[Filter, ...]:
    """Return which of our rows a national layer is; none when it is all of them.

    Raises
    ------
    FilterError
        When we hold several national layers in one and do not know this one.
    """
    known, rows = load_aliases().datasets.get(config.config_id, ("", None))
    if known == layer.id and rows is not None:
        return (rows,)
    parts = load_aliases().parts.get(layer.id)
    if parts is None:
        return ()
    if part.name not in parts:
        raise FilterError(
            f"Det nasjonale laget «{part.name}» er ukjent i laget «{layer.id}» ({layer.title}).",
            remedy=f"Kjente lag er {', '.join(parts)}.",
        )
    return (parts[part.name],)
