"""The inbox of handovers, one handover with its packet, and the list of all."""

from __future__ import annotations

import contextlib
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from services.notify.commands import centre_views, inbox, moves, views
from services.notify.commands.access import Seat
from services.notify.domain.forms import Because
from services.notify.domain.handover import LIVE, Move
from services.notify.pages import packet as packets
from services.notify.pages.beside import MOST, beside, is_waiting, live_handovers
from services.notify.pages.words import DECLINE_REASONS, WORDS
from services.notify.tables import DELIVERY, HANDOVER, NOTICE
from shared.contracts.vocabulary import HandoverState, Mode, NoticeState, Role
from shared.errors import Conflict, IllegalMove, StaleVersion, Unavailable
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Page as Part
from shared.web.reading import Paged, Read, Reading
from shared.web.writing import Write, Writing

router = APIRouter(route_class=Page)

Staff = Annotated[Account, allow(Role.CENTRE_STAFF)]
Reader = Annotated[Account, allow(Role.OPERATOR, Role.CENTRE_STAFF, Role.SUPERVISOR, Role.AUDITOR)]
NotDone = Annotated[str, Query(alias="not", max_length=40)]
"""What a press did not do, because a colleague was faster: the page says so, and shows how it is now."""


@router.get("/")
async def show_inbox(
    request: Request, who: Staff, read: Read, write: Write, look: Shown, mode: Mode = Mode.ACTUAL
) -> Response:
    """Show the centre's live handovers: those that nobody takes care of first, the longest waiting of them on top."""
    seat = Seat.of(who)
    paged = await _fetched(who, seat, mode, read, write)

    def run(connection: Connection) -> dict[str, Any]:
        live = live_handovers(connection, seat, mode, sorted(LIVE))
        notices = views.notices_query(seat).where(
            NOTICE.c.centre.in_(seat.centres), NOTICE.c.state == NoticeState.SENT.value, NOTICE.c.mode == mode.value
        )
        rows = connection.execute(notices.order_by(NOTICE.c.sent_at).limit(MOST)).mappings()
        return {
            "waiting": [each for each in live if is_waiting(each)],
            "acknowledged": [each for each in live if each["state"] == "acknowledged" and not is_waiting(each)],
            "accepted": [each for each in reversed(live) if each["state"] == HandoverState.ACCEPTED],
            "notices": [views.notice(row) for row in rows],
            "colleagues": centre_views.colleagues(connection, seat),
        }

    return look.page(request, "inbox.html", who, **await read(run), mode=mode.value, paged=paged)


async def _fetched(who: Account, seat: Seat, mode: Mode, read: Reading, write: Writing) -> dict[str, Any]:
    """Return when the reader was paged for each handover and notice; what is shown here counts as delivered."""
    query, part = views.inbox_query(seat).where(DELIVERY.c.mode == mode.value), Part(limit=MOST)
    listed = await read(lambda connection: inbox.inbox(connection, query, part))
    if new := inbox.unfetched(listed):
        # Whoever is called must see it, also while the store takes no more writes.
        with contextlib.suppress(Unavailable):
            await write(who, lambda tx: inbox.fetched(tx, query, part, who, new))
    oldest_first = list(reversed(listed["items"]))
    return {each[about]: each["sent_at"] for about in ("notice", "handover") for each in oldest_first if each[about]}


@router.get("/handovers")
async def list_handovers(
    request: Request,
    who: Reader,
    read: Read,
    page: Paged,
    look: Shown,
    state: Annotated[HandoverState | str, Query(max_length=20)] = "",
    mode: Mode = Mode.ACTUAL,
) -> Response:
    """List all handovers that an account may read, ended ones too, youngest first: nothing personal."""
    seat = Seat.of(who)
    query = views.handovers_query(seat).where(HANDOVER.c.mode == mode.value)
    if state in list(HandoverState):
        query = query.where(HANDOVER.c.state == str(state))

    def run(connection: Connection) -> dict[str, Any]:
        listed = page.of(connection, query, HANDOVER.c.id, dict, newest_first=True)
        return {**listed, "items": views.handovers(connection, seat, listed["items"])}

    states, modes = [each.value for each in HandoverState], [each.value for each in Mode]
    listed = await read(run)
    return look.page(
        request, "handovers.html", who, listed=listed, state=str(state), states=states, mode=mode.value, modes=modes
    )


@router.get("/handovers/{handover}")
async def show_handover(
    request: Request, handover: str, who: Reader, read: Read, look: Shown, not_done: NotDone = ""
) -> Response:
    """Show one handover; to its centre's staff with the packet, and then the look is noted (P8)."""
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        each = views.handover_detail(connection, seat, handover)
        calls = views.deliveries_query(seat).where(DELIVERY.c.handover == handover).order_by(DELIVERY.c.id)
        rows = connection.execute(calls.limit(MOST)).mappings()
        names = centre_views.place_names(connection, each["jurisdiction"])
        own = each["centre"] in seat.centres
        found = {"each": each, "own": own, "calls": [views.delivery(row) for row in rows], "place_names": names}
        return found | beside(connection, seat, looked_at=handover)

    shown = await read(run)
    if "packet" in shown["each"]:
        shown = await read.noted(who, "handover.read", handover, run, shown["each"]["incident"])
    packet = shown["each"].get("packet", {})
    consented = packet.get("consented", False)
    return look.page(
        request,
        "handover.html",
        who,
        **shown,
        packet=packet,
        known=packets.known(packet) if consented else None,
        unasked=packets.unasked(packet) if consented else None,
        must_be_taken_on=is_waiting(shown["each"]),
        reasons=DECLINE_REASONS,
        not_done=not_done if not_done in WORDS["not_done"] else "",
        calls_are_read=bool(shown["own"] or seat.supervised | seat.audited),
    )


def _move_route(step: Move, colleague: str) -> None:
    """Make a press. It names no version: what the state allows is right, however often others were called meanwhile."""

    @router.post(f"/handovers/{{handover}}/{step.value}", name=f"press {step.value}")
    async def press(handover: str, who: Staff, filled: Filled, look: Shown) -> Response:
        address = f"/notify/handovers/{handover}"
        try:
            after = await filled(who, lambda tx: moves.move(tx, handover, step, who, None))
        except IllegalMove:
            return look.go(f"{address}?not={step.value}")
        by_another = colleague and after[f"{after['state']}_by"] != who.id
        return look.go(address, f"colleague-{colleague}" if by_another else after["state"])


_move_route(Move.ACKNOWLEDGE, "acknowledged")
_move_route(Move.ACCEPT, "accepted")
_move_route(Move.COMPLETE, "")


@router.post("/handovers/{handover}/decline")
async def decline(handover: str, who: Staff, filled: Filled, look: Shown) -> Response:
    """Give a handover back; the next centre is offered it at once."""
    body, seen = filled.form.read(Because), filled.form.version
    try:
        await filled(who, lambda tx: moves.decline(tx, handover, body.reason, who, seen))
    except (Conflict, IllegalMove, StaleVersion):
        return look.go(f"/notify/handovers/{handover}?not=decline")
    return look.go("/notify/", "declined")
