"""Kartanalyser for norske kommuner: svar med kart, tabell og kilder.

The package imports nothing heavy: ``import askergeo`` stays quick, and each module is
imported where it is used (``from askergeo.datapackage import DataPackage``).
"""

from pathlib import Path as _Path

__version__ = "0.1.0"

# In a checkout cli/ and layers/ lie beside the package; in an installed wheel inside it.
_checkout = _Path(__file__).resolve().parent.parent
if not (_Path(__file__).parent / "cli").is_dir() and (_checkout / "cli").is_dir():
    __path__.append(str(_checkout))
