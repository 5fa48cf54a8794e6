"""What EPANET says when it refuses a model, in bokmål, with line and element."""

from __future__ import annotations

import re
from typing import Final

from askergeo.errors import SourceError, collect

__all__ = ["WARNINGS", "refusal"]

#: EPANET's warnings of a step, by number.
WARNINGS: Final = {
    1: "EPANET fant ikke likevekt mellom trykk og vannføring",
    2: "Løsningen er ustabil: EPANET måtte låse ventiler og pumper for å finne den",
    3: "Deler av nettet er uten forbindelse til en kilde",
    4: "Pumper klarer ikke løftehøyden eller vannføringen",
    5: "Ventiler klarer ikke å gi vannføringen de er stilt på",
    6: "Negativt trykk der det tas ut vann: det som trengs, kan ikke leveres",
}
_ERRORS: Final = {
    101: "Maskinen har ikke nok minne",
    102: "Modellen er tom",
    110: "EPANET klarer ikke å løse ligningene for nettet",
    200: "Modellen har feil",
    201: "Linjen kan ikke leses",
    202: "Tallet er ugyldig",
    203: "Noden finnes ikke",
    204: "Ledningen finnes ikke",
    205: "Mønsteret finnes ikke",
    206: "Kurven finnes ikke",
    207: "En tilbakeslagsventil kan ikke styres",
    208: "Grensene for trykkavhengig uttak er ugyldige",
    209: "En egenskap ved noden er ugyldig",
    211: "En egenskap ved ledningen er ugyldig",
    213: "Valget er ugyldig",
    214: "Linjen er for lang",
    215: "Id-en er brukt to ganger",
    216: "Pumpen finnes ikke",
    217: "Pumpen har verken kurve eller effekt",
    219: "Ventilen kan ikke stå inntil et basseng eller en kilde",
    220: "Ventilen kan ikke stå inntil en annen ventil",
    221: "Regelen har ledd i feil rekkefølge",
    222: "Ledningen begynner og slutter i samme node",
    223: "Modellen har for få noder",
    224: "Modellen har verken kilde eller basseng",
    225: "Bassenget har ugyldige nivåer",
    226: "Pumpen har verken kurve eller effekt",
    227: "Pumpekurven er ugyldig",
    230: "Kurven har x-verdier som ikke stiger",
    233: "En node henger ikke på noen ledning",
    234: "Noden henger ikke på noen ledning",
    250: "Formatet er ugyldig, for eksempel en id på mer enn 31 tegn",
    251: "Valget finnes ikke i EPANET",
    252: "Id-en er ugyldig",
    302: "Modellen kan ikke åpnes",
    303: "Rapporten kan ikke skrives",
}
_SAID: Final = re.compile(r"Error (\d+): (.*)")
_ELEMENT: Final = re.compile(
    r"(?:ID|[Nn]ode|[Ll]ink|[Pp]ump|[Tt]ank|[Vv]alve|[Cc]urve|[Pp]attern) (\S+)"
)
_SECTION: Final = re.compile(r"\[(\w+)\]")
# EPANET's plural for the whole file says nothing by itself.
_WHOLE_FILE: Final = 200
# «Not enough nodes» and «no tanks» name nothing.
_NO_ELEMENT: Final = (223, 224)


def refusal(code: int, report: str, text: str, name: str) -> SourceError:
    """Make the error for a model that EPANET refuses, from its code and its report.

    Parameters
    ----------
    code
        EPANET's error.
    report
        The report that it wrote; empty where it wrote none.
    text
        The model.
    name
        What the model is called.
    """
    faults = list(_faults(report.splitlines(), text.splitlines()))
    if not faults:
        faults = [_ERRORS.get(code, "EPANET stanset") + f" (EPANET-feil {code})."]
    return SourceError(
        f"EPANET kan ikke kjøre modellen {name}:\n{collect(faults)}",
        remedy="Rett modellen, og legg den til på nytt.",
    )


def _faults(report: list[str], lines: list[str]) -> list[str]:
    told = []
    for at, row in enumerate(report):
        found = _SAID.search(row)
        if found is None or int(found[1]) == _WHOLE_FILE:
            continue
        section = _SECTION.search(found[2])
        content = report[at + 1].strip() if section and at + 1 < len(report) else ""
        told.append(_fault(int(found[1]), found[2], section[1] if section else "", content, lines))
    return list(dict.fromkeys(told))


def _fault(code: int, said: str, section: str, content: str, lines: list[str]) -> str:
    what = _ERRORS.get(code, said.rstrip(":. "))
    words = content.split()
    element = f" ved «{words[0]}»" if words else _named(code, said)
    line = next((n for n, one in enumerate(lines, 1) if content and one.strip() == content), 0)
    where = f"linje {line}, " if line else ""
    part = f" i [{section}]" if section else ""
    undefined = re.match(r"undefined \w+ (\S+)", said) or re.search(r"label (\S+)", said)
    value = f": «{undefined[1]}»" if undefined else ""
    what = what[:1].lower() + what[1:] if where else what
    return f"{where}{what}{value}{element}{part} (EPANET-feil {code})."


def _named(code: int, said: str) -> str:
    """Return the element that a message without a line names, as «node 12» does at its end."""
    found = _ELEMENT.search(said)
    return f" ved «{found[1].rstrip(':.')}»" if found and code not in _NO_ELEMENT else ""
