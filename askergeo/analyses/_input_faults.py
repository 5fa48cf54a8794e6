"""What is wrong with the layers that a forecast or a school analysis is made from, as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from askergeo.result import Finding, Severity, Status

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fault_findings"]

# Rules that are told for the record: what was done is sound, and the numbers stand.
_FOR_THE_RECORD: Final = frozenset(
    {
        "historikk_avvik",
        "regnskap_anslatt",
        "skole.kapasitet_ulik",
        "skole.privat_uten_elevtall",
        "skole.trinn_antatt",
    }
)


def fault_findings(faults: pd.DataFrame) -> tuple[Finding, ...]:
    """Make a finding of each fault of the input, those that may make numbers wrong first.

    Parameters
    ----------
    faults
        Columns ``regel``, ``tittel``, ``lag``, ``rad`` and ``tekst``; the same fault told twice is
        one.
    """
    found = [
        Finding(
            rule=str(row.regel),
            title=str(row.tittel),
            status=Status.NOT_RELEVANT,
            severity=Severity.INFO if row.regel in _FOR_THE_RECORD else Severity.WARNING,
            text=str(row.tekst),
            layer=str(row.lag),
            row=str(row.rad),
        )
        for row in faults.drop_duplicates().itertuples()
    ]
    return tuple(sorted(found, key=lambda one: one.severity is not Severity.WARNING))
