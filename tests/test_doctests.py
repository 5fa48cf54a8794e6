"""Every example in a docstring of the package is run."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import askergeo
import askergeo.cli

FOLDERS = {
    "askergeo": Path(askergeo.__file__).parent,
    "askergeo.cli": Path(askergeo.cli.__file__).parent,
}
MODULES = sorted(
    ".".join([name, *file.relative_to(folder).with_suffix("").parts]).removesuffix(".__init__")
    for name, folder in FOLDERS.items()
    for file in folder.rglob("*.py")
)


@pytest.mark.parametrize("name", sorted(set(MODULES)))
def test_examples(name):
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    outcome = doctest.testmod(importlib.import_module(name), optionflags=flags)
    assert outcome.failed == 0
