"""intake's clocks: overdue promises, and asking until answered."""

from __future__ import annotations

import asyncio

import structlog
from nats.errors import Error as NatsError
from sqlalchemy.exc import SQLAlchemyError

from services.intake.commands import clocks
from services.intake.domain.asking import MOST_PER_SECOND
from services.intake.store import due
from shared.contracts.vocabulary import LegKind, Service
from shared.errors import Unavailable
from shared.service import Chassis, Sweep

log = structlog.get_logger()

_ASK_EVERY = 0.5
_MOST_AT_ONCE = int(MOST_PER_SECOND * _ASK_EVERY)

SWEEPS = (Sweep("overdue", 0.5, due.any_overdue, clocks.mark_overdue),)


async def keep_asking(chassis: Chassis) -> None:
    """Say again, at most fifty times a second, what has not been answered."""
    epoch = chassis.bus.epoch
    while True:
        await asyncio.sleep(_ASK_EVERY)
        if not chassis.bus.connected:
            continue  # nobody can hear; the deadlines go on without the bus
        try:
            if chassis.bus.epoch != epoch:
                epoch = chassis.bus.epoch
                await chassis.runner.run(clocks.ask_everything_now)
            await _ask_once(chassis)
        except (SQLAlchemyError, Unavailable, NatsError, OSError, TimeoutError) as error:
            log.warning("asking must wait", error=type(error).__name__)


async def _ask_once(chassis: Chassis) -> None:
    def look() -> list[str]:
        with chassis.store.reading() as connection:
            return due.to_ask(connection, chassis.clock(), _MOST_AT_ONCE)

    incidents = await asyncio.to_thread(look)
    if not incidents:
        return
    services = [kind.service for kind in LegKind]
    reached = await asyncio.gather(*(chassis.bus.delivered_up_to(Service.INTAKE.stream, s) for s in services))
    delivered = dict(zip(services, reached, strict=True))
    await chassis.runner.run(lambda tx: clocks.ask_again(tx, incidents, delivered))
