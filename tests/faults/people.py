"""Those who work through a storm: crews and staff who act quickly, and staff who edit rooms meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.traffic.actors import Actor, Delays, centre_staff, crew, shelter_staff
from deploy.traffic.api import Api, OutOfPatience, Refusal

DELAYS = Delays(
    acknowledge_job=0.5,
    leave=0.5,
    reach_scene=1,
    on_scene=1.5,
    transport=1,
    clear=0.5,
    confirm_hold=1,
    arrive=1.5,
    stay=4,
    acknowledge_handover=0.5,
    accept_handover=1,
    complete_handover=2,
)
_FORGETFUL = 0.05
_EDIT_EVERY = 0.3
_STATES = ("free", "free", "free", "occupied", "out_of_service")


def actor(api: Api, role: str, seed: int) -> Actor:
    """Return whoever acts for a role; now and then they forget a move, and the clocks must notice."""
    moves = {"dispatcher": ("dispatch", crew(api, DELAYS)), "shelter_staff": ("shelter-beds", shelter_staff(DELAYS))}
    service, choose = moves.get(role, ("notify", centre_staff(DELAYS)))
    chance = random.Random(f"{seed} forgets {role}")

    async def sometimes(step: str, entity: str) -> Any:
        return None if chance.random() < _FORGETFUL else await choose(step, entity)

    return Actor(api, service, sometimes, speed=1)


async def edit_rooms(api: Api, seed: int) -> None:
    """Change what staff say of their rooms, for ever: taken rooms refuse, everything else must stay whole."""
    chance = random.Random(f"{seed} rooms")
    rooms: Sequence[Mapping[str, Any]] = ()
    while True:
        await asyncio.sleep(chance.uniform(0, 2 * _EDIT_EVERY))
        with contextlib.suppress(Refusal, OutOfPatience):
            rooms = rooms or [room async for s in api.pages("/shelter-beds/api/shelters") for room in s["rooms"]]
            path = f"/shelter-beds/api/rooms/{chance.choice(rooms)['id']}"
            await api.patch(path, {"state": chance.choice(_STATES)})
