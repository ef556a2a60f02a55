"""``PREFIX/api/dead-letters``: what the service could not handle, for those who run it. Never what a letter says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from shared.clock import rfc3339
from shared.errors import Conflict, DomainError, Poison
from shared.messaging import dead_letters
from shared.messaging.listener import Listener
from shared.security.tokens import Account
from shared.storage import kernel
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.access import allow
from shared.web.reading import Paged, Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

Undertaker = Annotated[Account, allow(*dead_letters.SETTLERS)]


class Settling(BaseModel):
    """Why a letter is settled so: a code, for the audit trail."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


@router.get("/dead-letters")
async def list_dead_letters(
    who: Undertaker,  # noqa: ARG001  # who may is the check
    read: Read,
    page: Paged,
    settled: Annotated[bool, Query(description="those that were settled, instead of those that wait")] = False,
) -> Response:
    """Return dead letters, oldest first: type, entity, reason and place in the stream."""
    query = dead_letters.query(settled=settled)

    def run(connection: Connection) -> dict[str, Any]:
        return page.of(connection, query, kernel.dead_letter.c.id, _shown)

    return Reply(await read(run)).response()


@router.post("/dead-letters/{letter}/replay")
async def replay(letter: str, who: Undertaker, body: Settling, write: Write, request: Request) -> Response:
    """Handle a dead letter once more, after what was wrong was mended."""
    return await write(who, replaying(request.app.state.listener, letter, who, body))


@router.post("/dead-letters/{letter}/discard")
async def discard(letter: str, who: Undertaker, body: Settling, write: Write) -> Response:
    """Decide that nothing is lost with a dead letter. It stays in the list of the settled for thirty days."""
    return await write(who, discarding(letter, who, body))


def replaying(listener: Listener, letter: str, who: Account, why: Settling) -> Callable[[Transaction], Reply]:
    """Return the use case that handles a dead letter once more."""

    def use_case(tx: Transaction) -> Reply:
        if dead_letters.settle(tx, letter, dead_letters.REPLAYED):
            row = dead_letters.find(tx.connection, letter)
            _hear_again(listener, tx, row["headers"], row["body"])
            note(tx, who, "dead_letter.replay", letter, reason=why.reason)
        return _settled(tx, letter)

    return use_case


def discarding(letter: str, who: Account, why: Settling) -> Callable[[Transaction], Reply]:
    """Return the use case that decides that nothing is lost with a dead letter."""

    def use_case(tx: Transaction) -> Reply:
        if dead_letters.settle(tx, letter, dead_letters.DISCARDED):
            note(tx, who, "dead_letter.discard", letter, reason=why.reason)
        return _settled(tx, letter)

    return use_case


def _hear_again(listener: Listener, tx: Transaction, headers: dict[str, str], body: bytes) -> None:
    try:
        listener.hear_again(tx, headers, body)
    except Poison as poison:
        raise Conflict("It still cannot be handled: %(reason)s", reason=poison.reason) from None
    except (DomainError, IntegrityError, SQLAlchemyError):
        raise
    except Exception as error:  # a bug in a handler is what made it a dead letter; it stays one
        raise Conflict("It still cannot be handled: %(reason)s", reason=type(error).__name__) from error


def _settled(tx: Transaction, letter: str) -> Reply:
    row = tx.first(dead_letters.query(settled=True).where(kernel.dead_letter.c.id == letter))
    assert row is not None  # noqa: S101  # settled just now, or before
    return Reply(_shown(row))


def _shown(row: Any) -> dict[str, Any]:
    return {**row, **{name: rfc3339(row[name]) for name in ("at", "settled_at") if row[name] is not None}}
