"""Who may ask the desk for anything: this machine's own browser, with the key, and nobody else.

The desk listens on the loopback address. That alone would let every page that is open in a
browser ask it, and every program on the machine: so each request must name this host, carry the
cookie that the key gave, and, when it changes something, come from the desk's own pages.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse

from askergeo.messages import messages
from askergeo.outputs.tiles import tile_host

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ENTRY", "HOST", "REPORTS", "UPLOAD_LIMIT", "Gate", "Guard", "report_policy"]

#: The only address that the desk listens on.
HOST: Final = "127.0.0.1"
#: Where the key is handed in, and where reports lie: the two places that need no cookie.
ENTRY: Final = "/inn"
REPORTS: Final = "/rapport/"
#: Bytes that a request may send: a plan in a large municipality has some tens of megabytes.
UPLOAD_LIMIT: Final = 200_000_000
_METHODS: Final = {"GET", "HEAD", "POST"}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # «no-referrer» would take the origin from the desk's own forms too.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# What a page of a report may do: run its own scripts in a world of its own, where it can neither
# ask the desk for anything nor read what the desk has stored.
_SANDBOX: Final = (
    "sandbox allow-scripts allow-downloads allow-modals allow-popups allow-popups-to-escape-sandbox"
)
_REPORT_PAGE: Final = (
    f"{_SANDBOX}; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    f"img-src 'self' data: blob: {tile_host()}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_REPORT_FILE: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def report_policy(*, page: bool) -> dict[str, str]:
    """Return the headers of a file of a report; a page keeps its own, stricter policy besides."""
    return {
        "Content-Security-Policy": _REPORT_PAGE if page else _REPORT_FILE,
        "Referrer-Policy": "no-referrer",
    }


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The secrets of one desk, made anew each time that it opens.

    Parameters
    ----------
    port
        Where it listens.
    key
        The key in the address that is printed: good for as long as the desk is open.
    """

    port: int
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    # Keys that are good once: that of the address which the browser is started with, since other
    # programs of the machine can read what a program was started with.
    _once: set[str] = field(default_factory=set, repr=False)
    _session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    _seal: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def hosts(self) -> frozenset[str]:
        """The names of the desk; any other is another site that points to this address."""
        return frozenset({f"{HOST}:{self.port}", f"localhost:{self.port}"})

    @property
    def cookie(self) -> str:
        """Name of the cookie: browsers do not tell the ports of a host apart."""
        return f"askergeo-{self.port}"

    @property
    def session(self) -> str:
        """What the cookie holds."""
        return self._session

    def address(self, key: str = "") -> str:
        """Return the address that opens the desk."""
        return f"http://{HOST}:{self.port}{ENTRY}?nokkel={key or self.key}"

    def once(self) -> str:
        """Make a key that is good one time."""
        key = secrets.token_urlsafe(32)
        self._once.add(key)
        return key

    def opens(self, key: str) -> bool:
        """Tell whether a key is right; one that is good once is used up."""
        for one in list(self._once):
            if hmac.compare_digest(one.encode(), key.encode()):
                self._once.discard(one)
                return True
        return hmac.compare_digest(self.key.encode(), key.encode())

    def knows(self, cookies: str) -> bool:
        """Tell whether a request's cookies hold the right one."""
        given = cookie_parser(cookies).get(self.cookie, "")
        return hmac.compare_digest(given.encode(), self._session.encode())

    def seal(self, run: str) -> str:
        """Return the key of one report: a page in its own world has no cookie to show."""
        return hmac.new(self._seal, run.encode(), sha256).hexdigest()[:40]

    def sealed(self, run: str, seal: str) -> bool:
        """Tell whether the key of a report is right."""
        return hmac.compare_digest(self.seal(run).encode(), seal.encode())


class Guard:
    """Stands before the whole application and lets in what :class:`Gate` allows."""

    def __init__(self, app: ASGIApp, gate: Gate, limit: int = UPLOAD_LIMIT) -> None:
        self.app = app
        self.gate = gate
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refusal(scope)
        if refused is not None:
            await _page(*refused)(scope, receive, told)
            return
        await self.app(scope, _counted(receive, self.limit), told)

    def _refusal(self, scope: Scope) -> tuple[HTTPStatus, str] | None:
        """Say why a request is not let in; ``None`` when it is."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.gate.hosts:
            return HTTPStatus.MISDIRECTED_REQUEST, "feil_vert"
        if scope["method"] not in _METHODS:
            return HTTPStatus.METHOD_NOT_ALLOWED, "feil_metode"
        if scope["method"] == "POST" and headers.get("origin") != f"http://{hosts[0].lower()}":
            return HTTPStatus.FORBIDDEN, "feil_opphav"
        path = str(scope["path"])
        free = path == ENTRY or path.startswith(REPORTS)
        if not free and not self.gate.knows(headers.get("cookie", "")):
            return HTTPStatus.FORBIDDEN, "uten_nokkel"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.limit:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "for_stor"
        return None


def _counted(receive: Receive, limit: int) -> Receive:
    """Stop a request that sends more than its length said, or said no length."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    return counted


def _page(status: HTTPStatus, key: str) -> HTMLResponse:
    """Return the page of a refusal: it needs nothing of the desk, not even its style."""
    say = messages("nb").say
    return HTMLResponse(
        '<!DOCTYPE html><html lang="nb"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{say('skrivebord.avvist')}</title></head><body><main>"
        f"<h1>{say('skrivebord.avvist')}</h1><p>{say(f'skrivebord.avvist.{key}')}</p>"
        "</main></body></html>",
        status_code=status,
    )
