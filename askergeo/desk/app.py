"""The web application: its addresses, and the server that runs it on this machine alone."""

from __future__ import annotations

import socket
import webbrowser
from contextlib import asynccontextmanager, suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from filelock import FileLock, Timeout
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from askergeo.desk import forms, pages
from askergeo.desk.compare import answers, compare
from askergeo.desk.jobs import Jobs, State
from askergeo.desk.packages import PLANS, SUFFIXES, Workspace
from askergeo.desk.security import ENTRY, HOST, REPORTS, UPLOAD_LIMIT, Gate, Guard, report_policy
from askergeo.desk.verbs import verbs
from askergeo.errors import AskergeoError, LockedError, StorageError
from askergeo.messages import messages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from starlette.requests import Request

    from askergeo.desk.jobs import Job
    from askergeo.desk.packages import Found
    from askergeo.desk.verbs import Verb

__all__ = ["Desk", "listen", "make_app", "make_server", "serve"]

_LOCK: Final = ".skrivebord.lock"
_SEE_OTHER: Final = 303
_BAD_FORM: Final = 422
_MISSING: Final = 404
_TOO_LARGE: Final = 413
_FEWEST: Final = 2
_RECENT: Final = 8
_SHOWN: Final = {".html": "text/html", ".svg": "image/svg+xml", ".png": "image/png"}
_FIELDS: Final = 2000


