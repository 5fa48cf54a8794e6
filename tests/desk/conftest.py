"""A desk on a copy of the example municipality, with its real server on the loopback address."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from askergeo.desk.app import listen, make_app, make_server
from askergeo.desk.jobs import Job, Jobs
from askergeo.desk.packages import Workspace
from askergeo.desk.security import Gate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = "kommune/datapakke"
PATIENCE = 180  # s for a run on a busy machine


@dataclass
class Opened:
    """An open desk, and a browser's side of it that has handed in the key."""

    workspace: Workspace
    jobs: Jobs
    gate: Gate
    client: httpx.Client
    base: str

    def post(self, path: str, **asked: Any) -> httpx.Response:
        return self.client.post(path, headers={"origin": self.base}, **asked)

    def run(self, verb: str, values: dict, files: Any = None) -> Job:
        """Begin a run by the form, and return it."""
        answer = self.post(f"/analyse/{verb}", data={"pakke": PACKAGE, **values}, files=files)
        assert answer.status_code == 303, answer.text
        return self.jobs.get(answer.headers["location"].rpartition("/")[2])

    def ended(self, verb: str, values: dict, files: Any = None) -> Job:
        job = self.run(verb, values, files)
        assert self.jobs.wait(job, PATIENCE)
        return job


@contextmanager
def opened(root: Path, *, limit: int = 5_000_000, at_once: int = 2) -> Iterator[Opened]:
    """Open a desk with its real server, and close it."""
    workspace = Workspace(root)
    jobs = Jobs(workspace.results, at_once=at_once)
    with listen(0) as listener:
        gate = Gate(port=listener.getsockname()[1])
        server = make_server(make_app(workspace, jobs, gate, limit=limit))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        base = f"http://127.0.0.1:{gate.port}"
        try:
            with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
                assert client.get(gate.address()).status_code == 303
                yield Opened(workspace, jobs, gate, client, base)
        finally:
            server.should_exit = True
            thread.join()
            jobs.close()


@pytest.fixture
def root(demo_folder: Path, tmp_path: Path) -> Path:
    """A folder with a copy of the example's package."""
    folder = tmp_path / "mappe"
    # Links are as good as copies: nothing writes in a package.
    package = folder / "kommune" / "datapakke"
    shutil.copytree(demo_folder / "datapakke", package, copy_function=os.link)
    return folder


@pytest.fixture
def desk(root: Path) -> Iterator[Opened]:
    with opened(root) as one:
        yield one


@pytest.fixture
def opening():
    """The function that opens a desk, for tests that want another."""
    return opened
