"""Which services there are, of which type, and which group each type belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from askergeo.catalogue import load_catalogue
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries
from askergeo.parameters import load_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters

__all__ = ["GROUPS", "Services", "services_of"]

#: The groups of which a 5-minute settlement must have at least one service each.
GROUPS = {
    "hverdag": "Hverdagstjeneste",
    "helse": "Helsetilbud",
    "sosial": "Sosial arena",
}
# Layers whose rows are services of one type of their own.
_LAYERS = {"skole": "Skole", "barnehage": "Barnehage"}


@dataclass(frozen=True)
class Services:
    """Services, each of one type.

    Parameters
    ----------
    points
        Places, (s,).
    labels
        Name of each for a person, (s,).
    kind
        Number of its type, (s,).
    titles
        Name of each type in bokmål, (k,).
    ids
        Identifier of each type, (k,).
    groups
        Types that there are of each group that is required. A group without any is unknown: the
        list of services is never whole.
    """

    points: Geometries
    labels: NDArray[np.object_]
    kind: NDArray[np.intp]
    titles: tuple[str, ...]
    ids: tuple[str, ...]
    groups: Mapping[str, tuple[int, ...]]

    def in_group(self, group: str) -> NDArray[np.bool_]:
        """Which services are of a group, (s,)."""
        return np.isin(self.kind, self.groups[group])

    @property
    def absent(self) -> tuple[str, ...]:
        """Groups that are required and of which the data have no service."""
        return tuple(group for group, kinds in self.groups.items() if not kinds)


def services_of(
    services: gpd.GeoDataFrame | None,
    schools: gpd.GeoDataFrame | None,
    nurseries: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> Services:
    """Put the layers together and give each type its groups.

    A type that no list names, neither those given nor those that come with askergeo, follows the
    layer's own column ``gruppe``: who takes a type out of a list does not want it to come back.

    Raises
    ------
    LayerError
        When there is no service at all.
    ParameterError
        When a list names a type that does not exist, or no group has any type.
    """
    wanted = {group: list(parameters[f"{group}_typer"]) for group in GROUPS}
    _check_types(wanted)
    frames = [
        _own_type(frame, kind)
        for frame, kind in ((schools, "skole"), (nurseries, "barnehage"))
        if frame is not None
    ]
    if services is not None:
        frames.insert(0, _with_groups(services, _listed(wanted)))
    if not sum(map(len, frames)):
        raise LayerError(
            "Ingen lag har tjenester: «tjeneste», «skole» og «barnehage» mangler eller er tomme.",
            remedy="Legg til «tjeneste», fra kommunens egen liste eller OpenStreetMap.",
        )
    whole = pd.concat(frames, ignore_index=True)
    titles = _titles()
    ids = sorted(set(whole["id"]), key=lambda one: (list(titles).index(one.split(":")[0]), one))
    groups = {
        group: tuple(
            number
            for number, one in enumerate(ids)
            if one.split(":")[0] in wanted[group] or one.endswith(f":{group}")
        )
        for group in GROUPS
        if wanted[group]
    }
    return Services(
        points=whole["geometry"].to_numpy(dtype=object),
        labels=whole["navn"].fillna("").astype(str).to_numpy(dtype=object),
        kind=pd.Index(ids).get_indexer(pd.Index(whole["id"])),
        titles=tuple(_title(one, titles) for one in ids),
        ids=tuple(ids),
        groups=groups,
    )


def _titles() -> dict[str, str]:
    codes = load_catalogue()["tjeneste"].columns["type"].codes or {}
    return {str(code): str(title) for code, title in codes.items()} | _LAYERS


def _title(one: str, titles: Mapping[str, str]) -> str:
    kind, _, group = one.partition(":")
    title = titles.get(kind, kind)
    return f"{title} ({GROUPS[group].lower()})" if group in GROUPS else title


def _listed(wanted: Mapping[str, list[str]]) -> set[str]:
    """Types of the lists given and of those that come with askergeo."""
    shipped = load_parameters("tettsted")
    return {kind for group in GROUPS for kind in (*wanted[group], *shipped[f"{group}_typer"])}


def _with_groups(services: gpd.GeoDataFrame, listed: set[str]) -> pd.DataFrame:
    """Give each row its type; one that no list names also says which group the layer gives."""
    kind = services["type"].astype(object).where(services["type"].notna(), "annet").astype(str)
    given = (
        services["gruppe"].astype(object).where(services["gruppe"].notna(), "").astype(str)
        if "gruppe" in services
        else pd.Series("", index=services.index)
    )
    own = kind.where(kind.isin(listed) | ~given.isin(list(GROUPS)), kind + ":" + given)
    return pd.DataFrame(
        {"id": own, "navn": _names(services), "geometry": geometries(services)}
    ).reset_index(drop=True)


def _own_type(frame: gpd.GeoDataFrame, kind: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"id": kind, "navn": _names(frame), "geometry": geometries(frame)}
    ).reset_index(drop=True)


def _names(frame: gpd.GeoDataFrame) -> pd.Series:
    return frame["navn"] if "navn" in frame else pd.Series("", index=frame.index)


def _check_types(wanted: Mapping[str, list[str]]) -> None:
    known = _titles()
    unknown = sorted({kind for kinds in wanted.values() for kind in kinds} - set(known))
    if unknown:
        raise ParameterError(
            f"Ukjente tjenestetyper: {', '.join(unknown)}.",
            remedy=f"Kjente typer: {', '.join(known)}.",
        )
    if not any(wanted.values()):
        raise ParameterError(
            "Ingen gruppe har noen tjenestetype, så ingenting kan nås.",
            remedy="Sett minst én av hverdag_typer, helse_typer og sosial_typer.",
        )
