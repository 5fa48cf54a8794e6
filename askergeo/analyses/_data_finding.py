"""A finding about the data themselves: what is wrong in a layer, where, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.result import Finding, Severity, Status

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["data_finding"]


def data_finding(
    analysis: str,
    rule: str,
    title: str,
    text: str,
    layer: str,
    *,
    row: str = "",
    action: str = "",
    severity: Severity = Severity.WARNING,
    geometry: BaseGeometry | None = None,
) -> Finding:
    """Return a finding that tells of the data, not of a place: its status is «not relevant».

    Parameters
    ----------
    analysis, rule
        What the rule is called: ``analysis.rule``.
    title, text, layer, row, action, severity, geometry
        As in :class:`askergeo.result.Finding`.
    """
    return Finding(
        rule=f"{analysis}.{rule}",
        title=title,
        status=Status.NOT_RELEVANT,
        severity=severity,
        text=text,
        layer=layer,
        row=row,
        action=action,
        geometry=geometry,
    )
