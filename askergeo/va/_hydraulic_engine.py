"""EPANET's own library, as it lies in wntr, on one model in a temporary folder.

The library is called directly, in double precision and in step with its clock: the values are
EPANET's own, not those of its file of results, which are rounded to seven digits. wntr itself is
not imported; that takes longer than most runs.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from askergeo.errors import MissingFileError, SourceError
from askergeo.va._hydraulic_errors import refusal

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

__all__ = [
    "COUNT_LINKS",
    "COUNT_NODES",
    "LINK",
    "NODE",
    "TIME",
    "Project",
]

# Codes of EPANET 2.2's toolkit.
COUNT_NODES, COUNT_LINKS, _COUNT_CONTROLS, _COUNT_RULES = 0, 2, 5, 6
NODE: Final = {"elevation": 0, "demand": 9, "head": 10, "pressure": 11, "deficit": 27}
LINK: Final = {
    "diameter": 0,
    "length": 1,
    "initial_status": 4,
    "flow": 8,
    "velocity": 9,
    "status": 11,
    "pattern": 15,
    "pump_state": 16,
}
TIME: Final = {
    "duration": 0,
    "pattern_step": 3,
    "pattern_start": 4,
    "report_step": 5,
    "report_start": 6,
    "clock_start": 10,
}
_CV, _PIPE, _PUMP = 0, 1, 2
_WARNINGS: Final = 6
_ID_BYTES: Final = 64
# Flows are guessed anew, and no file of hydraulics is written.
_FRESH: Final = 10
_DEMAND_MULTIPLIER: Final = 4
_PRESSURE_DRIVEN: Final = 1


@cache
def _library() -> ctypes.CDLL:
    """Load EPANET 2.2 from where wntr keeps it.

    Raises
    ------
    MissingFileError
        When wntr is not installed, or has no EPANET for this machine.
    """
    spec = find_spec("wntr")
    if spec is None or not spec.submodule_search_locations:
        raise MissingFileError(
            "EPANET er ikke installert: pakken wntr mangler.",
            remedy="Installer askergeo med tillegget «va», og prøv igjen.",
        )
    if sys.platform.startswith("win"):
        name = "windows-x64/epanet22.dll"
    elif sys.platform == "darwin":
        arm = "arm" in platform.platform().lower()
        name = "darwin-arm/libepanet2.dylib" if arm else "darwin-x64/libepanet22.dylib"
    else:
        name = "linux-x64/libepanet22.so"
    file = Path(spec.submodule_search_locations[0]) / "epanet" / "libepanet" / name
    if not file.is_file():
        raise MissingFileError(
            f"EPANET finnes ikke for denne maskinen: {file.name} mangler i pakken wntr.",
            remedy="Installer askergeo med tillegget «va» på nytt; wntr 1.2 eller nyere har filen.",
        )
    return ctypes.CDLL(str(file))


class Project:
    """One model that EPANET has open; used in a ``with``.

    Parameters
    ----------
    text
        The model as an .inp file.
    name
        What the model is called in messages.

    Raises
    ------
    SourceError
        When EPANET refuses the model; every fault is named with line and element.
    """

    def __init__(self, text: str, name: str) -> None:
        self._text, self.name = text, name
        self._lib = _library()
        self._handle = ctypes.c_uint64()
        self._folder: TemporaryDirectory[str] | None = None
        self._solving = False

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="askergeo-epanet-")
        folder = Path(self._folder.name)
        model, report = folder / "modell.inp", folder / "rapport.txt"
        model.write_text(self._text, encoding="utf-8", newline="\n")
        self._lib.EN_createproject(ctypes.byref(self._handle))
        paths = (str(one).encode() for one in (model, report, folder / "ut.bin"))
        code = self._lib.EN_open(self._handle, *paths)
        if code > _WARNINGS:
            self._lib.EN_close(self._handle)
            told = report.read_text(encoding="utf-8", errors="replace") if report.exists() else ""
            self._lib.EN_deleteproject(self._handle)
            self._folder.cleanup()
            raise refusal(code, told, self._text, self.name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._solving:
            self._lib.EN_closeH(self._handle)
        self._lib.EN_close(self._handle)
        self._lib.EN_deleteproject(self._handle)
        if self._folder is not None:
            self._folder.cleanup()

    def _call(self, name: str, *arguments: object) -> int:
        code = int(getattr(self._lib, name)(self._handle, *arguments))
        if code > _WARNINGS:
            raise refusal(code, "", self._text, self.name)
        return code

    def _integer(self, name: str, *arguments: object) -> int:
        value = ctypes.c_int()
        self._call(name, *arguments, ctypes.byref(value))
        return value.value

    def count(self, what: int) -> int:
        """Return how many of a kind the model has."""
        return self._integer("EN_getcount", what)

    def flow_unit(self) -> int:
        """Return EPANET's number of the model's flow unit."""
        return self._integer("EN_getflowunits")

    def time(self, what: str) -> int:
        """Return a time of the model, seconds."""
        value = ctypes.c_long()
        self._call("EN_gettimeparam", TIME[what], ctypes.byref(value))
        return value.value

    def set_time(self, what: str, seconds: int) -> None:
        """Change a time of the model."""
        self._call("EN_settimeparam", TIME[what], ctypes.c_long(seconds))

    def names(self, kind: str) -> NDArray[np.object_]:
        """Return the ids of ``node`` or ``link``, in EPANET's order."""
        count = self.count(COUNT_NODES if kind == "node" else COUNT_LINKS)
        buffer = ctypes.create_string_buffer(_ID_BYTES)
        names = []
        for index in range(1, count + 1):
            self._call(f"EN_get{kind}id", index, buffer)
            names.append(buffer.value.decode("utf-8", errors="replace"))
        return np.array(names, dtype=object)

    def types(self, kind: str) -> NDArray[np.int64]:
        """Return EPANET's types of the nodes (0 junction, 1 reservoir, 2 tank) or links."""
        count = self.count(COUNT_NODES if kind == "node" else COUNT_LINKS)
        asked = f"EN_get{kind}type"
        return np.array([self._integer(asked, one) for one in range(1, count + 1)], dtype=np.int64)

    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the first and last node of each link, from 0."""
        count = self.count(COUNT_LINKS)
        one, two = ctypes.c_int(), ctypes.c_int()
        pairs = np.zeros((count, 2), dtype=np.int64)
        for index in range(count):
            self._call("EN_getlinknodes", index + 1, ctypes.byref(one), ctypes.byref(two))
            pairs[index] = one.value - 1, two.value - 1
        return pairs[:, 0], pairs[:, 1]

    def values(self, kind: str, what: str, count: int) -> Reals:
        """Return a value of every ``node`` or ``link``, (count,), in the model's units."""
        code = (NODE if kind == "node" else LINK)[what]
        ask = getattr(self._lib, f"EN_get{kind}value")
        value = ctypes.c_double()
        place, handle = ctypes.byref(value), self._handle
        out = np.empty(count)
        for index in range(count):
            ask(handle, index + 1, code, place)
            out[index] = value.value
        return out

    def node(self, index: int, what: str) -> float:
        """Return a value of one node, from 0."""
        value = ctypes.c_double()
        self._call("EN_getnodevalue", index + 1, NODE[what], ctypes.byref(value))
        return value.value

    def pressure_driven(self, least: float, required: float, exponent: float) -> None:
        """Let what is delivered follow the pressure; pressures in the model's unit."""
        self._call(
            "EN_setdemandmodel",
            _PRESSURE_DRIVEN,
            ctypes.c_double(least),
            ctypes.c_double(required),
            ctypes.c_double(exponent),
        )

    def demand_driven(self) -> None:
        """Let what is asked for be delivered whatever the pressure."""
        self._call(
            "EN_setdemandmodel", 0, ctypes.c_double(0), ctypes.c_double(0.1), ctypes.c_double(0.5)
        )

    def add_demand(self, index: int, flow: float) -> None:
        """Take out more at a node, the same at every hour, in the model's unit."""
        factor = ctypes.c_double()
        self._call("EN_getoption", _DEMAND_MULTIPLIER, ctypes.byref(factor))
        base = flow / factor.value if factor.value else flow
        self._call("EN_adddemand", index + 1, ctypes.c_double(base), b"", b"uttak")

    def change_last_demand(self, index: int, flow: float) -> None:
        """Change the last demand that was added to a node."""
        factor = ctypes.c_double()
        self._call("EN_getoption", _DEMAND_MULTIPLIER, ctypes.byref(factor))
        last = self._integer("EN_getnumdemands", index + 1)
        base = flow / factor.value if factor.value else flow
        self._call("EN_setbasedemand", index + 1, last, ctypes.c_double(base))

    def close_links(self, links: Reals | list[int]) -> None:
        """Shut links for good: no control, rule or pattern opens them again."""
        chosen = {int(one) + 1 for one in links}
        self._drop_controls(chosen)
        self._drop_rules(chosen)
        for index in sorted(chosen):
            kind = self._integer("EN_getlinktype", index)
            if kind == _CV:
                place = ctypes.c_int(index)
                self._call("EN_setlinktype", ctypes.byref(place), _PIPE, 0)
            if kind == _PUMP:
                self._call("EN_setlinkvalue", index, LINK["pattern"], ctypes.c_double(0))
            self._call("EN_setlinkvalue", index, LINK["initial_status"], ctypes.c_double(0))

    def _drop_controls(self, chosen: set[int]) -> None:
        kind, link, node = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
        setting, level = ctypes.c_double(), ctypes.c_double()
        for control in range(self.count(_COUNT_CONTROLS), 0, -1):
            places = (ctypes.byref(one) for one in (kind, link, setting, node, level))
            self._call("EN_getcontrol", control, *places)
            if link.value in chosen:
                self._call("EN_deletecontrol", control)

    def _drop_rules(self, chosen: set[int]) -> None:
        counts = [ctypes.c_int() for _ in range(3)]
        link, status = ctypes.c_int(), ctypes.c_int()
        number = ctypes.c_double()
        for rule in range(self.count(_COUNT_RULES), 0, -1):
            places = [ctypes.byref(one) for one in counts]
            self._call("EN_getrule", rule, *places, ctypes.byref(number))
            actions = zip(("EN_getthenaction", "EN_getelseaction"), counts[1:], strict=True)
            touched = False
            for name, count in actions:
                for action in range(1, count.value + 1):
                    self._call(
                        name, rule, action, *(ctypes.byref(one) for one in (link, status, number))
                    )
                    touched = touched or link.value in chosen
            if touched:
                self._call("EN_deleterule", rule)

    def begin(self) -> None:
        """Make ready for a first step; once more begins the clock anew."""
        if not self._solving:
            self._call("EN_openH")
            self._solving = True
        self._call("EN_initH", _FRESH)

    def step(self) -> tuple[int, int]:
        """Solve at the clock's time: the time in seconds, and EPANET's warning (0 for none)."""
        now = ctypes.c_long()
        code = self._call("EN_runH", ctypes.byref(now))
        return now.value, code

    def next(self) -> int:
        """Move the clock on; the seconds until the next step, 0 at the end."""
        length = ctypes.c_long()
        self._call("EN_nextH", ctypes.byref(length))
        return length.value

    def save_text(self) -> str:
        """Return the model as EPANET itself writes it.

        Raises
        ------
        SourceError
            When EPANET writes nothing.
        """
        if self._folder is None:
            raise SourceError(f"Modellen {self.name} er ikke åpen.", remedy="Åpne den først.")
        file = Path(self._folder.name) / "lagret.inp"
        self._call("EN_saveinpfile", str(file).encode())
        return file.read_text(encoding="utf-8", errors="replace")
