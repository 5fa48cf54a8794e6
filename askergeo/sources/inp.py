"""Models of pipe networks: EPANET 2 and SWMM 5 (.inp).

The elements become nodes, links and plants with the package's columns and units; the lines of the
file are kept as the layer ``va_modell``. With both, :func:`write_inp`
writes the model again: what nobody has changed stands as it stood, to the letter, and what is
changed in a layer is changed in the model.

What EPANET and SWMM themselves refuse is refused here, with the number of the line; what they take
but a reader should know is told in :attr:`Model.faults`. The formats follow the EPANET 2.2 user
manual (US EPA 2020, appendix C) and the SWMM 5.2 user's manual (US EPA 2022, appendix D).
"""

from __future__ import annotations

from askergeo.sources._inp_elements import FAULT_COLUMNS, Element, Model, Value
from askergeo.sources._inp_frames import INP_LAYERS, LOCAL, Placing, layers_of, placing_of
from askergeo.sources._inp_reading import read_inp
from askergeo.sources.inp_writing import inp_text, write_inp

__all__ = [
    "FAULT_COLUMNS",
    "INP_LAYERS",
    "LOCAL",
    "Element",
    "Model",
    "Placing",
    "Value",
    "inp_text",
    "layers_of",
    "placing_of",
    "read_inp",
    "write_inp",
]
