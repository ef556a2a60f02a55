"""identity's clock: sessions that ended long ago are forgotten; changed public keys are announced at the start."""

from __future__ import annotations

from collections.abc import Sequence

from services.identity.commands.saying import say_changed_keys
from services.identity.store import any_useless_session, forget_useless_sessions
from shared.security.keys import verifying_keys
from shared.service import Chassis, Sweep

SWEEPS: Sequence[Sweep] = (Sweep("useless-sessions", 600, any_useless_session, forget_useless_sessions),)


async def announce_keys(chassis: Chassis) -> None:
    """Say which public keys there are, if they are not those of the last start."""
    kids = sorted(verifying_keys(chassis.settings.keys))
    await chassis.runner.run(lambda tx: say_changed_keys(tx, kids))
