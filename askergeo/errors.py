"""Errors that a planner can act on.

Each message is in bokmål and says which file, layer, row and rule it is about, and what to do.
The command line prints the message alone and ends with exit code 2; a programmer catches
:class:`AskergeoError`, or the standard type that each error also is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AskergeoError",
    "CatalogueError",
    "CrsError",
    "DataQualityError",
    "LayerError",
    "LockedError",
    "MissingFileError",
    "MunicipalityError",
    "OverwriteError",
    "PackageError",
    "ParameterError",
    "ServiceError",
    "SourceError",
    "StorageError",
]


class AskergeoError(Exception):
    """Root of every error that askergeo raises on purpose.

    Parameters
    ----------
    message
        What is wrong, in bokmål: file, layer, row, rule.
    remedy
        What the reader can do about it, in bokmål.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message}\n{remedy}" if remedy else message)


class MissingFileError(AskergeoError, FileNotFoundError):
    """A file or folder does not exist."""


class SourceError(AskergeoError, ValueError):
    """A file cannot be read as what it claims to be."""


class CatalogueError(AskergeoError, ValueError):
    """The layer catalogue has a fault, or does not know the layer."""


class LayerError(AskergeoError, ValueError):
    """A layer lacks columns or rows that are needed, or has the wrong kind of geometry."""


class CrsError(AskergeoError, ValueError):
    """The coordinate reference system is missing, wrong, or cannot be transformed exactly."""


class DataQualityError(AskergeoError, ValueError):
    """The data break a rule so that a result would be wrong."""


class PackageError(AskergeoError, RuntimeError):
    """A data package is broken, too new, or changed outside askergeo."""


class OverwriteError(AskergeoError, FileExistsError):
    """Something exists already and overwriting was not asked for."""


class LockedError(AskergeoError, RuntimeError):
    """Another process is writing the same data package."""


class StorageError(AskergeoError, OSError):
    """The disk is full or refuses the write; nothing was changed."""


class MunicipalityError(AskergeoError, ValueError):
    """The municipality number does not exist or has been replaced."""


class ServiceError(AskergeoError, ConnectionError):
    """A service on the net does not answer, is busy, or refuses."""


class ParameterError(AskergeoError, ValueError):
    """A parameter has a value that is not allowed."""


def collect(problems: Iterable[str]) -> str:
    """Join problems to one message, a line each, so that all are seen at once.

    Examples
    --------
    >>> print(collect(["kolonnen «navn» mangler", "kolonnen «type» mangler"]))
    - kolonnen «navn» mangler
    - kolonnen «type» mangler
    """
    return "\n".join(f"- {problem}" for problem in problems)
