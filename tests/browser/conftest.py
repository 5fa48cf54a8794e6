"""The browser, and the made-up results of the output tests for it."""

from __future__ import annotations

import importlib.util
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

HERE = Path(__file__).parent
_samples = runpy.run_path(str(HERE.parent / "outputs" / "conftest.py"))


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"askergeo_tests_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_browser = _load("browser")


@pytest.fixture(scope="session")
def samples() -> dict:
    """Functions that make results: ``small_result``, ``hostile_result``, ``large_result``."""
    return _samples


@pytest.fixture(scope="session")
def looking() -> ModuleType:
    """``browser.py``: sizes of windows, ``drawn_share`` and the like."""
    return _browser


# A module at a time: its event loop must not run under the tests of other folders.
@pytest.fixture(scope="module")
def browser(require_tool: Callable[[str], str]) -> Iterator:
    """One browser for the tests of a module, with the net cut; skipped where there is none.

    ``browser.open(path)`` gives a ``Visit``: ``page`` (Playwright's), ``complaints()``, ``axe()``,
    ``walk()`` (the keyboard), ``tree()`` (the screen reader), ``pdf(…)``, ``shot(…)``, ….
    """
    program = require_tool("chromium")
    for module in ("playwright", "axe_playwright_python"):
        if importlib.util.find_spec(module) is None:
            skip_or_fail(f"the Python package {module} is not installed")
    with _browser.running(program) as one:
        yield one


def skip_or_fail(reason: str) -> None:
    """As the root's: skip on a laptop; fail in CI, where everything must be there."""
    runpy.run_path(str(HERE.parent / "conftest.py"))["skip_or_fail"](reason)


@pytest.fixture
def visit(browser) -> Iterator[Callable]:
    """Open a page for one test; it is closed after."""
    yield browser.open
    browser.close_visits()


class Kinds(dict):
    """Pages by kind; those of the example's plan review are made when first asked for."""

    def __init__(self, made: dict, review: Callable[[], dict]) -> None:
        super().__init__(made)
        self._review = review

    def __missing__(self, kind: str) -> object:
        """Make the pages of the review."""
        if kind not in {"review", "filed"}:
            raise KeyError(kind)
        self.update(self._review())
        return self[kind]


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict:
    """A page of every kind, by name; see ``pages.py``."""
    from askergeo.cli.main import run  # noqa: PLC0415  (loaded only where it is used)

    pages = _load("pages")
    folder = tmp_path_factory.mktemp("sider")
    made = pages.make_pages(folder)
    made["remarks"] = pages.remarks_page(folder, run)
    return Kinds(
        made, lambda: pages.review_pages(folder, request.getfixturevalue("demo_folder"), run)
    )
