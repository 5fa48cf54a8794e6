"""Fixtures for all tests: the real data beside the checkout, and tools of other makers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared" / "data"


def skip_or_fail(reason: str) -> None:
    """Skip on a laptop; fail in CI, where everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with the real data (see its SOURCES.md)."""
    if not SHARED.is_dir():
        skip_or_fail("the real data (../shared/data) is not beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str], str]:
    """Return the path of a program from Debian's packages, or skip."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            skip_or_fail(f"the program {name} is not installed")
        return str(path)

    return find
