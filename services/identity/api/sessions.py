"""Signing in, staying signed in, signing out; the public keys that tokens are verified with."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.identity.api.desk import AtDesk, Desk
from services.identity.api.door import Door
from services.identity.commands import sessions
from services.identity.domain.forms import Refresh, SignIn
from shared.clock import rfc3339
from shared.security.tokens import sign
from shared.web.access import SignedIn, anybody
from shared.web.reading import Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute)
public = APIRouter(route_class=StrictRoute)


@router.post("/sessions", status_code=201, dependencies=[anybody("whoever signs in has no token yet")])
async def sign_in(body: SignIn, desk: AtDesk, read: Read) -> Response:
    """Sign in: a token for the next minutes, and what to ask for the next ones with."""
    return _answer(await Door(desk, read).enter(body), desk, 201)


@router.post("/sessions/current/refresh", dependencies=[anybody("the refresh secret is the proof")])
async def refresh(body: Refresh, desk: AtDesk) -> Response:
    """Go on with a session: its next token, with the roles that the account has now."""
    return _answer(await desk.run(lambda tx: sessions.refresh(tx, body.refresh.get_secret_value())), desk, 200)


@router.get("/sessions")
async def list_sessions(who: SignedIn, read: Read) -> Response:
    """Return one's own sessions that are open."""
    items = await read(lambda connection: sessions.own(connection, who, read.now))
    return Reply({"items": items, "next": None}).response()


@router.delete("/sessions/current", status_code=204)
async def sign_out(who: SignedIn, desk: AtDesk) -> Response:
    """Sign out."""
    await desk.run(lambda tx: sessions.end(tx, who))
    return Response(status_code=204)


@router.delete("/sessions/{session}", status_code=204)
async def sign_out_elsewhere(session: str, who: SignedIn, desk: AtDesk) -> Response:
    """End one of one's own sessions: a telephone that was lost, a desk that was left."""
    await desk.run(lambda tx: sessions.end_one(tx, who, session))
    return Response(status_code=204)


@router.delete("/sessions", status_code=204)
async def sign_out_everywhere(who: SignedIn, desk: AtDesk) -> Response:
    """Sign out everywhere."""
    await desk.run(lambda tx: sessions.end_all(tx, who))
    return Response(status_code=204)


@public.get("/.well-known/jwks.json", dependencies=[anybody("public keys are public")])
async def public_keys(desk: AtDesk) -> Response:
    """Return the keys that tokens are verified with (RFC 7517)."""
    return Reply(desk.tools.public_keys).response()


def _answer(signed_in: sessions.SignedIn, desk: Desk, status: int) -> Response:
    body = {
        "token": sign(signed_in.who, desk.tools.signing_key),
        "expires_at": rfc3339(signed_in.token_ends_at),
        "refresh": signed_in.refresh,
        "session_ends_at": rfc3339(signed_in.ends_at),
    }
    return Reply(body, status).response()
