"""srsName of GML: which coordinate system, and in which order its axes are written.

``EPSG:25832`` and the old ``…/epsg.xml#25832`` mean east before north. The forms
``urn:ogc:def:crs:EPSG::25832`` and ``http://www.opengis.net/def/crs/EPSG/0/25832`` mean the order
of the EPSG register: east first for 25832, north first for 4258 (degrees) and 3044.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import pyproj

from askergeo.errors import CrsError

__all__ = ["SrsName", "parse_srs_name"]

_REGISTER = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/)EPSG[:/][^:/]*[:/](\d{1,6})",
    re.IGNORECASE,
)
_COMPOUND = re.compile(
    r"urn:ogc:def:crs,crs:EPSG:[^:]*:(\d{1,6}),crs:EPSG:[^:]*:(\d{1,6})", re.IGNORECASE
)
_EAST_FIRST = re.compile(
    r"(?:EPSG:|https?://www\.opengis\.net/gml/srs/epsg\.xml#)(\d{1,6})", re.IGNORECASE
)
_LONGITUDE_FIRST = re.compile(
    r"urn:ogc:def:crs:OGC:[^:]*:CRS84|https?://www\.opengis\.net/def/crs/OGC/[^/]*/CRS84|CRS:84",
    re.IGNORECASE,
)
# The north-first twins of EUREF89 UTM; the coordinates are turned, so the code is turned too.
_EAST_FIRST_TWIN = {3041 + zone: 25829 + zone for zone in range(8)}


@dataclass(frozen=True)
class SrsName:
    """A coordinate system as a GML file names it.

    Parameters
    ----------
    text
        The srsName as written.
    crs
        What pyproj reads, for coordinates with east first.
    north_first
        The file writes north (latitude) before east (longitude).
    dimension
        Number of axes, the default of srsDimension.
    geographic
        The unit is degrees.
    """

    text: str
    crs: str
    north_first: bool
    dimension: int
    geographic: bool


@lru_cache(maxsize=256)
def parse_srs_name(text: str) -> SrsName:
    """Read a srsName.

    Raises
    ------
    CrsError
        When it is in no known form, or the EPSG register does not know the code.

    Examples
    --------
    >>> parse_srs_name("urn:ogc:def:crs:EPSG::4258").north_first
    True
    >>> parse_srs_name("EPSG:4258").north_first
    False
    """
    name = text.strip()
    compound, register = _COMPOUND.fullmatch(name), _REGISTER.fullmatch(name)
    plain = _EAST_FIRST.fullmatch(name)
    if compound:
        code = f"EPSG:{compound.group(1)}+{compound.group(2)}"
    elif register or plain:
        code = f"EPSG:{(register or plain).group(1)}"  # type: ignore[union-attr] # one is a match
    elif _LONGITUDE_FIRST.fullmatch(name):
        code = "OGC:CRS84"
    else:
        raise CrsError(f"Koordinatsystemet «{name[:100]}» (srsName) er i en ukjent form.")
    try:
        crs = pyproj.CRS.from_user_input(code)
    except pyproj.exceptions.CRSError as error:
        raise CrsError(f"Koordinatsystemet «{name}» (srsName) finnes ikke.") from error
    north_first = crs.axis_info[0].direction == "north" and not plain
    epsg = crs.to_epsg()
    if north_first and epsg in _EAST_FIRST_TWIN:
        code = f"EPSG:{_EAST_FIRST_TWIN[epsg]}"
    return SrsName(text, code, north_first, len(crs.axis_info), bool(crs.is_geographic))
