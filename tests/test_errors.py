"""Errors carry what is wrong and what to do."""

from __future__ import annotations

import pytest

from askergeo import errors
from askergeo.errors import AskergeoError, MissingFileError, StorageError

KINDS = [getattr(errors, name) for name in errors.__all__ if name != "AskergeoError"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_is_ours_and_a_standard_one(kind):
    assert issubclass(kind, AskergeoError)
    assert issubclass(kind, OSError | ValueError | RuntimeError)
    error = kind("Hva.", remedy="Gjør.")
    assert (error.message, error.remedy, str(error)) == ("Hva.", "Gjør.", "Hva.\nGjør.")
    assert str(kind("Hva.")) == "Hva."


def test_errors_are_caught_as_the_standard_ones():
    for kind, standard in ((MissingFileError, FileNotFoundError), (StorageError, OSError)):
        with pytest.raises(standard):
            raise kind("x")
