"""What an analysis is: its question, its layers and where its function lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from askergeo.result import Result

__all__ = ["BOUNDARY", "BUILDING", "Analysis"]

# Columns of layers that several analyses read; one ending in * must be there.
BOUNDARY = ("kommunenummer*", "kommunenavn", "omfang*")
BUILDING = ("bygning_id*", "bygningstype*", "tatt_i_bruk", "boliger", "bruksareal")


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """One analysis.

    Parameters
    ----------
    id
        Identifier, and the verb of the command line.
    title, question
        In bokmål: its name, and the planner's question that it answers.
    needs
        Layers without which it cannot run.
    either
        Groups of layers of which one whole group must be there; the first that is, is used.
    uses
        Layers that make the answer better or fuller (those of ``either`` are among them).
    columns
        The columns that it reads of each layer; one ending in ``*`` must be there.
    function
        ``"module:function"``.
    parameters
        Name of its parameter set.
    without
        For each layer of ``uses``: what the result does not say when it is absent.
    network
        Layers that the walking graph is made from. They are not read as frames: the function gets
        the graph, with its report, as ``gangnett``.
    driving
        Whether it gets the graph of the roads that cars may use too, as ``bilnett``.
    rasters
        Rasters of ``needs`` and ``uses``. They are not read as frames: the function gets a
        :class:`askergeo.terrain.Terrain`, which reads in windows, under the layer's name.
    partly
        Layers that are of use also when they map a part of the municipality only. The function
        gets the area that each maps, or ``None`` where that is not told, as ``dekning``.
    sources
        Whether the function is told where each of its layers comes from, and when (``kilder``).
    comparison
        ``"module:function"`` that adds what only this analysis can say of two runs, from both
        and their difference; empty when the difference says it all.
    seconds
        How long it takes on Eksempelbygda, about, with the kernels that no other compiles: analyses
        that share processes are begun with the longest.
    """

    id: str
    title: str
    question: str
    needs: tuple[str, ...]
    uses: tuple[str, ...]
    function: str
    parameters: str
    either: tuple[tuple[str, ...], ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)
    network: tuple[str, ...] = ()
    driving: bool = False
    rasters: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    sources: bool = False
    comparison: str = ""
    seconds: float = 1.0

    def absent(self, layers: Container[str]) -> tuple[str, ...]:
        """Return the layers that must be added before the analysis can run.

        Of the groups in ``either`` the first is named, when none is whole.

        Examples
        --------
        >>> from askergeo.analyses import find
        >>> find("tettsted_avgrens").absent({"bygning", "adresse"})
        ('kommunegrense', 'befolkning')
        >>> find("tettsted_avgrens").absent({"bygning", "kommunegrense", "befolkning_rute"})
        ()
        """
        missing = [layer for layer in self.needs if layer not in layers]
        if self.either and not any(all(one in layers for one in group) for group in self.either):
            missing += [layer for layer in self.either[0] if layer not in layers]
        return tuple(missing)

    def load(self) -> Callable[..., Result]:
        """Import the function."""
        return _imported(self.function)

    def load_comparison(self) -> Callable[[Result, Result, Result], Result] | None:
        """Import the function that adds to the difference of two runs, when there is one."""
        return _imported(self.comparison) if self.comparison else None


def _imported(where: str) -> Callable[..., Result]:
    module, _, name = where.partition(":")
    loaded: Callable[..., Result] = getattr(import_module(module), name)
    return loaded