class Desk:
    """One open desk: its folder, its runs and its secrets; each method answers one address."""

    def __init__(self, workspace: Workspace, jobs: Jobs, gate: Gate) -> None:
        self.workspace = workspace
        self.jobs = jobs
        self.gate = gate

    def routes(self) -> list[Route]:
        """Return the addresses of the desk."""
        return [
            Route(ENTRY, self.enter),
            Route("/", self.front),
            Route("/pakke", self.package),
            Route("/analyse/{verb}", self.form),
            Route("/analyse/{verb}", self.run, methods=["POST"]),
            Route("/planer", self.upload, methods=["POST"]),
            Route("/resultater", self.results),
            Route("/kjoring/{run}", self.progress),
            Route("/kjoring/{run}/status", self.status),
            Route("/kjoring/{run}/avbryt", self.cancel, methods=["POST"]),
            Route("/sammenlign", self.comparison),
            Route("/filer/{name}", self.asset),
            Route(REPORTS + "{seal}/{run}/{path:path}", self.report),
        ]

    def enter(self, request: Request) -> Response:
        """Take the key, and give the cookie for it."""
        if not self.gate.opens(request.query_params.get("nokkel", "")):
            return self._fault("feil_nokkel", 403)
        answer = RedirectResponse("/", status_code=_SEE_OTHER)
        answer.set_cookie(
            self.gate.cookie, self.gate.session, httponly=True, samesite="strict", path="/"
        )
        return answer

    def front(self, _request: Request) -> Response:
        """Show the packages, the plan files and the latest runs."""
        return self._front()

    def package(self, request: Request) -> Response:
        """Show a package, and what can be asked of it."""
        found = self._package(request.query_params.get("navn", ""))
        return _page(
            "package",
            package=found,
            records=_layers(found),
            themes=pages.offered(self.workspace, found),
        )

    def form(self, request: Request) -> Response:
        """Show the form of a verb; filled as in an earlier run when one is named."""
        verb = self._verb(request)
        package = self._package(request.query_params.get("pakke", ""))
        earlier = self.jobs.get(request.query_params.get("fra", ""))
        values = earlier.values if earlier and earlier.verb == verb.id else {}
        return self._form(verb, package, values, {})

    async def run(self, request: Request) -> Response:
        """Read a filled form, and put the run in the queue, or show what is wrong."""
        verb = self._verb(request)
        async with request.form(max_files=100, max_fields=_FIELDS) as filled:
            values: dict[str, list[str]] = {}
            uploads: list[tuple[str, UploadFile]] = []
            for name, value in filled.multi_items():
                if isinstance(value, UploadFile):
                    if value.filename:
                        uploads.append((name, value))
                else:
                    values.setdefault(name, []).append(value)
            package = self._package("".join(values.pop("pakke", [])))
            wrong = await run_in_threadpool(self._keep, verb, uploads, values)
        return await run_in_threadpool(self._begin, verb, package, values, wrong)

    async def upload(self, request: Request) -> Response:
        """Keep plan files that are handed in on the front page."""
        async with request.form(max_files=100, max_fields=_FIELDS) as filled:
            given = [one for one in filled.getlist("fil") if isinstance(one, UploadFile)]
            named = [one for one in given if one.filename]
            wrong = [] if named else [messages("nb").say("skrivebord.feil.ingen_fil")]
            for one in named:
                fault = await run_in_threadpool(self._keep_one, one)
                wrong += [fault[1]] if fault[1] else []
        if wrong:
            return self._front(wrong)
        return RedirectResponse("/#planer", status_code=_SEE_OTHER)

    def results(self, _request: Request) -> Response:
        """List every run."""
        return _page("results", runs=[self._record(one) for one in self.jobs.all()], error="")

    def progress(self, request: Request) -> Response:
        """Show how a run goes, or what it gave."""
        job = self._job(request)
        return _page("run", **self._record(job), log=self.jobs.log(job))

    def status(self, request: Request) -> Response:
        """Tell how a run goes, for the page that shows it."""
        return JSONResponse(pages.status_record(self.jobs, self._job(request)))

    def cancel(self, request: Request) -> Response:
        """End a run."""
        job = self._job(request)
        self.jobs.cancel(job)
        return RedirectResponse(f"/kjoring/{job.id}", status_code=_SEE_OTHER)

    def comparison(self, request: Request) -> Response:
        """Show finished runs of one verb side by side."""
        names = list(dict.fromkeys(request.query_params.getlist("kjoring")))
        chosen = [one for one in map(self.jobs.get, names) if one and one.state == State.DONE]
        chosen.sort(key=lambda one: (one.created, one.id))
        found = [answers(self.jobs.report(one) / "resultat.json") for one in chosen]
        fault = _unlike(chosen, found)
        if fault:
            runs = [self._record(one) for one in self.jobs.all()]
            return _page("results", status=_BAD_FORM, runs=runs, error=fault)
        return _page(
            "compare", runs=[self._record(one) for one in chosen], comparisons=compare(found)
        )

    def asset(self, request: Request) -> Response:
        """Return the desk's own style or script."""
        found = pages.asset(request.path_params["name"])
        if found is None:
            raise HTTPException(_MISSING)
        return Response(found[0], media_type=found[1])

    def report(self, request: Request) -> Response:
        """Return a file of a report, to those who have its own key."""
        name, seal = request.path_params["run"], request.path_params["seal"]
        job = self.jobs.get(name) if self.gate.sealed(name, seal) else None
        path = None if job is None else _file(self.jobs.report(job), request.path_params["path"])
        if path is None:
            raise HTTPException(_MISSING)
        kind = _SHOWN.get(path.suffix.lower())
        return FileResponse(
            path,
            media_type=kind or "application/octet-stream",
            filename=None if kind else path.name,
            headers=report_policy(page=kind == "text/html"),
        )

    async def fault(self, _request: Request, error: Exception) -> Response:
        """Answer in bokmål what is not found, and what a browser sent that cannot be read."""
        status = error.status_code if isinstance(error, HTTPException) else _BAD_FORM
        return self._fault("for_stor" if status == _TOO_LARGE else "finnes_ikke", status)

    def _front(self, wrong: list[str] | None = None) -> Response:
        return _page(
            "front",
            status=_BAD_FORM if wrong else 200,
            root=self.workspace.root.name,
            packages=self.workspace.packages(),
            plans=list(self.workspace.plans()),
            plan_folder=PLANS,
            suffixes=",".join(sorted(SUFFIXES)),
            runs=[self._record(one) for one in self.jobs.all()[:_RECENT]],
            errors=wrong or [],
        )

    def _form(
        self,
        verb: Verb,
        package: Found,
        values: Mapping[str, list[str]],
        errors: Mapping[str, str],
    ) -> Response:
        options, parameters = forms.fields(verb, self.workspace, package, values, errors)
        return _page(
            "form",
            status=_BAD_FORM if errors else 200,
            verb=verb,
            package=package,
            options=options,
            parameters=parameters,
            errors=errors,
            lacking=pages.lacking_of(self.workspace, verb, package),
            file_name=forms.FILE,
            suffixes=",".join(sorted(SUFFIXES)),
        )

    def _keep(
        self, verb: Verb, uploads: list[tuple[str, UploadFile]], values: dict[str, list[str]]
    ) -> dict[str, str]:
        """Keep the files of a form, and choose them in it; say what is wrong by field."""
        options = {one.name: one for one in verb.options if one.kind == "fil"}
        wrong: dict[str, str] = {}
        for name, one in uploads:
            option = options.get(name.removeprefix(forms.FILE))
            if option is None:
                continue
            kept, fault = self._keep_one(one)
            target = forms.OPTION + option.name
            if fault:
                wrong[target] = fault
            elif option.many:
                values.setdefault(target, []).append(kept)
            else:
                values[target] = [kept]
        return wrong

    def _keep_one(self, one: UploadFile) -> tuple[str, str]:
        """Keep a file; return its name and what was wrong, one of them empty."""
        try:
            return self.workspace.add_plan(one.filename or "", one.file), ""
        except AskergeoError as error:
            return "", f"{error.message} {error.remedy}".strip()

    def _begin(
        self,
        verb: Verb,
        package: Found,
        values: dict[str, list[str]],
        wrong: dict[str, str],
    ) -> Response:
        name = self.jobs.reserve(verb.id)
        out = self.jobs.folder / name / "rapport"
        filled = forms.read(verb, self.workspace, package, values, out=out)
        errors = filled.errors | wrong
        if errors:
            self.jobs.forget(name)
            return self._form(verb, package, values, errors)
        job = self.jobs.start(
            name,
            verb=verb.id,
            title=verb.title,
            words=[*verb.words, *filled.arguments],
            package=(package.id, package.title),
            scenario=filled.scenario,
            values=values,
        )
        return RedirectResponse(f"/kjoring/{job.id}", status_code=_SEE_OTHER)

    def _verb(self, request: Request) -> Verb:
        verb = verbs().get(request.path_params["verb"])
        if verb is None:
            raise HTTPException(_MISSING)
        return verb

    def _package(self, name: str) -> Found:
        found = self.workspace.package(name)
        if found is None:
            raise HTTPException(_MISSING)
        return found

    def _job(self, request: Request) -> Job:
        job = self.jobs.get(request.path_params["run"])
        if job is None:
            raise HTTPException(_MISSING)
        return job

    def _record(self, job: Job) -> dict[str, Any]:
        return pages.run_record(self.jobs, job, self.gate)

    def _fault(self, key: str, status: int) -> Response:
        return _page("fault", status=status, text=messages("nb").say(f"skrivebord.avvist.{key}"))


