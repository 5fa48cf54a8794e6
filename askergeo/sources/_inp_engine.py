"""Ask EPANET itself whether it opens a model, when it is installed."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from askergeo.numbers import format_number

if TYPE_CHECKING:
    from askergeo.sources._inp_elements import Faults
    from askergeo.sources._inp_text import InpText, Line

__all__ = ["ask_epanet"]

# What EPANET's error codes mean (EPANET 2.2 user manual, appendix B).
_MEANINGS: Final = {
    201: "linjen har feil form",
    202: "et tall er ugyldig",
    203: "en node finnes ikke",
    204: "en ledning finnes ikke",
    205: "et mønster finnes ikke",
    206: "en kurve finnes ikke",
    207: "en ledning med tilbakeslagsventil kan ikke styres",
    208: "linjen gjelder en node som ikke finnes",
    209: "en verdi for en node er ulovlig",
    210: "linjen gjelder en ledning som ikke finnes",
    211: "en verdi for en ledning er ulovlig",
    212: "noden som skal spores finnes ikke",
    213: "et valg har en ugyldig verdi",
    214: "linjen er for lang",
    215: "en id er brukt to ganger",
    216: "linjen gjelder en pumpe som ikke finnes",
    217: "dataene for en pumpe er ugyldige",
    219: "en ventil står feil ved et basseng",
    220: "en ventil står feil ved en annen ventil",
    222: "en ledning begynner og slutter i samme node",
    223: "modellen har for få noder",
    224: "modellen har verken kilde eller basseng",
    225: "nivåene i et basseng er ugyldige",
    226: "en pumpe har verken kurve eller effekt",
    227: "kurven til en pumpe er ugyldig",
    230: "en kurve har x-verdier som ikke stiger",
    233: "en node har ingen ledning",
    252: "en id er ugyldig",
}
_ERROR: Final = re.compile(r"Error (\d{3})")
# The engine ends with «one or more errors in input file», which says nothing more.
_SUMMARY: Final = 200
_MAX_LINE: Final = 1023


def ask_epanet(text: InpText, faults: Faults) -> None:
    """Let EPANET open a model, and refuse what it refuses; tell when it is not installed.

    Parameters
    ----------
    text
        The model.
    faults
        Where what is wrong is noted.
    """
    if importlib.util.find_spec("wntr") is None:
        faults.tell(
            None, "ikke_proevd",
            "Modellen er ikke prøvd i EPANET, som ikke er installert (tillegget «va»).",
        )  # fmt: skip
        return
    report = _report(text)
    if report is None:
        return
    rows = report.splitlines()
    found = False
    for long in text.lines:
        if len(long.text.encode()) > _MAX_LINE:
            size = format_number(len(long.text))
            told = f"Linjen er på {size} tegn. EPANET tar resten etter {_MAX_LINE} for en ny linje."
            faults.refuse(long, "for_lang_linje", told)
            found = True
    for row, following in zip(rows, [*rows[1:], ""], strict=True):
        match = _ERROR.search(row)
        if match is None or int(match.group(1)) == _SUMMARY:
            continue
        code = int(match.group(1))
        line = _line_of(text, following)
        meaning = _MEANINGS.get(code, row.strip())
        about = f": {line.text.strip()}" if line is not None else f" ({row.strip()})"
        faults.refuse(line, f"epanet_{code}", f"EPANET sier feil {code}, {meaning}{about}")
        found = True
    if not found:
        faults.refuse(None, "epanet", "EPANET kan ikke åpne modellen, og sier ikke hvorfor.")


def _report(text: InpText) -> str | None:
    """Return EPANET's report of a model that it refuses; ``None`` when it opens it."""
    from wntr.epanet.exceptions import EpanetException  # noqa: PLC0415  (an extra, and heavy)
    from wntr.epanet.toolkit import ENepanet  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="askergeo-") as folder:
        model, report = Path(folder) / "modell.inp", Path(folder) / "rapport.txt"
        model.write_text("\n".join(line.text for line in text.lines) + "\n", "utf-8")
        engine = ENepanet()
        try:
            engine.ENopen(str(model), str(report), str(Path(folder) / "svar.bin"))
        except EpanetException as error:
            _close(engine)
            told = report.read_text("utf-8", errors="replace") if report.exists() else ""
            return told if _ERROR.search(told) else f"Error {error}"
        _close(engine)
    return None


def _close(engine: object) -> None:
    from wntr.epanet.exceptions import EpanetException  # noqa: PLC0415

    try:
        engine.ENclose()  # type: ignore[attr-defined]
    except EpanetException:
        return  # it was never open


def _line_of(text: InpText, said: str) -> Line | None:
    """Find the line that EPANET quotes: the last one, for it is a repetition that is refused."""
    wanted = said.split(";", maxsplit=1)[0].split()
    if not wanted:
        return None
    return next((line for line in reversed(text.lines) if list(line.words) == wanted), None)
