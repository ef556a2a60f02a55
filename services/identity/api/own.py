"""One's own account: who am I, a new password, one-time codes."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.identity.api.desk import AtDesk
from services.identity.api.door import Door
from services.identity.commands import accounts, codes, views
from services.identity.domain.forms import Confirmation, NewPassword, OwnPatch
from shared.web.access import SignedIn
from shared.web.reading import Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)


@router.get("/me")
async def me(who: SignedIn, read: Read) -> Response:
    """Return one's own account."""
    return Reply.entity(await read(lambda connection: views.shown(connection, who.id))).response()


@router.patch("/me")
async def change_own(body: OwnPatch, who: SignedIn, write: Write) -> Response:
    """Choose the language that one is spoken to in."""
    return await write(who, lambda tx: accounts.speak(tx, who, body.language))


@router.post("/me/password")
async def change_password(body: NewPassword, who: SignedIn, desk: AtDesk, read: Read, write: Write) -> Response:
    """Give oneself a new password. Every other session ends."""
    present_hash, new_hash = await Door(desk, read).new_password(who.id, body)
    return await write(who, lambda tx: accounts.change_password(tx, who, present_hash, new_hash))


@router.post("/otp", status_code=201)
async def enrol(who: SignedIn, desk: AtDesk) -> Response:
    """Show the secret for an authenticator app; asking again before it is confirmed shows the same."""
    return (await desk.run(lambda tx: codes.enrol(tx, who, desk.tools.secret))).response()


@router.post("/otp/confirm")
async def confirm(body: Confirmation, who: SignedIn, desk: AtDesk) -> Response:
    """Ask for one-time codes from now on; proven by the first."""
    return (await desk.run(lambda tx: codes.confirm(tx, who, body.otp, desk.tools.secret))).response()
