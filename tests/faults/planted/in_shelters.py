"""Safeguards of shelter_beds. Its modules are imported only in its own process."""

from __future__ import annotations

from sqlalchemy import text

from shared.contracts.vocabulary import Service
from shared.service import Chassis


def share_rooms(service: Service) -> None:
    """Give rooms without asking whether somebody has them, and let the database allow it."""
    if service is not Service.SHELTER_BEDS:
        return
    from services.shelter_beds import tables  # noqa: PLC0415  # only in that service's own process

    tables.IS_FREE = text("NOT room.retired")
    prepare = Chassis.prepare

    def careless(self: Chassis) -> None:
        prepare(self)
        with self.store.engine.connect() as connection:
            connection.execute(text("DROP INDEX IF EXISTS uq_placement_active_room"))

    Chassis.prepare = careless  # type: ignore[method-assign]  # the planted bug


def hold_for_ever(service: Service) -> None:
    """Never look at what is due."""
    if service is Service.SHELTER_BEDS:
        from services.shelter_beds import sweeper  # noqa: PLC0415  # only in that service's own process

        sweeper.SWEEPS = ()  # type: ignore[assignment]  # the planted bug
