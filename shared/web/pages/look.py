"""How a page looks: templates in the reader's language, the headers that keep a page safe, one address per asset."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from shared.clock import rfc3339, utc_now
from shared.contracts.events import FAMILIES
from shared.contracts.vocabulary import Role, Service
from shared.errors import NotFound
from shared.ids import new_id
from shared.security.tokens import Account
from shared.web.access import anybody
from shared.web.pages import languages, navigation
from shared.web.pages.charts import Charts
from shared.web.pages.cookies import FORM_FIELD, Cookies
from shared.web.pages.forms import KEY_FIELD, VERSION_FIELD
from shared.web.pages.words import word_of

_HERE = Path(__file__).parent
_KEPT_SECONDS = 365 * 24 * 3600
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
_ONLY_ON_STREAMS = (
    "dead_letter.changed",
    "intake.leg.changed",
    "notify.centre.changed",
    "notify.delivery.sent",
    "notify.handover.updated",
)
"""Said to pages alone, never on the bus."""
_THEMES = ("light", "dark")
Words = Mapping[str, Mapping[str, str]]


def _of_wheel(package: str, path: str) -> Path:
    """Return a file that a wheel brings, without importing the wheel (it would want Django)."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(package)
    return Path(spec.origin).parent / path


class Assets:
    """The files that pages load, each under an address that names its content and is kept for ever."""

    def __init__(self, prefix: str, folders: Iterable[Path], wheels: Mapping[str, Path]) -> None:
        files = {file.relative_to(folder).as_posix(): file for folder in folders for file in folder.rglob("*.*")}
        self._contents: dict[str, tuple[str, bytes]] = {}
        self._addresses: dict[str, str] = {}
        for name, file in (files | dict(wheels)).items():
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:12]
            self._contents[f"{digest}/{name}"] = (_TYPES[file.suffix], content)
            self._addresses[name] = f"{prefix}/static/{digest}/{name}"

    def address(self, name: str) -> str:
        """Return where a page finds a file."""
        return self._addresses[name]

    def response(self, path: str) -> Response:
        """Answer with a file.

        Raises:
            NotFound: there is none, or not with this content any more.
        """
        if path not in self._contents:
            raise NotFound("file")
        media_type, content = self._contents[path]
        headers = {"Cache-Control": f"public, max-age={_KEPT_SECONDS}, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(content, headers=headers, media_type=media_type)


class Look:
    """Renders the pages of one service.

    Args:
        service: whose.
        house: the service's folder, with ``templates/``, and where it has any ``static/`` and ``locale/``.
        words: the service's own words.
        public_url: the origin as people write it.
        zone: the clock that people read, for instance ``Europe/Sofia``.
        tiles: address of a map's tiles, if there is a tile server.
        streams: whether the service tells of changes live.
    """

    def __init__(
        self,
        service: Service,
        house: Path,
        words: Words,
        *,
        public_url: str,
        zone: str,
        tiles: str = "",
        streams: bool = True,
    ) -> None:
        self.service = service
        self.cookies = Cookies(secure=public_url.startswith("https://"))
        self._tiles = tiles
        self._words = words
        self.assets = Assets(
            service.prefix,
            [folder for folder in (_HERE / "static", house / "static") if folder.exists()],
            {
                "htmx.js": _of_wheel("js_lib_htmx", "static/htmx/htmx.min.js"),
                "leaflet.js": _of_wheel("js_lib_leaflet", "static/js_lib_leaflet/leaflet.js"),
                "leaflet.css": _of_wheel("js_lib_leaflet", "static/js_lib_leaflet/leaflet.css"),
            },
        )
        told = {each for family in FAMILIES if family.source is service for each in family.types}
        self._types = " ".join(sorted({*_ONLY_ON_STREAMS, *told})) if streams else ""
        locale = [_HERE / "locale", house / "locale"]
        self._languages = {code: languages.Language(code, locale, ZoneInfo(zone)) for code in languages.LANGUAGES}
        templates = [str(house / "templates"), str(_HERE / "templates")]
        self._environments = {code: self._environment(each, templates) for code, each in self._languages.items()}

    def language(self, request: Request) -> languages.Language:
        """Return the language of a request."""
        return self._languages[languages.chosen(request)]

    def page(
        self, request: Request, template: str, who: Account | None = None, *, status: int = 200, **content: Any
    ) -> Response:
        """Answer with a page.

        Args:
            request: what is answered.
            template: its file, under ``templates/``.
            who: whose page it is; none for whoever is not signed in.
            status: HTTP status.
            content: what the template shows.
        """
        response = Response(status_code=status, headers=self._headers(), media_type="text/html; charset=utf-8")
        language = self.language(request)
        theme = request.cookies.get("zakrila_theme", "")
        said = "" if _is_of_a_part(request) else request.cookies.get("zakrila_said", "")
        roles = who.roles if who else frozenset[Role]()
        word = self.cookies.give_form_word(request, response)
        environment = self._environments[language.code]
        response.body = (
            environment.get_template(template)
            .render(
                content
                | {
                    "who": who,
                    "whose": _mark(request, who) if who else "",
                    "roles": {role.value for role in roles},
                    "places": navigation.places_for(roles),
                    "path": request.url.path,
                    "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
                    "form_word": word,
                    "language": language,
                    "languages": languages.LANGUAGES,
                    "theme": theme if theme in _THEMES else "",
                    "said": said if content.get("said") is None else content["said"],
                    "now": rfc3339(utc_now()),
                    "token_ends_at": int(who.expires_at) if who else 0,
                }
            )
            .encode()
        )
        response.headers["content-length"] = str(len(response.body))
        if said:
            response.delete_cookie("zakrila_said", path="/")
        return response

    def go(self, address: str, said: str = "") -> Response:
        """Answer a form that was done: with the page to read next, and a word on what was done (a key of ``SAID``)."""
        response = Response(status_code=303, headers={"Location": address, "Cache-Control": "no-store"})
        if said:
            response.set_cookie(
                "zakrila_said", said, 30, path="/", httponly=True, samesite="lax", secure=self.cookies.secure
            )
        return response

    def router(self) -> APIRouter:
        """Return the route of the files that pages load."""
        router = APIRouter()

        @router.get("/static/{path:path}", dependencies=[anybody("what pages look like is no secret")])
        async def static(path: str) -> Response:
            """Return a file that pages load."""
            return self.assets.response(path)

        return router

    def _headers(self) -> dict[str, str]:
        tiles = " " + "/".join(self._tiles.split("/")[:3]) if self._tiles else ""
        policy = (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{tiles}; "
            "connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return {
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Cookie, Accept-Language",
        }

    def _environment(self, language: languages.Language, templates: list[str]) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
            language.gettext, language.ngettext, newstyle=True
        )
        filters: dict[str, Callable[..., str]] = {
            "iso": lambda at: at if isinstance(at, str) else rfc3339(at),
            "moment": language.moment,
            "time": language.time,
            "day": language.day,
            "number": language.number,
            "size": language.size,
            "distance": language.distance,
            "offset": language.offset,
            "moments": language.moments,
            "span": language.span,
            "duration": language.duration,
            "hour": language.hour,
            "named": language.named,
            "short_day": language.short_day,
        }
        environment.filters |= filters
        environment.globals |= {
            "service": self.service,
            "asset": self.assets.address,
            "charts": Charts(language),
            "tiles": self._tiles,
            "stream_types": self._types,
            "word": lambda group, code: language.gettext(word_of(group, code, self._words)),
            "tr": language.gettext,
            "csrf": pass_context(_csrf),
            "live": pass_context(_live),
            "new_key": lambda: _hidden(KEY_FIELD, new_id()),
            "seen": lambda version: _hidden(VERSION_FIELD, str(version)),
        }
        return environment


def _is_of_a_part(request: Request) -> bool:
    """Say whether a page reads a part of itself anew: what was just said is for the page that is on its way."""
    return "hx-request" in request.headers and "hx-boosted" not in request.headers


def _mark(request: Request, who: Account) -> str:
    """Return what a browser may know an account by: it tells nobody else whose it is."""
    secret: bytes = request.app.state.body_secret
    return hashlib.blake2b(who.id.encode(), key=secret, digest_size=8).hexdigest()


def _csrf(context: Context) -> Markup:
    return _hidden(FORM_FIELD, context["form_word"])


def _hidden(name: str, value: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)


def _live(context: Context, name: str, also: str = "") -> Markup:
    """Return the attributes of a region that reads itself anew, out of its own page, at every change.

    Nothing of them is for what stands in it: a press that waited its turn among the readings could be lost.

    ``also`` is a further trigger, for what changes without being told: ``every 5s``.
    """
    return Markup(
        'id="{name}" data-live hx-get="{here}" hx-trigger="{trigger}" hx-select="#{name}" hx-target="this"'
        ' hx-swap="outerHTML" hx-sync="this:queue last" hx-disinherit="*"'
    ).format(name=name, here=context["here"], trigger=", ".join(filter(None, ("live from:body", also))))
