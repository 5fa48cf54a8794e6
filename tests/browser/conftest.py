"""The made-up results of the output tests, for the browser too."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

_samples = runpy.run_path(str(Path(__file__).parent.parent / "outputs" / "conftest.py"))


@pytest.fixture(scope="session")
def samples() -> dict:
    """Functions that make results: ``small_result``, ``hostile_result``, ``large_result``."""
    return _samples
