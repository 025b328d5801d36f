"""The app as files: a page, its scripts and pictures, and what the camera page needs.

Everything is in the package or among the pulled models; nothing comes from elsewhere. The page runs
no script but its own, says so in its policy, and keeps personal data in no cache.
"""

from __future__ import annotations

import gzip
import json
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cutis.core.errors import CutisError
from cutis.core.language import Language
from cutis.models.builtin import builtin_models
from cutis.models.cache import folder_of, read_file
from cutis.service.web.words import words_of
from cutis.settings import Settings
from cutis.steps.quality.measures import EXPRESSION_SIGNS

PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load and run: its own files; WebAssembly is compiled, no text becomes code."""

_PAGE = {
    "Content-Security-Policy": PAGE_POLICY,
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}
_UNCHANGING = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASKED_ANEW = {"Cache-Control": "no-cache"}
_PACKED = ("text/", "application/javascript", "application/json", "image/svg")
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".task": "application/octet-stream",
}
_MODEL = "face_landmarker"
_FEWEST_PACKED_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it is answered; ``packed`` says that the content is gzip already."""

    content: bytes
    media_type: str
    headers: Mapping[str, str]
    packed: bool = False


class Pages:
    """ASGI middleware: answers for the app's files, and passes everything else on."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Stand before ``app``."""
        self._app, self._settings = app, settings
        self._made: Mapping[str, Callable[[], Page]] = {
            "/app/limits.json": self._limits,
            "/vision/face_landmarker.task": self._model,
            **{f"/app/words/{each.value}.json": _words(each) for each in Language},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, or pass the request on."""
        page = None
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            page = await run_in_threadpool(self._find, scope["path"])
        if page is None:
            await self._app(scope, receive, send)
            return
        takes_gzip = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        await _answer(page, takes_gzip=takes_gzip)(scope, receive, send)

    def _find(self, path: str) -> Page | None:
        make = self._made.get(path)
        if make is None:
            return static_page(path)
        try:
            return make()
        except CutisError:
            return None

    def _limits(self) -> Page:
        """Return the limits that photos are judged by, so that the camera page says the same."""
        told = {**asdict(self._settings.quality.limits), "expression_signs": EXPRESSION_SIGNS}
        return _json(told)

    def _model(self) -> Page:
        model = builtin_models().get(_MODEL)
        content = read_file(
            model.file, folder_of(model, self._settings.models.dir) / model.file.name
        )
        return Page(content, _TYPES[".task"], _ASKED_ANEW)


@cache
def static_page(path: str) -> Page | None:
    """Return the file of the package that answers ``path``; None where there is none.

    A file that is kept packed (``.gz``) answers for its plain name.
    """
    name = "index.html" if path == "/" else path.removeprefix("/")
    if name not in static_names():
        return None
    packed = f"{name}.gz" in static_names()
    content = _static().joinpath(*(f"{name}.gz" if packed else name).split("/")).read_bytes()
    headers = _PAGE if name == "index.html" else _ASKED_ANEW
    if name.startswith("assets/"):
        headers = _UNCHANGING
    if name.endswith(".js"):  # a worker goes by the policy of its own file
        headers = {**headers, "Content-Security-Policy": PAGE_POLICY}
    return Page(content, _media_type(name), headers, packed)


@cache
def static_names() -> frozenset[str]:
    """Return the names of the app's files, of packed ones the plain name, too."""
    names = set(_walk(_static(), ""))
    return frozenset(names | {name.removesuffix(".gz") for name in names})


def _static() -> Traversable:
    return resources.files("cutis.service.web").joinpath("static")


def _walk(folder: Traversable, before: str) -> list[str]:
    if not folder.is_dir():
        return []
    found = []
    for child in folder.iterdir():
        name = f"{before}{child.name}"
        found += _walk(child, f"{name}/") if child.is_dir() else [name]
    return found


def _words(language: Language) -> Callable[[], Page]:
    return lambda: _json(words_of(language))


def _json(content: object) -> Page:
    text = json.dumps(content, ensure_ascii=False)
    return Page(text.encode(), "application/json", _ASKED_ANEW)


def _media_type(name: str) -> str:
    ending = name[name.rfind(".") :]
    return _TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _answer(page: Page, *, takes_gzip: bool) -> Response:
    headers = {**page.headers, "Vary": "Accept-Encoding"}
    content = page.content
    if page.packed and not takes_gzip:
        content = gzip.decompress(content)
    elif takes_gzip and not page.packed and _is_worth_packing(page):
        content = _packed(content)
    if takes_gzip and (page.packed or _is_worth_packing(page)):
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=page.media_type, headers=headers)


def _is_worth_packing(page: Page) -> bool:
    return page.media_type.startswith(_PACKED) and len(page.content) >= _FEWEST_PACKED_BYTES


@cache
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
