"""A staged night: invented calls in different states, made through the public API as people would make them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from deploy.screenshots.calls import CALLS, Scene
from deploy.traffic.api import Api, Refusal

SignIn = Callable[[str | None, str], Awaitable[Api]]
"""From an address (or none) and a role to a way in."""

_PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.1
_BODIES: Mapping[str, Mapping[str, Any]] = {
    "clear": {"reason": "settled_on_scene"},
    "confirm": {"meeting_point": {"kind": "public_place", "text": "пред читалището"}},
}


@dataclass
class Staged:
    """What there is to look at: the ids that detail pages are opened by, and whose accounts see them."""

    ids: dict[str, str] = field(default_factory=dict)
    """Placeholder of a page's address → id."""
    accounts: dict[str, str] = field(default_factory=dict)
    """Role → the account that has something to see."""


class _Night:
    """The people who act in the scenes."""

    def __init__(self, sign_in: SignIn, shelter_accounts: Sequence[str], close: AsyncExitStack) -> None:
        self._sign_in = sign_in
        self._shelter_accounts = shelter_accounts
        self._close = close
        self._known: dict[str, Api] = {}
        self.centre_account: str | None = None

    async def someone(self, role: str, email: str | None = None) -> Api:
        """Return somebody's way in."""
        name = email or role
        if name not in self._known:
            self._known[name] = await self._close.enter_async_context(await self._sign_in(email, role))
        return self._known[name]

    async def play(self, scene: Scene) -> dict[str, str]:
        """Raise a scene's call and go on with it as far as it goes; return the ids of what came of it."""
        actual = scene.call.get("mode", "actual") == "actual"
        caller = await self.someone("operator" if actual else "supervisor")
        raised = await caller.post("/intake/api/incidents", scene.call)
        needed = {name for name, leg in raised["legs"].items() if leg["state"] != "not_needed"}
        found = {"incident": str(raised["id"])}
        for leg, name, path in (
            ("police", "job", "/dispatch/api/jobs"),
            ("shelter", "placement", "/shelter-beds/api/placements"),
            ("centre", "handover", "/notify/api/handovers"),
        ):
            if leg in needed and (entity := await self._entity(path, raised["id"])):
                found[name] = entity
        await self._go_on(scene, found)
        if scene.close:
            await _try(caller, f"/intake/api/incidents/{raised['id']}/close", scene.close)
        return found

    async def _go_on(self, scene: Scene, found: Mapping[str, str]) -> None:
        dispatcher, centre = await self.someone("dispatcher"), await self.someone("centre_staff", self.centre_account)
        await _move(dispatcher, f"/dispatch/api/jobs/{found.get('job')}", scene.police)
        if scene.shelter and (keeper := await self.keeper_of(found.get("placement"))):
            shelter = await self.someone("shelter_staff", keeper)
            await _move(shelter, f"/shelter-beds/api/placements/{found['placement']}", scene.shelter)
        await _move(dispatcher, f"/dispatch/api/jobs/{found.get('job')}", scene.journey)
        await _move(centre, f"/notify/api/handovers/{found.get('handover')}", scene.centre)

    async def _entity(self, path: str, incident: str) -> str | None:
        """Return the newest entity that answers for an incident, once there is one."""
        reader = await self.someone("supervisor")
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            listed = await reader.get(path, incident=incident)
            if listed["items"]:
                return str(listed["items"][0]["id"])
            await asyncio.sleep(_LOOK_SECONDS)
        return None

    async def keeper_of(self, placement: str | None) -> str | None:
        """Return an account of the shelter that a placement is at: only its own staff are told of the family."""
        for email in self._shelter_accounts if placement else ():
            keeper = await self.someone("shelter_staff", email)
            try:
                found = await keeper.get(f"/shelter-beds/api/placements/{placement}")
            except Refusal:
                continue
            if "facts" in found:
                return email
        return None


async def _move(mover: Api, path: str, steps: Sequence[str]) -> None:
    for step in steps:
        await _try(mover, f"{path}/{step}", _BODIES.get(step))


async def _try(mover: Api, path: str, body: Mapping[str, Any] | None = None) -> None:
    """Make a move; where earlier nights have left no unit or room, the scene simply ends sooner."""
    try:
        await mover.post(path, body)
    except Refusal:
        return


async def stage(sign_in: SignIn, shelter_accounts: Sequence[str], tell: Callable[[], None] = lambda: None) -> Staged:
    """Stage the night.

    Args:
        sign_in: how to become somebody.
        shelter_accounts: the shelters' accounts, one of which keeps each placement.
        tell: told of each scene that is over.
    """
    staged = Staged()
    async with AsyncExitStack() as close:
        night = _Night(sign_in, shelter_accounts, close)
        await _find_centre(night, staged)
        for scene in CALLS:
            found = await night.play(scene)
            staged.ids |= {f"{scene.name}_{name}": entity for name, entity in found.items()}
            tell()
        await _find_people(night, staged)
    return staged


async def _find_centre(night: _Night, staged: Staged) -> None:
    """Find the centre, and let whoever is on call there act for it."""
    supervisor = await night.someone("supervisor")
    for centre in (await supervisor.get("/notify/api/centres"))["items"]:
        on_call = (await supervisor.get(f"/notify/api/centres/{centre['id']}/rota"))["on_call"]
        if on_call:
            staged.ids["centre"] = centre["id"]
            staged.accounts["centre_staff"] = night.centre_account = on_call["person"]
            return


async def _find_people(night: _Night, staged: Staged) -> None:
    """Find whose eyes see most: the crew with the family, the shelter that is asked."""
    supervisor, admin = await night.someone("supervisor"), await night.someone("admin")
    if job := staged.ids.get("journey_job"):
        unit = (await supervisor.get(f"/dispatch/api/jobs/{job}")).get("unit") or ""
        staged.accounts["crew"] = f"crew.{unit.lower()}@demo.example"
    if keeper := await night.keeper_of(staged.ids.get("waiting_placement")):
        staged.accounts["shelter_staff"] = keeper
        shelters = await (await night.someone("shelter_staff", keeper)).get("/shelter-beds/api/shelters")
        staged.ids["shelter"] = str(shelters["items"][0]["id"])
    for name, listed in (
        ("notice", await supervisor.get("/notify/api/notices", incident=staged.ids["waiting_incident"])),
        ("user", await admin.get("/identity/api/users")),
    ):
        if listed["items"]:
            staged.ids[name] = str(listed["items"][0]["id"])
