"""Every example in a docstring of the installed package is run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import askergeo

MODULES = sorted(module.name for module in pkgutil.walk_packages(askergeo.__path__, "askergeo."))
# In a checkout the package's path also holds the folders beside it; only these belong to it.
_BESIDE = ("askergeo.tests", "askergeo.benchmarks", "askergeo.askergeo")


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith(_BESIDE)])
def test_examples(name):
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    outcome = doctest.testmod(importlib.import_module(name), optionflags=flags)
    assert outcome.failed == 0
