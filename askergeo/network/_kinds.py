"""What an edge is, by number, and what it is called."""

from __future__ import annotations

__all__ = ["KINDS", "KIND_TITLES"]

#: What an edge is, by the number in ``WalkGraph.kind``.
KINDS = ("veg", "gangveg", "fortau", "gangfelt", "trapp", "sti", "traktorveg", "lenke", "motorveg")
#: The same for people.
KIND_TITLES = (
    "veg",
    "gang- og sykkelveg",
    "fortau",
    "gangfelt",
    "trapp",
    "sti",
    "traktorveg",
    "lenke lagt til",
    "motorveg",
)
