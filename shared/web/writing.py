"""Writes over HTTP: through the runner, once per ``Idempotency-Key`` (P1, P4).

The answer is remembered in the transaction of the write, so it is there exactly if the write is.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request, Response
from sqlalchemy import delete, insert, select

from shared.errors import Invalid, KeyReused, RequestInProgress
from shared.security.tokens import Account
from shared.storage import kernel
from shared.storage.runner import USUAL, Runner
from shared.storage.transaction import Transaction
from shared.telemetry.tracing import Trace
from shared.web.pages.forms import Form
from shared.web.replies import Reply, if_match, json_response

REMEMBERED = timedelta(hours=24)
_WAIT_SECONDS = 5.0
_LONGEST_KEY = 200
_TABLE = kernel.remembered_answer


class InFlight:
    """First tries that are still running, by account, route and key."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str, str], asyncio.Event] = {}

    async def enter(self, key: tuple[str, str, str]) -> None:
        """Wait until no other try with this key runs.

        Raises:
            RequestInProgress: it still runs after five seconds.
        """
        deadline = asyncio.get_running_loop().time() + _WAIT_SECONDS
        while (first := self._running.get(key)) is not None:
            try:
                await asyncio.wait_for(first.wait(), deadline - asyncio.get_running_loop().time())
            except TimeoutError:
                raise RequestInProgress("Your first try is still running. Ask again with the same key.") from None
        self._running[key] = asyncio.Event()

    def leave(self, key: tuple[str, str, str]) -> None:
        """Let the next try go on."""
        self._running.pop(key).set()


class Writing:
    """Runs the use case of one request."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._runner: Runner = request.app.state.runner
        self._in_flight: InFlight = request.app.state.in_flight
        self._body_secret: bytes = request.app.state.body_secret
        self.trace: Trace = request.state.trace
        self._form: Form | None = getattr(request.state, "form", None)

    @property
    def seen(self) -> int | None:
        """The version named by ``If-Match``, or by the form that was filled looking at it; if any."""
        return if_match(self._request) if self._form is None else self._form.version

    async def __call__(
        self, who: Account, use_case: Callable[[Transaction], Reply], *, urgency: int = USUAL
    ) -> Response:
        """Run a use case for an account and return its reply after the commit."""
        key = self._form.key if self._form else self._request.headers.get("idempotency-key")
        if key is None or self._request.method != "POST":
            reply = await self._runner.run(use_case, urgency=urgency, trace=self.trace)
            return reply.response()
        if not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
            raise Invalid.field("Idempotency-Key", f"1 to {_LONGEST_KEY} printable ASCII characters")
        place = (who.id, f"{self._request.method} {self._request.url.path}", key)
        digest = await self._digest()
        await self._in_flight.enter(place)
        # Outlives the client: one that hangs up and comes again finds the first try finished, not cut short.
        task = asyncio.create_task(self._once(place, digest, use_case, urgency))
        return await asyncio.shield(task)

    async def _once(
        self, place: tuple[str, str, str], digest: str, use_case: Callable[[Transaction], Reply], urgency: int
    ) -> Response:
        try:
            status, headers, body = await self._runner.run(
                lambda tx: _remembered(tx, place, digest, use_case), urgency=urgency, trace=self.trace
            )
        finally:
            self._in_flight.leave(place)
        return json_response(body, status, headers)

    async def _digest(self) -> str:
        canonical = b""
        if self._form is not None:
            canonical = orjson.dumps(self._form.content)
        elif await self._request.body():
            canonical = orjson.dumps(await self._request.json(), option=orjson.OPT_SORT_KEYS)
        # Keyed: a body may hold what is easily guessed, and the store must not help whoever steals it to guess.
        return hashlib.blake2b(canonical, key=self._body_secret, digest_size=32).hexdigest()


def _remembered(
    tx: Transaction, place: tuple[str, str, str], digest: str, use_case: Callable[[Transaction], Reply]
) -> tuple[int, dict[str, str], bytes]:
    account, route, key = place
    known = tx.first(select(_TABLE).where(_TABLE.c.account == account, _TABLE.c.route == route, _TABLE.c.key == key))
    if known is not None and known["at"] > tx.now - REMEMBERED:
        if known["body_hash"] != digest:
            raise KeyReused("This Idempotency-Key was used for another request. Use a new key.")
        return known["status"], known["headers"], known["body"]
    if known is not None:
        tx.execute(delete(_TABLE).where(_TABLE.c.account == account, _TABLE.c.route == route, _TABLE.c.key == key))
    reply = use_case(tx)
    answer: dict[str, Any] = {"status": reply.status, "headers": dict(reply.headers), "body": reply.encoded()}
    row = {"account": account, "route": route, "key": key, "body_hash": digest, "at": tx.now, **answer}
    tx.execute(insert(_TABLE), row)
    return answer["status"], answer["headers"], answer["body"]


def forget(tx: Transaction) -> None:
    """Drop answers that need not be remembered any more."""
    tx.execute(delete(_TABLE).where(_TABLE.c.at < tx.now - REMEMBERED))


Write = Annotated[Writing, Depends(Writing)]
