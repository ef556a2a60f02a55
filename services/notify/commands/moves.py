"""What a centre's staff do with a handover."""

from __future__ import annotations

from services.notify.commands import children, views
from services.notify.commands.access import Seat
from services.notify.commands.offering import offer
from services.notify.commands.saying import say
from services.notify.domain import handover as handover_domain
from services.notify.domain.handover import Handover, Move
from services.notify.store import centres, handovers, incidents
from shared.contracts.vocabulary import HandoverState, Role
from shared.errors import NotFound
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply, check_version

_BY = Role.CENTRE_STAFF.value


def move(tx: Transaction, handover_id: str, step: Move, who: Account, seen: int | None) -> Reply:
    """Take the next step of a handover; accepting what nobody acknowledged is one press and two steps."""
    seat = Seat.of(who)
    handover = _locked(tx, handover_id, seat)
    if handover_domain.is_step_again(handover, step):
        return _shown(tx, seat, handover)
    check_version(seen, handover.version)
    accept_by = tx.now + centres.centre(tx.connection, str(handover.centre)).time_to_accept
    incident = incidents.incident(tx, handover.incident)
    for each in handover_domain.steps_to(handover, step):
        after = handover_domain.moved(handover, each, who.id, tx.now, accept_by)
        handover = say(tx, after, incident, after.state.value, _BY)
        note(tx, who, f"handover.{each.value}", handover.id, handover.incident)
    return _shown(tx, seat, handover)


def decline(tx: Transaction, handover_id: str, reason: str, who: Account, seen: int | None) -> Reply:
    """Give a handover back: the next centre is offered it at once. The answer shows the one that was declined."""
    seat = Seat.of(who)
    handover = _locked(tx, handover_id, seat)
    if handover.state is HandoverState.DECLINED:
        return _shown(tx, seat, handover)
    check_version(seen, handover.version)
    incident = incidents.incident(tx, handover.incident)
    after = handover_domain.declined(handover, reason, tx.now)
    declined = say(tx, after, incident, "declined", _BY)
    note(tx, who, "handover.decline", handover.id, handover.incident, reason)
    children.see_to(tx, incident, offer(tx, incident, declined))
    return _shown(tx, seat, declined)


def _locked(tx: Transaction, handover_id: str, seat: Seat) -> Handover:
    """Read a handover under its incident's lock: clocks, colleagues and intake move it too.

    Raises:
        NotFound: it is not of the account's centre.
    """
    handover = handovers.handover(tx.connection, handover_id)
    if handover.centre not in seat.centres:
        raise NotFound("handover")
    incidents.lock(tx, handover.incident)
    return handovers.handover(tx.connection, handover_id)


def _shown(tx: Transaction, seat: Seat, handover: Handover) -> Reply:
    return Reply.entity(views.handover_after(tx.connection, seat, handover))
