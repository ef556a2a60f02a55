"""Safeguards against a bus that forgets: the outbox said again, and asking until answered."""

from __future__ import annotations

import asyncio

from shared.contracts.vocabulary import Service
from shared.messaging.outbox_rows import StreamMark
from shared.messaging.relay import Relay
from shared.service import Chassis


def never_notice_a_loss(_service: Service) -> None:
    """Trust that the bus keeps what it acknowledged."""

    async def trusting(_self: Relay, _mark: StreamMark, _created: str) -> bool:
        return False

    Relay._lost = trusting  # type: ignore[method-assign, assignment]  # the planted bug


def never_ask_again(service: Service) -> None:
    """Say everything once."""
    if service is Service.INTAKE:
        from services.intake import sweeper  # noqa: PLC0415  # only in intake's own process

        async def silent(chassis: Chassis) -> None:
            await asyncio.Event().wait()

        sweeper.keep_asking = silent