def make_app(
    workspace: Workspace, jobs: Jobs, gate: Gate, *, limit: int = UPLOAD_LIMIT
) -> Callable[..., Any]:
    """Make the application, with the guard before it.

    Parameters
    ----------
    limit
        Bytes that a request may send.
    """
    desk = Desk(workspace, jobs, gate)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(jobs.close)

    inside = Starlette(
        routes=desk.routes(), lifespan=life, exception_handlers={HTTPException: desk.fault}
    )
    return Guard(inside, gate, limit)


def serve(
    root: Path, *, port: int = 0, open_browser: bool = True, told: Callable[[str], None]
) -> None:
    """Open the desk and keep it open until it is interrupted.

    Parameters
    ----------
    root
        The folder that it works in.
    port
        Where to listen; 0 is any that is free.
    open_browser
        Open the machine's browser.
    told
        Gets the address.

    Raises
    ------
    MissingFileError, ParameterError
        As :class:`askergeo.desk.packages.Workspace`.
    LockedError
        When another desk has the folder open.
    StorageError
        When the port is taken, or nothing can be written in the folder.
    """
    workspace = Workspace(root)
    try:
        workspace.results.mkdir(exist_ok=True)
        lock = FileLock(workspace.results / _LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise LockedError(
            f"Mappen «{root}» er åpen i et annet skrivebord.",
            remedy="Bruk det, eller lukk det først med Ctrl-C i terminalvinduet.",
        ) from error
    except OSError as error:
        raise StorageError(f"Det kan ikke skrives i mappen «{root}»: {error.strerror}.") from error
    try:
        with listen(port) as listener:
            gate = Gate(port=listener.getsockname()[1])
            jobs = Jobs(workspace.results)
            told(gate.address())
            if open_browser:
                with suppress(webbrowser.Error):
                    webbrowser.open(gate.address(gate.once()))
            try:
                # Ctrl-C is how the desk is closed.
                with suppress(KeyboardInterrupt):
                    make_server(make_app(workspace, jobs, gate)).run(sockets=[listener])
            finally:
                jobs.close()
    finally:
        lock.release()


def listen(port: int) -> socket.socket:
    """Listen on this machine's own address, and no other."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise StorageError(
            f"Port {port} kan ikke brukes.", remedy="Ta bort --port, så velges en som er ledig."
        ) from error
    return listener


def make_server(app: Callable[..., Any]) -> uvicorn.Server:
    """Return the server of the application; it keeps no log, since addresses hold keys."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
            ws="none",
        )
    )


def _page(name: str, /, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401  (what the template shows)
    return HTMLResponse(pages.render(name, **values), status_code=status)


def _layers(found: Found) -> list[dict[str, Any]]:
    package = found.package
    if package is None:
        return []
    return [
        {"title": package.catalogue[name].title, "record": record}
        for name, record in package.records.items()
    ]


def _file(folder: Path, name: str) -> Path | None:
    """Return a file in a folder, wherever the name would lead; ``None`` when it is not one."""
    parts = PurePosixPath(name).parts
    if (
        not parts
        or name.endswith("/")
        or "\\" in name
        or "\0" in name
        or any(part.startswith(".") for part in parts)
    ):
        return None
    with suppress(OSError, ValueError):
        path = folder.joinpath(*parts).resolve(strict=True)
        if path.is_relative_to(folder.resolve()) and path.is_file():
            return path
    return None


def _unlike(chosen: list[Job], found: list[dict[str, Any]]) -> str:
    """Say why runs cannot be compared; empty when they can."""
    say = messages("nb").say
    if len(chosen) < _FEWEST:
        return say("skrivebord.feil.for_fa")
    if len({one.verb for one in chosen}) > 1:
        return say("skrivebord.feil.ulike")
    empty = [job.id for job, one in zip(chosen, found, strict=True) if not one]
    return say("skrivebord.feil.uten_svar", name=empty[0]) if empty else ""
