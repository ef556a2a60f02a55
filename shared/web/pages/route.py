"""A page's route: reads its form strictly, knows it came from our own page, and shows every refusal as a page.

Nothing typed is lost to a refusal: whoever is asked to sign in again gets the form back, to be sent once more.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import orjson
import structlog
from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from starlette.requests import ClientDisconnect

from shared.contracts import problems
from shared.contracts.vocabulary import Service
from shared.errors import Conflict, DomainError, IllegalMove, Invalid, NotFound, NotSignedIn, Unavailable, filled
from shared.security.tokens import Account
from shared.storage.runner import USUAL
from shared.storage.transaction import Transaction
from shared.web.pages.cookies import FORM_FIELD, FORM_HEADER
from shared.web.pages.forms import Form, read_form
from shared.web.pages.languages import Language
from shared.web.pages.look import Look
from shared.web.pages.words import N_
from shared.web.replies import Reply
from shared.web.strict import MOST_BYTES, MOST_BYTES_OF_A_DOCUMENT, Refused, refusal
from shared.web.writing import Writing

log = structlog.get_logger()

TITLES: dict[str, str] = {
    "not-signed-in": N_("Sign in again"),
    "forbidden": N_("Not allowed"),
    "not-found": N_("Nothing here"),
    "illegal-move": N_("This step is not possible now"),
    "conflict": N_("Not possible as things stand"),
    "request-in-progress": N_("Your first try is still running"),
    "stale-version": N_("Somebody else changed this"),
    "invalid": N_("Not accepted"),
    "key-reused": N_("This form was sent before"),
    "too-many": N_("Too many requests"),
    "unavailable": N_("Cannot accept this now"),
    "unexpected": N_("Something went wrong here"),
}
"""What a refusal is called, by the kind of its problem document."""

_SENTENCES = (
    N_("There is no such page, or it is not yours to see."),
    N_("This was noted. Try again; if it stays, tell the ops team."),
    N_("Some fields are not accepted: %(fields)s."),
    N_("Somebody changed this meanwhile; it is at version %(present)s now. Read it again."),
)
"""What errors say that know no language, as ``shared.errors`` words it."""
_NO_SUCH_PAGE = _SENTENCES[0]
_FROM_TO = N_("It is “%(present)s” now, and cannot become “%(wanted)s”.")


class Page(APIRoute):
    """A route that people's browsers use."""

    most_bytes = MOST_BYTES

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def page(request: Request) -> Response:
            look: Look = request.app.state.look
            try:
                _check_path(request)
                if request.method == "POST":
                    request.state.form = form = await read_form(request, self.most_bytes)
                    look.cookies.check_form_word(request, form.get(FORM_FIELD) or request.headers.get(FORM_HEADER))
                return await handler(request)
            except (DomainError, Unavailable, Refused, RequestValidationError, SQLAlchemyError) as error:
                return refused(request, error)
            except ClientDisconnect:
                raise
            except Exception as error:
                log.exception("a page failed", method=request.method)
                return refused(request, error)

        return page


class LargePage(Page):
    """A page that takes whole documents, such as a jurisdiction."""

    most_bytes = MOST_BYTES_OF_A_DOCUMENT


def _check_path(request: Request) -> None:
    if any("\x00" in value for value in request.path_params.values()):
        raise NotFound("page")


def refused(request: Request, error: Exception) -> Response:
    """Answer with the page that says why not, and what to do."""
    look: Look = request.app.state.look
    match error:
        case Refused():
            document = problems.document(error.kind, error.detail)
        case RequestValidationError():
            error = refusal(error.errors())
            document = problems.of(error)
        case IntegrityError():
            document = problems.of(Conflict(N_("Somebody was faster. Read it again, then decide.")))
        case SQLAlchemyError():
            log.error("the store cannot be read", error=type(error).__name__)
            error = Unavailable(N_("The store cannot be read just now. Try again shortly."))
            document = problems.of(error)
        case NotSignedIn() if request.method == "GET" and "hx-request" not in request.headers:
            return _to_sign_in(request)
        case _:
            document = problems.of(error)
    kind = document["type"].removeprefix(problems.TYPE_PREFIX)
    form: Form | None = getattr(request.state, "form", None)
    response = look.page(
        request,
        "refused.html",
        _known(request),
        status=document["status"],
        title=TITLES.get(kind, document["title"]),
        detail=sentence(look.language(request), error, document["detail"]),
        errors=[(each.field, each.message) for each in error.errors] if isinstance(error, Invalid) else [],
        kind=kind,
        form=form,
        back=_came_from(request),
        said="",
    )
    response.headers.update(problems.headers_of(error))
    return response


def _came_from(request: Request) -> str:
    """Return the page that a form stood on; its own address is often no page."""
    return urlsplit(request.headers.get("referer", "")).path


def sentence(language: Language, error: Exception, detail: str) -> str:
    """Return what was wrong in a reader's language; ``detail`` is what is said of an error that is not the domain's."""

    def word(code: str) -> str:
        return language.gettext(code.replace("_", " "))

    match error:
        case IllegalMove():
            return filled(language.gettext(_FROM_TO), {"present": error.from_state, "wanted": error.to_state}, say=word)
        case NotFound():
            return language.gettext(_NO_SUCH_PAGE)  # which word "such" agrees with differs by language
        case DomainError():
            return filled(language.gettext(error.sentence), error.values, say=word)
        case _:
            return language.gettext(detail)


def _known(request: Request) -> Account | None:
    try:
        account: Account = request.app.state.gatekeeper.account(request)
    except DomainError:
        return None
    return account


def _to_sign_in(request: Request) -> Response:
    """Send a browser to where its sign-in goes on by itself, or is asked for; it comes back here."""
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = f"{Service.IDENTITY.prefix}/renew?next={quote(back, safe='/')}"
    return Response(status_code=303, headers={"Location": address, "Cache-Control": "no-store"})


class _Filled:
    """The form of a request, and its write: done once however often the button was pressed."""

    def __init__(self, request: Request) -> None:
        self.form: Form = request.state.form
        self._write = Writing(request)

    async def __call__(
        self, who: Account, use_case: Callable[[Transaction], Reply], *, urgency: int = USUAL
    ) -> dict[str, Any]:
        """Run a use case and return what it replied, after the commit."""
        response = await self._write(who, use_case, urgency=urgency)
        answered: dict[str, Any] = orjson.loads(response.body or b"{}")
        return answered


def _look(request: Request) -> Look:
    look: Look = request.app.state.look
    return look


Filled = Annotated[_Filled, Depends(_Filled)]
"""``filled.form`` is what was typed; ``await filled(who, use_case)`` writes."""
Shown = Annotated[Look, Depends(_look)]
"""Renders: ``look.page(request, "template.html", who, …)``; ``look.go(address)`` after a form was done."""
